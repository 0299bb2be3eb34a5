"""Real series that a package ships: temperatures, weather, employment. Read by path and checksum, never imported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from playground.data.dataset import Dataset
from playground.data.loading import loads
from playground.data.source_files import SEATTLE_WEATHER, SF_TEMPS, US_EMPLOYMENT, Source, read
from playground.data.windows import Measured, windowed
from playground.spec.series_data import Series


@dataclass(frozen=True)
class Read:
    """How one file is read: which column, how its dates are written and shown, in what unit, after how many steps."""

    source: Source
    column: str
    dates: str
    shown: str
    unit: str
    season: int


FILES = {
    "sf-temps": Read(SF_TEMPS, "temp", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "°F", 24),
    "seattle-weather": Read(SEATTLE_WEATHER, "temp_max", "%Y/%m/%d", "%Y-%m-%d", "°C", 365),
    "us-employment": Read(US_EMPLOYMENT, "nonfarm", "%Y-%m-%d", "%Y-%m", "thousands", 12),
}


@loads(Series)
def series(spec: Series, folder: Path | None) -> Dataset:
    """Read a file, put in the hour that daylight saving time skips, cut it."""
    how = FILES[spec.source]
    heading, *rows = (line.split(",") for line in read(how.source, folder).decode().splitlines())
    date = next(i for i, name in enumerate(heading) if name in ("date", "month"))
    value = heading.index(how.column)
    moments = [datetime.strptime(row[date], how.dates) for row in rows]  # noqa: DTZ007 - local time, as measured
    values = [float(row[value]) for row in rows]
    filled = np.zeros(len(values), bool)
    if how.source is SF_TEMPS:
        moments, values, filled = _hourly(moments, values)
    found = Measured(
        np.array(values),
        tuple(moment.strftime(how.shown) for moment in moments),
        spec.source,
        how.unit,
        how.season,
        filled,
    )
    notes = (
        (("series_filled", (("count", int(filled.sum())), ("total", len(filled)))),) if filled.any() else ()
    )
    source = f"source.{how.source.name}_about"
    return windowed(spec, found, source=source, licence=how.source.licence, notes=notes)


def _hourly(moments: list[datetime], values: list[float]) -> tuple[list[datetime], list[float], np.ndarray]:
    """Return one value for each hour; one that is missing lies in the middle of its neighbours."""
    known = dict(zip(moments, values, strict=True))
    hour = timedelta(hours=1)
    every = [moments[0] + i * hour for i in range(int((moments[-1] - moments[0]) / hour) + 1)]
    filled = np.array([moment not in known for moment in every])
    at = np.arange(len(every))
    there = np.array([known.get(moment, np.nan) for moment in every])
    there[filled] = np.interp(at[filled], at[~filled], there[~filled])
    return every, there.tolist(), filled
