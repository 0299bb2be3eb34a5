"""Files that are whole or absent: written beside, flushed, renamed; and why a disk said no, in one word.

Knows no format. A temporary file's name is the same each time, so that a killed writer leaves at most one
behind; hence one writer per name.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

DISK_FULL = "disk_full"
TOO_LARGE = "too_large"
UNWRITABLE = "unwritable"


def stall_reason(error: OSError) -> str:
    """`"disk_full"`, `"too_large"` (a limit on the size of files) or `"unwritable"`."""
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return DISK_FULL
    return TOO_LARGE if error.errno == errno.EFBIG else UNWRITABLE


def write_whole(path: Path, temporary: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill `temporary` (same folder) and put it in the place of `path`, durably.

    Raises OSError if the disk refuses; `path` is then what it was and `temporary` is gone.
    """
    fill(temporary, write)
    put_in_place(temporary, path)


def fill(temporary: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill `temporary` and flush it to the disk; if that fails it is gone. Raises OSError."""
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def put_in_place(temporary: Path, path: Path) -> None:
    """Give a flushed `temporary` the name `path`, durably. Raises OSError; `temporary` is then gone."""
    try:
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Make the names in `folder` durable, where the system can do that."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(file: BinaryIO, offset: int, data: bytes) -> None:
    """Write `data` at `offset`, however many calls that takes. Raises OSError; part of it may then be
    written."""
    file.seek(offset)
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
