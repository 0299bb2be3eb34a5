"""From a specification to its arrays: who loads which kind, and what is kept in memory.

A kind's loader stands beside its data (`@loads(TheSpec)`); a stranger's data set uses the same door.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from playground.data.dataset import Dataset
from playground.data.features import features
from playground.spec import DataSpec, SpecError

Loader = Callable[[Any, Path | None], Dataset]
S = TypeVar("S", bound=DataSpec)

_loaders: dict[type[DataSpec], Loader] = {}


def loads(
    kind: type[S],
) -> Callable[[Callable[[S, Path | None], Dataset]], Callable[[S, Path | None], Dataset]]:
    """Register the function below as the one that loads `kind` and what inherits from it."""

    def register(loader: Callable[[S, Path | None], Dataset]) -> Callable[[S, Path | None], Dataset]:
        _loaders[kind] = loader
        return loader

    return register


def load(spec: DataSpec, folder: Path | None = None) -> Dataset:
    """Return the arrays `spec` describes; the same object again while it is in memory.

    Args:
        spec: what is wanted.
        folder: the data folder, where uploads and the visitor's own copies lie; None if there is none.

    Raises:
        SpecError: if a source is missing or damaged, or a table does not hold what the specification says.
    """
    key = (spec, folder)
    found = _memory.get(key)
    if found is None:
        found = _loader(spec)(spec, folder)
        _memory.put(key, found)
    return found


def featurise(
    data: DataSpec | Dataset, raw: npt.ArrayLike, folder: Path | None = None
) -> npt.NDArray[np.float32]:
    """Return network input from raw values, with the features and the scaling of the data set.

    Args:
        data: the data set or its specification.
        raw: `(N, 2)` or `(N, 1)` coordinates, `(N, F)` columns of a table, or `(N, *input_shape)` pixels.
        folder: as for `load`, needed only with the specification of an uploaded table.
    """
    dataset = data if isinstance(data, Dataset) else load(data, folder)
    values = features(dataset.feature_names, raw) if dataset.derived else raw
    return dataset.scaling.apply(values)


def forget() -> None:
    """Drop everything that is kept in memory."""
    _memory.clear()


def _loader(spec: DataSpec) -> Loader:
    for kind in type(spec).__mro__:
        found = _loaders.get(cast("type[DataSpec]", kind))
        if found is not None:
            return found
    raise SpecError("source.no_loader", place="data.kind", value=spec.kind)


class Memory:
    """The most recently used data sets, up to a number of bytes; safe between threads."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[object, Dataset] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object) -> Dataset | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: object, dataset: Dataset) -> None:
        with self._lock:
            self._kept[key] = dataset
            while len(self._kept) > 1 and sum(d.num_bytes for d in self._kept.values()) > self._max_bytes:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


_memory = Memory(max_bytes=256_000_000)
