"""Thumbnails of sequences: a series as its line, a memory task as its columns, texts as their first words.

Each is drawn from real values of the data set. They are decoration beside a name.
"""

from __future__ import annotations

import html

import numpy as np

from playground.views.theme import Theme
from playground.views.thumbs import SIDE, plus, svg

EDGE = 5
POINTS = 70


def line(theme: Theme, values: np.ndarray, begins: int) -> str:
    """Draw a series (L,), what is held back from `begins` on in another colour."""
    at = np.unique(np.linspace(0, len(values) - 1, POINTS).round().astype(int))
    low, high = float(values.min()), float(values.max())
    across = EDGE + at / max(len(values) - 1, 1) * (SIDE - 2 * EDGE)
    up = SIDE - EDGE - 3 - (values[at] - low) / ((high - low) or 1) * (SIDE - 2 * EDGE - 6)
    places = [f"{x:.1f} {y:.1f}" for x, y in zip(across, up, strict=True)]
    border = int(np.searchsorted(at, begins))
    parts = ((places[: border + 1], theme.positive), (places[border:], theme.test))
    return svg(
        "".join(
            f'<path d="M{"L".join(part)}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
            for part, colour in parts
            if len(part) > 1
        )
    )


def columns(theme: Theme, sample: np.ndarray) -> str:
    """Draw a sample (T, F) with values from 0 to 1 as squares, time to the right; at most its first ten steps."""
    shown = sample[:10].T
    rows, steps = shown.shape
    wide, high = (SIDE - 2 * EDGE) / steps, min((SIDE - 2 * EDGE) / rows, 11.0)
    top = (SIDE - rows * high) / 2
    squares = (
        f'<rect x="{EDGE + step * wide:.1f}" y="{top + row * high:.1f}" width="{wide - 0.8:.1f}" '
        f'height="{high - 0.8:.1f}" fill="{theme.positive}" opacity="{max(float(shown[row, step]), 0.15):.2f}"/>'
        for row in range(rows)
        for step in range(steps)
    )
    return svg("".join(squares))


def words(theme: Theme, rows: list[tuple[str, int]]) -> str:
    """Draw short texts one below the other, each in the colour of its class; −1 is plain ink."""
    widest = max(sum(2 if ord(letter) > 0x2E80 else 1 for letter in text) for text, _ in rows)
    size = min(20.0, 1.75 * (SIDE - 6) / max(widest, 1), 0.85 * (SIDE - 4) / len(rows))
    step = size * 1.15
    first = SIDE / 2 + size * 0.36 - step * (len(rows) - 1) / 2
    lines = (
        f'<text x="{SIDE / 2}" y="{first + number * step:.1f}" text-anchor="middle" font-size="{size:.1f}" '
        f'font-family="system-ui, sans-serif" font-weight="600" '
        f'fill="{theme.text if kind < 0 else theme.classes[kind % len(theme.classes)]}">{html.escape(text)}</text>'
        for number, (text, kind) in enumerate(rows)
    )
    return svg("".join(lines))


def sheet(theme: Theme) -> str:
    """Draw a page of writing with a plus: a text of one's own."""
    lines = "".join(f"M14 {y}H{x}" for y, x in ((15, 34), (21, 30), (27, 34), (33, 24)))
    page = '<rect x="9" y="7" width="30" height="34" rx="2" fill="none"/>'
    inside = f'<path d="{lines}" fill="none"/>'
    return svg(f'<g stroke="{theme.muted}" stroke-width="1.5">{page}{inside}</g>{plus(theme)}')


def chart(theme: Theme) -> str:
    """Draw axes and a line with a plus: a series of one's own."""
    axes = '<path d="M9 8V40H40" fill="none"/><path d="M11 33L18 22L24 29L31 14L38 20" fill="none"/>'
    return svg(f'<g stroke="{theme.muted}" stroke-width="1.5">{axes}</g>{plus(theme)}')
