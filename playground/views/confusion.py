"""Which class is taken for which: counts on the test set, rows are the truth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from playground.i18n import text
from playground.views import theme as look
from playground.views.theme import Theme

BLANK = "\u00a0"
"""What stands in an empty cell: plotly would never again show a text that was empty once."""


def confusion(theme: Theme, lang: str, counts: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Draw counts (C, C), rows = truth. The colour is the share of the row, so that rare classes can be read too."""
    counts = np.asarray(counts, np.int64)
    rows = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, rows, out=np.zeros(counts.shape), where=rows > 0)
    heat = {
        "type": "heatmap",
        "z": share.astype(np.float32),
        "customdata": counts,
        "zmin": 0,
        "zmax": 1,
        "colorscale": look.rising(theme),
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "hovertemplate": text("view.confusion.hover", lang) + "<extra></extra>",
    }
    # Always every cell, so that the number of marks never changes; the ink can be read on each.
    across, down = np.meshgrid(np.arange(len(counts)), np.arange(len(counts)))
    numbers = {
        "type": "scatter",
        "mode": "text",
        "x": across.ravel(),
        "y": down.ravel(),
        "text": np.where(counts > 0, counts.astype(str), BLANK).ravel().tolist(),
        "textfont": {
            "size": look.SMALL,
            "color": np.where(share > 0.5, theme.background, theme.text).ravel().tolist(),
        },
        "hoverinfo": "skip",
    }
    ticks = {"tickvals": list(range(len(names))), "ticktext": list(names), "showgrid": False}
    layout = look.layout(
        theme,
        text("view.confusion.title", lang),
        look.axis(theme, text("view.confusion.predicted", lang), constrain="domain", **ticks),
        look.axis(
            theme,
            text("view.confusion.truth", lang),
            autorange="reversed",
            scaleanchor="x",
            constrain="domain",
            **ticks,
        ),
        margin={"l": 46, "r": 8, "t": 30, "b": 40},
    )
    right = int(np.trace(counts))
    alt = text("view.confusion.alt", lang, right=right, total=int(counts.sum()))
    return look.figure([heat, numbers], layout, alt=alt)
