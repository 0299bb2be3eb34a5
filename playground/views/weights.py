"""Every weight of a layer as a heat map: a row for each unit, a column for each input, biases apart on the right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from playground.i18n import text
from playground.views import theme as look
from playground.views.theme import Theme

NICE = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000)
MOST = 128


def weights(
    theme: Theme,
    lang: str,
    name: str,
    weight: np.ndarray,
    bias: np.ndarray | None,
    *,
    inputs: Sequence[str] = (),
) -> go.Figure:
    """Draw weight (out, in) and bias (out,), at most `MOST` rows and columns; the rest is left out and said so.

    Args:
        inputs: names of the inputs, where they have one.
    """
    shown = np.asarray(weight, np.float32)[:MOST, :MOST]
    reach = span(weight if bias is None else np.concatenate([np.ravel(weight), np.ravel(bias)]))
    rows, columns = shown.shape
    edges = np.arange(columns + 1) + 0.5
    z = shown
    step = 1 if columns <= 16 else 10 if columns <= 64 else 20
    places: list[float] = [1, *range(step if step > 1 else 2, columns + 1, step)]
    names = [str(inputs[int(place) - 1]) if place <= len(inputs) else f"{place:g}" for place in places]
    if bias is not None:
        wide = max(0.5, 0.05 * columns)
        z = np.full((rows, columns + 2), np.nan, np.float32)
        z[:, :columns] = shown
        z[:, -1] = np.asarray(bias, np.float32)[:rows]
        edges = np.append(edges, [edges[-1] + wide / 2, edges[-1] + 1.5 * wide])
        places.append(float(edges[-1] - wide / 2))
        names.append(text("view.weights.bias", lang))
    heat = {
        "type": "heatmap",
        "z": z,
        "x": edges,
        "y0": 1,
        "dy": 1,
        "zmin": -reach,
        "zmax": reach,
        "colorscale": look.diverging(theme),
        "xgap": 1 if columns <= 32 else 0,
        "ygap": 1 if rows <= 32 else 0,
        "hoverongaps": False,
        "hovertemplate": text("view.weights.hover", lang) + "<extra></extra>",
        "colorbar": look.bar(theme, reach),
    }
    part = weight.shape != shown.shape
    title = text(
        "view.weights.title_part" if part else "view.weights.title",
        lang,
        name=name,
        rows=weight.shape[0],
        columns=weight.shape[1],
    )
    layout = look.layout(
        theme,
        title,
        look.axis(theme, text("view.weights.inputs", lang), showgrid=False, tickvals=places, ticktext=names),
        look.axis(
            theme,
            text("view.weights.units", lang),
            showgrid=False,
            range=[rows + 0.5, 0.5],
            dtick=max(1, round(rows / 8)),
            tick0=1,
        ),
        margin={"l": 40, "r": 50, "t": 30, "b": 38},
    )
    low, high = look.digits(float(np.min(weight))), look.digits(float(np.max(weight)))
    return look.figure([heat], layout, alt=text("view.weights.alt", lang, name=name, low=low, high=high))


def span(values: np.ndarray) -> float:
    """Return the smallest round number that no value exceeds in size, so that colours rarely change their meaning."""
    largest = float(np.max(np.abs(values), initial=0.0))
    if not np.isfinite(largest):
        return NICE[-1]
    return next((nice for nice in NICE if largest <= nice), NICE[-1])
