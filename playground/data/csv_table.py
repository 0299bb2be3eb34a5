"""Text to columns: every cell is a number, missing, not finite, or text; the first of each kind is remembered.

The file is read in blocks, numbers become float64 at once and text becomes codes, so that memory stays near 12 bytes
a cell. Nothing is evaluated. Knows no target and no network.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from playground.data.csv_text import CsvText, UploadLimits
from playground.spec import SpecError
from playground.spec.errors import brief

MAX_LABELS = 1_000
MAX_NAME = 100
MAX_RECORD = 1_000_000
BLOCK = 2_048
PREVIEW = 8
MISSING = frozenset(("", "na", "n/a", "null", "#n/a"))

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)

Cell = tuple[int, str]
"""A row's number, counted as a spreadsheet does, and what stands there."""


@dataclass(frozen=True, eq=False)
class TableColumn:
    """One column as it stands in the file.

    Attributes:
        name: its heading.
        values: `(N,)` float64, NaN where there is no finite number.
        codes: `(N,)` index into `labels`, −1 where there is no text.
        labels: the different texts, or None if they are too many or too long to be classes.
        num_missing, num_infinite, num_text: how many cells are empty, not finite, or text.
        first_missing, first_infinite, first_text: the first of them.
    """

    name: str
    values: npt.NDArray[np.float64]
    codes: npt.NDArray[np.int32]
    labels: tuple[str, ...] | None
    num_missing: int
    num_infinite: int
    num_text: int
    first_missing: Cell | None
    first_infinite: Cell | None
    first_text: Cell | None


@dataclass(frozen=True, eq=False)
class Table:
    """All columns of a file.

    Attributes:
        columns: as in the file.
        num_rows: data rows, without heading and empty lines.
        row_numbers: `(N,)` each data row's number in the file.
        header: whether the first row holds names; otherwise columns are called `column 1`, ...
        preview: the first rows as text.
    """

    columns: tuple[TableColumn, ...]
    num_rows: int
    row_numbers: npt.NDArray[np.int32]
    header: bool
    preview: tuple[tuple[str, ...], ...]


def read_table(source: CsvText, limits: UploadLimits) -> Table:
    """Read every cell.

    Raises:
        SpecError: at the first ragged row, formula, broken quotation or doubled name, or if there is no data or a cap
            is exceeded.
    """
    records = _records(source)
    first = list(islice(records, 200))
    if not first:
        raise SpecError("csv.empty")
    header = not _looks_like_data([cells for _, cells in first], source.decimal)
    names = _names(first[0][1] if header else [""] * len(first[0][1]), first[0][0])
    if len(names) < 2:
        raise SpecError("csv.one_column", value=names[0])
    columns = [_Gather(name, source.decimal) for name in names]
    rows = iter(first[header:])
    numbers: list[int] = []
    preview: tuple[tuple[str, ...], ...] = ()
    while block := list(islice(rows, BLOCK)) or list(islice(records, BLOCK)):
        for number, cells in block:
            if len(cells) != len(names):
                raise SpecError("csv.ragged", row=number, value=len(cells), expected=len(names))
        numbers.extend(number for number, _ in block)
        if len(numbers) > limits.rows:
            raise SpecError("csv.too_many_rows", bound=f"{limits.rows:,}")
        if len(numbers) * len(names) > limits.cells:
            raise SpecError("csv.too_many_cells", bound=f"{limits.cells:,}", columns=len(names))
        preview = preview or tuple(tuple(brief(c, 40) for c in cells) for _, cells in block[:PREVIEW])
        block_numbers = [number for number, _ in block]
        for gather, cells in zip(columns, zip(*(cells for _, cells in block), strict=True), strict=True):
            gather.add(block_numbers, cells)
    if not numbers:
        raise SpecError("csv.header_only", value=", ".join(names[:5]))
    if len(numbers) < 2:
        raise SpecError("csv.one_row")
    return Table(
        tuple(g.column() for g in columns), len(numbers), np.array(numbers, np.int32), header, preview
    )


def read_cells(source: CsvText, limits: UploadLimits) -> tuple[list[int], list[list[str]]]:
    """Return every row as it stands there, the first one included, and the rows' numbers in the file.

    Raises:
        SpecError: at the first ragged row or broken quotation, or if a cap is exceeded.
    """
    numbers: list[int] = []
    rows: list[list[str]] = []
    for number, cells in _records(source):
        if rows and len(cells) != len(rows[0]):
            raise SpecError("csv.ragged", row=number, value=len(cells), expected=len(rows[0]))
        numbers.append(number)
        rows.append([cell.strip() for cell in cells])
        if len(rows) > limits.rows + 1:
            raise SpecError("csv.too_many_rows", bound=f"{limits.rows:,}")
    if not rows:
        raise SpecError("csv.empty")
    return numbers, rows


def is_number(cell: str, decimal: str = ".") -> bool:
    """Tell whether a stripped cell is a plain decimal number; Python's `1_000` and full-width digits are not."""
    if len(cell) > 64:
        return False
    if decimal == ",":
        if "." in cell:
            return False
        cell = cell.replace(",", ".", 1)
    return _NUMBER.fullmatch(cell) is not None


