"""Worked formulas: what a layer, a loss, an optimizer computes, with the numbers filled in. They know no run."""
