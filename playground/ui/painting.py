"""Painted points become data: the points there are and the painted ones, kept as a table like an uploaded one.

So a link can name them, every limit of a table holds for them, and undo takes them back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from playground.data import Dataset, csv
from playground.spec import DataSpec, SpecError
from playground.spec.data import Csv

MOST_PAINTED = 2000
FARTHEST = 1e6
COLUMNS, TARGET = ("x1", "x2"), "class"


def painted(spec: DataSpec, dataset: Dataset, points: Any, folder: Path) -> Csv:
    """Keep the data with further points and return their specification: raw coordinates, nothing held back.

    Args:
        spec: what the data set was made from.
        dataset: with two-dimensional points; those held back for the test are trained on from now on.
        points: from a browser: rows `[x1, x2, class index or value]`.
        folder: the data folder.

    Raises:
        SpecError: if a row is not such a row, or the table is refused.
    """
    if dataset.points is None or dataset.points.shape[1] != 2:
        raise SpecError("ui.paint.no_plane")
    rows = [_row(point, dataset) for point in _listed(points)]
    names = _column_names(spec)
    table = csv.write_csv(names, [*_present(dataset), *rows]).encode()
    limits = csv.UploadLimits.from_environment()
    report = csv.inspect(table, limits=limits)
    task = "classes" if dataset.target.kind == "classes" else "regression"
    file_id = csv.store(table, folder, limits)
    found = csv.csv_spec(report, file_id, names[:2], names[2], task)
    return found.model_copy(update={"scaling": "none", "test_fraction": 0.0})


def _listed(points: Any) -> list[Any]:
    if not isinstance(points, list) or not points:
        raise SpecError("ui.paint.none")
    if len(points) > MOST_PAINTED:
        raise SpecError("ui.paint.too_many", value=len(points), bound=MOST_PAINTED)
    return points


def _row(point: Any, dataset: Dataset) -> tuple[float, float, object]:
    numbers = point if isinstance(point, list) else []
    good = [isinstance(n, int | float) and not isinstance(n, bool) and math.isfinite(n) for n in numbers]
    if len(good) != 3 or not all(good) or max(abs(n) for n in numbers) > FARTHEST:
        raise SpecError("ui.paint.bad_point", value=str(point)[:60])
    x1, x2, answer = numbers
    if dataset.target.kind != "classes":
        return float(x1), float(x2), float(answer)
    names = _class_names(dataset)
    if answer not in range(len(names)):
        raise SpecError("ui.paint.no_class", value=answer, count=len(names))
    return float(x1), float(x2), names[int(answer)]


def is_painted(spec: DataSpec) -> bool:
    """Tell whether a table is one that painting has made, not a visitor's file."""
    return isinstance(spec, Csv) and (*spec.columns, spec.target_column) == (*COLUMNS, TARGET)


def _present(dataset: Dataset) -> list[tuple[object, ...]]:
    """Return the rows of the data as they are, in their own units."""
    parts = [(dataset.points, dataset.y)]
    if dataset.points_test is not None and len(dataset.points_test):
        parts.append((dataset.points_test, dataset.y_test))
    rows: list[tuple[object, ...]] = []
    for points, y in parts:
        answers = _answers(dataset, y)
        rows += [(x[0], x[1], answer) for x, answer in zip(points, answers, strict=True)]  # type: ignore[arg-type]
    return rows


def _answers(dataset: Dataset, y: np.ndarray) -> Sequence[object]:
    if dataset.target.kind == "classes":
        names = _class_names(dataset)
        return [names[int(index)] for index in y]
    if dataset.target_scaling is not None:
        y = dataset.target_scaling.undo(y)
    return list(y[:, 0])


def _class_names(dataset: Dataset) -> Sequence[str]:
    """Return names that keep their order in a table, where numbers come by size and texts by alphabet."""
    names = dataset.class_names
    return names if dataset.source == "source.csv" else [str(index) for index in range(len(names))]


def _column_names(spec: DataSpec) -> tuple[str, ...]:
    if isinstance(spec, Csv) and len(spec.columns) == 2:
        return (*spec.columns, spec.target_column)
    return (*COLUMNS, TARGET)
