"""Recording: everything a run has shown, in one append-only file `log.bin`, readable while it grows.

Four types of record: frame (an encoded snapshot), history (the scalar metrics only), command (what was applied at a
step), note (one line of text). Every frame also leaves its metrics in the history.

Bound, per run: frames ≤ 32 MiB and ≤ 4,096, history ≤ 4 MiB and ≤ 16,384 points, commands and notes ≤ 1 MiB;
on disk twice that for the moment of a rewrite. What exceeds it is thinned: the first and the newest frame stay, and
between them frames spaced half evenly, half logarithmically; the history keeps first, last and extremes.

Single writer; readers are threads of the same process. Knows no trainer, worker or screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from playground.runs.frames import Snapshot


@dataclass(frozen=True)
class Command:
    """A command (JSON-plain) and the step at which it was applied."""

    step: int
    body: dict[str, object]


@dataclass(frozen=True)
class Bounds:
    """How much one recording may hold; tests use small ones."""

    frame_bytes: int = 32 << 20
    num_frames: int = 4096
    history_bytes: int = 4 << 20
    num_points: int = 16384
    other_bytes: int = 1 << 20


class Recording:
    """The recording of one run. All methods may be called from any thread of the process.

    `stalled` is empty while records reach the disk; otherwise the reason: `"disk_full"`, `"too_large"` (a file size
    limit) or `"unwritable"`. Frames and history that come meanwhile are dropped; commands and notes are owed and
    written first as soon as there is space. Nothing raises because of a full disk.
    """

    stalled: str

    @classmethod
    def open(cls, folder: Path, *, bounds: Bounds = Bounds()) -> Recording:
        """Open or start the recording in `folder` (made if missing). A torn or damaged tail is cut off for good."""
        raise NotImplementedError

    def append(self, snapshot: Snapshot | bytes) -> bool:
        """Record a snapshot, or the bytes of one as they came from a worker (frames.encode), by its `kind`.

        A second frame at the same step replaces the first. True if it reached the file; False if stalled or if a
        frame is larger than a quarter of the bound. Raises FrameError for bytes that are no frame and ValueError for
        a step before the newest one (call cut_back first).
        """
        raise NotImplementedError

    def append_command(self, step: int, body: Mapping[str, object]) -> bool:
        """Record that `body` (JSON-plain, no NaN) was applied at `step`. Recording the same command twice at the
        same step leaves one, so a resume may apply what `cut_back(keep_commands=True)` has kept. False if it is owed."""
        raise NotImplementedError

    def append_note(self, step: int, text: str) -> bool:
        """Record a line of text at `step`. False if it is owed."""
        raise NotImplementedError

    def cut_back(self, step: int, *, keep_commands: bool = False) -> None:
        """Drop everything recorded after `step` (-1: everything); `keep_commands` keeps the commands to come."""
        raise NotImplementedError

    def history(self, max_points: int = 1000) -> dict[str, npt.NDArray[np.float64]]:
        """`{"step": (P,), "epoch": (P,), <metric>: (P,), …}`, P ≤ max_points (at least 2), NaN where a metric is missing.

        Evenly decimated, with the first and last point, the largest and smallest value of every metric, and the
        largest and smallest loss of each stretch, so that no spike is lost.
        """
        raise NotImplementedError

    def frames(self, since: int = -1, limit: int | None = None) -> Iterator[bytes]:
        """The encoded frames after step `since`, oldest first, at most `limit`."""
        raise NotImplementedError

    def frame_at(self, step: int) -> bytes | None:
        """The encoded frame at the nearest recorded step ≤ `step`; None if there is none."""
        raise NotImplementedError

    def steps(self) -> npt.NDArray[np.int64]:
        """The steps of the recorded frames, ascending."""
        raise NotImplementedError

    def commands(self, after: int = -1) -> list[Command]:
        """The commands applied after step `after`, in the order they were recorded."""
        raise NotImplementedError

    def notes(self) -> list[tuple[int, str]]:
        """All notes with their steps."""
        raise NotImplementedError

    @property
    def last_step(self) -> int:
        """The newest step with a frame or a history point; -1 when there is none."""
        raise NotImplementedError

    @property
    def bytes(self) -> int:
        """The size of the file."""
        raise NotImplementedError

    def sync(self) -> None:
        """Ask the disk to keep what was written (a killed process loses nothing even without)."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the file; may be called twice."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
