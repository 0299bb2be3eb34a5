"""Points with a class, one function per set: what each looks like, in the range of TensorFlow Playground.

Classes are as even as the number of points allows. `noise` moves every coordinate by a normal draw of that standard
deviation, in units of the plane; in the clouds it widens the cloud. Splitting, features and scaling are not done here.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from playground.data.drawing import RANGE, Drawn, displaced, draws, polar
from playground.spec.data import (
    Blobs,
    Checkerboard,
    Circles,
    Gaussians,
    Moons,
    Quadrants,
    Rings,
    Spiral,
    Xor,
)

RADIUS = 5.0
"""How far from the centre the sets reach."""

VARIANCE = 0.5, 4.0
"""Variance of a cloud's coordinates at noise 0 and at noise 1."""


def _classes(count: int, num_classes: int = 2) -> npt.NDArray[np.int64]:
    return np.arange(count, dtype=np.int64) % num_classes


@draws(Xor, extent=(-0.5, 1.5))
def xor(spec: Xor, random: np.random.Generator) -> Drawn:
    """The truth table of exclusive or."""
    points = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float64)
    return points, np.array([0, 1, 1, 0])


@draws(Quadrants)
def quadrants(spec: Quadrants, random: np.random.Generator) -> Drawn:
    """Even in the square, with a free strip of 0.3 along the axes; class 1 where the signs differ."""
    quadrant = np.arange(spec.count) % 4
    signs = np.stack([1 - 2 * (quadrant % 2), 1 - 2 * (quadrant // 2)], axis=1)
    points = signs * (0.3 + random.uniform(0, RADIUS, (spec.count, 2)))
    return displaced(points, spec.noise, random), (signs[:, 0] != signs[:, 1]).astype(np.int64)


@draws(Circles)
def circles(spec: Circles, random: np.random.Generator) -> Drawn:
    """Class 1: a disc to half of the radius. Class 0: a ring from 0.7 of the radius on."""
    y = _classes(spec.count)
    along = random.uniform(0, 1, spec.count)
    radius = RADIUS * np.where(y == 1, 0.5 * along, 0.7 + 0.3 * along)
    return displaced(polar(radius, random.uniform(0, 2 * np.pi, spec.count)), spec.noise, random), y


@draws(Gaussians)
def gaussians(spec: Gaussians, random: np.random.Generator) -> Drawn:
    """Clouds around (−2, −2), class 0, and (2, 2), class 1; the variance grows with the noise from 0.5 to 4."""
    y = _classes(spec.count)
    centres = np.array([[-2.0, -2.0], [2.0, 2.0]])
    deviation = np.sqrt(VARIANCE[0] + (VARIANCE[1] - VARIANCE[0]) * spec.noise)
    return displaced(centres[y], deviation, random), y


@draws(Moons)
def moons(spec: Moons, random: np.random.Generator) -> Drawn:
    """Half circles of radius 10/3, the second one turned upside down and moved into the first one's opening."""
    y = _classes(spec.count)
    angle = random.uniform(0, np.pi, spec.count)
    upper, lower = polar(np.ones(spec.count), angle), np.array([1.0, 0.5]) - polar(np.ones(spec.count), angle)
    points = np.where(y[:, None] == 0, upper, lower) - np.array([0.5, 0.25])
    return displaced(points * (RADIUS / 1.5), spec.noise, random), y


@draws(Spiral)
def spiral(spec: Spiral, random: np.random.Generator) -> Drawn:
    """Two Archimedean arms, half a turn apart, to radius 5 after 1¾ turns; they start 0.5 from the centre.

    Each arm is cut into as many equal pieces as it has points and every piece holds one, so that there are no gaps.
    """
    y = _classes(spec.count)
    piece, pieces = np.arange(spec.count) // 2, (spec.count + 1) // 2
    along = 0.1 + 0.9 * (piece + random.uniform(0, 1, spec.count)) / pieces
    angle = 1.75 * 2 * np.pi * along + np.pi * y
    points = polar(RADIUS * along, np.pi / 2 - angle)
    return displaced(points, spec.noise, random), y


@draws(Checkerboard)
def checkerboard(spec: Checkerboard, random: np.random.Generator) -> Drawn:
    """`cells` × `cells` squares over ±6, coloured in turn; a twentieth of each square stays free along its sides."""
    y = _classes(spec.count)
    squares = np.array([(i, j) for i in range(spec.cells) for j in range(spec.cells)])
    colour = squares.sum(1) % 2
    chosen = np.where(
        y == 1,
        random.choice(np.flatnonzero(colour == 1), spec.count),
        random.choice(np.flatnonzero(colour == 0), spec.count),
    )
    side = 2 * RANGE / spec.cells
    points = -RANGE + side * (squares[chosen] + random.uniform(0.05, 0.95, (spec.count, 2)))
    return displaced(points, spec.noise, random), y


@draws(Rings)
def rings(spec: Rings, random: np.random.Generator) -> Drawn:
    """Class k is the k-th band from the centre; three tenths of a band's width stay free between two bands."""
    y = _classes(spec.count, spec.classes)
    radius = RADIUS * (y + 0.7 * random.uniform(0, 1, spec.count)) / (spec.classes - 0.3)
    return displaced(polar(radius, random.uniform(0, 2 * np.pi, spec.count)), spec.noise, random), y


@draws(Blobs)
def blobs(spec: Blobs, random: np.random.Generator) -> Drawn:
    """Clouds on a circle of radius 4; without noise, neighbours' centres are at least six deviations apart."""
    y = _classes(spec.count, spec.classes)
    centres, deviation = blob_clouds(spec)
    return displaced(centres[y], deviation, random), y


def blob_clouds(spec: Blobs) -> tuple[npt.NDArray[np.floating], float]:
    """Return the centres (C, 2) of the clouds, and the deviation of their coordinates."""
    centres = polar(np.full(spec.classes, 4.0), 2 * np.pi * np.arange(spec.classes) / spec.classes)
    apart = 8.0 * np.sin(np.pi / spec.classes)
    variance = min(VARIANCE[0], (apart / 6) ** 2) + (VARIANCE[1] - VARIANCE[0]) * spec.noise
    return centres, float(np.sqrt(variance))
