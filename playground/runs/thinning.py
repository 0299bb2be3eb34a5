"""Which ones to keep when not all can stay: frames by their step and size, history points by their values.

Pure choices on arrays of steps (ascending); knows no file. Shapes: n = how many there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def spread(steps: Integers, sizes: Integers, max_count: int, max_bytes: int) -> Integers:
    """Indices of the frames to keep: first, last, and between them half evenly, half logarithmically spaced.

    `steps`, `sizes` (n,). At most `max_count` (2 at least) whose sizes sum to `max_bytes` at most; the first and the
    last stay in any case.
    """
    if len(steps) <= max_count and sizes.sum() <= max_bytes:
        return np.arange(len(steps))
    passed = (steps - steps[0]).astype(np.float64)
    # Each half of this coordinate gets half of the frames: the whole timeline stays smooth to drag, and the first
    # moments, where most happens, stay as fine as the late ones are coarse.
    place = passed / max(passed[-1], 1.0) + np.log1p(passed) / max(np.log1p(passed[-1]), 1.0)
    wanted = 4.0 * len(steps)  # many targets meet the same frame where frames are sparse
    while wanted > 2.0:
        chosen = np.unique(nearest(place, np.linspace(0.0, float(place[-1]), int(wanted))))
        if len(chosen) <= max_count and sizes[chosen].sum() <= max_bytes:
            return chosen
        wanted *= 0.9
    return np.unique(np.array([0, len(steps) - 1]))


def nearest(values: Floats, targets: Floats) -> npt.NDArray[np.intp]:
    """For each target the index of the nearest of the ascending `values` (n,)."""
    right = np.clip(np.searchsorted(values, targets), 1, len(values) - 1)
    return np.where(targets - values[right - 1] <= values[right] - targets, right - 1, right)


def decimate(steps: Integers, columns: Mapping[str, Floats], max_points: int) -> npt.NDArray[Any]:
    """Indices of at most `max_points` (2 at least) history points that draw the same picture as all of them.

    `steps` (n,), each column (n,), NaN where a metric is missing. Kept are the first, the last, the largest and
    smallest value of every metric, and of each of many equal stretches of steps the points with the largest and
    smallest loss (or first metric).
    """
    count = len(steps)
    if count <= max(max_points, 2):
        return np.arange(count)
    kept = {0, count - 1}
    for column in columns.values():
        finite = np.flatnonzero(np.isfinite(column))
        if len(finite) and len(kept) + 2 <= max_points // 2:
            kept |= {int(finite[column[finite].argmin()]), int(finite[column[finite].argmax()])}
    stretches = (max_points - len(kept)) // 2
    if stretches > 0:
        lead = columns.get("loss", next(iter(columns.values()), np.zeros(count)))
        kept |= set(extremes_of_stretches(steps, lead, stretches).tolist())
    return np.array(sorted(kept))


def extremes_of_stretches(steps: Integers, values: Floats, stretches: int) -> npt.NDArray[np.intp]:
    """Indices of the smallest and the largest value in each of `stretches` equal ranges of steps."""
    passed = (steps - steps[0]).astype(np.float64)
    stretch = np.minimum(passed * (stretches / (passed[-1] + 1.0)), stretches - 1).astype(np.int64)
    order = np.lexsort((values, stretch))  # by stretch, then by value; NaN last
    ends = np.flatnonzero(np.diff(stretch[order], append=-1))
    starts = np.concatenate(([0], ends[:-1] + 1))
    known = np.isfinite(values[order])
    # NaN and +inf stand behind the largest number of their stretch; without them the curve would lose its top.
    last_known = np.maximum.accumulate(np.where(known, np.arange(len(order)), 0))[ends]
    return order[np.unique(np.concatenate((starts, np.maximum(starts, last_known))))]