class _Lines:
    """The file line by line; refuses a record that grows too long while the reader is still inside it."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self.pending = 0
        self.row = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.pending += len(line)
            if self.pending > MAX_RECORD:
                raise SpecError("csv.long_row", row=self.row + 1, bound=f"{MAX_RECORD:,}")
            yield line


def _records(source: CsvText) -> Iterator[tuple[int, list[str]]]:
    lines = _Lines(source.text)
    reader = csv.reader(iter(lines), delimiter=source.delimiter, strict=True)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if "limit" in str(error):
                raise SpecError(
                    "csv.long_row", row=lines.row + 1, bound=f"{csv.field_size_limit():,}"
                ) from None
            raise SpecError("csv.quotes", row=lines.row + 1) from None
        if cells is None:
            return
        lines.row += 1
        lines.pending = 0
        if any(cells) and "".join(cells).strip():  # a row of empty cells is an empty line
            yield lines.row, cells


def _looks_like_data(rows: list[list[str]], decimal: str) -> bool:
    """Tell whether the first row is data: it has numbers, and its texts come again below in the same column."""
    first = [cell.strip() for cell in rows[0]]
    numbers = [is_number(cell, decimal) for cell in first]
    return any(numbers) and all(
        number or any(len(row) > i and row[i].strip() == cell for row in rows[1:])
        for i, (cell, number) in enumerate(zip(first, numbers, strict=True))
    )


def _names(heading: list[str], row: int) -> list[str]:
    names = [" ".join(cell.split()) or f"column {i}" for i, cell in enumerate(heading, 1)]
    seen: dict[str, int] = {}
    for i, name in enumerate(names, 1):
        if name.startswith("="):
            raise SpecError("csv.formula", row=row, column=i, value=name)
        if len(name) > MAX_NAME:
            raise SpecError("csv.long_name", column=i, value=len(name), bound=MAX_NAME)
        if name in seen:
            raise SpecError("csv.same_name", value=name, first=seen[name], second=i)
        seen[name] = i
    return names


class _Gather:
    """Collects one column block by block."""

    def __init__(self, name: str, decimal: str) -> None:
        self.name = name
        self.decimal = decimal
        self.values: list[npt.NDArray[np.float64]] = []
        self.codes: list[npt.NDArray[np.int32]] = []
        self.labels: dict[str, int] | None = {}
        self.counts = {"missing": 0, "infinite": 0, "text": 0}
        self.firsts: dict[str, Cell] = {}

    def add(self, rows: list[int], raw: tuple[str, ...]) -> None:
        cells = [cell.strip() for cell in raw]
        values = self._plain(cells)
        codes = np.full(len(cells), -1, np.int32)
        if values is None:
            values = np.full(len(cells), np.nan)
            for i, cell in enumerate(cells):
                if self.labels and cell in self.labels:  # a class seen before needs no second look
                    self.counts["text"] += 1
                    codes[i] = self.labels[cell]
                elif is_number(cell, self.decimal) and np.isfinite(number := self._number(cell)):
                    values[i] = number
                else:
                    codes[i] = self._other(rows[i], cell)
        self.values.append(values)
        self.codes.append(codes)

    def column(self) -> TableColumn:
        return TableColumn(
            name=self.name,
            values=np.concatenate(self.values),
            codes=np.concatenate(self.codes),
            labels=None if self.labels is None else tuple(self.labels),
            num_missing=self.counts["missing"],
            num_infinite=self.counts["infinite"],
            num_text=self.counts["text"],
            first_missing=self.firsts.get("missing"),
            first_infinite=self.firsts.get("infinite"),
            first_text=self.firsts.get("text"),
        )

    def _plain(self, cells: list[str]) -> npt.NDArray[np.float64] | None:
        """Return the numbers if all cells are plain finite ones: the fast way, one conversion for the block."""
        joined = "".join(cells)
        if self.decimal == "," or not joined.isascii() or "_" in joined:
            return None
        try:
            values = np.fromiter(map(float, cells), np.float64, len(cells))
        except ValueError:
            return None
        return values if np.isfinite(values).all() else None

    def _number(self, cell: str) -> float:
        return float(cell.replace(",", ".", 1) if self.decimal == "," else cell)

    def _other(self, row: int, cell: str) -> int:
        """Count a cell that is no finite number and return its code; −1 if it is no text."""
        if cell.startswith("="):
            raise SpecError("csv.formula", row=row, column=brief(self.name), value=cell)
        if cell.lower() in MISSING:
            kind = "missing"
        elif len(cell) <= 64 and (_NOT_FINITE.fullmatch(cell) or is_number(cell, self.decimal)):
            kind = "infinite"
        else:
            kind = "text"
        self.counts[kind] += 1
        self.firsts.setdefault(kind, (row, brief(cell)))
        if kind != "text" or self.labels is None:
            return -1
        if len(cell) > MAX_NAME or (cell not in self.labels and len(self.labels) >= MAX_LABELS):
            self.labels = None
            return -1
        return self.labels.setdefault(cell, len(self.labels))
