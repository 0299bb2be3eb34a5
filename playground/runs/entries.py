"""Entries: one run as a row of the index, as SQL and as what Python holds.

Knows the columns and their types, and no connection. A change of columns is a new VERSION; an index of another one
is moved aside like a damaged one, and its rows taken over if they fit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypedDict, cast

from playground.runs.frames import metric_from_json, metric_to_json

VERSION = 1

schema = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY NOT NULL, owner TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
    experiment TEXT NOT NULL, digest TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL, seen REAL NOT NULL,
    steps INTEGER NOT NULL, attempt INTEGER NOT NULL, metrics TEXT NOT NULL, pace REAL NOT NULL,
    parent TEXT NOT NULL, parent_step INTEGER NOT NULL
);
CREATE INDEX by_owner ON runs (owner, created);
CREATE INDEX by_status ON runs (status, created)
"""


@dataclass(frozen=True)
class Entry:
    """One run as the index knows it. Times are seconds since 1970."""

    id: str
    owner: str
    status: str
    reason: str
    experiment: str  # JSON
    digest: str
    created: float
    updated: float
    seen: float  # when its owner last looked
    steps: int
    attempt: int
    metrics: dict[str, float] = field(default_factory=dict[str, float])
    pace: float = 0.0  # steps per second, 0 = as fast as possible
    parent: str = ""  # the run it was forked from
    parent_step: int = 0


class Changes(TypedDict, total=False):
    """What `update` may change."""

    status: str
    reason: str
    experiment: str
    digest: str
    seen: float
    steps: int
    attempt: int
    metrics: Mapping[str, float]
    pace: float


columns = tuple(column.name for column in fields(Entry))
kinds = {column.name: str(column.type) for column in fields(Entry) if column.name != "metrics"}
select = f"SELECT {', '.join(columns)} FROM runs"  # noqa: S608 (names of ours)
insert = f"INSERT OR IGNORE INTO runs VALUES ({', '.join('?' * len(columns))})"  # noqa: S608


def update_statement(changes: Changes, now: float) -> tuple[str, tuple[object, ...]]:
    """`UPDATE … WHERE id = ?` and its values but the id. Raises TypeError for a column that may not change."""
    unknown = changes.keys() - Changes.__annotations__.keys()
    if unknown:
        raise TypeError(f"no run can change its {', '.join(sorted(unknown))}")
    values: dict[str, object] = {**changes, "updated": now}
    if "metrics" in changes:
        values["metrics"] = metrics_text(changes["metrics"])
    assignments = ", ".join(f"{column} = ?" for column in values)
    return f"UPDATE runs SET {assignments} WHERE id = ?", tuple(values.values())  # noqa: S608 (names of ours)


def plain(values: Sequence[object]) -> tuple[object, ...]:
    """`values` as SQLite takes them: half a surrogate pair, which a visitor may send, is no UTF-8."""
    return tuple(
        value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
        for value in values
    )


def metrics_text(metrics: Mapping[str, float]) -> str:
    """JSON by the rule of frames.py: NaN is null, the infinities are texts."""
    return json.dumps({name: metric_to_json(value) for name, value in metrics.items()}, allow_nan=False)


def to_row(entry: Entry) -> tuple[object, ...]:
    """The columns of `entry`."""
    values = {name: getattr(entry, name) for name in columns}
    return plain([*{**values, "metrics": metrics_text(entry.metrics)}.values()])


def to_entry(row: Sequence[object]) -> Entry | None:
    """The entry in `row`; None if damage has changed the type of a column."""
    values = dict(zip(columns, row, strict=True))
    try:
        metrics = json.loads(str(values["metrics"]))
        values["metrics"] = {name: metric_from_json(name, value) for name, value in metrics.items()}
    except (ValueError, AttributeError, RecursionError):
        values["metrics"] = {}  # a picture of the past; the run has its own
    for name, kind in kinds.items():
        value = values[name]
        if kind == "float" and isinstance(value, int | float):
            values[name] = float(value)
        elif type(value).__name__ != kind:
            return None
    return Entry(**cast("dict[str, Any]", values))
