"""Probes of what a network makes of every place of a plane or a line, data or no data there."""

from __future__ import annotations

import numpy as np

from playground.data import featurise
from playground.data.targets import shades
from playground.probes.registry import Array, Arrays, Subject, probe

GRID = 60
TILE = 24
LINE = 241
MAX_TILES = 64


@probe
def plane(subject: Subject) -> Arrays:
    """The output over the plane of two-dimensional data.

    Returns:
        `grid` (G, G, k): the outputs as `shades` has them, row 0 at the bottom.
        `extent` (4,): left, right, bottom, top.
    """
    places = _places(subject, GRID)
    if places is None:
        return {}
    points, extent = places
    outputs = subject.net().forward(_input(subject, points))
    return {"grid": shades(subject.experiment, outputs).reshape(GRID, GRID, -1), "extent": extent}


@probe
def tiles(subject: Subject) -> Arrays:
    """The response of every unit over the plane of two-dimensional data.

    Returns:
        `tiles/<layer index>` (U, g, g) for each layer that gives a vector of at most 64, row 0 at the bottom.
    """
    places = _places(subject, TILE)
    if places is None:
        return {}
    points, _ = places
    responses = subject.net().trace(_input(subject, points))
    return {
        f"tiles/{index}": response.astype("f4").T.reshape(-1, TILE, TILE)
        for index, response in enumerate(responses)
        if response.ndim == 2 and response.shape[1] <= MAX_TILES
    }


@probe
def line(subject: Subject) -> Arrays:
    """The output along the line of one-dimensional data: `line_x` (M,) and `line` (M, k), as `shades` has them."""
    extent = subject.dataset.extent
    if subject.dataset.points is None or extent is None or len(extent) != 1:
        return {}
    x = np.linspace(*extent[0], LINE, dtype=np.float32)
    outputs = subject.net().forward(_input(subject, x.reshape(-1, 1)))
    return {"line_x": x, "line": shades(subject.experiment, outputs)}


def _input(subject: Subject, points: Array) -> Array:
    return featurise(subject.dataset, points)


def _places(subject: Subject, size: int) -> tuple[Array, Array] | None:
    """Return size² points of the plane (row by row from the bottom) and its borders."""
    extent = subject.dataset.extent
    if subject.dataset.points is None or extent is None or len(extent) != 2:
        return None
    (left, right), (bottom, top) = extent
    across, up = np.meshgrid(np.linspace(left, right, size), np.linspace(bottom, top, size))
    points = np.stack([across.ravel(), up.ravel()], axis=1).astype(np.float32)
    return points, np.array([left, right, bottom, top], np.float32)
