"""Index: which runs there are, whose they are and how they stand, in one SQLite file (WAL).

A row that `create` has returned survives a killed process. A damaged file is moved aside (`recovered` says where to),
what can still be read of it is taken over, and work goes on with a fresh one. Where a visitor asks, the owner comes
first and another's run looks exactly like a missing one.

One writing process; its threads may share an Index. Knows no queue, worker or folder; a status is any word.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, Unpack


class IndexUnavailable(OSError):
    """The disk refused a row. `reason` is `"disk_full"` or `"unwritable"`."""

    reason: str


@dataclass(frozen=True)
class Entry:
    """One run as the index knows it. Times are seconds since 1970; `pace` is steps per second, 0 = as fast as possible."""

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
    metrics: dict[str, float]
    pace: float
    parent: str  # "" = not a fork
    parent_step: int


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


class Index:
    """The index of one data folder. `recovered` is "" or the name of the file a damaged index was moved to;
    `stalled` is "" or why the last write was refused (IndexUnavailable.reason)."""

    recovered: str
    stalled: str

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        """Open or make the index. Raises IndexUnavailable if the folder cannot be written."""
        raise NotImplementedError

    def create(
        self,
        owner: str,
        experiment: str,
        digest: str,
        *,
        status: str = "queued",
        reason: str = "",
        pace: float = 0.0,
        parent: str = "",
        parent_step: int = 0,
    ) -> Entry:
        """A new run with a random 128-bit id. Raises IndexUnavailable."""
        raise NotImplementedError

    def get(self, owner: str, run: str) -> Entry | None:
        """The owner's run; None for another's, a deleted and a made-up id alike."""
        raise NotImplementedError

    def list(self, owner: str, *, limit: int = 200) -> tuple[Entry, ...]:
        """The owner's runs, newest first."""
        raise NotImplementedError

    def delete(self, owner: str, run: str) -> bool:
        """Remove the owner's run from the index; False where get would give None. Raises IndexUnavailable."""
        raise NotImplementedError

    def touch(self, owner: str, run: str) -> bool:
        """The owner has looked: `seen` is now. False where get would give None, or stalled."""
        raise NotImplementedError

    def find(self, run: str) -> Entry | None:
        """For the service itself, never for a visitor: the run whoever owns it."""
        raise NotImplementedError

    def with_status(self, *statuses: str) -> tuple[Entry, ...]:
        """For the service: all runs in one of these statuses, oldest first."""
        raise NotImplementedError

    def count(self, *statuses: str, owner: str | None = None) -> int:
        """How many runs (of one owner) are in one of these statuses; in any, if none is given."""
        raise NotImplementedError

    def update(self, run: str, **changes: Unpack[Changes]) -> bool:
        """For the service: change a run and its `updated`. False if there is no such run, or stalled (disk full)."""
        raise NotImplementedError

    def update_many(self, changes: Iterable[tuple[str, Changes]]) -> bool:
        """For the service: many updates in one transaction (the progress of all workers). False if stalled."""
        raise NotImplementedError

    def due_for_collection(self, before: float, *statuses: str, limit: int = 100) -> tuple[Entry, ...]:
        """For the service: runs whose owner last looked before the time `before`, in one of these statuses (any, if
        none is given), longest unseen first."""
        raise NotImplementedError

    def forget(self, run: str) -> bool:
        """For the service: remove a collected run. False if there was none. Raises IndexUnavailable."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the file; may be called twice."""
        raise NotImplementedError
