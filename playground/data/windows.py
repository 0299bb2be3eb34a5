"""A series cut into windows: what goes in, what is to be told, and where the end begins that is held back.

Nothing reaches across that border: windows of the training part end before it with what they have to tell, windows of
the test part begin behind it. Knows no source.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from playground.data.dataset import Dataset, SeriesPicture, fit_scaling
from playground.spec.series_data import Forecast

Notes = tuple[tuple[str, tuple[tuple[str, object], ...]], ...]


@dataclass(frozen=True, eq=False)
class Measured:
    """A series before it is cut: the fields of `SeriesPicture` that do not depend on windows.

    Attributes:
        values: `(L,)` float64.
        labels: `(L,)`.
        name, unit: as in `SeriesPicture`.
        season: steps after which it is expected to repeat itself; 0 where it is not.
        filled: `(L,)` bool, where a value was missing; None where none was.
    """

    values: npt.NDArray[np.float64]
    labels: tuple[str, ...]
    name: str
    unit: str
    season: int
    filled: npt.NDArray[np.bool_] | None = None


def windowed(spec: Forecast, found: Measured, *, source: str, licence: str, notes: Notes = ()) -> Dataset:
    """Return the data set of a series: scaled by its training part, cut into windows.

    Legend: W the window, k the horizon. x is `(N, W, 1)`; y is `(N, k)`, or `(N, W, k)` with an answer at each step.
    """
    train, _ = spec.parts()
    scaling = fit_scaling(spec.scaling, found.values[:train, None])
    scaled = scaling.apply(found.values[:, None])[:, 0]
    num_train, num_test = spec.num_samples()
    starts = np.arange(num_train, dtype=np.int64)
    starts_test = train + np.arange(num_test, dtype=np.int64)
    x, y = _cut(scaled, starts, spec)
    x_test, y_test = _cut(scaled, starts_test, spec)
    filled = np.zeros(len(found.values), bool) if found.filled is None else found.filled
    return Dataset(
        x=x,
        y=y,
        x_test=x_test,
        y_test=y_test,
        target=spec.target(),
        class_names=(),
        feature_names=(found.name,),
        points=None,
        points_test=None,
        scaling=scaling,
        target_scaling=scaling,
        source=source,
        licence=licence,
        notes=notes,
        series=SeriesPicture(
            values=found.values,
            labels=found.labels,
            name=found.name,
            unit=found.unit,
            filled=filled,
            begins=train,
            window=spec.window,
            horizon=spec.horizon,
            season=found.season,
            starts=starts,
            starts_test=starts_test,
        ),
    )


def asked(picture: SeriesPicture, starts: npt.NDArray[np.int64], steps: int) -> npt.NDArray[np.int64]:
    """Return which values of the series are to be told: indices `(N, k)`, or `(N, S, k)` with an answer at S steps."""
    ahead = np.arange(picture.horizon)
    if not steps:
        return starts[:, None] + picture.window + ahead
    return starts[:, None, None] + np.arange(1, steps + 1)[:, None] + ahead


def _cut(
    scaled: npt.NDArray[np.float32], starts: npt.NDArray[np.int64], spec: Forecast
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return windows `(N, W, 1)` and what is to be told behind them, `(N, k)` or `(N, W, k)`."""
    x = scaled[starts[:, None] + np.arange(spec.window)][..., None]
    ahead = np.arange(spec.horizon)
    if spec.shape == "many-to-one":
        return x, scaled[starts[:, None] + spec.window + ahead]
    return x, scaled[starts[:, None, None] + np.arange(1, spec.window + 1)[:, None] + ahead]
