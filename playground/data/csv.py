"""A visitor's table: what is in it, keeping it, and loading it as a data set.

`inspect` looks, `store` keeps, `csv_spec` turns a choice of columns into a specification; whatever does not fit is
refused in one sentence with row, column, value and expectation. Knows no screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from playground.data.csv_files import read_upload, store
from playground.data.csv_table import Table, TableColumn, read_table
from playground.data.csv_text import UploadLimits, check_size, read_text
from playground.data.csv_writing import write_csv
from playground.data.dataset import Dataset, fit_scaling
from playground.data.loading import loads
from playground.data.splitting import split, stratified_split
from playground.spec import SpecError
from playground.spec.data import Csv
from playground.spec.errors import brief
from playground.spec.random import stream

__all__ = [
    "Column",
    "CsvReport",
    "UploadLimits",
    "check_size",
    "csv_spec",
    "inspect",
    "read_upload",
    "store",
    "write_csv",
]

Task = Literal["classes", "regression"]
C = TypeVar("C", "Column", TableColumn)

MAX_INPUTS = 256
MAX_CLASSES = 100
LARGEST = 1e30
"""The largest magnitude accepted; squares of more would leave float64's and sums float32's range."""

_TARGET_NAMES = ("target", "label", "class", "y", "species", "目标", "标签", "类别", "分类")


@dataclass(frozen=True)
class Column:
    """What a form shows of one column.

    Attributes:
        name: its heading.
        kind: `"number"`, `"category"` (text with few different values), `"text"` or `"empty"`.
        num_missing: empty cells.
        num_distinct: different values; None if there are too many texts to count.
        low, high: range of the numbers; None if there are none.
        input_problem: why it cannot be an input; None if it can.
        classes_problem: why it cannot be a target of classes; None if it can.
        regression_problem: why it cannot be a target of regression; None if it can.
    """

    name: str
    kind: Literal["number", "category", "text", "empty"]
    num_missing: int
    num_distinct: int | None
    low: float | None
    high: float | None
    input_problem: SpecError | None
    classes_problem: SpecError | None
    regression_problem: SpecError | None


@dataclass(frozen=True)
class CsvReport:
    """What was found in a file.

    Attributes:
        name: the file's name as the visitor's browser told it, shortened; only for showing.
        num_bytes: its size.
        num_rows: data rows.
        encoding: the encoding's name.
        encoding_assumed: whether it is likely rather than certain.
        delimiter: what stands between two cells.
        decimal: the decimal sign of the numbers.
        header: whether the first row held names.
        columns: one entry per column.
        preview: the first rows as text.
        inputs, target, task: a choice that works, for the form to begin with; `target` is empty if there is none.
    """

    name: str
    num_bytes: int
    num_rows: int
    encoding: str
    encoding_assumed: bool
    delimiter: str
    decimal: str
    header: bool
    columns: tuple[Column, ...]
    preview: tuple[tuple[str, ...], ...]
    inputs: tuple[str, ...]
    target: str
    task: Task

    def column(self, name: str) -> Column:
        """Return the column called `name`.

        Raises:
            SpecError: if there is none.
        """
        return _named(self.columns, name)

    def targets(self, task: Task) -> tuple[str, ...]:
        """Return the columns that can be the target of `task`."""
        return tuple(c.name for c in self.columns if _problem(c, task) is None)


def inspect(data: bytes, name: str = "", limits: UploadLimits | None = None) -> CsvReport:
    """Look at a table without keeping anything.

    Args:
        data: the file's bytes.
        name: the file's name, only for showing.
        limits: the caps.

    Raises:
        SpecError: if it cannot be read as a table; naming the place.
    """
    limits = limits or UploadLimits.from_environment()
    source = read_text(data, limits)
    table = read_table(source, limits)
    columns = tuple(_column(c, table) for c in table.columns)
    inputs, target, task = _suggestion(columns)
    return CsvReport(
        name=brief(name),
        num_bytes=len(data),
        num_rows=table.num_rows,
        encoding=source.encoding,
        encoding_assumed=source.assumed,
        delimiter=source.delimiter,
        decimal=source.decimal,
        header=table.header,
        columns=columns,
        preview=table.preview,
        inputs=inputs,
        target=target,
        task=task,
    )


def csv_spec(report: CsvReport, file_id: str, columns: Sequence[str], target: str, task: Task) -> Csv:
    """Return the specification of a choice of columns.

    Args:
        report: what `inspect` found.
        file_id: what `store` gave.
        columns: the inputs, in order.
        target: the column to be predicted.
        task: whether its values are classes or numbers.

    Raises:
        SpecError: if a column is missing, doubled or not fit for its part; naming the first cell that is in the way.
    """
    _check_choice(columns, target)
    for name in columns:
        _refuse(report.column(name).input_problem)
    aim = report.column(target)
    _refuse(_problem(aim, task))
    shared: dict[str, Any] = dict(
        file=file_id, columns=tuple(columns), target_column=target, rows=report.num_rows
    )
    if task == "classes":
        shared["classes"] = aim.num_distinct
    return Csv(**shared, task=task)


@loads(Csv)
def load_csv(spec: Csv, folder: Path | None) -> Dataset:
    """Read a kept table again and cut it into training and test part; with scaling, regression targets are scaled too.

    Raises:
        SpecError: if the file is gone or not what the specification says.
    """
    limits = UploadLimits.from_environment()
    table = read_table(read_text(read_upload(spec.file, folder, limits), limits), limits)
    _check_choice(spec.columns, spec.target_column)
    inputs = [_named(table.columns, name) for name in spec.columns]
    aim = _named(table.columns, spec.target_column)
    if table.num_rows != spec.rows:
        raise SpecError("csv.other_rows", value=spec.rows, found=table.num_rows)
    for column in inputs:
        _refuse(_input_problem(column, table))
    values = np.stack([column.values for column in inputs], axis=1)  # (N, F)
    order = stream(spec.seed, "split", spec.kind)
    num_train = spec.num_samples()[0]
    names: tuple[str, ...] = ()
    target_scaling = None
    if spec.task == "classes":
        _refuse(_classes_problem(aim))
        found, y = _classes(aim)
        names = tuple(found)
        if len(names) != spec.classes:
            raise SpecError("csv.other_classes", value=spec.classes, found=len(names), column=brief(aim.name))
        train, test = stratified_split(y, num_train, order)
    else:
        _refuse(_input_problem(aim, table))
        train, test = split(table.num_rows, num_train, order)
        target_scaling = fit_scaling(spec.scaling, aim.values[train, None])
        y = target_scaling.apply(aim.values[:, None])
    scaling = fit_scaling(spec.scaling, values[train])
    x = scaling.apply(values)
    drawn = values.astype(np.float32) if values.shape[1] <= 2 else None
    return Dataset(
        x=x[train],
        y=y[train],
        x_test=x[test],
        y_test=y[test],
        target=spec.target(),
        class_names=names,
        feature_names=spec.columns,
        points=None if drawn is None else drawn[train],
        points_test=None if drawn is None else drawn[test],
        extent=None if drawn is None else _borders(values),
        scaling=scaling,
        source="source.csv",
        licence="",
        target_scaling=target_scaling,
    )


def _borders(values: npt.NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    """Return what a picture of one or two columns shows: their range and a tenth of it on either side."""
    low, high = values.min(axis=0), values.max(axis=0)
    margin = (high - low) / 10
    return tuple((float(a), float(b)) for a, b in zip(low - margin, high + margin, strict=True))


def _column(column: TableColumn, table: Table) -> Column:
    numbers = column.values[~np.isnan(column.values)]
    if column.num_text == 0:
        kind = "number" if len(numbers) or column.num_infinite else "empty"
    elif len(numbers) >= column.num_text:
        kind = "number"
    else:
        kind = "category" if column.labels is not None and len(column.labels) <= MAX_CLASSES else "text"
    input_problem = _input_problem(column, table)
    return Column(
        name=column.name,
        kind=kind,
        num_missing=column.num_missing,
        num_distinct=None if column.labels is None else len(np.unique(numbers)) + len(column.labels),
        low=float(numbers.min()) if len(numbers) else None,
        high=float(numbers.max()) if len(numbers) else None,
        input_problem=input_problem,
        classes_problem=_classes_problem(column),
        regression_problem=input_problem,
    )


def _input_problem(column: TableColumn, table: Table) -> SpecError | None:
    """Return why a column is not fit to be used as numbers."""
    name = brief(column.name)
    if column.first_text:
        row, cell = column.first_text
        return SpecError("csv.text_in_numbers", row=row, column=name, value=cell)
    if problem := _holes(column):
        return problem
    largest = int(np.abs(column.values).argmax())
    value = column.values[largest]
    if abs(value) > LARGEST:
        row = int(table.row_numbers[largest])
        return SpecError("csv.huge", row=row, column=name, value=f"{value:g}", bound=f"{LARGEST:g}")
    if (column.values == column.values[0]).all():
        return SpecError("csv.constant", column=name, value=f"{column.values[0]:g}")
    return None


def _classes_problem(column: TableColumn) -> SpecError | None:
    """Return why a column's values cannot be classes."""
    name = brief(column.name)
    if problem := _holes(column):
        return problem
    if column.labels is None:
        return SpecError("csv.too_many_classes", column=name, bound=MAX_CLASSES)
    numbers = column.values[column.codes < 0]
    if len(np.unique(numbers)) + len(column.labels) > MAX_CLASSES:
        return SpecError("csv.too_many_classes", column=name, bound=MAX_CLASSES)
    names, y = _classes(column)
    if len(names) < 2:
        return SpecError("csv.one_class", column=name, value=names[0])
    counts = np.bincount(y)
    if counts.min() < 2:
        return SpecError("csv.rare_class", column=name, value=names[int(counts.argmin())])
    return None


