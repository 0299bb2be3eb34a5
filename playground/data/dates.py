"""Dates as people write them: which column holds them, how they are written, how far apart they are.

A format is taken only if every cell fits it. Knows no file and no values.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

FORMATS = (
    *("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m"),
    *("%Y/%m/%d", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m", "%Y.%m.%d"),
    *("%d.%m.%Y", "%d.%m.%Y %H:%M", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M"),
    *("%Y年%m月%d日", "%Y年%m月", "%Y%m%d", "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%b %Y"),
)
"""Tried in this order; where month and day could be either, the month comes first."""
DAY, WEEK = 86_400.0, 604_800.0


@dataclass(frozen=True)
class Calendar:
    """What the dates of a column say.

    Attributes:
        moments: one for each row.
        step: "months" or "years", or seconds between two rows where most are the same distance apart; 0 else.
        written: the format.
    """

    moments: tuple[datetime, ...]
    step: str | float
    written: str

    @property
    def season(self) -> int:
        """After how many steps a year, a week or a day is over, whichever is usual for such steps; 0 if unknown."""
        if self.step == "months":
            return 12
        if not isinstance(self.step, float) or not self.step:
            return 0
        if self.step == DAY:
            return 7
        if self.step == WEEK:
            return 52
        return round(DAY / self.step) if self.step < DAY and DAY % self.step == 0 else 0


def read_dates(cells: Sequence[str]) -> Calendar | None:
    """Return what a column's cells say as dates; None if they are none."""
    cells = [cell.strip() for cell in cells]
    if not cells or not cells[0] or len(cells[0]) > 40:
        return None
    for written in FORMATS:
        moments = _all(cells, written)
        if moments is not None:
            return Calendar(moments, _step(sorted(moments)), written)
    return None


def place(moment: datetime, first: datetime, step: str | float) -> float:
    """Return how many steps `moment` lies behind `first`: a whole number where it lies on the grid."""
    if step == "months":
        months = 12 * (moment.year - first.year) + moment.month - first.month
        return months + (moment.day - first.day) / 31
    if step == "years":
        return moment.year - first.year + (moment.timetuple().tm_yday - first.timetuple().tm_yday) / 366
    assert isinstance(step, float)
    return (moment - first).total_seconds() / step


def _all(cells: Sequence[str], written: str) -> tuple[datetime, ...] | None:
    moments: list[datetime] = []
    for cell in cells:
        try:
            moment = datetime.strptime(cell, written)  # noqa: DTZ007 - a table says no time zone
        except ValueError:
            return None
        moments.append(moment)
    return tuple(moments)


def _step(moments: Sequence[datetime]) -> str | float:
    gaps = Counter((after - before).total_seconds() for before, after in itertools.pairwise(moments))
    if not gaps:
        return 0.0
    same_day = len({moment.day for moment in moments}) == 1
    usual, often = gaps.most_common(1)[0]
    if same_day and usual >= 28 * DAY:
        return "years" if usual >= 360 * DAY and len({moment.month for moment in moments}) == 1 else "months"
    return usual if usual > 0 and often >= 0.5 * sum(gaps.values()) else 0.0
