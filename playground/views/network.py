"""The network as it is: a column of units for each layer, every unit a tile that is its own response, edges as weights.

The width of an edge is |w|, its colour the sign. Where a unit has no picture (data that is no plane), its tile shows
its bias. Columns longer than `MOST` show their first units and say how many are left out.

Legend of shapes: U units of a column, g pixels of a tile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from playground.i18n import text
from playground.views import theme as look
from playground.views.theme import Theme

MOST = 8
WIDTH, ROW, TILE = 640.0, 46.0, 36.0
LETTERS = 9
"""How much of a feature's or class's name stands beside its tile; the whole name is to be read on it."""
STEPS = (0.03, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Where an edge becomes wider: the weights' sizes, in eight bins from a hair to full width."""


@dataclass(frozen=True)
class Column:
    """One column of units.

    Attributes:
        name: what stands above it.
        units: how many units the layer has.
        labels: names of the units, where they have one (features, classes).
        tiles: (U, g, g) responses from −1 to +1, or None.
        bias: (U,) or None.
        whole: whether one tile stands for all units together, as a picture does for its pixels.
    """

    name: str
    units: int
    labels: Sequence[str] = ()
    tiles: np.ndarray | None = None
    bias: np.ndarray | None = None
    whole: bool = False

    @property
    def shown(self) -> int:
        """How many units are drawn."""
        return 1 if self.whole else min(self.units, MOST)


def height(columns: Sequence[Column]) -> float:
    """Return the height of the drawing, which depends on the architecture alone."""
    return 58 + ROW * max((column.shown for column in columns), default=1)


def network(
    theme: Theme, lang: str, columns: Sequence[Column], weights: Sequence[np.ndarray | None]
) -> go.Figure:
    """Draw the columns from left to right.

    Args:
        weights: for each gap between two columns the matrix (units right, units left), or None to draw no edges.
    """
    tall = height(columns)
    left, right = (_room(column) for column in (columns[0], columns[-1]))
    xs = np.linspace(left, WIDTH - right, max(len(columns), 2))
    ys = [_rows(column, tall) for column in columns]
    data = _edges(theme, xs, ys, weights)
    for x, y, column in zip(xs, ys, columns, strict=False):
        data.append(_tiles(theme, x, y, column))
    data.append(_units(theme, lang, xs, ys, columns))
    data.append(_hover(lang, xs, ys, weights))
    layout = look.layout(
        theme,
        text("view.network.title", lang, layers=" → ".join(str(column.units) for column in columns)),
        {"visible": False, "range": [0, WIDTH], "fixedrange": True},
        {"visible": False, "range": [0, tall], "scaleanchor": "x", "fixedrange": True},
        margin={"l": 0, "r": 0, "t": 24, "b": 0},
        annotations=_names(theme, lang, xs, ys, columns, tall),
        hovermode="closest",
    )
    alt = text("view.network.alt", lang, layers=" → ".join(str(column.units) for column in columns))
    return look.figure(data, layout, alt=alt)


def short(label: str) -> str:
    """Return as much of a name as there is room for."""
    return label if len(label) <= LETTERS else label[: LETTERS - 1] + "…"


def _room(column: Column) -> float:
    """Return how far a column's middle stays from the border, so that the names beside it fit."""
    longest = max((len(short(label)) for label in column.labels), default=0)
    return TILE if not longest else TILE / 2 + 12 + 7 * longest


def _rows(column: Column, tall: float) -> np.ndarray:
    """Return the heights of a column's tile centres, centred, first unit on top."""
    middle = (tall - 34) / 2
    return middle + ROW * ((column.shown - 1) / 2 - np.arange(column.shown))


def _edges(
    theme: Theme, xs: np.ndarray, ys: list[np.ndarray], weights: Sequence[np.ndarray | None]
) -> list[dict]:
    """One trace for each bin of size and sign: a constant number of traces, whatever the network does."""
    count = sum(0 if w is None else w.size for w in weights)
    bend = np.linspace(0, 1, 21 if count < 150 else 11)
    curve = bend * bend * (3 - 2 * bend)
    x_parts: list[list[np.ndarray]] = [[] for _ in range(2 * (len(STEPS) + 1))]
    y_parts: list[list[np.ndarray]] = [[] for _ in range(2 * (len(STEPS) + 1))]
    gap = np.array([np.nan])
    for number, w in enumerate(weights):
        if w is None:
            continue
        left, right = xs[number] + TILE / 2, xs[number + 1] - TILE / 2
        path = left + (right - left) * bend
        for i, start in enumerate(ys[number]):
            for j, end in enumerate(ys[number + 1]):
                value = float(w[j, i])
                found = 2 * int(np.searchsorted(STEPS, abs(value))) + (value >= 0)
                x_parts[found] += [path, gap]
                y_parts[found] += [start + (end - start) * curve, gap]
    traces = []
    for number, (x, y) in enumerate(zip(x_parts, y_parts, strict=True)):
        size, positive = divmod(number, 2)
        strength = 0.35 + 0.65 * size / len(STEPS)
        full = theme.positive if positive else theme.negative
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": np.concatenate(x).astype(np.float32) if x else np.empty(0, np.float32),
                "y": np.concatenate(y).astype(np.float32) if y else np.empty(0, np.float32),
                "line": {"color": look.blend(theme.zero, full, strength), "width": 0.6 + 0.95 * size},
                "hoverinfo": "skip",
            }
        )
    return traces


