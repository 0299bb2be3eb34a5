"""Every weight of a layer as a heat map: a row for each unit, a column for each input, biases apart on the right."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from playground.i18n import text
from playground.views import theme as look
from playground.views.theme import Theme

NICE = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000)
MOST = 128


def weights(theme: Theme, lang: str, name: str, weight: np.ndarray, bias: np.ndarray | None) -> go.Figure:
    """Draw weight (out, in) and bias (out,), at most `MOST` rows and columns; the rest is left out and said so."""
    shown = np.asarray(weight, np.float32)[:MOST, :MOST]
    reach = span(weight if bias is None else np.concatenate([np.ravel(weight), np.ravel(bias)]))
    rows, columns = shown.shape
    gap = max(1, round(columns * 0.04))
    z = shown
    if bias is not None:
        z = np.full((rows, columns + 2 * gap), np.nan, np.float32)
        z[:, :columns] = shown
        z[:, columns + gap :] = np.asarray(bias, np.float32)[:rows, None]
    heat = {
        "type": "heatmap",
        "z": z,
        "x0": 1,
        "dx": 1,
        "y0": 1,
        "dy": 1,
        "zmin": -reach,
        "zmax": reach,
        "colorscale": look.diverging(theme),
        "xgap": 1 if columns <= 32 else 0,
        "ygap": 1 if rows <= 32 else 0,
        "hoverongaps": False,
        "hovertemplate": text("view.weights.hover", lang) + "<extra></extra>",
        "colorbar": {
            "thickness": 8,
            "outlinewidth": 0,
            "tickvals": [-reach, 0, reach],
            "ticktext": [f"−{reach:g}", "0", f"{reach:g}"],
            "tickfont": {"size": look.SMALL, "color": theme.muted},
            "ticks": "",
            "x": 1.0,
            "xpad": 6,
            "ypad": 0,
        },
    }
    left_out = weight.shape != shown.shape
    title = text(
        "view.weights.title_part" if left_out else "view.weights.title",
        lang,
        name=name,
        rows=weight.shape[0],
        columns=weight.shape[1],
    )
    layout = look.layout(
        theme,
        title,
        look.axis(
            theme,
            text("view.weights.inputs" if bias is None else "view.weights.inputs_bias", lang),
            showgrid=False,
        ),
        look.axis(theme, text("view.weights.units", lang), showgrid=False, autorange="reversed"),
        margin={"l": 40, "r": 44, "t": 30, "b": 36},
    )
    alt = text(
        "view.weights.alt",
        lang,
        name=name,
        low=look.digits(float(np.min(weight))),
        high=look.digits(float(np.max(weight))),
    )
    return look.figure([heat], layout, alt=alt)


def span(values: np.ndarray) -> float:
    """Return the smallest round number that no value exceeds in size, so that colours rarely change their meaning."""
    largest = float(np.max(np.abs(values), initial=0.0))
    if not np.isfinite(largest):
        return NICE[-1]
    return next((nice for nice in NICE if largest <= nice), NICE[-1])
