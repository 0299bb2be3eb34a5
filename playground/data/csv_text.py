"""A stranger's bytes to text: size, encoding, delimiter, all looked at before anything large is allocated.

What can be decoded surely is accepted, what was assumed is told, everything else is refused. Knows no columns.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from playground.spec import SpecError
from playground.spec.environment import caps


@dataclass(frozen=True)
class UploadLimits:
    """The caps of one table, and of the folder that keeps them; `PLAYGROUND_MAX_UPLOAD_<NAME>` sets each."""

    PREFIX: ClassVar = "PLAYGROUND_MAX_UPLOAD_"

    num_bytes: int = 20_000_000
    rows: int = 200_000
    columns: int = 1_024
    cells: int = 5_000_000
    folder_bytes: int = 1_000_000_000

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> UploadLimits:
        """Return the caps that are in force.

        Raises:
            SpecError: if a variable is not a positive whole number.
        """
        return cls(**caps(cls, cls.PREFIX, environment))


@dataclass(frozen=True)
class CsvText:
    """Decoded text and how it was read.

    Attributes:
        text: the whole file.
        encoding: the encoding's usual name.
        assumed: True if the encoding is likely rather than certain.
        delimiter: what stands between two cells.
        decimal: `"."`, or `","` where the numbers are written so.
    """

    text: str
    encoding: str
    assumed: bool
    delimiter: str
    decimal: str


DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 65_536

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_NO_TEXT = (
    (b"PK\x03\x04", "Excel (.xlsx) / ZIP"),
    (b"\xd0\xcf\x11\xe0", "Excel (.xls)"),
    (b"\x1f\x8b", "gzip"),
    (b"%PDF", "PDF"),
    (b"PAR1", "Parquet"),
    (b"\x89PNG", "PNG"),
)


def check_size(num_bytes: int, limits: UploadLimits) -> None:
    """Refuse a file by its size alone, so that a page can do it before reading.

    Raises:
        SpecError: `csv.empty` or `csv.too_large`.
    """
    if num_bytes == 0:
        raise SpecError("csv.empty")
    if num_bytes > limits.num_bytes:
        raise SpecError("csv.too_large", value=f"{num_bytes / 1e6:.1f}", bound=f"{limits.num_bytes / 1e6:g}")


def read_text(data: bytes, limits: UploadLimits) -> CsvText:
    """Decode a table and find out its delimiter.

    Raises:
        SpecError: if it is empty, too large, no text, in an unknown encoding, or has too many columns.
    """
    check_size(len(data), limits)
    text, encoding, assumed = decode(data)
    nul = text.find("\0")
    if nul >= 0:
        raise SpecError("csv.nul", row=_row(text, nul))
    if not text.strip():
        raise SpecError("csv.empty")
    _check_header(text, limits)
    sample = (
        text[:SAMPLE] if len(text) <= SAMPLE else text[: text.rfind("\n", 0, SAMPLE) + 1] or text[:SAMPLE]
    )
    delimiter = _delimiter(sample)
    return CsvText(text, encoding, assumed, delimiter, _decimal(sample, delimiter))


def decode(data: bytes) -> tuple[str, str, bool]:
    """Return a file's text, the name of its encoding, and whether that is likely rather than certain.

    Raises:
        SpecError: if it is no text or in an unknown encoding.
    """
    for magic, name in _NO_TEXT:
        if data.startswith(magic):
            raise SpecError("csv.not_text", value=name)
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(codec), name, False
            except UnicodeDecodeError as error:
                row = _row(data[: error.start].decode(codec, "ignore"), None)
                raise SpecError("csv.broken_encoding", value=name, row=row) from None
    nul = data.find(b"\0")
    if nul >= 0:
        raise SpecError("csv.nul", row=data.count(b"\n", 0, nul) + 1)
    try:
        return data.decode("utf-8"), "UTF-8", False
    except UnicodeDecodeError as error:
        chinese = _chinese(data)
        if chinese is not None:
            return chinese, "GB18030", True
        row = data.count(b"\n", 0, error.start) + 1
        raise SpecError("csv.encoding", value=f"0x{data[error.start]:02X}", row=row) from None


def _chinese(data: bytes) -> str | None:
    """Return the text if it is GB18030 beyond reasonable doubt.

    Nearly every pair of bytes would have to be a common character (GB2312: punctuation, or level 1 of the hanzi).
    Accented Latin letters hardly ever come in pairs, and a pair of them falls among the rare characters of level 2.
    """
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return None
    foreign = re.sub(r"[\x00-\x7f]+", "", text)[:20_000]
    pairs = foreign.encode("gb2312", "ignore")
    common = sum(0xA1 <= lead <= 0xA3 or 0xB0 <= lead <= 0xD7 for lead in pairs[::2])
    return text if common >= 0.8 * len(foreign) else None


def _check_header(text: str, limits: UploadLimits) -> None:
    """Count the first row's cells without splitting it."""
    line = re.search(r"[^\r\n]+", text)
    header = line.group() if line else ""
    widest = max(header.count(d) for d in DELIMITERS) + 1
    if widest > limits.columns:
        raise SpecError("csv.too_many_columns", value=f"{widest:,}", bound=f"{limits.columns:,}")


def _delimiter(sample: str) -> str:
    """Return the delimiter that cuts the first rows into the most, equally many cells."""

    def score(delimiter: str) -> tuple[bool, float, int]:
        widths: list[int] = []
        try:
            for record in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
                if record:
                    widths.append(len(record))
                if len(widths) == 20:
                    break
        except csv.Error:
            pass
        if not widths:
            return False, 0.0, 0
        return widths[0] > 1, widths.count(widths[0]) / len(widths), widths[0]

    return max(DELIMITERS, key=score)


def _decimal(sample: str, delimiter: str) -> str:
    """Return `","` if the numbers between other delimiters have decimal commas and never a point."""
    if delimiter == ",":
        return "."
    edge = re.escape(delimiter) + r"\r\n\""
    comma = re.search(rf"(?:^|[{edge}])\s*[+-]?\d+,\d+(?:[eE][+-]?\d+)?\s*(?:$|[{edge}])", sample)
    point = re.search(rf"(?:^|[{edge}])\s*[+-]?\d*\.\d+(?:[eE][+-]?\d+)?\s*(?:$|[{edge}])", sample)
    return "," if comma and not point else "."


def _row(text: str, end: int | None) -> int:
    return text.count("\n", 0, end if end is not None else len(text)) + 1
