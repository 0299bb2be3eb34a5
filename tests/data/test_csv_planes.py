"""A table with one or two input columns can be drawn like any other data of a line or a plane."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from playground.data import featurise, load
from playground.data.csv import csv_spec, inspect, store

ROWS = [(0.1 * i, 100.0 + (i * i) % 37, i % 2) for i in range(40)]
TABLE = ("x2,x1,kind\n" + "".join(f"{a},{b},{c}\n" for a, b, c in ROWS)).encode()


def test_two_columns_are_a_plane_in_their_own_units(tmp_path: Path) -> None:
    spec = csv_spec(inspect(TABLE), store(TABLE, tmp_path), ["x2", "x1"], "kind", "classes")
    data = load(spec, tmp_path)
    assert data.points is not None
    assert data.points_test is not None
    assert data.extent is not None
    every = np.concatenate([data.points, data.points_test])
    assert sorted(map(tuple, np.round(every, 3).tolist())) == sorted(
        map(tuple, np.round(np.array(ROWS, "f4")[:, :2], 3).tolist())
    )
    for (low, high), column in zip(data.extent, every.T, strict=True):
        assert low < column.min()
        assert column.max() < high
    np.testing.assert_allclose(featurise(data, data.points), data.x, atol=1e-5)


def test_one_column_is_a_line_and_three_are_neither(tmp_path: Path) -> None:
    file_id = store(TABLE, tmp_path)
    line = load(csv_spec(inspect(TABLE), file_id, ["x1"], "x2", "regression"), tmp_path)
    assert line.points is not None
    assert line.points.shape[1] == 1
    assert line.extent is not None
    wide = ("a,b,c,y\n" + "".join(f"{i},{i * i % 7},{i * 3 % 11},{i % 2}\n" for i in range(20))).encode()
    data = load(csv_spec(inspect(wide), store(wide, tmp_path), ["a", "b", "c"], "y", "classes"), tmp_path)
    assert data.points is None
    assert data.extent is None
