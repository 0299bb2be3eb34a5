"""What can be made of the two coordinates before a network sees them. Knows no data set."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

FEATURES: dict[str, Callable[[Floats], Floats]] = {
    "x1": lambda p: p[:, 0],
    "x2": lambda p: p[:, 1],
    "x1^2": lambda p: p[:, 0] ** 2,
    "x2^2": lambda p: p[:, 1] ** 2,
    "x1*x2": lambda p: p[:, 0] * p[:, 1],
    "sin(x1)": lambda p: np.sin(p[:, 0]),
    "sin(x2)": lambda p: np.sin(p[:, 1]),
}
"""Each feature's formula, from points `(N, 2)` or `(N, 1)` to `(N,)`."""


def features(names: Sequence[str], points: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the named features of raw coordinates: points `(N, D)` → `(N, len(names))`, float64."""
    raw = np.asarray(points, np.float64)
    return np.stack([FEATURES[name](raw) for name in names], axis=1, dtype=np.float64)
