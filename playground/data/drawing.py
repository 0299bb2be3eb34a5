"""Points of the plane and of the line: drawn by one function per set, then split, featurised and scaled here.

The sets themselves stand in `classification.py` and `regression.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from playground.data.dataset import Dataset, fit_scaling
from playground.data.features import features
from playground.data.loading import loads
from playground.data.splitting import split, stratified_split
from playground.spec import DataSpec
from playground.spec.random import stream

Floats = npt.NDArray[np.floating]
Points = npt.NDArray[np.floating]
Drawn = tuple[Points, npt.NDArray[Any]]
"""Raw coordinates `(N, 2)` or `(N, 1)`, and classes `(N,)` int64 or values `(N,)`."""

RANGE = 6.0
"""The plane and the line are shown from −6 to 6, as in TensorFlow Playground."""

S = TypeVar("S", bound=DataSpec)


def draws(
    kind: type[S], extent: tuple[float, float] = (-RANGE, RANGE)
) -> Callable[[Callable[[S, np.random.Generator], Drawn]], Callable[[S, np.random.Generator], Drawn]]:
    """Register the function below as the one that draws `kind`.

    Args:
        kind: its specification.
        extent: the part of each axis that a picture shows.
    """

    def register(
        draw: Callable[[S, np.random.Generator], Drawn],
    ) -> Callable[[S, np.random.Generator], Drawn]:
        @loads(kind)
        def assemble(spec: S, folder: Path | None) -> Dataset:
            del folder
            return _assemble(spec, draw, extent)

        return draw

    return register


def _assemble(
    spec: S, draw: Callable[[S, np.random.Generator], Drawn], extent: tuple[float, float]
) -> Dataset:
    seed: int = getattr(spec, "seed", 0)
    raw, y = draw(spec, stream(seed, "points", spec.kind))
    points = raw.astype(np.float32)
    target, (num_train, num_test) = spec.target(), spec.num_samples()
    order = stream(seed, "split", spec.kind)
    if num_test == 0 and not hasattr(spec, "test_fraction"):
        train, test = np.arange(num_train), np.arange(0)  # a fixed set keeps the order of its table
    elif target.kind == "classes":
        train, test = stratified_split(y, num_train, order)
    else:
        train, test = split(len(y), num_train, order)
    names: tuple[str, ...] = getattr(spec, "features", ("x1", "x2")[: points.shape[1]])
    values = features(names, points)
    scaling = fit_scaling(getattr(spec, "scaling", "none"), values[train])
    y = y.astype(np.int64) if target.kind == "classes" else y.astype(np.float32).reshape(-1, target.size)
    return Dataset(
        x=scaling.apply(values[train]),
        y=y[train],
        x_test=scaling.apply(values[test]),
        y_test=y[test],
        target=target,
        class_names=tuple(str(c) for c in range(target.size)) if target.kind == "classes" else (),
        feature_names=names,
        derived=True,
        points=points[train],
        points_test=points[test],
        scaling=scaling,
        source="source.drawn" if spec.kind == "Drawing" else "source.points",
        licence="CC0 1.0",
        extent=(extent,) * points.shape[1],
    )


def displaced(points: Points, noise: float, random: np.random.Generator) -> Points:
    """Return `points` with every coordinate moved by a normal draw whose standard deviation is `noise` units."""
    return points + noise * random.standard_normal(points.shape)


def polar(radius: Floats, angle: Floats) -> Points:
    """Return `(N, 2)` coordinates of radii and angles `(N,)`."""
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
