"""Where uploaded tables are kept: under the SHA-256 of their bytes, never under a visitor's words."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from pathlib import Path

from playground.data.csv_text import UploadLimits, check_size
from playground.spec import SpecError

_ID = re.compile("[0-9a-f]{64}")


def store(data: bytes, folder: Path, limits: UploadLimits | None = None) -> str:
    """Keep a table in the data folder and return its id.

    The same bytes give the same id and one file. A crash leaves the old state or the new one, never half a file. If
    the uploads grow beyond their cap, those unused for longest go; their owners are asked to upload again.

    Raises:
        SpecError: if it is empty or too large, or the folder cannot be written.
    """
    limits = limits or UploadLimits.from_environment()
    check_size(len(data), limits)
    file_id = hashlib.sha256(data).hexdigest()
    path = _path(file_id, folder)
    try:
        if not _good(path, file_id):
            _write(path, data)
        os.utime(path)
        _make_room(path, limits.folder_bytes)
    except OSError as error:
        raise SpecError("csv.not_kept", value=error.strerror or type(error).__name__) from None
    return file_id


def read_upload(file_id: str, folder: Path | None, limits: UploadLimits | None = None) -> bytes:
    """Return the bytes behind an id.

    Raises:
        SpecError: `csv.gone` if there is no such file or it is damaged.
    """
    if folder is None or not _ID.fullmatch(file_id):
        raise SpecError("csv.gone", value=file_id[:12])
    limits = limits or UploadLimits.from_environment()
    path = _path(file_id, folder)
    try:
        check_size(path.stat().st_size, limits)
        data = path.read_bytes()
    except OSError:
        raise SpecError("csv.gone", value=file_id[:12]) from None
    if hashlib.sha256(data).hexdigest() != file_id:
        raise SpecError("csv.gone", value=file_id[:12])
    with contextlib.suppress(OSError):
        os.utime(path)  # a read-only folder can still be read
    return data


def _path(file_id: str, folder: Path) -> Path:
    return folder / "datasets" / "uploads" / f"{file_id}.csv"


def _good(path: Path, file_id: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == file_id


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _make_room(newest: Path, folder_bytes: int) -> None:
    """Remove the tables unused for longest until the folder fits its cap; the newest stays."""
    kept = [(p.stat().st_mtime, p.stat().st_size, p) for p in newest.parent.glob("*.csv") if p != newest]
    total = newest.stat().st_size + sum(size for _, size, _ in kept)
    for _, size, path in sorted(kept):
        if total <= folder_bytes:
            return
        path.unlink(missing_ok=True)
        total -= size
