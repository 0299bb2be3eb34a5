"""Series and texts of one's own: a file or pasted text, which column is meant. Refusals are sentences here.

They become the experiment's data only once they are good; until then everything else stays as it was, and so does what
was pasted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import streamlit as st

from playground.data import csv, own_series, own_text
from playground.data.csv_files import read_upload, store
from playground.spec import DataSpec, SpecError
from playground.spec.series_data import SeriesCsv
from playground.spec.text_data import CorpusOwn, TextCsv, Typed
from playground.ui import form
from playground.ui.language import t
from playground.ui.say import say, sentence

MOST_PASTED = 12_000_000
"""Characters; more would not reach the server. What is too long for a data set is refused in a sentence before that."""


def series(folder: Path) -> None:
    """Draw the panel of a visitor's series."""
    present = form.experiment().data
    _given(
        "SeriesCsv", folder, lambda data: _keep_table("SeriesCsv", data, folder, own_series.inspect_series)
    )
    kept = _kept("SeriesCsv", present.file if isinstance(present, SeriesCsv) else "")
    if not kept or st.session_state.get("SeriesCsv_refused"):
        return
    try:
        table = _series_table(kept, folder)
        known = present if isinstance(present, SeriesCsv) and present.file == kept else None
        column = _column(
            "SeriesCsv", kept, "field.series_column", table.columns, known.column if known else ""
        )
        say(
            t("ui.series_found", rows=table.num_rows, encoding=table.encoding, columns=len(table.columns)),
            key="upload_found",
        )
        if known is None or known.column != column:
            _use(own_series.series_spec(table, kept, column))
    except SpecError as error:
        say(sentence(error), "error", key="upload")


def texts(folder: Path) -> None:
    """Draw the panel of a visitor's table of texts."""
    present = form.experiment().data
    _given("TextCsv", folder, lambda data: _keep_table("TextCsv", data, folder, own_text.inspect_texts))
    kept = _kept("TextCsv", present.file if isinstance(present, TextCsv) else "")
    if not kept or st.session_state.get("TextCsv_refused"):
        return
    try:
        table = _text_table(kept, folder)
        known = present if isinstance(present, TextCsv) and present.file == kept else None
        column = _column(
            "TextCsv", kept, "field.text_column", table.names, known.column if known else table.column
        )
        label = _column(
            "TextCsv-label",
            kept,
            "field.label_column",
            table.names,
            known.label_column if known else table.label_column,
        )
        say(t("ui.texts_found", rows=len(table.rows), encoding=table.encoding), key="upload_found")
        if known is None or (known.column, known.label_column) != (column, label):
            _use(own_text.text_spec(table, kept, column, label))
    except SpecError as error:
        say(sentence(error), "error", key="upload")


def running(folder: Path) -> None:
    """Draw the panel of a visitor's own text to go on writing."""

    def take(data: str | bytes) -> None:
        spec = own_text.take_text(data, folder)
        present = form.experiment().data
        if not isinstance(present, CorpusOwn) or present.file != spec.file:
            _use(spec)

    _given("CorpusOwn", folder, take)
    present = form.experiment().data
    if isinstance(present, CorpusOwn):
        say(t("ui.text_found", characters=present.characters), key="upload_found")


def typed(spec: Typed) -> None:
    """Draw the sentences of the experiment, to be changed: one in each line, its class before it."""
    lines = "\n".join(f"{label}: {text}" for label, text in zip(spec.labels, spec.texts, strict=True))
    if st.session_state.get("typed_for") != lines:
        st.session_state["typed_for"], st.session_state["typed_lines"] = lines, lines
    st.text_area(t("ui.typed"), key="typed_lines", height=120, help=t("ui.typed_help"), on_change=_take_typed)
    if st.session_state.get("typed_refused"):
        say(st.session_state["typed_refused"], "error", key="upload")


PANELS: dict[str, Callable[[Path], None]] = {"SeriesCsv": series, "TextCsv": texts, "CorpusOwn": running}