def _holes(column: TableColumn) -> SpecError | None:
    name = brief(column.name)
    if column.first_infinite:
        row, cell = column.first_infinite
        return SpecError("csv.not_finite", row=row, column=name, value=cell)
    if column.first_missing:
        total = len(column.values)
        return SpecError(
            "csv.missing", row=column.first_missing[0], column=name, value=column.num_missing, total=total
        )
    return None


def _classes(column: TableColumn) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return class names and indices `(N,)`: numbers by size, then texts by alphabet."""
    texts = column.labels or ()
    is_text = column.codes >= 0
    numbers = np.unique(column.values[~is_text])
    order = sorted(range(len(texts)), key=lambda code: texts[code])
    position = np.empty(len(texts), np.int64)
    position[order] = len(numbers) + np.arange(len(texts))
    y = np.empty(len(column.values), np.int64)
    y[~is_text] = np.searchsorted(numbers, column.values[~is_text])
    y[is_text] = position[column.codes[is_text]]
    shown = [str(int(v)) if v == int(v) and abs(v) < 1e15 else repr(float(v)) for v in numbers]
    return shown + [texts[code] for code in order], y


def _suggestion(columns: tuple[Column, ...]) -> tuple[tuple[str, ...], str, Task]:
    """Return inputs, target and task to begin with: a column named like a target, else the last that can be one."""

    def rank(column: Column) -> tuple[bool, bool, int]:
        return column.name.lower() in _TARGET_NAMES, column.kind == "category", columns.index(column)

    able = [c for c in columns if c.classes_problem is None or c.regression_problem is None]
    if not able:
        return (), "", "classes"
    aim = max(able, key=rank)
    few = aim.num_distinct is not None and aim.num_distinct <= 20
    classes = aim.classes_problem is None and (few or aim.regression_problem is not None)
    inputs = [c.name for c in columns if c is not aim and c.input_problem is None and not _is_index(c)]
    return tuple(inputs[:MAX_INPUTS]), aim.name, "classes" if classes else "regression"


def _is_index(column: Column) -> bool:
    return column.name.lower() in ("column 1", "id", "index", "unnamed: 0") and column.low in (0, 1)


def _check_choice(columns: Sequence[str], target: str) -> None:
    if not columns:
        raise SpecError("csv.no_inputs")
    if len(columns) > MAX_INPUTS:
        raise SpecError("csv.too_many_inputs", value=len(columns), bound=MAX_INPUTS)
    for i, name in enumerate(columns):
        if name in columns[:i]:
            raise SpecError("csv.input_twice", value=name)
    if target in columns:
        raise SpecError("csv.target_is_input", value=target)


def _named(columns: Sequence[C], name: str) -> C:
    for column in columns:
        if column.name == name:
            return column
    raise SpecError("csv.no_column", value=name, columns=", ".join(brief(c.name, 20) for c in columns[:12]))


def _problem(column: Column, task: Task) -> SpecError | None:
    return column.classes_problem if task == "classes" else column.regression_problem


def _refuse(problem: SpecError | None) -> None:
    if problem is not None:
        raise problem
