"""One SQLite file that opens again whatever happened to it: WAL, checked at opening, moved aside when damaged.

Knows no table but by the statement it is given. A file that is busy, full or forbidden is not damaged and stays where
it is.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from playground.runs.durable import DISK_FULL, UNWRITABLE

NUM_KEPT_ASIDE = 3
companions = ("", "-wal", "-shm")

# Everything else that SQLite says while it opens means a file that is not what it should be.
refusals = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
}


class Damaged(sqlite3.DatabaseError):
    """The file opens, and is not what it should be."""


def is_corrupt(error: sqlite3.Error) -> bool:
    """Whether SQLite itself says that the file is broken."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code == sqlite3.SQLITE_IOERR_SHORT_READ or code & 0xFF in {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    }


def is_damage(error: sqlite3.Error) -> bool:
    """Whether a file that gave `error` while open_whole opened it is not what it should be.

    Only for opening: there every statement is known to be right, so that even "no such column" is damage.
    """
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return is_corrupt(error) or code & 0xFF not in refusals


def stall_reason(error: sqlite3.Error) -> str:
    """`"disk_full"` or `"unwritable"`."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return DISK_FULL if code & 0xFF == sqlite3.SQLITE_FULL else UNWRITABLE


def open_whole(path: Path, version: int, schema: str, probe: str) -> sqlite3.Connection:
    """Open or make the database. `schema` makes its tables, `probe` is a query that it can answer.

    Raises sqlite3.DatabaseError where it is damaged (is_damage) or refused: busy, full, read-only; OSError likewise.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # the owners' keys are inside
    connection = connect(path)
    try:
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found == 0:
            connection.executescript(f"BEGIN IMMEDIATE; {schema}; PRAGMA user_version = {version}; COMMIT")
        elif found != version:
            raise Damaged(f"version {version} expected, got {found}")
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise Damaged("the check fails")
        connection.execute(probe).fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def connect(path: Path) -> sqlite3.Connection:
    """A connection for all threads of a process (who keep themselves apart), each statement a transaction."""
    connection = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    try:
        connection.text_factory = text_of
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # an acknowledged row survives a power cut too
        connection.execute(f"PRAGMA journal_size_limit = {4 << 20}")
    except BaseException:
        connection.close()
        raise
    return connection


def text_of(raw: bytes) -> str:
    """A text as it is read: a damaged one is no reason to lose its row."""
    return raw.decode("utf-8", "replace")


def move_aside(path: Path) -> Path:
    """Give the damaged database another name; of earlier ones the newest two are kept. Raises OSError."""
    earlier = sorted(path.parent.glob(f"{path.stem}-damaged-????{path.suffix}"))
    number = int(earlier[-1].stem[-4:]) + 1 if earlier and earlier[-1].stem[-4:].isdecimal() else 1
    for old in earlier[: len(earlier) + 1 - NUM_KEPT_ASIDE]:
        for companion in companions:
            Path(f"{old}{companion}").unlink(missing_ok=True)
    aside = path.with_name(f"{path.stem}-damaged-{number % 10000:04}{path.suffix}")
    for companion in reversed(
        companions
    ):  # the file itself last: until then the next start finds it and moves on
        with suppress(FileNotFoundError):
            Path(f"{path}{companion}").replace(f"{aside}{companion}")
    return aside