def _tiles(theme: Theme, x: float, y: np.ndarray, column: Column) -> dict[str, Any]:
    """One heat map for the whole column: tiles one above the other with nothing between them."""
    if column.tiles is not None:
        pictures = np.asarray(column.tiles[: column.shown], np.float32)
    else:
        bias = np.zeros(column.shown) if column.bias is None else column.bias[: column.shown]
        pictures = np.repeat(np.asarray(bias, np.float32)[:, None, None], 9, axis=1).repeat(9, axis=2)
    g = pictures.shape[-1]
    # One row of nothing after each tile, as high as the space between two tiles.
    z = np.full((len(pictures), g + 1, g), np.nan, np.float32)
    z[:, :g] = np.clip(pictures[::-1], -1, 1)
    edges = (y[::-1, None] - TILE / 2 + np.linspace(0, TILE, g + 1)).ravel()
    return {
        "type": "heatmap",
        "z": z.reshape(-1, g)[:-1],
        "x": np.linspace(x - TILE / 2, x + TILE / 2, g + 1),
        "y": edges,
        "zmin": -1,
        "zmax": 1,
        "colorscale": look.diverging(theme),
        "showscale": False,
        "zsmooth": False,
        "hoverinfo": "skip",
    }


def _units(
    theme: Theme, lang: str, xs: np.ndarray, ys: list[np.ndarray], columns: Sequence[Column]
) -> dict[str, Any]:
    """A frame around every tile, with the unit's name and bias to be read on it."""
    hints, around_x, around_y = [], [], []
    for x, y, column in zip(xs, ys, columns, strict=False):
        for unit, middle in enumerate(y):
            label = column.labels[unit] if unit < len(column.labels) else f"{column.name} · {unit + 1}"
            bias = (
                ""
                if column.bias is None
                else "<br>" + text("view.network.bias", lang, value=look.digits(float(column.bias[unit])))
            )
            hints.append(label + bias)
            around_x.append(x)
            around_y.append(middle)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": np.array(around_x, np.float32),
        "y": np.array(around_y, np.float32),
        "text": hints,
        "marker": {"symbol": "square-open", "size": 30, "color": theme.muted, "opacity": 0.0},
        "hovertemplate": "%{text}<extra></extra>",
    }


def _hover(
    lang: str, xs: np.ndarray, ys: list[np.ndarray], weights: Sequence[np.ndarray | None]
) -> dict[str, Any]:
    """Where the pointer finds the number of an edge: nearer to its end, where edges lie apart."""
    x, y, hints = [], [], []
    part = 0.72
    bent = part * part * (3 - 2 * part)
    for number, w in enumerate(weights):
        if w is None:
            continue
        left, right = xs[number] + TILE / 2, xs[number + 1] - TILE / 2
        for i, start in enumerate(ys[number]):
            for j, end in enumerate(ys[number + 1]):
                x.append(left + (right - left) * part)
                y.append(start + (end - start) * bent)
                hints.append(text("view.network.weight", lang, value=look.digits(float(w[j, i]))))
    return {
        "type": "scatter",
        "mode": "markers",
        "x": np.array(x, np.float32),
        "y": np.array(y, np.float32),
        "text": hints,
        "marker": {"size": 7, "opacity": 0},
        "hovertemplate": "%{text}<extra></extra>",
    }


def _names(
    theme: Theme, lang: str, xs: np.ndarray, ys: list[np.ndarray], columns: Sequence[Column], tall: float
) -> list[dict[str, Any]]:
    plain = {"showarrow": False, "font": {"size": look.SMALL, "color": theme.muted}}
    outer = ((xs[0], ys[0], columns[0], -1, "right"), (xs[-1], ys[-1], columns[-1], 1, "left"))
    notes = [
        plain | {"x": x + side * (TILE / 2 + 4), "y": float(middle), "xanchor": anchor, "text": short(label)}
        for x, y, column, side, anchor in outer
        for middle, label in zip(y, column.labels, strict=False)
    ]
    for x, y, column in zip(xs, ys, columns, strict=False):
        notes.append(plain | {"x": x, "y": tall - 2, "yanchor": "top", "text": column.name})
        if column.units > column.shown and not column.whole:
            more = text("view.network.more", lang, count=column.units - column.shown)
            notes.append(plain | {"x": x, "y": float(y[-1]) - TILE / 2 - 2, "yanchor": "top", "text": more})
    return notes
