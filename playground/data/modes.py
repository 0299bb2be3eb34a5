"""Points with known modes: how each set is drawn, and where its modes lie, so that what imitates it can be measured.

Legend: N points, K modes, M places on them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from playground.data.classification import blob_clouds
from playground.data.dataset import Dataset
from playground.data.drawing import Drawn, displaced, draws, polar
from playground.spec import DataSpec
from playground.spec.data import Blobs
from playground.spec.mode_data import PIECES, Drawing, Gaussians8, Grid25, Line, Ring

Floats = npt.NDArray[np.floating]
RADIUS = 4.0
LINE = np.array([[-4.0, -2.0], [4.0, 2.0]])
DEVIATIONS = 3.0
"""So many standard deviations from its mode a point is still a good one: 98.9 % of a round cloud are."""
LEAST = 0.05
"""The least of such a distance: without noise nothing would be near enough."""
PLACES = 512
"""So many places stand for a curve, or for a set about which nothing else is known."""


@dataclass(frozen=True, eq=False)
class Modes:
    """Where a set of points lies.

    Attributes:
        places: (M, 2) float64, raw coordinates: centres of clouds, or places along curves.
        mode: (M,) which mode each place belongs to.
        shares: (K,) which part of the points belongs to each mode, sums to 1.
        reach: how far from its nearest place a good point lies at most.
        centres: whether each mode is a cloud around its only place.
    """

    places: Floats
    mode: npt.NDArray[np.int64]
    shares: Floats
    reach: float
    centres: bool

    @property
    def count(self) -> int:
        """K."""
        return len(self.shares)


def modes(spec: DataSpec, dataset: Dataset) -> Modes | None:
    """Return where the points lie; None where samples are no points of the plane.

    Of a set without known centres or curves (moons, a spiral, a table) the modes are the classes and the places its own
    points; a good point is as near to one of them as 99 of 100 points are to their next.
    """
    if dataset.points is None or dataset.points.shape[1] != 2 or dataset.target.kind != "classes":
        return None
    known = _known(spec)
    if known is None:
        return _neighbours(dataset)
    places, mode, deviation = known
    count = spec.target().size
    shares = np.bincount(np.asarray(dataset.y, np.int64), minlength=count) / len(dataset.y)
    reach = max(DEVIATIONS * deviation, LEAST)
    return Modes(places, mode, shares, reach, len(places) == count)


def _known(spec: DataSpec) -> tuple[Floats, npt.NDArray[np.int64], float] | None:
    if isinstance(spec, Gaussians8):
        return _eight(), np.arange(8), spec.noise
    if isinstance(spec, Grid25):
        return _grid(), np.arange(25), spec.noise
    if isinstance(spec, Blobs):
        centres, deviation = blob_clouds(spec)
        return centres, np.arange(spec.classes), deviation
    along = (np.arange(PLACES) + 0.5) / PLACES
    if isinstance(spec, Ring):
        return polar(np.full(PLACES, RADIUS), 2 * np.pi * along), _piece(along), spec.noise
    if isinstance(spec, Line):
        return LINE[0] + along[:, None] * (LINE[1] - LINE[0]), _piece(along), spec.noise
    if isinstance(spec, Drawing):
        places, mode = _along(spec, along)
        return places, mode, spec.noise
    return None


def _neighbours(dataset: Dataset) -> Modes:
    assert dataset.points is not None
    points = np.asarray(dataset.points[:PLACES], np.float64)
    y = np.asarray(dataset.y[:PLACES], np.int64)
    apart = np.sqrt(((points[:, None] - points[None]) ** 2).sum(2))
    np.fill_diagonal(apart, np.inf)
    reach = float(np.quantile(apart.min(1), 0.99)) if len(points) > 1 else LEAST
    shares = np.bincount(np.asarray(dataset.y, np.int64), minlength=dataset.target.size) / len(dataset.y)
    return Modes(points, y, shares, max(reach, LEAST), False)


@draws(Line)
def line(spec: Line, random: np.random.Generator) -> Drawn:
    """Even along the line."""
    along = _evenly(spec.count, random)
    points = LINE[0] + along[:, None] * (LINE[1] - LINE[0])
    return displaced(points, spec.noise, random), _piece(along)


@draws(Ring)
def ring(spec: Ring, random: np.random.Generator) -> Drawn:
    """Even along the circle."""
    along = _evenly(spec.count, random)
    points = polar(np.full(spec.count, RADIUS), 2 * np.pi * along)
    return displaced(points, spec.noise, random), _piece(along)


@draws(Gaussians8)
def gaussians_8(spec: Gaussians8, random: np.random.Generator) -> Drawn:
    """As many points in each cloud."""
    y = np.arange(spec.count, dtype=np.int64) % 8
    return displaced(_eight()[y], spec.noise, random), y


@draws(Grid25)
def grid_25(spec: Grid25, random: np.random.Generator) -> Drawn:
    """As many points in each cloud."""
    y = np.arange(spec.count, dtype=np.int64) % 25
    return displaced(_grid()[y], spec.noise, random), y


@draws(Drawing)
def drawing(spec: Drawing, random: np.random.Generator) -> Drawn:
    """Even along all strokes together."""
    points, y = _along(spec, random.uniform(0, 1, spec.count))
    return displaced(points, spec.noise, random), y


def _eight() -> Floats:
    return polar(np.full(8, RADIUS), 2 * np.pi * np.arange(8) / 8)


def _grid() -> Floats:
    return np.array([(2.0 * i, 2.0 * j) for j in range(-2, 3) for i in range(-2, 3)])


def _evenly(count: int, random: np.random.Generator) -> Floats:
    """Return shares of the way (count,), as many on each piece."""
    return (np.arange(count) % PIECES + random.uniform(0, 1, count)) / PIECES


def _piece(along: Floats) -> npt.NDArray[np.int64]:
    return np.minimum((along * PIECES).astype(np.int64), PIECES - 1)


def _along(spec: Drawing, along: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the places at shares `along` (N,) of the way along all strokes, and the stroke of each."""
    starts, ends, strokes, lengths = list[Floats](), list[Floats](), list[int](), list[float]()
    for number, stroke in enumerate(spec.strokes):
        vertices = np.array(stroke, np.float64)
        pieces = np.sqrt((np.diff(vertices, axis=0) ** 2).sum(1))
        if not pieces.sum():
            vertices, pieces = vertices[[0, 0]], np.ones(1)
        starts += list(vertices[:-1])
        ends += list(vertices[1:])
        strokes += [number] * len(pieces)
        lengths += list(pieces)
    behind = np.cumsum(lengths)
    way = along * behind[-1]
    piece = np.minimum(np.searchsorted(behind, way, side="right"), len(lengths) - 1)
    length = np.array(lengths)[piece]
    part = np.clip((way - (behind[piece] - length)) / np.where(length > 0, length, 1.0), 0, 1)[:, None]
    first, last = np.array(starts)[piece], np.array(ends)[piece]
    return first + part * (last - first), np.array(strokes, np.int64)[piece]
