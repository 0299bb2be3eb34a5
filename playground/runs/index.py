"""Index: which runs there are, whose they are and how they stand, in one SQLite file (WAL).

A row that `create` has returned survives a killed process. A damaged file is moved aside (`recovered` says where
to), what can still be read of it is taken over, and work goes on with a fresh one. Where a visitor asks, the owner
comes first and another's run looks exactly like a missing one.

One writing process; its threads may share an Index. Knows no queue, worker or folder; a status is any word.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar, Unpack

from playground.runs import database, durable
from playground.runs.entries import (
    VERSION,
    Changes,
    Entry,
    insert,
    plain,
    schema,
    select,
    to_entry,
    to_row,
    update_statement,
)

__all__ = ["Changes", "Entry", "Index", "IndexUnavailable"]

Result = TypeVar("Result")

MAX_SALVAGED = 100_000
SEEN_EVERY = 5.0  # seconds: a glance sooner after the last one is not written


class IndexUnavailable(OSError):
    """The disk refused a row. `reason` is `"disk_full"` or `"unwritable"`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Index:
    """The index of one data folder. Reading raises IndexUnavailable only where the file cannot be read at all.

    `recovered` is "" or the name of the file that a damaged index was moved to. `stalled` is "" or why the last write
    was refused (`IndexUnavailable.reason`); reading goes on meanwhile, and the next write tries again.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        """Open or make the index. Raises IndexUnavailable if the disk refuses that."""
        self.path = path
        self.clock = clock
        self.lock = threading.RLock()
        self.recovered = ""
        self.stalled = ""
        self.closed = False
        with refusals_named():
            path.parent.mkdir(parents=True, exist_ok=True)
            self.connection: sqlite3.Connection | None = self.open()

    # --- for a visitor: the owner first -----------------------------------------------------------------------

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
        now = self.clock()
        entry = Entry(
            new_id(),
            owner,
            status,
            reason,
            experiment,
            digest,
            now,
            now,
            now,
            0,
            0,
            {},
            pace,
            parent,
            parent_step,
        )
        self.write(insert, to_row(entry))
        return entry

    def get(self, owner: str, run: str) -> Entry | None:
        """The owner's run; None for another's, a deleted and a made-up id alike."""
        return next(iter(self.read(f"{select} WHERE id = ? AND owner = ?", run, owner)), None)

    def list(self, owner: str, *, limit: int = 200) -> tuple[Entry, ...]:
        """The owner's runs, newest first."""
        return self.read(f"{select} WHERE owner = ? ORDER BY created DESC, rowid DESC LIMIT ?", owner, limit)

    def delete(self, owner: str, run: str) -> bool:
        """Remove the owner's run from the index; False where get would give None. Raises IndexUnavailable."""
        return self.write("DELETE FROM runs WHERE id = ? AND owner = ?", (run, owner)) > 0

    def touch(self, owner: str, run: str) -> bool:
        """The owner has looked: `seen` is now, to within five seconds. False where get would give None."""
        entry = self.get(owner, run)
        if entry is None:
            return False
        if abs(self.clock() - entry.seen) >= SEEN_EVERY:
            with suppress(IndexUnavailable):
                self.write("UPDATE runs SET seen = ? WHERE id = ?", (self.clock(), run))
        return True

    # --- for the service itself, never for a visitor ----------------------------------------------------------

    def find(self, run: str) -> Entry | None:
        """The run, whoever owns it."""
        return next(iter(self.read(f"{select} WHERE id = ?", run)), None)

    def with_status(self, *statuses: str) -> tuple[Entry, ...]:
        """All runs in one of these statuses, oldest first."""
        return self.read(f"{select} WHERE {among(statuses)} ORDER BY created, rowid", *statuses)

    def count(self, *statuses: str, owner: str | None = None) -> int:
        """How many runs (of one owner) are in one of these statuses; in any, if none is given."""
        whose, who = ("1", ()) if owner is None else ("owner = ?", (owner,))
        query = f"SELECT count(*) FROM runs WHERE {whose} AND {among(statuses)}"  # noqa: S608
        return self.execute(query, (*who, *statuses))[0][0]

    def update(self, run: str, **changes: Unpack[Changes]) -> bool:
        """Change a run and its `updated`. False if there is no such run, or stalled."""
        statement, values = update_statement(changes, self.clock())
        try:
            return self.write(statement, (*values, run)) > 0
        except IndexUnavailable:
            return False

    def update_many(self, changes: Iterable[tuple[str, Changes]]) -> bool:
        """Many updates in one transaction (the progress of all workers), all or nothing. False if stalled."""
        now = self.clock()
        prepared = [(run, *update_statement(change, now)) for run, change in changes]
        try:
            self.write_all([(statement, (*values, run)) for run, statement, values in prepared])
        except IndexUnavailable:
            return False
        return True

    def due_for_collection(self, before: float, *statuses: str, limit: int = 100) -> tuple[Entry, ...]:
        """Runs whose owner last looked before the time `before`, longest unseen first, in one of these statuses
        (any, if none is given)."""
        query = f"{select} WHERE seen < ? AND {among(statuses)} ORDER BY seen, rowid LIMIT ?"
        return self.read(query, before, *statuses, limit)

    def forget(self, run: str) -> bool:
        """Remove a collected run. False if there was none. Raises IndexUnavailable."""
        return self.write("DELETE FROM runs WHERE id = ?", (run,)) > 0

    def close(self) -> None:
        """Close the file; may be called twice."""
        with self.lock:
            self.closed = True
            if self.connection is not None:
                self.connection.close()

    # --- within -----------------------------------------------------------------------------------------------

    def read(self, query: str, *values: object) -> tuple[Entry, ...]:
        """The rows as entries, without those that damage has made unreadable."""
        return tuple(filter(None, map(to_entry, self.execute(query, values))))

    def execute(self, query: str, values: Sequence[object]) -> Sequence[Any]:
        return self.guarded(lambda connection: connection.execute(query, plain(values)).fetchall())

    def write(self, statement: str, values: Sequence[object]) -> int:
        """Execute, durably; how many rows changed. Raises IndexUnavailable."""
        return self.write_all([(statement, values)])

    def write_all(self, batch: Sequence[tuple[str, Sequence[object]]]) -> int:
        """Execute all in one transaction; how many rows changed. Raises IndexUnavailable."""

        def act(connection: sqlite3.Connection) -> int:
            with transaction(connection):
                return sum(
                    connection.execute(statement, plain(values)).rowcount for statement, values in batch
                )

        with self.lock:
            try:
                changed = self.guarded(act)
            except IndexUnavailable as error:
                self.stalled = error.reason
                raise
            self.stalled = ""
            return changed

    def guarded(self, act: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do something with the connection; where the file turns out damaged, once more with a fresh one."""
        with self.lock, refusals_named():
            if self.closed:
                raise IndexUnavailable(durable.UNWRITABLE, "the index is closed")
            if self.connection is None:  # an earlier recovery was refused
                self.connection = self.open()
            try:
                return act(self.connection)
            except sqlite3.DatabaseError as error:
                if not database.is_corrupt(error):
                    raise
            self.connection.close()
            self.connection = None
            self.connection = self.recover(database.move_aside(self.path))
            return act(self.connection)

    def open(self) -> sqlite3.Connection:
        try:
            return database.open_whole(self.path, VERSION, schema, f"{select} LIMIT 1")
        except sqlite3.DatabaseError as error:
            if not database.is_damage(error):
                raise
        return self.recover(database.move_aside(self.path))

    def recover(self, aside: Path) -> sqlite3.Connection:
        """A fresh database with what can still be read of the one moved to `aside`."""
        connection = database.open_whole(self.path, VERSION, schema, f"{select} LIMIT 1")
        self.recovered = aside.name
        rows = [to_row(entry) for entry in salvage(aside)]
        with transaction(connection):
            connection.executemany(insert, rows)
        return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """All that happens within, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # a full disk rolls back by itself
            connection.execute("ROLLBACK")
        raise


@contextmanager
def refusals_named() -> Generator[None]:
    """Turn what the disk refuses into IndexUnavailable; our own mistakes stay what they are."""
    try:
        yield
    except IndexUnavailable:
        raise
    except (sqlite3.ProgrammingError, sqlite3.IntegrityError, sqlite3.InterfaceError):
        raise
    except sqlite3.Error as error:
        raise IndexUnavailable(database.stall_reason(error), str(error)) from error
    except OSError as error:
        raise IndexUnavailable(durable.stall_reason(error), str(error)) from error


def new_id() -> str:
    """128 random bits that may stand in a link, a file name and on a command line."""
    while (found := secrets.token_urlsafe(16)).startswith("-"):
        pass
    return found


def salvage(path: Path) -> Iterable[Entry]:
    """The entries that can still be read of a damaged index: from its start, and from its end to the damage."""
    found: dict[str, Entry] = {}
    with suppress(sqlite3.Error), closing(database.connect(path)) as connection:
        for order in ("ASC", "DESC"):
            with suppress(sqlite3.Error):
                for row in connection.execute(f"{select} ORDER BY rowid {order} LIMIT {MAX_SALVAGED}"):
                    entry = to_entry(row)
                    if entry is not None:
                        found.setdefault(entry.id, entry)
    return found.values()


def among(statuses: Sequence[str]) -> str:
    """The condition that a run is in one of `statuses`, or nothing if there are none."""
    return f"status IN ({', '.join('?' * len(statuses))})" if statuses else "1"
