"""A function of one variable: the points, and what the network makes of them."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from playground.i18n import text
from playground.views import theme as look
from playground.views.theme import Theme


def function(
    theme: Theme,
    lang: str,
    curve: np.ndarray | None,
    *,
    extent: tuple[float, float],
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray] | None = None,
    axes: tuple[str, str] = ("x", "y"),
) -> go.Figure:
    """Draw the network's curve (M,) over `extent` among the training (disc) and test (ring) points (x (N,), y (N,))."""
    empty = (np.empty(0, np.float32), np.empty(0, np.float32))
    data: list[dict] = []
    for name, (x, y), symbol, colour in (
        ("train", train, "circle", theme.train),
        ("test", test or empty, "circle-open", theme.test),
    ):
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": text(f"view.{name}", lang),
                "x": np.asarray(x, np.float32),
                "y": np.asarray(y, np.float32),
                "marker": {
                    "symbol": symbol,
                    "size": 7,
                    "color": colour,
                    "line": {"width": 1.5, "color": colour},
                },
                "hovertemplate": "%{x:.3g}: %{y:.3g}<extra>%{fullData.name}</extra>",
            }
        )
    drawn = np.empty(0, np.float32) if curve is None else np.asarray(curve, np.float32)
    data.append(
        {
            "type": "scatter",
            "mode": "lines",
            "name": text("view.network_line", lang),
            "x": np.linspace(*extent, len(drawn), dtype=np.float32),
            "y": drawn,
            "line": {"color": theme.positive, "width": 2.4},
            "hovertemplate": "%{x:.3g}: %{y:.3g}<extra>%{fullData.name}</extra>",
        }
    )
    values = np.concatenate([train[1], (test or empty)[1]])
    low, high = (float(values.min()), float(values.max())) if len(values) else (-1.0, 1.0)
    room = 0.12 * ((high - low) or 1.0)
    margin = 0.025 * (extent[1] - extent[0])
    layout = look.layout(
        theme,
        text("view.function.title", lang),
        look.axis(theme, axes[0], range=[extent[0] - margin, extent[1] + margin]),
        look.axis(theme, axes[1], range=[low - room, high + room]),
        showlegend=True,
        legend={
            "orientation": "h",
            "x": 1,
            "xanchor": "right",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "font": {"size": look.SMALL, "color": theme.muted},
            "itemclick": False,
            "itemdoubleclick": False,
        },
        margin={"l": 46, "r": 8, "t": 30, "b": 40},
    )
    return look.figure(data, layout, alt=text("view.function.alt", lang, points=len(values)))
