"""Tables on their way out: text that a spreadsheet would take for a formula is disarmed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import numpy as np

from playground.data.csv_table import is_number


def write_csv(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as CSV text, RFC 4180 with `\\r\\n`.

    Numbers are written with the fewest digits that give them back exactly; None is an empty cell. A text that starts
    with `=`, `+`, `-`, `@`, a tab or a line break and is no number gets a leading apostrophe.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([_cell(name) for name in names])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, np.floating):
        return str(value)  # the fewest digits of its own precision, which `item()` would lose
    if isinstance(value, np.generic):
        value = value.item()
    if value is None:
        return ""
    if isinstance(value, (bool, int)):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    text = str(value)
    return (
        f"'{text}"
        if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) and not is_number(text)
        else text
    )
