"""Points with a value, one function per set; values are within about ±1. Splitting and scaling are not done here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from playground.data.drawing import RANGE, Drawn, Points, displaced, draws
from playground.spec.data import Function1D, MultiGaussian, Plane

Floats = npt.NDArray[np.floating]


def plane_value(points: Points) -> Floats:
    """(x₁ + x₂) / 10: points `(N, 2)` → `(N,)`."""
    return points.sum(1) / 10


BUMPS = np.array([[-4, 2.5, 1], [0, 2.5, -1], [4, 2.5, 1], [-4, -2.5, -1], [0, -2.5, 1], [4, -2.5, -1]])
"""x₁, x₂ and sign of each bump, as in TensorFlow Playground."""


def bumps_value(points: Points) -> Floats:
    """Six cones of height ±1 and radius 2; where two meet, the larger magnitude counts: `(N, 2)` → `(N,)`."""
    distance = np.linalg.norm(points[:, None, :] - BUMPS[None, :, :2], axis=2)  # (N, 6)
    heights = BUMPS[:, 2] * np.clip(1 - distance / 2, 0, 1)
    return np.take_along_axis(heights, np.abs(heights).argmax(1)[:, None], 1)[:, 0]


@draws(Plane)
def plane(spec: Plane, random: np.random.Generator) -> Drawn:
    """Even in the square; with noise, the value belongs to a place a normal draw of that deviation away."""
    points = random.uniform(-RANGE, RANGE, (spec.count, 2))
    return points, plane_value(displaced(points, spec.noise, random))


@draws(MultiGaussian)
def multi_gaussian(spec: MultiGaussian, random: np.random.Generator) -> Drawn:
    """Even in the square; noise as in `plane`."""
    points = random.uniform(-RANGE, RANGE, (spec.count, 2))
    return points, bumps_value(displaced(points, spec.noise, random))


FUNCTIONS: dict[str, Callable[[Floats], Floats]] = {
    "sine": np.sin,
    "step": lambda x: np.where(x > 0, 1.0, 0.0),
    "absolute": lambda x: np.abs(x) / RANGE,
    "polynomial": lambda x: 4 * (x / RANGE) ** 3 - 3 * (x / RANGE),
    "sinc": lambda x: np.sinc(x / 2),
    "square wave": lambda x: np.where(np.sin(x) >= 0, 1.0, -1.0),
}
"""sin x; 1 where x > 0; |x|/6; 4u³ − 3u with u = x/6; sin(πx/2)/(πx/2); the sign of sin x."""


@draws(Function1D)
def function_1d(spec: Function1D, random: np.random.Generator) -> Drawn:
    """x even in ±6, the function's value plus a normal draw with standard deviation `noise`."""
    x = random.uniform(-RANGE, RANGE, (spec.count, 1))
    return x, FUNCTIONS[spec.function](x[:, 0]) + spec.noise * random.standard_normal(spec.count)
