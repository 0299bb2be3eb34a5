"""A visitor's own texts: one long text to go on writing, a table of texts with classes, or a few typed sentences.

`take_text` and `text_spec` make specifications of what came in; whatever does not fit is refused in one sentence.
Knows no screen.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from playground.data.corpora import running
from playground.data.csv_files import read_upload, store
from playground.data.csv_table import read_cells
from playground.data.csv_text import CsvText, UploadLimits, decode, read_text
from playground.data.dataset import Dataset
from playground.data.labelled import labelled
from playground.data.loading import loads
from playground.data.tokens import cut
from playground.spec import SpecError
from playground.spec.errors import brief
from playground.spec.text_data import MOST_CHARACTERS, CorpusOwn, TextCsv, Typed

MOST_CLASSES = 100
LONGEST_CLASS = 40


def take_text(given: str | bytes, folder: Path) -> CorpusOwn:
    """Keep a text and return the specification of the data set: every character of it known, windows that fit.

    Raises:
        SpecError: if it is empty, too long or too short, or in an unknown encoding.
    """
    text = plain(given)
    distinct = len(set(text))
    if distinct < 2:
        raise SpecError("text.one_character", value=text)
    length = max(2, min(40, (len(text) - round(0.1 * len(text))) // 4))
    characters = len(text)
    vocabulary = min(distinct + 2, 5000)
    CorpusOwn(file="0" * 64, characters=characters, length=length, vocabulary=vocabulary)  # before it is kept
    return CorpusOwn(
        file=store(text.encode(), folder), characters=characters, length=length, vocabulary=vocabulary
    )


def plain(given: str | bytes) -> str:
    """Return a text with composed letters and "\\n" at the ends of its lines.

    Raises:
        SpecError: if it is empty, too long, no text or in an unknown encoding.
    """
    if len(given) > 4 * MOST_CHARACTERS:  # even the widest encoding would need no more
        raise _too_long(len(given) if isinstance(given, str) else len(given) // 2)
    if isinstance(given, bytes):
        try:
            given = decode(given)[0]
        except SpecError as error:
            key, told = error.key.replace("csv.", "text."), cast("dict[str, Any]", error.values)
            raise SpecError(key, value=error.value, **told) from None
    text = unicodedata.normalize("NFC", given).replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        raise SpecError("text.empty")
    if len(text) > MOST_CHARACTERS:
        raise _too_long(len(text))
    return "".join(c for c in text if c in "\n\t" or c.isprintable())


def _too_long(characters: int) -> SpecError:
    return SpecError("text.too_long", value=f"{characters:,}", bound=f"{MOST_CHARACTERS:,}")


@loads(CorpusOwn)
def corpus_own(spec: CorpusOwn, folder: Path | None) -> Dataset:
    """Read a kept text again and cut it into windows.

    Raises:
        SpecError: if it is gone or not what the specification says.
    """
    text = read_upload(spec.file, folder).decode("utf-8")
    if len(text) != spec.characters:
        raise SpecError("text.other", value=spec.characters, found=len(text))
    return running(spec, text, source="source.own_text", licence="")


@dataclass(frozen=True, eq=False)
class TextTable:
    """A table of texts.

    Attributes:
        names: the headings.
        rows: the cells.
        column, label_column: the headings of what is probably meant: the longest texts, the fewest different values.
        encoding: how the file is encoded.
    """

    names: tuple[str, ...]
    rows: list[list[str]]
    column: str
    label_column: str
    encoding: str

    def cells(self, name: str) -> list[str]:
        """Return one column."""
        if name not in self.names:
            known = ", ".join(brief(each, 20) for each in self.names[:12])
            raise SpecError("csv.no_column", value=name, columns=known)
        at = self.names.index(name)
        return [row[at] for row in self.rows]


def inspect_texts(data: bytes, limits: UploadLimits | None = None) -> TextTable:
    """Look at a table of texts with classes, with or without headings; commas inside of texts are no columns.

    Raises:
        SpecError: if it is no such table.
    """
    limits = limits or UploadLimits.from_environment()
    source = read_text(data, limits)
    rows = _rows(source, limits)
    if len(rows[0]) < 2:
        raise SpecError("text.one_column", value=brief(rows[0][0]))
    widths = range(len(rows[0]))
    body = rows[1:] or rows
    distinct = [len({row[i] for row in body}) for i in widths]
    lengths = [sum(len(row[i]) for row in body) for i in widths]
    text = max(widths, key=lambda i: lengths[i])
    label = min((i for i in widths if i != text), key=lambda i: (distinct[i] < 2, distinct[i]))
    heading = rows[0][label] not in {row[label] for row in rows[1:]}
    names = [cell or f"column {i}" for i, cell in enumerate(rows[0], 1)] if heading else []
    if len(set(names)) < len(rows[0]):
        names = [f"column {i}" for i in range(1, len(rows[0]) + 1)]
    if heading:
        rows = rows[1:]
    if len(rows) < 2:
        raise SpecError("csv.one_row")
    return TextTable(tuple(names), rows, names[text], names[label], source.encoding)


def text_spec(table: TextTable, file_id: str, column: str, label_column: str) -> TextCsv:
    """Return the specification of a choice of columns; characters for Chinese, a length that most texts have.

    Raises:
        SpecError: if a column is missing or a text is empty, or the classes are no classes.
    """
    texts, labels = _checked(table, column, label_column)
    foreign = sum(ord(c) >= 0x2E80 for text in texts for c in text)
    how = "characters" if foreign > 0.3 * sum(map(len, texts)) else "words"
    lengths = sorted(len(cut(text, how)) for text in texts)
    length = max(2, min(100, lengths[math.ceil(0.95 * (len(lengths) - 1))]))
    distinct = len({token for text in texts for token in cut(text, how)})
    return TextCsv(
        file=file_id,
        column=column,
        label_column=label_column,
        classes=len(set(labels)),
        rows=len(texts),
        tokens=how,
        length=length,
        vocabulary=max(3, min(5000, distinct + 2)),
    )


@loads(TextCsv)
def text_csv(spec: TextCsv, folder: Path | None) -> Dataset:
    """Read a kept table of texts again.

    Raises:
        SpecError: if it is gone or not what the specification says.
    """
    table = inspect_texts(read_upload(spec.file, folder))
    texts, labels = _checked(table, spec.column, spec.label_column)
    if len(texts) != spec.rows:
        raise SpecError("csv.other_rows", value=spec.rows, found=len(texts))
    names = sorted(set(labels))
    if len(names) != spec.classes:
        raise SpecError(
            "csv.other_classes", value=spec.classes, found=len(names), column=brief(spec.label_column)
        )
    numbers = {name: number for number, name in enumerate(names)}
    classes = np.array([numbers[label] for label in labels], np.int64)
    return labelled(spec, tuple(texts), classes, names, source="source.csv", licence="")


@loads(Typed)
def typed(spec: Typed, folder: Path | None) -> Dataset:
    """The sentences of the experiment itself; classes are numbered by the alphabet."""
    for text in spec.texts:
        if not cut(text, spec.tokens):
            raise SpecError("text.empty" if not text.strip() else "text.no_words", value=text)
    names = sorted(set(spec.labels))
    classes = np.array([names.index(label) for label in spec.labels], np.int64)
    return labelled(spec, spec.texts, classes, names, source="source.typed", licence="")


def _rows(source: CsvText, limits: UploadLimits) -> list[list[str]]:
    """Return the cells; where commas stand unquoted in texts, a line is a text and, behind its last comma, a class."""
    try:
        return read_cells(source, limits)[1]
    except SpecError as error:
        lines = [line for line in source.text.splitlines() if line.strip()]
        pairs = [[part.strip() for part in line.rsplit(source.delimiter, 1)] for line in lines]
        classes = Counter(pair[-1] for pair in pairs[1:])
        if error.key not in ("csv.ragged", "csv.quotes") or not 2 <= len(classes) <= 20:
            raise
        if any(len(pair) < 2 for pair in pairs) or min(classes.values()) < 2:
            raise
        return pairs


def _checked(table: TextTable, column: str, label_column: str) -> tuple[list[str], list[str]]:
    if column == label_column:
        raise SpecError("csv.target_is_input", value=column)
    texts, labels = table.cells(column), table.cells(label_column)
    for number, (text, label) in enumerate(zip(texts, labels, strict=True), 1):
        if not cut(text, "characters") or not label:
            raise SpecError("text.empty_row", row=number, column=brief(column if not text else label_column))
        if not cut(text, "words"):
            raise SpecError("text.no_words", value=text)
        if len(label) > LONGEST_CLASS:
            raise SpecError("text.long_class", value=brief(label, 40), bound=LONGEST_CLASS)
    counts = Counter(labels)
    if len(counts) > MOST_CLASSES:
        raise SpecError("csv.too_many_classes", column=brief(label_column), bound=MOST_CLASSES)
    if len(counts) < 2:
        raise SpecError("csv.one_class", column=brief(label_column), value=labels[0])
    rare, often = min(counts.items(), key=lambda pair: pair[1])
    if often < 2:
        raise SpecError("csv.rare_class", column=brief(label_column), value=rare)
    return texts, labels
