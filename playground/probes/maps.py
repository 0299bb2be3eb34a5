"""What every unit, and the network as a whole, makes of each place of the plane, as bytes: the stage's own pictures.

It is taken up to sixty times a second while a network trains, so every place is computed once: first those that the
small maps of the units share with the large one, with every layer's outputs kept; then the others, of which only the
network's output is wanted.

Legend: G = 100 places a side of the plane, g = 34 of a unit's map (every third), U units of a column.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from playground.data import Dataset, featurise
from playground.data.targets import shades
from playground.probes.columns import columns
from playground.probes.registry import Array, Arrays, Subject, probe

GRID = 100
TILE = 34
PARTS = 4
"""The other places are computed in so many parts: one workspace serves all, and it stays in the processor's cache."""
MAX_UNITS = 64
"""A column shows the maps of so many units at most, the first ones."""
LEAST, MOST, HALF = np.float32(-127), np.float32(127), np.float32(128.5)
STEPS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True, eq=False)
class Places:
    """The places of a plane as network input: those of the small maps first. `order` puts outputs back in rows."""

    shared: Array  # (g², *input)
    others: tuple[Array, ...]  # (G² − g², *input) in equal parts
    order: Array  # (G²,)


@probe
def maps(subject: Subject) -> Arrays:
    """Return one picture of the plane and one of each unit; nothing where the data are no plane and no line.

    A byte b of a signed map stands for (b − 128) / 127 of its reach: 1 is −1, 128 is 0, 255 is +1. Row 0 is the lowest.

    Returns:
        `map/plane` (G, G) u1: the output on its scale of `shades`. For more than two classes instead `map/class` (G, G)
        u1 and `map/confidence` (G, G) u1, 255 = certain. `map/reach` (1,) f4: what +1 stands for, other than 1 only in
        regression. For every column `map/<last layer>` (min(U, 64), g, g) u1 and its reach `map/<last layer>/reach`
        (1,) f4, 1 where the activation is bounded by 1. One-dimensional data have only these, with one row: (U, 1, g).
    """
    places = places_of(subject.dataset)
    if places is None:
        return _along(subject)
    net = subject.net()
    others = [net.forward(part) for part in places.others]
    layers = net.responses(places.shared)
    outputs = np.concatenate([layers[-1].T, *others])  # (G², k)
    return _whole(subject, outputs[places.order]) | _units(subject, layers, TILE)


def _units(subject: Subject, layers: list[Array], rows: int) -> Arrays:
    """Return the map of each unit from every layer's outputs (U, rows · g)."""
    found: Arrays = {}
    for column in columns(subject.experiment.model, subject.dataset.input_shape):
        response = layers[column.until][:MAX_UNITS]
        reach = 1.0 if column.bounded else nice(_largest(response))
        found[f"map/{column.until}"] = signed(response, reach).reshape(-1, rows, TILE)
        found[f"map/{column.until}/reach"] = np.array([reach], np.float32)
    return found


def _along(subject: Subject) -> Arrays:
    """Return what each unit makes of the line of one-dimensional data."""
    points = line_points(subject.dataset)
    if points is None:
        return {}
    return _units(subject, subject.net().responses(featurise(subject.dataset, points)), 1)


def _whole(subject: Subject, outputs: Array) -> Arrays:
    """Return the picture of the network's outputs (G², k)."""
    shown = shades(subject.experiment, outputs)
    if subject.dataset.target.kind == "regression":
        reach = nice(_largest(subject.dataset.y))
        shown = shown[:, 0]
    else:
        reach = 1.0
        if shown.shape[1] > 2:
            return {
                "map/class": shown.argmax(axis=1).astype(np.uint8).reshape(GRID, GRID),
                "map/confidence": np.rint(255 * shown.max(axis=1)).astype(np.uint8).reshape(GRID, GRID),
                "map/reach": np.ones(1, np.float32),
            }
        shown = shown[:, 0] if shown.shape[1] == 1 else shown[:, 1] - shown[:, 0]
    plane = signed(shown, reach).reshape(GRID, GRID)
    return {"map/plane": plane, "map/reach": np.array([reach], np.float32)}


def signed(values: Array, reach: float) -> Array:
    """Return `values` as bytes: 1 for −reach and below, 128 for 0 and for no number, 255 for +reach and above."""
    scaled = np.multiply(values, np.float32(127 / reach), dtype=np.float32)
    if (
        not abs(float(np.add.reduce(scaled, axis=None))) <= 127 * scaled.size
    ):  # costs less than looking at each of them
        np.nan_to_num(scaled, copy=False, nan=0.0)
    np.maximum(scaled, LEAST, out=scaled)
    np.minimum(scaled, MOST, out=scaled)
    scaled += HALF  # rounds to the nearest, because the cast cuts off
    return scaled.astype(np.uint8)


def nice(size: float) -> float:
    """Return the least round number not below `size`, so that a scale does not tremble; 1 where there is none."""
    if not (np.isfinite(size) and size > 0):
        return 1.0
    decade = 10.0 ** np.floor(np.log10(size))
    return float(next(decade * step for step in STEPS if decade * step >= size * (1 - 1e-6)))


def _largest(values: Array) -> float:
    return max(float(values.max()), -float(values.min()))


_known: WeakKeyDictionary[Dataset, Places | None] = WeakKeyDictionary()


def places_of(dataset: Dataset) -> Places | None:
    """Return the places of the data's plane; None where there is none."""
    if dataset not in _known:
        _known[dataset] = _make_places(dataset)
    return _known[dataset]


def _make_places(dataset: Dataset) -> Places | None:
    if dataset.points is None or dataset.extent is None or len(dataset.extent) != 2:
        return None
    x = featurise(dataset, plane_points(dataset, GRID))
    index = np.arange(GRID * GRID).reshape(GRID, GRID)
    shared = index[::3, ::3].ravel()
    others = np.setdiff1d(index.ravel(), shared)
    order = np.empty(GRID * GRID, np.int64)
    order[np.concatenate([shared, others])] = np.arange(GRID * GRID)
    parts = tuple(np.ascontiguousarray(part) for part in np.array_split(x[others], PARTS))
    return Places(np.ascontiguousarray(x[shared]), parts, order)


def line_points(dataset: Dataset) -> Array | None:
    """Return the g places of the data's line, (g, 1); None where there is none."""
    if dataset.points is None or dataset.extent is None or len(dataset.extent) != 1:
        return None
    return np.linspace(*dataset.extent[0], TILE, dtype=np.float32).reshape(-1, 1)


def plane_points(dataset: Dataset, size: int) -> Array:
    """Return size² places of the data's plane, (size², 2), row by row from the bottom."""
    assert dataset.extent is not None
    (left, right), (bottom, top) = dataset.extent
    across, up = np.meshgrid(np.linspace(left, right, size), np.linspace(bottom, top, size))
    return np.stack([across.ravel(), up.ravel()], axis=1).astype(np.float32)
