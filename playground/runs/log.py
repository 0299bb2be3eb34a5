"""The log: one append-only file of records, whole up to its end whatever happened to it.

Either all records of an append are in the file or none; a rewrite is the new file or the old one. Knows what
a record is, not what it means; its caller keeps threads apart.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from playground.runs import records
from playground.runs.durable import fill, flush_folder, write_all
from playground.runs.records import Record


class Log:
    """The file `log.bin` in a folder; `end` is its size. Opening raises OSError where it cannot be opened at
    all."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "log.bin"
        self.temporary = folder / "log.tmp"
        self.temporary.unlink(missing_ok=True)  # of a writer killed in a rewrite
        self.path.touch()
        self.file: BinaryIO = self.path.open("r+b", buffering=0)
        self.end = 0

    def scan(self) -> Iterator[tuple[int, Record]]:
        """The good records with their offsets; what follows them is cut off when the last one has been
        taken."""
        with self.path.open("rb") as file:
            for offset, record in records.scan(file):
                self.end = offset + record.size
                yield offset, record
        self.file.truncate(self.end)

    def append(self, batch: Sequence[Record]) -> list[int]:
        """Write the records at the end and return their offsets. Raises OSError; the log is then as it
        was."""
        offsets = [self.end]
        for record in batch:
            offsets.append(offsets[-1] + record.size)
        try:
            write_all(self.file, self.end, b"".join(map(records.pack, batch)))
        except OSError:
            with suppress(OSError):  # a torn rest is overwritten by the next append, or cut by the next scan
                self.file.truncate(self.end)
            raise
        self.end = offsets.pop()
        return offsets

    def read(self, offset: int) -> Record | None:
        """The record at `offset`; None if it has become unreadable or the log is closed."""
        if self.closed:
            return None
        with suppress(OSError):
            return records.read(self.file, offset, self.end)
        return None

    def tail(self, start: int, drops: Callable[[Record], bool]) -> list[tuple[int, int, int]] | None:
        """Offset, kind and size of the records to drop, if from the first of them on all are to drop; else None.

        `start` is the offset of a record before which nothing is to drop.
        """
        found: list[tuple[int, int, int]] = []
        while start < self.end:
            record = self.read(start)
            if record is None or (found and not drops(record)):
                return None
            if drops(record):
                found.append((start, record.kind, record.size))
            start += record.size
        return found

    def truncate(self, end: int) -> None:
        """Cut off what lies from `end` on. Raises OSError; the log is then as it was."""
        self.file.truncate(end)
        self.end = end

    def replace(self, kept: Iterable[Record]) -> None:
        """Write the log anew with these records. Raises OSError; the log is then as it was."""
        fill(self.temporary, lambda file: file.writelines(map(records.pack, kept)))
        if os.name == "nt":  # where an open file cannot be renamed
            self.file.close()
            self.temporary.replace(self.path)
            fresh = self.path.open("r+b", buffering=0)
        else:
            fresh = self.temporary.open("r+b", buffering=0)
            self.temporary.replace(self.path)
            self.file.close()
        self.file = fresh
        self.end = fresh.seek(0, os.SEEK_END)
        with suppress(OSError):  # the new name may be lost in a power cut; the old log is whole too
            flush_folder(self.path.parent)

    def sync(self) -> None:
        """Flush to the disk. Raises OSError."""
        if not self.closed:
            os.fsync(self.file.fileno())

    @property
    def closed(self) -> bool:
        return self.file.closed

    def close(self) -> None:
        self.file.close()
