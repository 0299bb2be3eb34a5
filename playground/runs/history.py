"""History: the scalar metrics of a run by step, in memory as columns, with one record's bytes for the log.

A later point at the same step adds to the earlier one. Knows no file and no bound.
"""

from __future__ import annotations

import bisect
import math
import struct
from array import array
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from playground.runs.records import HEADER
from playground.runs.thinning import decimate

point_format = struct.Struct(
    "<dH"
)  # epoch, number of metrics; then their values (f8), their names with NUL between
MAX_METRICS = 256  # a run has about ten; this bounds the memory of one that invents names


class History:
    """Points (step, epoch, metrics), steps strictly ascending; of the metrics the first 256."""

    def __init__(self) -> None:
        self.steps = array("q")
        self.epochs = array("d")
        self.columns: dict[str, array[float]] = {}

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def last_step(self) -> int:
        """The step of the newest point; -1 when there is none."""
        return self.steps[-1] if self.steps else -1

    @property
    def point_size(self) -> int:
        """The bytes of a record that has every metric."""
        return HEADER + len(pack_point(0.0, dict.fromkeys(self.columns, 0.0)))

    def append(self, step: int, epoch: float, metrics: Mapping[str, float]) -> None:
        """Add a point; `step` is not below the last one's."""
        if not self.steps or self.steps[-1] != step:
            self.steps.append(step)
            self.epochs.append(epoch)
            for column in self.columns.values():
                column.append(math.nan)
        self.epochs[-1] = epoch
        for name, value in metrics.items():
            if name not in self.columns:
                if len(self.columns) == MAX_METRICS:
                    continue
                self.columns[name] = array("d", [math.nan]) * len(self.steps)
            self.columns[name][-1] = value

    def cut_back(self, step: int) -> None:
        """Forget the points after `step`."""
        self.keep(range(bisect.bisect_right(self.steps, step)))

    def thin(self, max_points: int) -> None:
        """Keep at most `max_points` that draw the same picture."""
        steps, _, columns = self.numbers()
        self.keep(decimate(steps, columns, max_points).tolist())

    def keep(self, indices: Iterable[int]) -> None:
        chosen = list(indices)
        self.steps = array("q", [self.steps[i] for i in chosen])
        self.epochs = array("d", [self.epochs[i] for i in chosen])
        self.columns = {name: array("d", [c[i] for i in chosen]) for name, c in self.columns.items()}

    def arrays(self, max_points: int) -> dict[str, npt.NDArray[np.float64]]:
        """`step`, `epoch` and every metric, each (P,) with P ≤ max_points, NaN where a metric is missing."""
        steps, epochs, columns = self.numbers()
        chosen = decimate(steps, columns, max_points)
        found = {"step": steps.astype(np.float64), "epoch": epochs} | columns
        return {name: column[chosen] for name, column in found.items()}

    def points(self) -> Iterator[tuple[int, float, dict[str, float]]]:
        """The points, oldest first."""
        for i, step in enumerate(self.steps):
            yield step, self.epochs[i], {name: column[i] for name, column in self.columns.items()}

    def numbers(
        self,
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], dict[str, npt.NDArray[np.float64]]]:
        # Copies: a view would forbid the columns to grow.
        columns = {name: np.array(column, dtype=np.float64) for name, column in self.columns.items()}
        return np.array(self.steps, dtype=np.int64), np.array(self.epochs, dtype=np.float64), columns


def pack_point(epoch: float, metrics: Mapping[str, float]) -> bytes:
    """One point's bytes, without its step. Raises ValueError for a name with NUL or more than 65,535
    metrics."""
    names = "\0".join(metrics)
    if names.count("\0") >= max(len(metrics), 1) or len(metrics) > 0xFFFF:
        raise ValueError("metrics: too many, or a name with NUL")
    values = struct.pack(f"<{len(metrics)}d", *metrics.values())
    return point_format.pack(epoch, len(metrics)) + values + names.encode("utf-8", "surrogatepass")


def unpack_point(payload: bytes) -> tuple[float, dict[str, float]]:
    """Epoch and metrics from pack_point's bytes. Raises ValueError where they are none."""
    try:
        epoch, count = point_format.unpack_from(payload)
        values = struct.unpack_from(f"<{count}d", payload, point_format.size)
        names = payload[point_format.size + 8 * count :].decode("utf-8", "surrogatepass").split("\0")
    except struct.error as error:
        raise ValueError(f"a history point: {error}") from None
    if count and len(names) != count:
        raise ValueError(f"a history point: {count} names expected, got {len(names)}")
    return epoch, dict(zip(names, values, strict=False)) if count else {}
