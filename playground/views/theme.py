"""The one look of every picture: colours, fonts, margins, and how a number is written.

One diverging palette has one meaning everywhere: orange is negative, blue is positive, the midpoint is zero. Curves
stay out of it: training is grey, test is the accent. This module knows no data.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go

Scale = list[tuple[float, str]]


@dataclass(frozen=True)
class Theme:
    """The colours of one appearance. `classes` are told apart by hue; the first two are the palette's ends.

    A GAN's actors keep theirs everywhere: `discriminator`, `generator` and its fakes, `real` samples.
    """

    name: Literal["light", "dark"]
    background: str
    text: str
    muted: str
    line: str
    negative: str
    zero: str
    positive: str
    train: str
    test: str
    wrong: str
    discriminator: str
    generator: str
    real: str
    classes: tuple[str, ...]
    gates: Mapping[str, str]
    """A recurrent network's, by letter: i, f, g, o, c, h of an LSTM, r, z, n, h of a GRU."""


LIGHT = Theme(
    name="light",
    background="#ffffff",
    text="#1d2730",
    muted="#56616d",
    line="#e3e7eb",
    negative="#f59322",
    zero="#e8eaeb",
    positive="#0877bd",
    train="#7b8794",
    test="#0f766e",
    wrong="#b42318",
    discriminator="#0877bd",
    generator="#8a2fb8",
    real="#1f7f3b",
    classes=(
        "#f59322",
        "#0877bd",
        "#2f9e44",
        "#9c5fc4",
        "#d6336c",
        "#8a6d3b",
        "#0ca5a5",
        "#5c6ac4",
        "#a3a51f",
        "#7b8794",
        "#7a2e0e",
        "#1d3f8a",
    ),
    gates={
        "i": "#2b8a3e",
        "f": "#c2255c",
        "g": "#9c6a1a",
        "o": "#6741d9",
        "c": "#1d2730",
        "h": "#0b7285",
        "r": "#6741d9",
        "z": "#c2255c",
        "n": "#9c6a1a",
    },
)

DARK = Theme(
    name="dark",
    background="#12171d",
    text="#e6ebf0",
    muted="#a3aeba",
    line="#2a323b",
    negative="#f59322",
    zero="#3a434d",
    positive="#1f92dd",
    train="#93a0ad",
    test="#2dd4bf",
    wrong="#ff8a7a",
    discriminator="#4aa8ec",
    generator="#cf8ef4",
    real="#63d07f",
    classes=(
        "#f59322",
        "#1f92dd",
        "#51cf66",
        "#b98be0",
        "#f06595",
        "#c2a36b",
        "#3bc9db",
        "#91a0f5",
        "#d0d13c",
        "#a3aeba",
        "#e8a58a",
        "#c6d8ff",
    ),
    gates={
        "i": "#69db7c",
        "f": "#faa2c1",
        "g": "#e8b45c",
        "o": "#b197fc",
        "c": "#e6ebf0",
        "h": "#3bc9db",
        "r": "#b197fc",
        "z": "#faa2c1",
        "n": "#e8b45c",
    },
)

FONT = '"Source Sans", "Source Sans 3", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif'
SMALL, BODY = 12, 13
NOTHING = "—"


def of(name: str | None) -> Theme:
    """Return the theme called `name`; light where nothing is known."""
    return DARK if name == "dark" else LIGHT


def diverging(theme: Theme) -> Scale:
    """Return the palette: lowest value, zero, highest value."""
    return [(0.0, theme.negative), (0.5, theme.zero), (1.0, theme.positive)]


def blend(low: str, high: str, part: float) -> str:
    """Return the colour `part` of the way from `low` to `high`, both `#rrggbb`."""
    ends = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in (low, high)]
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(*ends, strict=True))


def digits(value: float | None) -> str:
    """Write a number with three significant digits: `0.0431`, `12.3`, `1,230`, `3.2e-07`; `—` where there is none."""
    if value is None or not math.isfinite(value):
        return NOTHING
    size = abs(value)
    if size == 0:
        return "0"
    if size < 1e-3:
        return f"{value:.2e}".replace("e-0", "e-")
    if size >= 999.5:
        return (
            f"{float(f'{value:.3g}'):,.0f}"
            if size < 1e6
            else f"{value:.2e}".replace("e+0", "e").replace("e+", "e")
        )
    return f"{value:#.3g}".rstrip(".")


def axis(theme: Theme, title: str, **more: Any) -> dict[str, Any]:
    """Return an axis with its title (and unit), quiet lines and nothing that moves by itself."""
    return {
        "title": {"text": title, "font": {"size": SMALL, "color": theme.muted}, "standoff": 6},
        "tickfont": {"size": SMALL, "color": theme.muted},
        "gridcolor": theme.line,
        "linecolor": theme.line,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "nticks": 6,
        "automargin": False,
    } | more


def bar(theme: Theme, reach: float) -> dict[str, Any]:
    """Return the legend of the diverging palette, from −reach to +reach, upright beside a picture."""
    return {
        "thickness": 8,
        "outlinewidth": 0,
        "tickvals": [-reach, 0, reach],
        "ticktext": [f"−{reach:g}", "0", f"{reach:g}"],
        "tickfont": {"size": SMALL, "color": theme.muted},
        "ticks": "",
        "x": 1,
        "xpad": 6,
        "ypad": 6,
    }


def layout(
    theme: Theme, title: str, x: Mapping[str, Any], y: Mapping[str, Any], **more: Any
) -> dict[str, Any]:
    """Return the layout every figure starts from. It depends on no data, so that nothing jumps while a run moves."""
    base: dict[str, Any] = {
        "title": {
            "text": title,
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 6, "l": 0},
            "font": {"size": BODY, "color": theme.text, "weight": 600},
        },
        "font": {"family": FONT, "size": SMALL, "color": theme.text},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 46, "r": 10, "t": 34, "b": 40, "pad": 0},
        "hoverlabel": {
            "bgcolor": theme.background,
            "bordercolor": theme.line,
            "font": {"family": FONT, "size": SMALL, "color": theme.text},
        },
        "showlegend": False,
        "uirevision": "keep",
        "dragmode": False,
        "xaxis": dict(x),
        "yaxis": dict(y),
    }
    return base | more


def figure(data: Sequence[Mapping[str, Any]], layout: Mapping[str, Any], *, alt: str) -> go.Figure:
    """Return the figure; `alt` says in words what it shows and travels in `layout.meta["alt"]`.

    Plotly's validation is skipped: it costs more than drawing. The tests validate every view instead.
    """
    whole = {"data": [dict(trace) for trace in data], "layout": dict(layout) | {"meta": {"alt": alt}}}
    return go.Figure(whole, skip_invalid=False, _validate=False)


def alternative(figure: go.Figure) -> str:
    """Return what the figure shows, in words."""
    layout: Any = figure.layout  # plotly states no type for it
    return str(layout.meta["alt"])
