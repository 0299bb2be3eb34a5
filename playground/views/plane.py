"""What a network answers everywhere on the plane, with the points it learns from and the points it is tested on.

Legend of shapes: G pixels a side, N points, C classes. Row 0 of a surface is the lowest x₂.
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

PALE = 0.18
WASH = 0.6
"""How strong the surface's colours are: points on it, in full colours, must stand out."""


@dataclass(frozen=True)
class Points:
    """Points on the plane: `at` (N, 2); `value` (N,) class numbers or, for regression, targets."""

    at: np.ndarray
    value: np.ndarray


def plane(
    theme: Theme,
    lang: str,
    surface: np.ndarray | None,
    *,
    extent: tuple[tuple[float, float], tuple[float, float]],
    train: Points,
    test: Points | None = None,
    names: Sequence[str] = (),
    span: float = 1.0,
    discrete: bool = False,
    axes: tuple[str, str] = ("x₁", "x₂"),
) -> go.Figure:
    """Draw the surface and the points.

    Args:
        surface: (G, G) values, drawn from −span to +span; or (G, G, C) class probabilities; None leaves the plane
            empty.
        extent: lowest and highest x₁, lowest and highest x₂.
        train, test: points; training points are discs, test points are rings.
        names: class names; empty for regression.
        span: the value that has the full colour.
        discrete: show the answer (sign or likeliest class) instead of its strength.
    """
    named = [text("view.plane.class", lang, name=name) for name in names]
    if len(names) > 2:
        surface = None if surface is None else finer(surface)
        heat = _classes(theme, surface, named, discrete)
    else:
        heat = _values(theme, surface, span, discrete, named)
    pixels = surface.shape[0] if surface is not None else 2
    for name, (low, high) in zip("xy", extent, strict=True):
        heat |= {
            f"{name}0": low,
            f"d{name}": (high - low) / (pixels - 1),
        }  # the outermost values stand on the border
    data = [heat, _points(theme, lang, train, names, span, ring=False)]
    data.append(_points(theme, lang, test or Points(np.empty((0, 2)), np.empty(0)), names, span, ring=True))
    plain = {"showgrid": False, "constrain": "domain"}
    # Where both axes have the same reach, a unit is as long on both; a table's columns have units of their own.
    (left, right), (bottom, top) = extent
    same_unit = {"scaleanchor": "x"} if np.isclose(right - left, top - bottom) else {}
    layout = look.layout(
        theme,
        text("view.plane.title", lang),
        look.axis(theme, axes[0], range=list(extent[0]), **plain),
        look.axis(theme, axes[1], range=list(extent[1]), **same_unit, **plain),
        margin={"l": 36, "r": 6, "t": 28, "b": 66},
    )
    shown = len(train.at) + (len(test.at) if test is not None else 0)
    return look.figure(data, layout, alt=text("view.plane.alt", lang, points=shown))


def finer(surface: np.ndarray) -> np.ndarray:
    """Return (2G − 1, 2G − 1, C) with the mean of neighbours between them: borders of classes become smooth."""
    between = (surface[:-1] + surface[1:]) / 2
    tall = np.empty((2 * len(surface) - 1, *surface.shape[1:]), np.float32)
    tall[::2], tall[1::2] = surface, between
    wide = np.empty((len(tall), 2 * surface.shape[1] - 1, surface.shape[2]), np.float32)
    wide[:, ::2], wide[:, 1::2] = tall, (tall[:, :-1] + tall[:, 1:]) / 2
    return wide


def _values(
    theme: Theme, surface: np.ndarray | None, span: float, discrete: bool, names: Sequence[str]
) -> dict:
    z = np.zeros((1, 1), np.float32) if surface is None else np.clip(surface, -span, span).astype(np.float32)
    if discrete:
        z = np.sign(z) * np.float32(span)
    ends = list(names) if len(names) == 2 else [look.digits(-span), look.digits(span)]
    # The names of classes stand under the bar's ends, numbers exactly at them.
    end, middle = (0.87 * span, "½") if names else (span, "0")
    return {
        "type": "heatmap",
        "z": z,
        "zmin": -span,
        "zmax": span,
        "colorscale": [
            (at, look.blend(theme.background, colour, WASH)) for at, colour in look.diverging(theme)
        ],
        "zsmooth": False if discrete else "best",
        "opacity": 1.0 if surface is not None else 0.0,
        "hovertemplate": "%{x:.2f}, %{y:.2f}: %{z:.3g}<extra></extra>",
        "colorbar": _bar(theme, [-end, 0, end], [ends[0], middle, ends[1]]),
    }


def _classes(
    theme: Theme, surface: np.ndarray | None, names: Sequence[str], discrete: bool
) -> dict[str, Any]:
    count = len(names)
    z = np.zeros((1, 1), np.float32)
    if surface is not None:
        best = surface.argmax(axis=-1)
        sure = np.clip((surface.max(axis=-1) - 1 / count) / (1 - 1 / count), 0.02, 0.98)
        z = (best + (0.98 if discrete else sure)).astype(np.float32)
    scale: look.Scale = []
    for number in range(count):
        full = look.blend(theme.background, theme.classes[number % len(theme.classes)], WASH)
        scale += [(number / count, look.blend(theme.background, full, PALE)), ((number + 1) / count, full)]
    return {
        "type": "heatmap",
        "z": z,
        "zmin": 0,
        "zmax": count,
        "colorscale": scale,
        "zsmooth": False,
        "opacity": 1.0 if surface is not None else 0.0,
        "hovertemplate": "%{x:.2f}, %{y:.2f}<extra></extra>",
        "colorbar": _bar(theme, [n + 0.5 for n in range(count)], list(names)),
    }


def _bar(theme: Theme, values: Sequence[float], labels: Sequence[str]) -> dict[str, Any]:
    return {
        "orientation": "h",
        "thickness": 8,
        "len": 0.94,
        "x": 0.5,
        "y": 0,
        "yref": "container",
        "yanchor": "bottom",
        "ypad": 6,
        "outlinewidth": 0,
        "tickvals": list(values),
        "ticktext": list(labels),
        "ticks": "",
        "tickfont": {"size": look.SMALL, "color": theme.muted},
    }


def _points(
    theme: Theme, lang: str, points: Points, names: Sequence[str], span: float, *, ring: bool
) -> dict[str, Any]:
    if len(names) > 1:
        palette = np.array(theme.classes, dtype=object)
        colour: Any = palette[points.value.astype(np.int64) % len(palette)].tolist()
        shades: dict[str, Any] = {}
    else:
        colour = points.value.astype(np.float32)
        shades = {"cmin": -span, "cmax": span, "colorscale": look.diverging(theme)}
    line: dict[str, Any] = {"color": theme.background, "width": 1}
    marker: dict[str, Any] = {"color": colour, "symbol": "circle", "size": 7, "line": line} | shades
    if ring:
        line = {"color": colour, "width": 2} | shades
        marker = {"color": theme.background, "symbol": "circle", "size": 6, "line": line}
    return {
        "type": "scatter",
        "mode": "markers",
        "name": text("view.test" if ring else "view.train", lang),
        "x": points.at[:, 0].astype(np.float32),
        "y": points.at[:, 1].astype(np.float32),
        "marker": marker,
        "hovertemplate": "%{x:.3f}, %{y:.3f}<extra>%{fullData.name}</extra>",
    }
