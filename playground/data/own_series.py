"""A visitor's own series: a table with a number in each row, and maybe a date. Gaps are found, filled and told.

`inspect_series` looks, `series_spec` makes a choice of column a specification. Knows no screen.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from playground.data.csv_files import read_upload
from playground.data.csv_table import is_number, read_cells
from playground.data.csv_text import CsvText, UploadLimits, read_text
from playground.data.dataset import Dataset
from playground.data.dates import Calendar, place, read_dates
from playground.data.labelled import Notes
from playground.data.loading import loads
from playground.data.windows import Measured, windowed
from playground.spec import SpecError
from playground.spec.errors import brief
from playground.spec.series_data import SeriesCsv

MISSING = frozenset(("", "na", "n/a", "nan", "null", "none", "#n/a", "-"))
MOST_FILLED = 0.25
"""The share of values that may be missing; more of them would be a drawing of ours."""
USUAL_WINDOW = 24
FEWEST = 12
"""Values a series needs at least."""


@dataclass(frozen=True, eq=False)
class SeriesTable:
    """What a file holds.

    Attributes:
        columns: the headings of columns with numbers.
        dates: the heading of the column with dates; empty where there is none.
        num_rows: rows of values.
        encoding: how the file is encoded.
        assumed: whether that is likely rather than certain.
    """

    columns: tuple[str, ...]
    dates: str
    num_rows: int
    encoding: str
    assumed: bool
    cells: dict[str, list[str]]
    row_numbers: list[int]
    calendar: Calendar | None
    decimal: str


def inspect_series(data: bytes, limits: UploadLimits | None = None) -> SeriesTable:
    """Look at a table of a series; a bare list of numbers is one too.

    Raises:
        SpecError: if it is no table, or no column holds numbers.
    """
    limits = limits or UploadLimits.from_environment()
    source = read_text(data, limits)
    if not any(source.delimiter in line for line in source.text.splitlines()[:5]):
        source = CsvText(source.text, source.encoding, source.assumed, "\t", source.decimal)
    numbers, rows = read_cells(source, limits)
    heading = not any(_is_value(cell, source.decimal) for cell in rows[0])
    names = _names(rows[0] if heading else [""] * len(rows[0]))
    if heading:
        numbers, rows = numbers[1:], rows[1:]
    if not rows:
        raise SpecError("csv.header_only", value=", ".join(names[:5]))
    cells = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    calendar, dates = None, ""
    for name in names:
        calendar = read_dates(cells[name])
        if calendar is not None:
            dates = name
            break
    columns = tuple(name for name in names if name != dates and _mostly_numbers(cells[name], source.decimal))
    if not columns:
        raise SpecError("series.no_numbers", value=", ".join(brief(name, 20) for name in names[:8]))
    return SeriesTable(
        columns, dates, len(rows), source.encoding, source.assumed, cells, numbers, calendar, source.decimal
    )


def series_spec(table: SeriesTable, file_id: str, column: str) -> SeriesCsv:
    """Return the specification of one column, its window fitted to how long it is.

    Raises:
        SpecError: if the column is missing, holds text, never changes, has too many gaps or is too short.
    """
    measured, _ = measure(table, column)
    rows = len(measured.values)
    if rows < FEWEST:
        raise SpecError("series.few", value=rows, needed=FEWEST, column=brief(column))
    window = max(2, min(USUAL_WINDOW, rows // 4 - 2))
    return SeriesCsv(file=file_id, column=column, date_column=table.dates, rows=rows, window=window)


@loads(SeriesCsv)
def load_series(spec: SeriesCsv, folder: Path | None) -> Dataset:
    """Read a kept table again and cut its column into windows.

    Raises:
        SpecError: if the file is gone or not what the specification says.
    """
    table = inspect_series(read_upload(spec.file, folder))
    found, notes = measure(table, spec.column)
    if len(found.values) != spec.rows:
        raise SpecError("csv.other_rows", value=spec.rows, found=len(found.values))
    return windowed(spec, found, source="source.csv", licence="", notes=notes)


def measure(table: SeriesTable, column: str) -> tuple[Measured, Notes]:
    """Return one column in the order of its dates with its gaps filled, and what was done to it.

    Raises:
        SpecError: if the column is missing, holds text, never changes or has too many gaps.
    """
    if column not in table.columns:
        raise SpecError("csv.no_column", value=column, columns=", ".join(brief(c, 20) for c in table.columns))
    values = _values(table, column)
    notes: Notes = ()
    labels = [str(step) for step in range(len(values))]
    season = 0
    if table.calendar is not None:
        values, labels, notes = _in_time(table, table.calendar, values)
        season = 0 if ("series_uneven", ()) in notes else table.calendar.season
    filled = np.isnan(values)
    if filled.mean() > MOST_FILLED:
        raise SpecError(
            "series.gaps", value=int(filled.sum()), total=len(values), bound=f"{100 * MOST_FILLED:g}"
        )
    there = values[~filled]
    if (there == there[0]).all():
        raise SpecError("csv.constant", column=brief(column), value=f"{there[0]:g}")
    if filled.any():
        at = np.arange(len(values))
        values = values.copy()
        values[filled] = np.interp(at[filled], at[~filled], there)
        notes += (("series_filled", (("count", int(filled.sum())), ("total", len(values)))),)
    return Measured(values, tuple(labels), column, "", season, filled), notes


def _in_time(
    table: SeriesTable, calendar: Calendar, values: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], list[str], Notes]:
    """Return values, labels and notes in the order of time; steps that were left out become gaps."""
    moments = calendar.moments
    order = sorted(range(len(moments)), key=lambda i: moments[i])
    notes: Notes = (("series_dates", (("column", table.dates),)),)
    if order != list(range(len(moments))):
        notes += (("series_sorted", ()),)
    for before, after in itertools.pairwise(order):
        if moments[before] == moments[after]:
            raise SpecError(
                "series.same_date", row=table.row_numbers[after], value=table.cells[table.dates][after]
            )
    values = values[order]
    labels = [table.cells[table.dates][i] for i in order]
    if not calendar.step:
        return values, labels, (*notes, ("series_uneven", ()))
    first = moments[order[0]]
    places = np.array([place(moments[i], first, calendar.step) for i in order])
    whole = np.rint(places).astype(np.int64)
    total = int(whole[-1]) + 1
    off = np.abs(places - whole).max() > 0.1 or len(np.unique(whole)) < len(whole)
    if off or total - len(values) > MOST_FILLED * total:  # without weekends, say
        return values, labels, (*notes, ("series_uneven", ()))
    spread = np.full(total, np.nan)
    spread[whole] = values
    named = [""] * total
    for at, label in zip(whole.tolist(), labels, strict=True):
        named[at] = label
    return spread, named, notes


def _values(table: SeriesTable, column: str) -> npt.NDArray[np.float64]:
    found: list[float] = []
    for number, cell in zip(table.row_numbers, table.cells[column], strict=True):
        if cell.lower() in MISSING:
            found.append(np.nan)
        elif is_number(cell, table.decimal):
            found.append(float(cell.replace(",", ".", 1) if table.decimal == "," else cell))
        else:
            raise SpecError("csv.text_in_numbers", row=number, column=brief(column), value=brief(cell))
    values = np.array(found)
    large = np.abs(values) > 1e30
    if large.any():
        at = int(np.flatnonzero(large)[0])
        row = table.row_numbers[at]
        raise SpecError("csv.huge", row=row, column=brief(column), value=f"{values[at]:g}", bound="1e+30")
    return values


def _is_value(cell: str, decimal: str) -> bool:
    return is_number(cell, decimal) or read_dates([cell]) is not None


def _mostly_numbers(cells: list[str], decimal: str) -> bool:
    there = [cell for cell in cells if cell.lower() not in MISSING]
    return bool(there) and sum(is_number(cell, decimal) for cell in there) > len(there) / 2


def _names(heading: list[str]) -> list[str]:
    names: list[str] = []
    for i, cell in enumerate(heading, 1):
        name = " ".join(cell.split())[:100] or f"column {i}"
        names.append(name if name not in names else f"{name} ({i})")
    return names
