"""Thumbnails: a data set at a glance, as a small SVG in the theme's colours. They are decoration beside a name."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

from playground.views import theme as look
from playground.views.theme import Theme

SIDE = 48


def points(theme: Theme, at: np.ndarray, value: np.ndarray, *, classes: bool) -> str:
    """Draw points (N, 2), coloured by class number or by a value from −1 to +1 (N,)."""
    low, high = at.min(axis=0), at.max(axis=0)
    spread = float((high - low).max()) or 1.0
    middle = (low + high) / 2
    places = (at - middle) / spread * (SIDE - 12) * np.array([1, -1]) + SIDE / 2
    radius = 4.5 if len(at) < 10 else 1.9
    dots = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{_colour(theme, v, classes)}"/>'
        for (x, y), v in zip(places.tolist(), value.tolist(), strict=True)
    )
    return svg("".join(dots))


def curve(theme: Theme, x: np.ndarray, y: np.ndarray) -> str:
    """Draw samples (N,) of a function as dots."""
    order = np.argsort(x)
    inner = SIDE - 12
    across = 6 + (x[order] - x.min()) / (np.ptp(x) or 1) * inner
    up = SIDE - 6 - (y[order] - y.min()) / (np.ptp(y) or 1) * inner
    dots = (
        f'<circle cx="{a:.1f}" cy="{b:.1f}" r="1.7" fill="{theme.positive}"/>'
        for a, b in zip(across, up, strict=True)
    )
    return svg("".join(dots))


def picture(theme: Theme, pixels: np.ndarray) -> str:
    """Draw pixels (h, w) from 0 to 1 in ink."""
    high, wide = pixels.shape
    size = (SIDE - 10) / max(high, wide)
    squares: list[str] = []
    for row, column in zip(*np.nonzero(pixels > 0.08), strict=True):
        ink = look.blend(theme.background, theme.text, float(pixels[row, column]))
        place = f'x="{5 + column * size:.2f}" y="{5 + row * size:.2f}"'
        squares.append(f'<rect {place} width="{size + 0.05:.2f}" height="{size + 0.05:.2f}" fill="{ink}"/>')
    return svg("".join(squares))


def photo(pixels: np.ndarray) -> str:
    """Draw pixels (3, h, w) from 0 to 1 in their own colours."""
    inner = SIDE - 10
    place = f'x="5" y="5" width="{inner}" height="{inner}" style="image-rendering:pixelated"'
    return svg(f'<image {place} href="{address(look.LIGHT, pixels)}"/>')


def address(theme: Theme, pixels: np.ndarray, *, light: bool = False) -> str:
    """Return the `data:` address of pixels (1, h, w) from 0 to 1 in ink, or of (3, h, w) in their own colours.

    Where grey is `light`, as in photographs, 1 is white in every theme.
    """
    shown = np.clip(pixels, 0, 1)
    if len(shown) == 1 and light:
        shown = np.repeat(shown, 3, axis=0)
    elif len(shown) == 1:
        low, high = (_rgb(colour)[:, None, None] / 255 for colour in (theme.background, theme.text))
        shown = low + (high - low) * shown
    source = _png(np.rint(255 * shown).astype(np.uint8).transpose(1, 2, 0))
    return f"data:image/png;base64,{base64.b64encode(source).decode()}"


def absent(theme: Theme) -> str:
    """Draw a frame with an arrow into it: pictures that are not here yet."""
    frame = '<rect x="8" y="8" width="32" height="32" rx="4" fill="none" stroke-dasharray="3 3"/>'
    arrow = '<path d="M24 14V31M17 24.5L24 31.5L31 24.5" fill="none" stroke-linecap="round"/>'
    return svg(f'<g stroke="{theme.muted}" stroke-width="2">{frame}{arrow}</g>')


def table(theme: Theme) -> str:
    """Draw a table with a plus: data of one's own."""
    rows = "".join(f"M8 {y}H40" for y in (12, 20, 28, 36))
    columns = "".join(f"M{x} 12V36" for x in (8, 18.7, 29.3, 40))
    lines = f'<path d="{rows}{columns}" stroke="{theme.muted}" stroke-width="1.5"/>'
    return svg(lines + plus(theme))


def album(theme: Theme) -> str:
    """Draw a picture in front of another with a plus: pictures of one's own."""
    frames = '<path d="M14 10V6H42V28H38" fill="none"/><rect x="6" y="12" width="30" height="26" rx="2" fill="none"/>'
    inside = (
        '<circle cx="14" cy="20" r="3" fill="none"/><path d="M8 36L18 26L24 32L29 27L34 32" fill="none"/>'
    )
    return svg(f'<g stroke="{theme.muted}" stroke-width="1.5">{frames}{inside}</g>{plus(theme)}')


def plus(theme: Theme) -> str:
    """Return a plus in a disc: something of one's own."""
    cross = f'<path d="M38 32v8M34 36h8" stroke="{theme.background}" stroke-width="2"/>'
    return f'<circle cx="38" cy="36" r="8" fill="{theme.test}"/>{cross}'


def plane(theme: Theme, value: np.ndarray, certain: np.ndarray | None = None) -> str:
    """Draw what a network answers on a plane (G, G), row 0 below.

    Args:
        theme: the colours.
        value: −1 to +1, or the number of the class.
        certain: 0 to 1 for each class of `value`; None where `value` is no class.
    """
    if certain is None:
        ends = np.where((value < 0)[..., None], _rgb(theme.negative), _rgb(theme.positive))
        strength = np.clip(np.abs(value), 0, 1)[..., None]
    else:
        ends = np.array([_rgb(colour) for colour in theme.classes])[value.astype(int) % len(theme.classes)]
        strength = certain[..., None]
    pixels = np.rint(_rgb(theme.zero) * (1 - strength) + ends * strength).astype(np.uint8)[::-1]
    source = base64.b64encode(_png(pixels)).decode()
    return svg(f'<image width="{SIDE}" height="{SIDE}" href="data:image/png;base64,{source}"/>')


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)], np.float64)


def _png(pixels: np.ndarray) -> bytes:
    """Write pixels (h, w, 3) as a PNG (W3C Portable Network Graphics, section 11)."""
    high, wide, _ = pixels.shape
    rows = np.concatenate(
        [np.zeros((high, 1), np.uint8), pixels.reshape(high, -1)], axis=1
    )  # filter 0 in each row
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _colour(theme: Theme, value: float, classes: bool) -> str:
    if classes:
        return theme.classes[int(value) % len(theme.classes)]
    end = theme.positive if value >= 0 else theme.negative
    return look.blend(theme.zero, end, min(abs(value), 1.0))


def svg(inside: str) -> str:
    """Return a drawing of a thumbnail's size."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}">{inside}</svg>'
