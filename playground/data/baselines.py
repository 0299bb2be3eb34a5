"""What a forecast has to beat: the last value that was seen, and the value one season before.

Both need no training and no network; whatever is not better than they are has learned nothing. Errors are in the
series' own units. Hyndman and Athanasopoulos, "Forecasting: Principles and Practice", section 5.2.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from playground.data.dataset import Dataset, SeriesPicture
from playground.data.windows import asked

Floats = npt.NDArray[np.float64]


def naive(picture: SeriesPicture, starts: npt.NDArray[np.int64], steps: int = 0) -> Floats:
    """Return the last value seen, for all that is to be told: `(N, k)`, or `(N, S, k)` with an answer at S steps."""
    told = asked(picture, starts, steps)
    return np.broadcast_to(picture.values[told[..., :1] - 1], told.shape).copy()


def seasonal(picture: SeriesPicture, starts: npt.NDArray[np.int64], steps: int = 0) -> Floats | None:
    """Return the values one season before those to be told, or as many seasons before as it takes to have seen them.

    Shapes as `naive`. None where the series has no season, or where it begins less than a season before.
    """
    if not picture.season:
        return None
    told = asked(picture, starts, steps)
    seasons = np.arange(picture.horizon) // picture.season + 1
    before = told - seasons * picture.season
    return None if not before.size or before.min() < 0 else picture.values[before]


def errors(dataset: Dataset) -> dict[str, float]:
    """Return `naive_rmse` and, where there is a season, `seasonal_rmse` on what is held back; nothing without it."""
    picture = dataset.series
    if picture is None or not len(picture.starts_test):
        return {}
    steps = dataset.target.steps
    truth = picture.values[asked(picture, picture.starts_test, steps)]
    found: dict[str, float] = {}
    for name, told in (
        ("naive_rmse", naive(picture, picture.starts_test, steps)),
        ("seasonal_rmse", seasonal(picture, picture.starts_test, steps)),
    ):
        if told is not None:
            found[name] = math.sqrt(float(((told - truth) ** 2).mean()))
    return found
