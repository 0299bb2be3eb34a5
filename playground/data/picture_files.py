"""Where small pictures of visitors are kept: as one table each, under the SHA-256 of its bytes.

A table is a line that says so, four sizes (N, C, H, W), N classes of two bytes, and the pixels.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import struct
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from playground.spec import SpecError
from playground.spec.image_data import OwnImages

_ID = re.compile("[0-9a-f]{64}")
_MAGIC = b"nnpg-pictures-1\n"


def packed(pixels: npt.NDArray[np.uint8], labels: npt.NDArray[np.int64]) -> bytes:
    """Return pixels (N, C, H, W) and classes (N,) as the bytes of a table."""
    head = struct.pack("<4I", *pixels.shape)
    return _MAGIC + head + labels.astype("<u2").tobytes() + np.ascontiguousarray(pixels).tobytes()


def unpacked(data: bytes, spec: OwnImages) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Return the pixels and classes of a table.

    Raises:
        SpecError: `images.other` if it is not what the specification says.
    """
    shape = (spec.images, *spec.input_shape())
    start = len(_MAGIC) + 16
    expected = start + 2 * spec.images + int(np.prod(shape))
    if (
        data[: len(_MAGIC)] != _MAGIC
        or len(data) != expected
        or struct.unpack("<4I", data[len(_MAGIC) : start]) != shape
    ):
        raise SpecError("images.other", value=spec.file[:12])
    labels = np.frombuffer(data, "<u2", spec.images, start).astype(np.int64)
    if set(labels.tolist()) != set(range(len(spec.names))):
        raise SpecError("images.other", value=spec.file[:12])
    return np.frombuffer(data, np.uint8, offset=start + 2 * spec.images).reshape(shape), labels


def _place(file_id: str, folder: Path) -> Path:
    return folder / "datasets" / "pictures" / f"{file_id}.bin"


def keep(data: bytes, folder: Path, folder_bytes: int) -> str:
    """Write the table of pictures under its SHA-256; the ones unused for longest make room for it."""
    file_id = hashlib.sha256(data).hexdigest()
    path = _place(file_id, folder)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file():
            handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(fresh).replace(path)
        os.utime(path)
        kept = sorted(
            (p.stat().st_mtime, p.stat().st_size, p) for p in path.parent.glob("*.bin") if p != path
        )
        total = len(data) + sum(size for _, size, _ in kept)
        for _, size, other in kept:
            if total <= folder_bytes:
                break
            other.unlink(missing_ok=True)
            total -= size
    except OSError as error:
        raise SpecError("images.not_kept", value=error.strerror or type(error).__name__) from None
    return file_id


def read(file_id: str, folder: Path | None) -> bytes:
    """Return the bytes behind an id.

    Raises:
        SpecError: `images.gone` if there is no such table or it is damaged.
    """
    if folder is None or not _ID.fullmatch(file_id):
        raise SpecError("images.gone", value=file_id[:12])
    path = _place(file_id, folder)
    try:
        data = path.read_bytes()
    except OSError:
        raise SpecError("images.gone", value=file_id[:12]) from None
    if hashlib.sha256(data).hexdigest() != file_id:
        raise SpecError("images.gone", value=file_id[:12])
    with contextlib.suppress(OSError):
        os.utime(path)  # a read-only folder can still be read
    return data
