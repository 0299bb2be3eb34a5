"""Large sets of pictures as arrays on disk, ready for a network: made once, then shared by all processes.

A hundred runs on 60,000 digits would hold the same 190 MB a hundred times. So the first who needs them writes them as
float32 into the data folder, and everybody maps that file: the system keeps one copy for all, and a run starts at once.
Where the folder cannot be written, each process keeps a copy of its own. Knows no format and no source.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

VERSION = 1
"""Another number where the same files become other arrays."""
NAMES = ("x", "y", "x_test", "y_test")
CHUNK = 1000


@dataclass(frozen=True, eq=False)
class Raw:
    """What was read: pixels as bytes `(N, C, H, W)`, classes `(N,)`, in the order in which they are to be used."""

    x: npt.NDArray[np.uint8]
    y: npt.NDArray[np.int64]
    x_test: npt.NDArray[np.uint8]
    y_test: npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Arrays:
    """The same ready for a network: float32 pixels from 0 to 1, read-only."""

    x: npt.NDArray[np.float32]
    y: npt.NDArray[np.int64]
    x_test: npt.NDArray[np.float32]
    y_test: npt.NDArray[np.int64]


def prepared(name: str, folder: Path | None, read: Callable[[], Raw]) -> Arrays:
    """Return the arrays called `name`, from the data folder if they are there, else from `read`, kept if possible.

    Args:
        name: a name of exactly these data; never a visitor's words.
        folder: the data folder.
        read: where they come from; what it refuses is passed on.
    """
    if folder is None:
        return _in_memory(read())
    place = folder / "datasets" / "prepared" / f"{name}-{VERSION}"
    found = _mapped(place)
    if found is None:
        raw = read()
        found = _mapped(place) if _write(place, raw) else None
        found = found or _in_memory(raw)
    return found


def _mapped(place: Path) -> Arrays | None:
    """Return the arrays that lie there, or None if they do not, or not whole."""
    try:
        x, y, x_test, y_test = (
            np.load(place / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in NAMES
        )
    except (OSError, ValueError, EOFError):
        return None
    fits = x.ndim == 4 and x.dtype == x_test.dtype == np.float32 and y.dtype == y_test.dtype == np.int64
    if not fits or len(x) != len(y) or len(x_test) != len(y_test):
        return None
    # The classes are few and looked at everywhere; as plain arrays they cost no page faults.
    return Arrays(x.view(np.ndarray), np.array(y), x_test.view(np.ndarray), np.array(y_test))


def _write(place: Path, raw: Raw) -> bool:
    """Write the arrays so that they are there whole or not at all; tell whether that was possible."""
    fresh = None
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(place.parent).free < 8 * (raw.x.size + raw.x_test.size):
            return False
        fresh = Path(tempfile.mkdtemp(dir=place.parent, prefix=".new-"))
        for name in NAMES:
            _save(fresh / f"{name}.npy", getattr(raw, name))
        fresh.chmod(0o755)
        if place.exists():  # not whole, or it would have been used
            shutil.rmtree(place, ignore_errors=True)
        fresh.rename(place)
    except OSError:  # no room, no permission, or somebody was quicker
        if fresh is not None:
            shutil.rmtree(fresh, ignore_errors=True)
        return place.is_dir()
    return True


def _save(path: Path, values: npt.NDArray[Any]) -> None:
    """Write an array, pixels as float32, a portion at a time: it never lies in memory twice."""
    pixels = values.dtype == np.uint8
    with path.open("wb") as file:
        header = {"descr": "<f4" if pixels else "<i8", "fortran_order": False, "shape": values.shape}
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, len(values), CHUNK):
            part = values[start : start + CHUNK]
            file.write(np.ascontiguousarray(_scaled(part) if pixels else part.astype("<i8")).data)
        file.flush()
        with contextlib.suppress(OSError):
            os.fsync(file.fileno())


def _in_memory(raw: Raw) -> Arrays:
    return Arrays(_scaled(raw.x), raw.y, _scaled(raw.x_test), raw.y_test)


def _scaled(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return 0..1 from bytes, rounded as `Scaling("pixels", 255)` rounds."""
    return (np.arange(256.0) / 255).astype(np.float32)[pixels]
