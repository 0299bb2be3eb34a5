"""Coloured shapes, 32 × 32, drawn by formulas: ten classes, and everything else about a picture is chance. Synthetic.

A shape is a function of the place: how far it is to the outline, negative inside. Legend: N pictures of one class,
P = 32 · 32 pixels; x and y are measured in radii of the shape, in its own turned axes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from playground.data.dataset import Dataset, Scaling
from playground.data.loading import loads
from playground.data.splitting import stratified_split
from playground.spec.image_data import Shapes
from playground.spec.random import stream

Floats = npt.NDArray[np.floating]
SIDE = 32
TILT = 0.35
"""How far a shape may be turned to either side, in radians."""


def _triangle(x: Floats, y: Floats) -> Floats:
    angles = np.pi / 2 + 2 * np.pi / 3 * np.arange(3)
    return np.max([np.cos(a) * x + np.sin(a) * y for a in angles], axis=0) - 0.55


def _star(x: Floats, y: Floats) -> Floats:
    """Five points: the sector between a tip (1, 0) and the notch beside it, and its mirror images."""
    sector = np.pi / 5
    radius = np.hypot(x, y)
    angle = np.abs(np.mod(np.arctan2(y, x), 2 * sector) - sector)
    angle = sector - angle
    notch = 0.42 * np.array([np.cos(sector), np.sin(sector)])
    along = notch - (1.0, 0.0)
    normal = np.array([-along[1], along[0]]) / np.hypot(*along)
    normal = normal if normal[0] > 0 else -normal
    return (radius * np.cos(angle) - 1) * normal[0] + radius * np.sin(angle) * normal[1]


def _cross(x: Floats, y: Floats) -> Floats:
    across, up = np.abs(x), np.abs(y)
    return np.minimum(np.maximum(across - 1, up - 0.3), np.maximum(up - 1, across - 0.3))


def _heart(x: Floats, y: Floats) -> Floats:
    across = np.abs(x)
    lobes = np.hypot(across - 0.45, y - 0.3) - 0.5
    # The lower part ends where it touches the lobes: below their middles, towards a point.
    tip = np.maximum((across + 0.82 * (0.0 - y) - 0.82) * 0.77, y - 0.3)
    return np.minimum(lobes, tip)


OUTLINES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "circle": lambda x, y: np.hypot(x, y) - 0.9,
    "square": lambda x, y: np.maximum(np.abs(x), np.abs(y)) - 0.75,
    "triangle": _triangle,
    "rhombus": lambda x, y: (np.abs(x) / 0.5 + np.abs(y) - 1.1) * 0.45,
    "star": _star,
    "cross": _cross,
    "ring": lambda x, y: np.abs(np.hypot(x, y) - 0.72) - 0.2,
    "heart": _heart,
    "crescent": lambda x, y: np.maximum(np.hypot(x, y) - 1, 0.8 - np.hypot(x - 0.55, y)),
    "bar": lambda x, y: np.maximum(np.abs(x) - 1, np.abs(y) - 0.25),
}
"""Distance to each shape's outline; `class.<name>` has its name in the visitor's language."""
CLASS_NAMES = tuple(OUTLINES)


@loads(Shapes)
def shapes(spec: Shapes, folder: Path | None) -> Dataset:
    """Draw `count` pictures, as many of each class, and hold back a share of each."""
    del folder
    y = np.arange(spec.count) % len(CLASS_NAMES)
    pixels = np.empty((spec.count, 3, SIDE, SIDE), np.uint8)
    for number, name in enumerate(CLASS_NAMES):
        members = np.flatnonzero(y == number)
        pixels[members] = draw(name, len(members), spec.noise, stream(spec.seed, "shapes", name))
    train, test = stratified_split(y, spec.num_samples()[0], stream(spec.seed, "split", spec.kind))
    scaling = Scaling("pixels", np.zeros(1), np.array([255.0]))
    return Dataset(
        x=scaling.apply(pixels[train]),
        y=y[train],
        x_test=scaling.apply(pixels[test]),
        y_test=y[test],
        target=spec.target(),
        class_names=CLASS_NAMES,
        feature_names=(),
        points=None,
        points_test=None,
        scaling=scaling,
        source="source.shapes",
        licence="CC0 1.0",
        named=True,
    )


def draw(name: str, count: int, noise: float, random: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Return `count` pictures of the shape called `name`, (N, 3, 32, 32), each with its own chance.

    Outlines are smooth over one pixel; shapes are lighter than their grounds, as lamps are than the night.
    """
    radius = random.uniform(8, 13, (count, 1)).astype(np.float32)
    turn = random.uniform(-TILT, TILT, (count, 1)).astype(np.float32)
    room = np.maximum(SIDE / 2 - radius - 0.5, 0)
    middle = (SIDE - 1) / 2 + random.uniform(-1, 1, (count, 2)).astype(np.float32) * room  # (N, 2)
    rows, columns = np.divmod(np.arange(SIDE * SIDE, dtype=np.float32), SIDE)
    across, up = columns - middle[:, :1], middle[:, 1:] - rows  # (N, P)
    cosine, sine = np.cos(turn) / radius, np.sin(turn) / radius
    outline = OUTLINES[name](cosine * across + sine * up, cosine * up - sine * across)
    inside = np.clip(0.5 - outline * radius, 0, 1)[:, None]  # (N, 1, P)
    ground, shape = _colours(count, random)
    slope = random.uniform(-0.15, 0.15, (count, 3, 1)).astype(np.float32) * (across / SIDE)[:, None]
    picture = (ground + slope) * (1 - inside) + shape * inside
    picture += noise * random.standard_normal(picture.shape, dtype=np.float32)
    return np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8).reshape(count, 3, SIDE, SIDE)


def _colours(count: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Return colours of dark grounds and of lighter shapes (N, 3, 1)."""
    ground = random.uniform(0.0, 0.4, (count, 3, 1))
    shape = random.uniform(0.3, 1.0, (count, 3, 1))
    bright = random.integers(0, 3, count)
    shape[np.arange(count), bright, 0] = random.uniform(0.8, 1.0, count)
    return ground.astype(np.float32), shape.astype(np.float32)
