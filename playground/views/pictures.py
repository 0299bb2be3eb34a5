"""Pictures side by side: what first-layer weights look like, examples of a data set, and predictions on them.

Legend of shapes: N pictures of h × w pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from playground.i18n import text
from playground.views import theme as look
from playground.views.theme import Theme
from playground.views.weights import span


def filters(
    theme: Theme, lang: str, weight: np.ndarray, side: tuple[int, int], *, most: int = 40, columns: int = 10
) -> go.Figure:
    """Draw each unit's incoming weights (units, h·w) as a picture of h × w, for the first `most` units."""
    shown = np.asarray(weight, np.float32)[:most].reshape(-1, *side)
    reach = span(shown)
    heat = {
        "type": "heatmap",
        "z": mosaic(shown, columns, np.nan),
        "zmin": -reach,
        "zmax": reach,
        "colorscale": look.diverging(theme),
        "hoverongaps": False,
        "hovertemplate": "%{z:.3g}<extra></extra>",
        "colorbar": look.bar(theme, reach),
    }
    title = text("view.filters.title", lang, shown=len(shown), units=len(weight))
    layout = _bare(theme, title, r=50)
    return look.figure(
        [heat], layout, alt=text("view.filters.alt", lang, shown=len(shown), high=look.digits(reach))
    )


def examples(
    theme: Theme,
    lang: str,
    pictures: np.ndarray,
    captions: Sequence[str],
    *,
    title: str,
    alt: str,
    wrong: Sequence[bool] = (),
    columns: int = 8,
) -> go.Figure:
    """Draw pictures (N, h, w) from 0 (paper) to 1 (ink), each with a caption below; wrong ones stand out."""
    pictures = np.asarray(pictures, np.float32)
    _, high, wide = pictures.shape
    room = max(3, round(high * 0.55))
    heat = {
        "type": "heatmap",
        "z": mosaic(pictures, columns, np.nan, below=room),
        "zmin": 0,
        "zmax": 1,
        "colorscale": look.ink(theme),
        "showscale": False,
        "hoverinfo": "skip",
    }
    notes: list[dict[str, Any]] = []
    for number, caption in enumerate(captions):
        row, column = divmod(number, columns)
        bad = number < len(wrong) and wrong[number]
        notes.append(
            {
                "x": column * (wide + 1) + (wide - 1) / 2,
                "y": row * (high + room) + high - 0.5,
                "yanchor": "top",
                "text": caption,
                "showarrow": False,
                "font": {"size": look.SMALL, "color": theme.wrong if bad else theme.muted},
            }
        )
    layout = _bare(theme, title) | {"annotations": notes}
    return look.figure([heat], layout, alt=alt)


def mosaic(pictures: np.ndarray, columns: int, gap: float, *, below: int = 1) -> np.ndarray:
    """Return pictures (N, h, w) in rows of `columns`, one pixel of `gap` between them and `below` under each."""
    count, high, wide = pictures.shape
    rows = max(1, math.ceil(count / columns))
    whole = np.full((rows, high + below, columns, wide + 1), gap, np.float32)
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        whole[row, :high, column, :wide] = picture
    return whole.reshape(rows * (high + below), columns * (wide + 1))


def _bare(theme: Theme, title: str, *, r: int = 0) -> dict[str, Any]:
    return look.layout(
        theme,
        title,
        {"visible": False, "constrain": "domain"},
        {
            "visible": False,
            "autorange": "reversed",
            "scaleanchor": "x",
            "constrain": "domain",
            "constraintoward": "top",
        },
        margin={"l": 0, "r": r, "t": 28, "b": 0},
    )
