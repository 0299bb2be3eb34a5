"""Tables that are good: encodings, delimiters, kinds of columns, and what is suggested."""

from __future__ import annotations

import csv as standard_csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.data import Dataset, featurise, load
from playground.data.csv import CsvReport, csv_spec, inspect, store, write_csv
from playground.spec.data import Csv

FLOWERS = "length,width,species\n" + "".join(
    f"{5 + i / 10:.1f},{3 - i / 20:.2f},{'setosa' if i % 3 else 'virginica'}\n" for i in range(30)
)
TEMPERATURES = "城市,气温\n" + "".join(f"{'北京' if i % 2 else '上海'},{i / 2}\n" for i in range(12))


def by_name(report: CsvReport) -> dict[str, str]:
    return {column.name: column.kind for column in report.columns}


def loaded(
    text: str | bytes, folder: Path, target: str, task: str = "classes", **changes: object
) -> tuple[Csv, Dataset]:
    data = text.encode() if isinstance(text, str) else text
    report = inspect(data)
    columns = tuple(c.name for c in report.columns if c.name != target and c.input_problem is None)
    spec = csv_spec(report, store(data, folder), columns, target, task)  # type: ignore[arg-type]
    spec = Csv.parse(spec.plain() | changes)
    return spec, load(spec, folder)


def test_a_report_says_what_is_in_the_file() -> None:
    report = inspect(FLOWERS.encode(), "flowers.csv")
    assert (report.name, report.num_bytes, report.num_rows) == ("flowers.csv", len(FLOWERS), 30)
    assert (report.encoding, report.encoding_assumed, report.delimiter, report.header) == (
        "UTF-8",
        False,
        ",",
        True,
    )
    assert by_name(report) == {"length": "number", "width": "number", "species": "category"}
    assert report.preview[0] == ("5.0", "3.00", "virginica")
    assert len(report.preview) == 8
    assert (report.inputs, report.target, report.task) == (("length", "width"), "species", "classes")
    length, _, species = report.columns
    assert (length.low, length.high, length.num_distinct, length.num_missing) == (5.0, 7.9, 30, 0)
    assert species.num_distinct == 2
    assert species.low is None
    assert report.targets("classes") == ("species",)
    assert report.targets("regression") == ("length", "width")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_do_not_matter(delimiter: str, newline: str) -> None:
    text = FLOWERS.replace(",", delimiter).replace("\n", newline)
    report = inspect(text.encode())
    assert report.delimiter == delimiter
    assert by_name(report) == by_name(inspect(FLOWERS.encode()))
    assert report.num_rows == 30
    assert report.preview == inspect(FLOWERS.encode()).preview


@pytest.mark.parametrize(
    ("codec", "name", "assumed"),
    [
        ("utf-8", "UTF-8", False),
        ("utf-8-sig", "UTF-8", False),
        ("utf-16", "UTF-16", False),
        ("utf-32", "UTF-32", False),
        ("gbk", "GB18030", True),
        ("gb18030", "GB18030", True),
    ],
)
def test_encodings_are_found_and_assumptions_are_told(codec: str, name: str, assumed: bool) -> None:
    report = inspect(TEMPERATURES.encode(codec))
    assert (report.encoding, report.encoding_assumed) == (name, assumed)
    assert by_name(report) == {"城市": "category", "气温": "number"}
    assert report.preview[0] == ("上海", "0.0")


def test_big_endian_with_its_mark_is_read() -> None:
    assert inspect(b"\xfe\xff" + TEMPERATURES.encode("utf-16-be")).encoding == "UTF-16"


def test_quotes_may_hold_delimiters_line_ends_and_quotes() -> None:
    report = inspect(b'a,"b ""x"", y"\n1,"one, two"\n2,"three\nfour"\n3,"one, two"\n')
    assert [c.name for c in report.columns] == ["a", 'b "x", y']
    assert report.num_rows == 3
    assert report.preview[0] == ("1", "one, two")


def test_rows_of_empty_cells_and_empty_lines_are_skipped_but_counted() -> None:
    report = inspect(b"a,b\n1,2\n\n,\n3,x\n ,\n5,6\n")
    assert report.num_rows == 3
    problem = report.column("b").input_problem
    assert problem is not None
    assert problem.values["row"] == 5


