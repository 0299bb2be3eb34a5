"""Pictures: pure functions from arrays to plotly figures, in one theme. They know no engine, no run and no screen."""
