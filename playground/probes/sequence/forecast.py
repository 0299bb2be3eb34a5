"""The forecast picture: a series, what the network says one step ahead, what anybody could say, and how it goes on.

One step ahead the network always sees true values; rolled forward it sees its own. Two baselines need no network: the
last value again (naive), and the value one season ago (seasonal naive): Hyndman and Athanasopoulos (2021), ch. 5.2.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from playground.data.dataset import Dataset, SeriesPicture
from playground.probes.asks import Answer, Scene, ask
from playground.probes.registry import Array, Subject
from playground.probes.sequence.looked import require_small
from playground.probes.sequence.recurrence import Vector
from playground.spec import Spec, SpecError

JUDGED = 400
"""Held-back windows on which network and baselines are judged, evenly spread."""
TICKS = 7
CHUNK = 256


class Range(Spec):
    """Which part of the series: `count` values from `first` (−1: around the border); and `ahead` values from `start`.

    `start` −1 rolls from where the held-back part begins; −2 from the end of the series.
    """

    first: Annotated[int, Field(ge=-1)] = -1
    count: Annotated[int, Field(ge=2, le=1200)] = 300
    ahead: Annotated[int, Field(ge=0, le=240)] = 48
    start: Annotated[int, Field(ge=-2)] = -1


@ask(Range)
def forecast(scene: Scene, wanted: Range, lang: str) -> Answer:
    """Return a part of the series with everything that is said of it.

    Returns:
        plain: `length` of the series, `first`, `begins`, `window`, `horizon`, `season`, `start` of the rolled
        forecast, `ticks` [[index, label]], `labels` (n,), `rmse` {network, naive, seasonal} of `judged` held-back
        windows in the units of the series (None where unknown), `unit`, `name`.
        Arrays, NaN where there is nothing: `values`, `network`, `naive`, `seasonal` (n,) f4 at the indices from
        `first`; `rolled` (ahead,) f4 from `start`.

    Raises:
        SpecError: if the data are no series, or the network is too large.
    """
    subject = scene.subject
    series = subject.dataset.series
    if series is None:
        raise SpecError("stage.forecast.no_series")
    require_small(subject, wanted.count)
    known = course(series, wanted)
    first, last, start = known.plain["first"], known.plain["last"], known.plain["start"]
    places = np.arange(max(first, series.window), last)
    network = np.full(last - first, np.nan)
    network[places - first] = _ahead(subject, series.values, places - series.window)[:, 0]
    arrays = {"network": network, "rolled": rolled(subject, start, wanted.ahead)}
    said = {name: np.asarray(array, np.float32) for name, array in arrays.items()}
    return Answer(known.plain | _judged(series, subject), known.arrays | said)


def course(series: SeriesPicture, wanted: Range) -> Answer:
    """Return what is known of a part of the series without any network.

    Returns:
        plain: as of `forecast`, and `last`, behind the part; `rmse` of the baselines. Arrays: `values`, `naive` and
        `seasonal`.
    """
    values = series.values
    first, last = _part(series, wanted)
    start = {-1: series.begins, -2: len(values)}.get(wanted.start, wanted.start)
    start = min(max(start, series.window), len(values))
    ticks = np.unique(np.linspace(first, last - 1, TICKS).round().astype(int))
    arrays = {
        "values": values[first:last],
        "naive": _before(values, first, last, 1),
        "seasonal": _before(values, first, last, series.season),
    }
    plain: dict[str, Any] = {
        "length": len(values),
        "first": first,
        "last": last,
        "begins": series.begins,
        "window": series.window,
        "horizon": series.horizon,
        "season": series.season,
        "start": start,
        "ticks": [[int(n), series.labels[n] if len(series.labels) > n else str(n)] for n in ticks],
        "labels": list(series.labels[first:last]),
        "name": series.name,
        "unit": series.unit,
        **_judged(series),
    }
    return Answer(plain, {name: np.asarray(array, np.float32) for name, array in arrays.items()})


def rolled(subject: Subject, start: int, ahead: int) -> Vector:
    """Return the series from `start` on as the network tells it, fed with what it has said itself (ahead,)."""
    series = _series(subject.dataset)
    known = list(series.values[start - series.window : start])
    found: list[float] = []
    while len(found) < ahead:
        said = _ahead(subject, np.asarray(known[-series.window :]), np.zeros(1, np.int64))[0]
        if not np.isfinite(said).all():
            break
        found += said.tolist()
        known += said.tolist()
    return np.asarray([*found, *[math.nan] * ahead][:ahead])


def _ahead(subject: Subject, values: Vector, starts: Array) -> Vector:
    """Return what is said to come behind the windows that begin at `starts`: (n, horizon), in units of the series."""
    dataset = subject.dataset
    series = _series(dataset)
    scaled = dataset.scaling.apply(values.reshape(-1, 1))
    places = starts[:, None] + np.arange(series.window)
    net = subject.net()
    found: list[Vector] = []
    for part in range(0, len(starts), CHUNK):
        said = net.forward(scaled[places[part : part + CHUNK]])
        found.append(said[:, -1] if said.ndim == 3 else said)
    outputs = np.concatenate(found) if found else np.zeros((0, series.horizon))
    return outputs if dataset.target_scaling is None else dataset.target_scaling.undo(outputs)


def _judged(series: SeriesPicture, subject: Subject | None = None) -> dict[str, Any]:
    """Return the root mean squared error of network, if there is one, and baselines on the same held-back windows."""
    starts = series.starts_test
    if len(starts) > JUDGED:
        starts = starts[np.linspace(0, len(starts) - 1, JUDGED).round().astype(int)]
    if not len(starts):
        return {"judged": 0, "rmse": {"network": None, "naive": None, "seasonal": None}}
    steps = np.arange(series.horizon)
    begin = starts[:, None] + series.window
    true = series.values[begin + steps]
    season = series.season
    seasonal = series.values[begin + steps % season - season] if 0 < season <= series.window else None
    if season > series.window:
        reach = begin + steps % season - season
        seasonal = np.where(reach >= 0, series.values[np.maximum(reach, 0)], np.nan)
    said = {
        "network": None if subject is None else _ahead(subject, series.values, starts),
        "naive": series.values[begin - 1 + 0 * steps],
        "seasonal": seasonal,
    }
    return {"judged": len(starts), "rmse": {name: _rmse(true, values) for name, values in said.items()}}


def _rmse(true: Vector, said: Vector | None) -> float | None:
    if said is None:
        return None
    found = math.sqrt(float(np.mean(np.square(true - said))))
    return found if math.isfinite(found) else None


def _before(values: Vector, first: int, last: int, lag: int) -> Vector:
    """Return what was so many steps before each place; NaN where nothing was."""
    found = np.full(last - first, np.nan)
    if lag > 0:
        places = np.arange(first, last)
        known = places >= lag
        found[known] = values[places[known] - lag]
    return found


def _part(series: SeriesPicture, wanted: Range) -> tuple[int, int]:
    length = len(series.values)
    count = min(wanted.count, length)
    first = wanted.first
    if first < 0:
        first = series.begins - count // 2 if series.begins < length else length - count
    first = min(max(first, 0), length - count)
    return first, first + count


def _series(dataset: Dataset) -> SeriesPicture:
    assert dataset.series is not None
    return dataset.series