def test_decimal_commas_between_semicolons_are_numbers(tmp_path: Path) -> None:
    text = "a;b;c\n" + "".join(f"{i},5;-{i},25;{'x' if i % 2 else 'y'}\n" for i in range(20))
    report = inspect(text.encode())
    assert report.decimal == ","
    assert by_name(report) == {"a": "number", "b": "number", "c": "category"}
    _spec, data = loaded(text, tmp_path, "c", scaling="none", test_fraction=0)
    assert sorted(data.x[:, 0].tolist()) == [i + 0.5 for i in range(20)]


@pytest.mark.parametrize(
    "text",
    ["5.1,3.5,setosa\n4.9,3.0,setosa\n6.0,2.9,virginica\n6.1,2.8,virginica\n", "1,2\n3,4\n5,6\n"],
)
def test_a_file_without_names_gets_names(text: str) -> None:
    report = inspect(text.encode())
    assert not report.header
    assert report.num_rows == text.count("\n")
    assert [c.name for c in report.columns] == [
        f"column {i}" for i in range(1, text.split("\n", maxsplit=1)[0].count(",") + 2)
    ]


def test_years_in_a_heading_are_names() -> None:
    report = inspect(b"country,1990,1991\nA,1,2\nB,3,4\nC,5,6\n")
    assert report.header
    assert [c.name for c in report.columns] == ["country", "1990", "1991"]


def test_an_unnamed_column_gets_a_name_and_is_not_suggested_as_an_input() -> None:
    report = inspect(b",a,y\n0,1.5,2\n1,2.5,2\n2,3.5,4\n3,1.0,4\n")
    assert [c.name for c in report.columns] == ["column 1", "a", "y"]
    assert (report.inputs, report.target) == (("a",), "y")


@pytest.mark.parametrize(
    ("text", "target", "task"),
    [
        ("label,a,b\nx,1,2\ny,2,3\nx,3,4\ny,4,9\n", "label", "classes"),
        ("a,b,price\n" + "".join(f"{i},{i % 7},{i * 1.5}\n" for i in range(60)), "price", "regression"),
        ("a,b,digit\n" + "".join(f"{i},{i * i},{i % 3}\n" for i in range(60)), "digit", "classes"),
        ("目标,甲,乙\n" + "".join(f"{i % 2},{i},{i * i}\n" for i in range(60)), "目标", "classes"),
    ],
)
def test_a_target_that_works_is_suggested(text: str, target: str, task: str) -> None:
    report = inspect(text.encode())
    assert (report.target, report.task) == (target, task)
    assert target not in report.inputs
    assert len(report.inputs) == 2
    csv_spec(report, "0" * 64, report.inputs, report.target, report.task)


def test_classes_are_numbers_by_size_then_texts_by_alphabet(tmp_path: Path) -> None:
    text = "x,kind\n" + "".join(f"{i},{('10', '2', '2.0', 'b', 'a', '-1.5')[i % 6]}\n" for i in range(60))
    spec, data = loaded(text, tmp_path, "kind")
    assert data.class_names == ("-1.5", "2", "10", "a", "b")
    assert spec.classes == 5
    assert np.bincount(np.concatenate([data.y, data.y_test])).tolist() == [10, 20, 10, 10, 10]


def test_classes_belong_to_their_rows(tmp_path: Path) -> None:
    text = "x,kind\n" + "".join(f"{i},{'even' if i % 2 == 0 else 'odd'}\n" for i in range(50))
    _, data = loaded(text, tmp_path, "kind", scaling="none")
    for x, y in ((data.x, data.y), (data.x_test, data.y_test)):
        assert [data.class_names[c] for c in y] == ["odd" if v % 2 else "even" for v in x[:, 0]]
    assert len(data.x) == 35
    assert len(data.x_test) == 15
    assert abs(data.y_test.mean() - 0.5) < 0.05


