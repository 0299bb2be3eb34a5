"""Tables that are bad: each is refused in one sentence that names place, value and expectation, in both languages."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.data import load
from playground.data.csv import UploadLimits, check_size, csv_spec, inspect, store
from playground.i18n import LANGUAGES
from playground.spec import SpecError
from playground.spec.data import Csv

GOOD = "a,b,kind\n" + "".join(f"{i},{i * i},{'x' if i % 2 else 'y'}\n" for i in range(20))


def refusal(act: Callable[[], object]) -> SpecError:
    with pytest.raises(SpecError) as caught:
        act()
    for lang in LANGUAGES:
        sentence = caught.value.text(lang)
        assert "\n" not in sentence
        assert "{" not in sentence
        assert len(sentence) < 400
    assert caught.value.text("en") != caught.value.text("zh")
    return caught.value


UNREADABLE = {
    "empty": (b"", "csv.empty", ()),
    "only spaces": (b" \r\n \n\n", "csv.empty", ()),
    "only delimiters": (b",,\n,,\n", "csv.empty", ()),
    "only a mark": (b"\xef\xbb\xbf", "csv.empty", ()),
    "header only": (b"a,b,c\n", "csv.header_only", ("a, b, c",)),
    "one row": (b"a,b\n1,2\n", "csv.one_row", ()),
    "one column": (b"value\n1\n2\n3\n", "csv.one_column", ("value",)),
    "ragged, short": (b"a,b,c\n1,2,3\n4,5\n", "csv.ragged", ("3", "2")),
    "ragged, long": (b"a,b\n1,2\n\n3,4,5\n", "csv.ragged", ("4", "3", "2")),
    "same names": (b"a,b,a\n1,2,3\n4,5,6\n", "csv.same_name", ("1", "3", "a")),
    "same names but for spaces": (b"a b,a  b\n1,2\n4,5\n", "csv.same_name", ("a b",)),
    "long name": (b"a," + b"n" * 5000 + b"\n1,2\n3,4\n", "csv.long_name", ("2", "5000", "100")),
    "open quote": (b'a,b\n1,"2\n3,4\n', "csv.quotes", ("2",)),
    "quote inside": (b'a,b\n1,2\n3,"4"5\n', "csv.quotes", ("3",)),
    "formula": (b"a,b\n1,2\n=cmd()|' /C calc'!A0,4\n", "csv.formula", ("3", "a", "=cmd()|' /C calc'!A0")),
    "formula in a name": (b"a,=HYPERLINK(1)\n1,2\n3,4\n", "csv.formula", ("2", "=HYPERLINK(1)")),
    "nul": (b"a,b\n1,2\n3,\x004\n", "csv.nul", ("3",)),
    "nul in utf-16": ("a,b\n1,\0\n".encode("utf-16"), "csv.nul", ("2",)),
    "utf-16 without mark": ("a,b\n1,2\n".encode("utf-16-le"), "csv.nul", ("1",)),
    "latin-1": ("a,größe\n1,2\n3,4\n".encode("latin-1"), "csv.encoding", ("1", "0xF6")),
    "latin-1 below": ("a,b\n1,2\n3,été\n".encode("latin-1"), "csv.encoding", ("3", "0xE9")),
    "shift-jis": ("a,テスト\n1,2\n3,4\n".encode("shift-jis"), "csv.encoding", ("1", "0x83")),
    "torn utf-8": ("a,b\n1,你好\n".encode()[:-2], "csv.encoding", ("2",)),
    "torn utf-16": (
        b"\xff\xfe" + "a,b\n1,2\n".encode("utf-16-le") + b"\xff\xdb",
        "csv.broken_encoding",
        ("UTF-16",),
    ),
    "excel": (b"PK\x03\x04" + bytes(100), "csv.not_text", ("Excel",)),
    "old excel": (b"\xd0\xcf\x11\xe0" + bytes(100), "csv.not_text", ("Excel",)),
    "gzip": (b"\x1f\x8b" + bytes(100), "csv.not_text", ("gzip",)),
    "200,000 columns": (b",".join([b"a"] * 200_000) + b"\n", "csv.too_many_columns", ("200,000", "1,024")),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_is_refused_with_its_place(case: str) -> None:
    data, key, words = UNREADABLE[case]
    error = refusal(lambda: inspect(data))
    assert error.key == key
    for lang in LANGUAGES:
        for word in words:
            assert word in error.text(lang), (word, error.text(lang))


CHOICES = {
    "text in numbers": (
        "a,b,k\n1,2,x\n3,four,y\n5,6,x\n7,8,y\n",
        ["a", "b"],
        "k",
        "csv.text_in_numbers",
        ("3", "b", "four"),
    ),
    "a column of text": (
        "a,b,k\n1,u,x\n3,v,y\n5,w,x\n7,u,y\n",
        ["a", "b"],
        "k",
        "csv.text_in_numbers",
        ("2", "b", "u"),
    ),
    "underscores": (
        "a,b,k\n1,2,x\n3,1_000,y\n5,6,x\n7,8,y\n",
        ["b"],
        "k",
        "csv.text_in_numbers",
        ("3", "1_000"),
    ),
    "full-width digits": ("a,k\n1,x\n１２,y\n5,x\n7,y\n", ["a"], "k", "csv.text_in_numbers", ("3", "１２")),
    "hexadecimal": ("a,k\n1,x\n0x10,y\n5,x\n7,y\n", ["a"], "k", "csv.text_in_numbers", ("0x10",)),
    "nan": ("a,k\n1,x\nNaN,y\n5,x\n7,y\n", ["a"], "k", "csv.not_finite", ("3", "a", "NaN")),
    "infinity": ("a,k\n1,x\n2,y\n-inf,x\n7,y\n", ["a"], "k", "csv.not_finite", ("4", "a", "-inf")),
    "overflow": ("a,k\n1,x\n2,y\n1e999,x\n7,y\n", ["a"], "k", "csv.not_finite", ("4", "1e999")),
    "too large for float32": (
        "a,k\n1,x\n2,y\n1e200,x\n7,y\n",
        ["a"],
        "k",
        "csv.huge",
        ("4", "1e+200", "1e+30"),
    ),
    "missing cells": ("a,k\n1,x\n,y\nNA,x\n7,y\n", ["a"], "k", "csv.missing", ("3", "a", "2", "4")),
    "missing class": ("a,k\n1,x\n2,y\n3,\n4,x\n5,y\n", ["a"], "k", "csv.missing", ("4", "k", "1", "5")),
    "class is nan": ("a,k\n1,0\n2,1\n3,nan\n4,0\n5,1\n", ["a"], "k", "csv.not_finite", ("4", "k")),
    "constant": ("a,b,k\n1,3,x\n2,3,y\n3,3,x\n4,3,y\n", ["a", "b"], "k", "csv.constant", ("b", "3")),
    "one class": ("a,k\n1,x\n2,x\n3,x\n", ["a"], "k", "csv.one_class", ("k", "x")),
    "rare class": ("a,k\n1,x\n2,x\n3,y\n4,y\n5,z\n", ["a"], "k", "csv.rare_class", ("k", "z")),
    "101 classes": (
        "a,k\n" + "".join(f"{i},c{i % 101}\n" for i in range(303)),
        ["a"],
        "k",
        "csv.too_many_classes",
        ("k", "100"),
    ),
    "endless classes": (
        "a,k\n" + "".join(f"{i},c{i}\n" for i in range(3000)),
        ["a"],
        "k",
        "csv.too_many_classes",
        ("k", "100"),
    ),
    "numbers as too many classes": (
        "a,k\n" + "".join(f"{i},{i / 7}\n" for i in range(300)),
        ["a"],
        "k",
        "csv.too_many_classes",
        ("k",),
    ),
    "no such column": (GOOD, ["a", "c"], "kind", "csv.no_column", ("c", "a, b, kind")),
    "no such target": (GOOD, ["a"], "c", "csv.no_column", ("c",)),
    "no inputs": (GOOD, [], "kind", "csv.no_inputs", ()),
    "twice": (GOOD, ["a", "b", "a"], "kind", "csv.input_twice", ("a",)),
    "target among inputs": (GOOD, ["a", "kind"], "kind", "csv.target_is_input", ("kind",)),
}


@pytest.mark.parametrize("case", CHOICES)
def test_a_choice_that_cannot_work_is_refused_with_its_place(case: str, tmp_path: Path) -> None:
    text, columns, target, key, words = CHOICES[case]
    report = inspect(text.encode())
    error = refusal(lambda: csv_spec(report, "0" * 64, columns, target, "classes"))
    assert error.key == key
    for lang in LANGUAGES:
        for word in words:
            assert word in error.text(lang), (word, error.text(lang))


def test_a_link_goes_round_no_check(tmp_path: Path) -> None:
    for case, (text, columns, target, key, _) in CHOICES.items():
        if case in ("no inputs",):
            continue  # the specification itself refuses it
        file_id = store(text.encode(), tmp_path)
        rows = inspect(text.encode()).num_rows
        spec = Csv(file=file_id, columns=tuple(columns), target_column=target, rows=rows, classes=2)
        assert refusal(lambda spec=spec: load(spec, tmp_path)).key == key, case


def test_regression_needs_numbers_that_differ() -> None:
    report = inspect(b"a,b,k\n1,5,x\n2,5,y\n3,5,x\n4,5,y\n")
    assert refusal(lambda: csv_spec(report, "0" * 64, ["a"], "k", "regression")).key == "csv.text_in_numbers"
    assert refusal(lambda: csv_spec(report, "0" * 64, ["a"], "b", "regression")).key == "csv.constant"


def test_too_many_inputs_are_refused_before_the_specification() -> None:
    names = [f"c{i}" for i in range(300)]
    rows = "\n".join(",".join(str(i * j) for i in range(300)) for j in range(1, 5))
    report = inspect(f"{','.join(names)}\n{rows}\n".encode())
    error = refusal(lambda: csv_spec(report, "0" * 64, names[:280], "c299", "regression"))
    assert error.key == "csv.too_many_inputs"
    assert "256" in str(error)
    assert len(report.inputs) <= 256


def test_sizes_are_refused_by_their_number_alone() -> None:
    assert refusal(lambda: check_size(100_000_000, UploadLimits())).key == "csv.too_large"
    assert "100" in str(refusal(lambda: check_size(100_000_000, UploadLimits())))
    check_size(20_000_000, UploadLimits())


def peak(act: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


HUGE = {
    "100 MB": (b"1,2\n" * 25_000_000, "csv.too_large", 1_000_000),
    "200,000 columns and rows": ((b"1," * 200_000 + b"1\n") * 2, "csv.too_many_columns", 3_000_000),
    "a long second row": (b"a,b\n" + b"," * 10_000_000, "csv.long_row", 70_000_000),
    "one long cell": (b"a,b\n" + b"1" * 10_000_000, "csv.long_row", 70_000_000),
    "a record over many lines": (b"a,b\n" + b'"\n",' * 2_000_000, "csv.long_row", 70_000_000),
    "a long quoted heading": (b'"' + b"\n" * 5_000_000, "csv.long_row", 40_000_000),
}


@pytest.mark.parametrize("case", HUGE)
def test_huge_things_are_refused_before_anything_large_is_allocated(case: str) -> None:
    data, key, bytes_allowed = HUGE[case]
    assert peak(lambda: refusal(lambda: inspect(data))) < bytes_allowed
    assert refusal(lambda: inspect(data)).key == key


def test_caps_on_rows_and_cells_are_named() -> None:
    data = b"a,b\n" + b"1,2\n" * 500
    assert "400" in str(refusal(lambda: inspect(data, limits=UploadLimits(rows=400))))
    assert "900" in str(refusal(lambda: inspect(data, limits=UploadLimits(cells=900))))
    assert inspect(data, limits=UploadLimits(rows=500, cells=1000)).num_rows == 500


def test_caps_can_be_set_by_the_environment() -> None:
    limits = UploadLimits.from_environment(
        {"PLAYGROUND_MAX_UPLOAD_NUM_BYTES": "1000", "PLAYGROUND_MAX_UPLOAD_ROWS": ""}
    )
    assert limits == UploadLimits(num_bytes=1000)
    for wrong in ("-1", "0", "many", "1e9"):
        error = refusal(
            lambda wrong=wrong: UploadLimits.from_environment({"PLAYGROUND_MAX_UPLOAD_ROWS": wrong})
        )
        assert "PLAYGROUND_MAX_UPLOAD_ROWS" in str(error)


def test_a_number_that_never_ends_takes_no_endless_time() -> None:
    cell = "1" * 100_000 + "x"
    report = inspect(f"a,b\n1,2\n{cell},3\n4,5\n".encode())
    assert report.column("a").input_problem is not None


def test_cells_like_formulas_that_are_labels_stay_text() -> None:
    report = inspect(b"a,k\n1,+\n2,-\n3,+\n4,-\n5,@x\n6,@x\n")
    assert report.column("k").kind == "category"
    assert report.column("k").classes_problem is None


def test_refused_values_are_safe_to_show() -> None:
    error = refusal(lambda: inspect("a,b\n1,2\n=\x1b[31m\u202eevil,3\n".encode()))
    assert "\x1b" not in str(error)
    assert "\u202e" not in str(error)


@settings(max_examples=300)
@given(
    st.binary(max_size=200) | st.text("ab,;\t|\"\n\r=+-@1.5eE 'é你\0", max_size=120).map(lambda t: t.encode())
)
def test_any_bytes_are_a_report_or_a_refusal(data: bytes) -> None:
    try:
        report = inspect(data)
    except SpecError as error:
        for lang in LANGUAGES:
            error.text(lang)
        return
    assert report.num_rows >= 2
    assert len(report.columns) >= 2


CELLS = st.sampled_from(
    ["1", "2", "-3.5", "x", "y", "", "nan", "inf", "1e40", "=1", "'", '"a"', "你", "1e-320", "0"]
)


@settings(max_examples=200)
@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=12),
    st.sampled_from(["classes", "regression"]),
)
def test_any_table_loads_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], task: str
) -> None:
    data = ("a,b,c\n" + "\n".join(",".join(row) for row in rows)).encode()
    folder = tmp_path_factory.getbasetemp() / "any"
    try:
        report = inspect(data)
        spec = csv_spec(report, store(data, folder), ["a", "b"], "c", task)  # type: ignore[arg-type]
    except SpecError:
        return
    dataset = load(spec, folder)
    assert np.isfinite(dataset.x).all()
    assert np.isfinite(dataset.x_test).all()
    assert np.isfinite(dataset.y).all()
    assert (len(dataset.x), len(dataset.x_test)) == spec.num_samples()
    if task == "classes":
        assert set(dataset.y) | set(dataset.y_test) == set(range(spec.classes))