def _take_typed() -> None:
    present = form.experiment().data
    pairs = [line.partition(":") for line in st.session_state["typed_lines"].splitlines() if line.strip()]
    labels = tuple(label.strip() for label, _, _ in pairs)
    texts = tuple(text.strip() for _, _, text in pairs)
    st.session_state["typed_refused"] = ""
    try:
        without = next(
            (number for number, (_, sign, text) in enumerate(pairs, 1) if not sign or not text.strip()), 0
        )
        if without:
            raise SpecError("text.typed_line", row=without)
        plain = {**present.plain(), "texts": list(texts), "labels": list(labels)}
        form.change_data(DataSpec.of(plain))
    except SpecError as error:
        st.session_state["typed_refused"] = sentence(error)


def _given(kind: str, folder: Path, take: Callable[[str | bytes], None]) -> None:
    """Draw the uploader and the place to paste; what is new is handed to `take`, and why it is refused is kept."""
    limits = csv.UploadLimits.from_environment()
    file = st.file_uploader(
        t(f"ui.own.{kind}"),
        type=["txt", "md", "csv", "tsv"] if kind == "CorpusOwn" else ["csv", "tsv", "txt"],
        key=f"{kind}_file",
        max_upload_size=max(1, limits.num_bytes // 1_000_000),
    )
    with st.expander(
        t("ui.paste"), expanded=bool(st.session_state.get(f"{kind}_pasted")), key=f"{kind}_paste"
    ):
        pasted = st.text_area(
            t("ui.paste"),
            key=f"{kind}_pasted",
            height=140,
            max_chars=MOST_PASTED,
            placeholder=t(f"ui.own.{kind}_example"),
            label_visibility="collapsed",
        )
        asked = st.button(t("ui.paste_take"), key=f"{kind}_take")
    if asked:
        _try(kind, take, pasted)
    elif file is not None and st.session_state.get(f"{kind}_seen") != file.file_id:
        st.session_state[f"{kind}_seen"] = file.file_id
        _try(kind, take, file.getvalue())
    if st.session_state.get(f"{kind}_refused"):
        say(st.session_state[f"{kind}_refused"], "error", key="upload")


def _try(kind: str, take: Callable[[str | bytes], None], data: str | bytes) -> None:
    st.session_state[f"{kind}_refused"] = ""
    try:
        take(data)
    except SpecError as error:
        st.session_state[f"{kind}_refused"] = sentence(error)


def _keep_table(kind: str, given: str | bytes, folder: Path, inspect: Callable[[bytes], object]) -> None:
    """Keep a file that is a table; of another, only why it is refused."""
    data = given.encode() if isinstance(given, str) else given
    limits = csv.UploadLimits.from_environment()
    csv.check_size(len(data), limits)
    inspect(data)
    st.session_state[f"{kind}_kept"] = store(data, folder, limits)


def _kept(kind: str, named: str) -> str:
    """Return the id of the file that is looked at: the one given last, else the one a link names."""
    return st.session_state.get(f"{kind}_kept") or named


@lru_cache(maxsize=8)
def _series_table(file_id: str, folder: Path) -> own_series.SeriesTable:
    return own_series.inspect_series(read_upload(file_id, folder))


@lru_cache(maxsize=8)
def _text_table(file_id: str, folder: Path) -> own_text.TextTable:
    return own_text.inspect_texts(read_upload(file_id, folder))


def _column(kind: str, kept: str, label: str, options: tuple[str, ...], first: str) -> str:
    """Return the chosen column; a new file begins with the one that is probably meant."""
    key = f"{kind}_column"
    if st.session_state.get(f"{key}_for") != kept or st.session_state.get(key) not in options:
        st.session_state[f"{key}_for"] = kept
        st.session_state[key] = first if first in options else options[0]
    if len(options) == 1:
        return options[0]
    return st.selectbox(t(label), options, key=key)


def _use(spec: DataSpec) -> None:
    form.change_data(spec)
    st.rerun()