def test_regression_scales_inputs_and_target_by_the_training_part_and_tells(tmp_path: Path) -> None:
    text = "a,b,price\n" + "".join(f"{i},{i * i},{1000 + 30 * i}\n" for i in range(100))
    spec, data = loaded(text, tmp_path, "price", "regression")
    assert spec.target().kind == "regression"
    assert data.class_names == ()
    np.testing.assert_allclose(data.x.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(data.y.std(0), 1, atol=1e-5)
    assert data.y.shape == (70, 1)
    assert data.y.dtype == np.float32
    prices = data.target_scaling.undo(np.concatenate([data.y, data.y_test]))
    inputs = data.scaling.undo(np.concatenate([data.x, data.x_test]))
    np.testing.assert_allclose(prices[:, 0], 1000 + 30 * inputs[:, 0], rtol=1e-4)
    assert data.feature_names == ("a", "b")


def test_without_scaling_regression_targets_are_the_cells(tmp_path: Path) -> None:
    text = "a,b\n" + "".join(f"{i},{10 * i}\n" for i in range(20))
    _, data = loaded(text, tmp_path, "b", "regression", scaling="none")
    np.testing.assert_array_equal(data.y, 10 * data.x)
    assert data.target_scaling.kind == "none"


def test_featurise_scales_raw_columns_like_the_data(tmp_path: Path) -> None:
    spec, data = loaded(FLOWERS, tmp_path, "species")
    np.testing.assert_allclose(featurise(spec, data.scaling.undo(data.x), tmp_path), data.x, atol=1e-5)


def test_inputs_stand_in_the_order_that_was_chosen(tmp_path: Path) -> None:
    report = inspect(FLOWERS.encode())
    file_id = store(FLOWERS.encode(), tmp_path)
    one = load(csv_spec(report, file_id, ["length", "width"], "species", "classes"), tmp_path)
    two = load(csv_spec(report, file_id, ["width", "length"], "species", "classes"), tmp_path)
    np.testing.assert_array_equal(one.x, two.x[:, ::-1])


def test_text_in_a_column_that_is_not_chosen_does_no_harm(tmp_path: Path) -> None:
    text = "name,a,b,y\n" + "".join(f"person {i},{i},,{i % 2}\n" for i in range(20))
    report = inspect(text.encode())
    assert by_name(report) == {"name": "category", "a": "number", "b": "empty", "y": "number"}
    assert report.inputs == ("a",)
    assert load(
        csv_spec(report, store(text.encode(), tmp_path), ["a"], "y", "classes"), tmp_path
    ).x.shape == (14, 1)


def test_many_rows_in_several_blocks_keep_their_order(tmp_path: Path) -> None:
    text = "a,b\n" + "".join(f"{i},{'x' if i % 5 else 'y'}\n" for i in range(10_000))
    _, data = loaded(text, tmp_path, "b", scaling="none", test_fraction=0)
    assert sorted(data.x[:, 0].tolist()) == list(range(10_000))
    assert all(
        (data.class_names[c] == "y") == (v % 5 == 0) for v, c in zip(data.x[:, 0], data.y, strict=True)
    )


numbers = st.floats(-1e30, 1e30).map(lambda v: v + 0.0)


@settings(max_examples=60)
@given(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=30))
def test_numbers_survive_writing_and_reading(tmp_path_factory: pytest.TempPathFactory, rows: list) -> None:
    rows = [*rows, (rows[0][0] + 1 + abs(rows[0][0]), rows[0][1] + 1 + abs(rows[0][1]))]
    text = write_csv(("a", "b"), rows)
    report = inspect(text.encode())
    folder = tmp_path_factory.getbasetemp() / "round"
    if any(c.input_problem for c in report.columns):
        assert {c.input_problem.key for c in report.columns if c.input_problem} <= {
            "csv.huge",
            "csv.constant",
        }
        return
    spec = csv_spec(report, store(text.encode(), folder), ["a"], "b", "regression")
    data = load(Csv.parse(spec.plain() | {"scaling": "none", "test_fraction": 0}), folder)
    found = np.concatenate([data.x, data.y], axis=1)
    expected = np.array(rows, np.float64).astype(np.float32)
    assert sorted(map(tuple, found.tolist())) == sorted(map(tuple, expected.tolist()))


@settings(max_examples=100)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12),
            min_size=2,
            max_size=2,
        ),
        min_size=1,
        max_size=10,
    )
)
def test_written_text_is_never_a_formula_and_reads_back(rows: list[list[str]]) -> None:
    text = write_csv(("name", "text"), rows)
    found = list(standard_csv.reader(io.StringIO(text, newline="")))[1:]
    for row, back in zip(rows, found, strict=True):
        for cell, seen in zip(row, back, strict=True):
            assert seen.removeprefix("'") == cell.removeprefix("'")
            assert not seen.startswith(("=", "@"))
            assert not seen.startswith(("+", "-")) or float(seen) is not None


def test_numbers_of_the_history_are_written_exactly_and_briefly() -> None:
    row = (1, -2.5, np.float32(0.1), np.float64(1 / 3), np.int64(7), None, True, "-3", "-x", "=1+1", "a,b")
    text = write_csv([f"c{i}" for i in range(len(row))], [row])
    assert text.splitlines()[1] == "1,-2.5,0.1,0.3333333333333333,7,,True,-3,'-x,'=1+1,\"a,b\""
