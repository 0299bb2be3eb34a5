"""A visitor's own series and texts: what is found in them is right, and what is bad is refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from playground.data import load
from playground.data.csv_files import store
from playground.data.dates import read_dates
from playground.data.own_series import inspect_series, series_spec
from playground.data.own_text import inspect_texts, take_text, text_spec
from playground.i18n import LANGUAGES
from playground.spec import SpecError
from playground.spec.series_data import SeriesCsv

DAYS = "".join(f"2024-03-{day:02},{10 + day % 7}\n" for day in range(1, 31))
POEM = "床前明月光，疑是地上霜。举头望明月，低头思故乡。\n"


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


def series(text: str | bytes, folder: Path, column: str | None = None) -> SeriesCsv:
    data = text.encode() if isinstance(text, str) else text
    table = inspect_series(data)
    return series_spec(table, store(data, folder), column or table.columns[0])


# --- series ---------------------------------------------------------------------------------------------------------


def test_dates_are_found_and_a_week_is_the_season_of_days(tmp_path: Path) -> None:
    spec = series("when,sold\n" + DAYS, tmp_path)
    data = load(spec, tmp_path)
    assert (spec.column, spec.date_column, spec.rows) == ("sold", "when", 30)
    assert data.series is not None
    assert data.series.season == 7
    assert data.series.labels[0] == "2024-03-01"
    assert data.series.values[:3].tolist() == [11, 12, 13]
    assert data.notes[0] == ("series_dates", (("column", "when"),))


def test_left_out_days_and_empty_cells_are_filled_and_told(tmp_path: Path) -> None:
    lines = DAYS.splitlines(keepends=True)
    lines[4] = "2024-03-05,\n"
    del lines[10:12]
    data = load(series("when,sold\n" + "".join(lines), tmp_path), tmp_path)
    assert data.series is not None
    assert np.flatnonzero(data.series.filled).tolist() == [4, 10, 11]
    assert len(data.series.values) == 30
    assert data.series.values[4] == (data.series.values[3] + data.series.values[5]) / 2
    assert ("series_filled", (("count", 3), ("total", 30))) in data.notes


def test_days_without_weekends_count_as_one_step_each(tmp_path: Path) -> None:
    working = [line for i, line in enumerate(DAYS.splitlines(keepends=True)) if i % 7 not in (1, 2)]
    data = load(series("when,sold\n" + "".join(working), tmp_path), tmp_path)
    assert data.series is not None
    assert len(data.series.values) == len(working)
    assert data.series.season == 0
    assert not data.series.filled.any()
    assert ("series_uneven", ()) in data.notes


def test_rows_are_put_in_the_order_of_time(tmp_path: Path) -> None:
    upside_down = "".join(reversed(DAYS.splitlines(keepends=True)))
    there, back = (load(series("when,sold\n" + text, tmp_path), tmp_path) for text in (DAYS, upside_down))
    assert np.array_equal(there.x, back.x)
    assert ("series_sorted", ()) in back.notes
    assert ("series_sorted", ()) not in there.notes


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(str(v) for v in range(30)),
        "value\n" + "\n".join(str(v) for v in range(30)),
        "a;b\n" + "\n".join(f"{v},5;{v * v},25" for v in range(30)),
    ],
    ids=["bare numbers", "one column", "decimal commas"],
)
def test_a_list_of_numbers_is_a_series_too(text: str, tmp_path: Path) -> None:
    data = load(series(text, tmp_path), tmp_path)
    assert data.series is not None
    assert len(data.series.values) == 30
    assert np.diff(data.series.values[:5]).tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("encode", ["utf-8-sig", "utf-16", "gbk"])
def test_common_encodings_are_read(encode: str, tmp_path: Path) -> None:
    text = "日期,销售额\n" + "".join(f"2024年{1 + m % 12}月{1 + m // 12}日,{m}\n" for m in range(30))
    spec = series(text.encode(encode), tmp_path)
    assert (spec.column, spec.date_column) == ("销售额", "日期")


@pytest.mark.parametrize(
    ("cells", "step", "season"),
    [
        (["2024-01-01 00:00", "2024-01-01 01:00", "2024-01-01 02:00"], 3600.0, 24),
        (["2024-01", "2024-02", "2024-03", "2024-04"], "months", 12),
        (["2020/01/01", "2021/01/01", "2022/01/01"], "years", 0),
        (["31.12.2023", "01.01.2024", "02.01.2024"], 86_400.0, 7),
        (["13/01/2024", "20/01/2024", "27/01/2024"], 604_800.0, 52),
    ],
)
def test_dates_are_read_as_people_write_them(cells: list[str], step: object, season: int) -> None:
    found = read_dates(cells)
    assert found is not None
    assert (found.step, found.season) == (step, season)
    assert read_dates([*cells, "yesterday"]) is None


BAD_SERIES = {
    "nothing": (b"", "csv.empty"),
    "only spaces": (b" \n \n", "csv.empty"),
    "no numbers": (b"name,town\nAnna,Rome\nBo,Oslo\n", "series.no_numbers"),
    "constant": (b"v\n" + b"3\n" * 40, "csv.constant"),
    "too few": (b"v\n1\n2\n3\n", "series.few"),
    "a word among numbers": (b"v\n" + b"1\n2\n" * 10 + b"oops\n", "csv.text_in_numbers"),
    "mostly gaps": ("t,v\n" + "".join(f"2024-01-{d:02},{'' if d % 3 else d}\n" for d in range(1, 31)), "series.gaps"),
    "the same date twice": ("when,v\n" + DAYS + "2024-03-30,4\n", "series.same_date"),
    "huge": (b"v\n" + b"1\n2\n" * 10 + b"1e300\n", "csv.huge"),
    "UTF-16 without its mark": (("v\n" + "1\n2\n" * 10).encode("utf-16-le"), "csv.nul"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "csv.not_text"),
    "heading only": (b"day,value\n", "csv.header_only"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_SERIES)
def test_a_bad_series_is_refused_in_one_sentence(name: str, tmp_path: Path) -> None:
    text, key = BAD_SERIES[name]
    assert refusal(lambda: series(text, tmp_path)).key == key


# --- running text ---------------------------------------------------------------------------------------------------


def test_an_own_text_knows_all_its_characters(tmp_path: Path) -> None:
    spec = take_text(POEM * 20, tmp_path)
    data = load(spec, tmp_path)
    assert spec.vocabulary == len(set(POEM)) + 2 == len(data.vocabulary)
    assert not (data.x == 1).any()
    assert "".join(data.texts).startswith("床前明月光")
    assert spec.input_shape() == (40,)


@pytest.mark.parametrize("encode", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_an_own_text_may_be_encoded_in_many_ways(encode: str, tmp_path: Path) -> None:
    assert take_text((POEM * 20).encode(encode), tmp_path) == take_text(POEM * 20, tmp_path)


def test_line_ends_and_accents_are_made_one(tmp_path: Path) -> None:
    assert take_text("cafe\u0301\r\n" * 50, tmp_path) == take_text("caf\u00e9\n" * 50, tmp_path)


BAD_TEXTS: dict[str, tuple[str | bytes, str]] = {
    "nothing": ("", "text.empty"),
    "only spaces": (" \n\t ", "text.empty"),
    "one character": ("a", "text.one_character"),
    "one character many times": ("a" * 1000, "text.one_character"),
    "two characters": ("ab", "text.short"),
    "ten megabytes": ("lorem ipsum " * 850_000, "text.too_long"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "text.not_text"),
    "UTF-16 without its mark": (POEM.encode("utf-16-le"), "text.nul"),
    "no encoding at all": (b"caf\xe9 na\xefve \xff\xfe " * 10, "text.encoding"),
    "broken UTF-16": (POEM.encode("utf-16") + b"\x00", "text.broken_encoding"),
}


@pytest.mark.parametrize("name", BAD_TEXTS)
def test_a_bad_text_is_refused_in_one_sentence_and_nothing_is_kept(name: str, tmp_path: Path) -> None:
    text, key = BAD_TEXTS[name]
    assert refusal(lambda: take_text(text, tmp_path)).key == key
    assert not list(tmp_path.rglob("*.csv"))


def test_a_kept_text_that_is_gone_is_missed_in_one_sentence(tmp_path: Path) -> None:
    spec = take_text(POEM * 20, tmp_path)
    for path in tmp_path.rglob("*.csv"):
        path.unlink()
    assert refusal(lambda: load(spec.model_copy(update={"length": 20}), tmp_path)).key == "csv.gone"


# --- texts with classes ---------------------------------------------------------------------------------------------

MOODS = "".join(
    f"day number {i} was {'fine' if i % 2 else 'awful'},{'good' if i % 2 else 'bad'}\n" for i in range(40)
)


@pytest.mark.parametrize(
    "text",
    [
        "text,mood\n" + MOODS,
        MOODS,
        MOODS.replace(",", "\t"),
        "".join("well, " + line if i % 3 else line for i, line in enumerate(MOODS.splitlines(keepends=True))),
    ],
    ids=["heading", "no heading", "tabs", "commas in texts"],
)
def test_a_table_of_texts_is_found_with_its_classes(text: str, tmp_path: Path) -> None:
    table = inspect_texts(text.encode())
    spec = text_spec(table, store(text.encode(), tmp_path), table.column, table.label_column)
    data = load(spec, tmp_path)
    assert (spec.rows, spec.classes, data.class_names) == (40, 2, ("bad", "good"))
    assert all(("fine" in text) == (y == 1) for text, y in zip(data.texts, data.y, strict=True))
    assert spec.tokens == "words"


def test_chinese_is_cut_into_characters(tmp_path: Path) -> None:
    text = "".join(
        f"{'很好看' if i % 2 else '不好看'}{i},{'好' if i % 2 else '差'}\n" for i in range(10)
    ).encode("gbk")
    table = inspect_texts(text)
    assert text_spec(table, store(text, tmp_path), table.column, table.label_column).tokens == "characters"


def test_published_sentences_with_a_score_behind_a_tab_are_read_as_they_are(tmp_path: Path) -> None:
    text = "".join(
        f'Wow, number {i}... Loved "this" place.\t1\nCrust {i} is not good.\t0\n' for i in range(20)
    ).encode()
    table = inspect_texts(text)
    data = load(text_spec(table, store(text, tmp_path), table.column, table.label_column), tmp_path)
    assert (len(data.x) + len(data.x_test), data.class_names) == (40, ("0", "1"))
    assert all(text.startswith("Wow") == (y == 1) for text, y in zip(data.texts, data.y, strict=True))


BAD_TABLES = {
    "nothing": (b"", "csv.empty"),
    "one column": (b"hello\nworld\n", "text.one_column"),
    "one class": (b"a b c,x\nd e f,x\ng h i,x\n", "csv.one_class"),
    "an empty text": (b"text,class\nlong enough,x\n,y\nmore of it,x\nthe end,y\n", "text.empty_row"),
    "only signs": (b"text,class\nlong enough,x\n!!!!!,y\nmore of it,x\nthe end,y\n", "text.no_words"),
    "a class that is there once": (b"text,class\naa bb,x\ncc dd,x\nee ff,y\n", "csv.rare_class"),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_bad_table_of_texts_is_refused_in_one_sentence(name: str) -> None:
    data, key = BAD_TABLES[name]

    def act() -> object:
        table = inspect_texts(data)
        return text_spec(table, "0" * 64, table.column, table.label_column)

    assert refusal(act).key == key
