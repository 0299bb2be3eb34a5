"""Recording: everything a run has shown, in one append-only file `log.bin`, readable while it grows.

Three kinds of record: frame (an encoded snapshot), history (the scalar metrics only), command (what was
applied at a step). Every frame also leaves its metrics in the history.

Bound, per run: frames ≤ 32 MiB and ≤ 4,096, history ≤ 4 MiB and ≤ 16,384 points, commands ≤ 1 MiB;
half as much again on disk for the moment of a rewrite. What exceeds its bound is thinned to half: the first
and the newest frame stay, and between them frames spaced half evenly, half logarithmically; the history
keeps first, last and extremes; of commands the oldest go.

What is in memory is the truth: where a rewrite finds no space the file lags behind, and catches up later. One
writer; readers are threads of the same process. Knows no trainer, worker or screen.
"""

from __future__ import annotations

import bisect
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from playground.runs import frames
from playground.runs.contents import Bounds, Contents, by_step, newest, stays
from playground.runs.durable import stall_reason
from playground.runs.frames import Snapshot
from playground.runs.history import pack_point
from playground.runs.log import Log
from playground.runs.records import COMMAND, FRAME, HISTORY, Record

__all__ = ["Bounds", "Command", "Recording"]

Encoded = bytes  # a frame in its binary form: inside the class, `bytes` is the size of the file
MAX_COMMAND = 64 << 10  # bytes
MAX_PATIENCE = 256  # records dropped between two attempts to rewrite a file for which there is no space


@dataclass(frozen=True)
class Command:
    """A command (JSON-plain) and the step at which it was applied."""

    step: int
    body: dict[str, Any]


class Recording:
    """The recording of one run. All methods may be called from any thread of the process.

    `stalled` is empty while records reach the disk; otherwise the reason: `"disk_full"`, `"too_large"` (a
    limit on the size of files) or `"unwritable"`. Frames and history that come meanwhile are dropped;
    commands are owed and written first as soon as there is space. Nothing raises because of a full
    disk.
    """

    def __init__(self, folder: Path, bounds: Bounds) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.stalled = ""
        self.bounds = bounds
        self.lock = threading.RLock()
        self.log = Log(folder)
        self.contents = Contents()
        self.owed: list[Record] = []  # commands that are not on disk yet
        self.behind = False  # the file still holds what `contents` has dropped
        self.waiting = self.patience = 0
        for offset, record in self.log.scan():
            self.contents.remember(record, offset)
        self.keep_bounds()

    @classmethod
    def open(cls, folder: Path, *, bounds: Bounds | None = None) -> Recording:
        """Open or start the recording in `folder` (made if missing). A torn or damaged tail is cut off for
        good.

        Raises OSError only where the folder or the file cannot be opened at all.
        """
        return cls(folder, bounds or Bounds())

    # --- writing --------------------------------------------------------------------------------------

    def append(self, snapshot: Snapshot | Encoded) -> bool:
        """Record a snapshot, or the bytes of one as they came from a worker (frames.encode), by its `kind`.

        A second frame at the same step replaces the first. True if it reached the file; False if stalled,
        closed, or larger than a quarter of the bound. Raises FrameError for bytes that are no frame, and
        ValueError for an unknown kind or a step before the newest one (call cut_back first).
        """
        encoded = frames.encode(snapshot) if isinstance(snapshot, Snapshot) else snapshot
        shown = snapshot if isinstance(snapshot, Snapshot) else frames.decode(snapshot)
        if shown.kind not in ("frame", "history"):
            raise ValueError(f"kind: frame or history expected, got {shown.kind!r:.80}")
        batch = [Record(HISTORY, shown.step, pack_point(shown.epoch, shown.metrics))]
        if shown.kind == "frame":
            batch.append(Record(FRAME, shown.step, encoded))
        with self.lock:
            if shown.step < self.last_step:
                raise ValueError(f"step: at least {self.last_step} expected, got {shown.step}")
            if batch[-1].size > self.bounds.frame_bytes // 4:
                return False
            return self.write(batch)

    def append_command(self, step: int, body: Mapping[str, object]) -> bool:
        """Record that `body` (JSON-plain, no NaN) was applied at `step`; False if it is owed or the file
        closed.

        The same command twice at the same step is recorded once, so that a resume may apply again what
        `cut_back(keep_commands=True)` has kept. Raises ValueError for what is no JSON or longer than 64 KiB.
        """
        try:
            payload = json.dumps(dict(body), allow_nan=False, sort_keys=True).encode("ascii")
        except (TypeError, RecursionError) as error:
            raise ValueError(f"command: {error}") from None
        if len(payload) > MAX_COMMAND:
            raise ValueError(f"command: at most {MAX_COMMAND} bytes expected, got {len(payload)}")
        record = Record(COMMAND, frames.checked_step(step), payload)
        with self.lock:
            known = self.contents.commands
            first = bisect.bisect_left(known, record.step, key=by_step)
            if record in known[first : bisect.bisect_right(known, record.step, key=by_step)]:
                return True
            if self.write([record]):
                return True
            if record not in self.owed:
                self.owed = newest([*self.owed, record], self.bounds.command_bytes // 2)
            return False

    def cut_back(self, step: int, *, keep_commands: bool = False) -> None:
        """Drop everything recorded after `step` (-1: everything); `keep_commands` keeps the commands to
        come."""
        with self.lock:
            self.owed = [command for command in self.owed if stays(command, step, keep_commands)]
            num_commands = len(self.contents.commands)
            if not self.contents.cut_back(step, keep_commands):
                return
            if not self.behind and self.cut_tail(
                step, keep_commands, num_commands - len(self.contents.commands)
            ):
                return
            self.behind = True
            self.waiting = self.patience = 0
            self.catch_up()

    def sync(self) -> None:
        """Ask the disk to keep what was written. A killed process loses nothing without it, a power cut
        may."""
        with self.lock:
            try:
                self.log.sync()
            except OSError as error:
                self.stalled = stall_reason(error)

    def close(self) -> None:
        """Close the file; may be called twice. Nothing can be recorded or read as a frame afterwards."""
        with self.lock:
            self.log.close()

    # --- reading --------------------------------------------------------------------------------------

    def history(self, max_points: int = 1000) -> dict[str, npt.NDArray[np.float64]]:
        """`{"step": (P,), "epoch": (P,), <metric>: (P,), …}`, P ≤ max_points (2 at least), NaN where one is
        missing.

        Evenly decimated, with the first and last point, the largest and smallest value of every metric, and
        the largest and smallest loss of each stretch, so that no spike is lost.
        """
        with self.lock:
            return self.contents.history.arrays(max_points)

    def frames(self, since: int = -1, limit: int | None = None) -> Iterator[Encoded]:
        """The encoded frames after step `since`, oldest first, at most `limit`."""
        steps = self.steps()
        steps = steps[np.searchsorted(steps, since, side="right") :][:limit]
        for step in steps.tolist():
            with self.lock:
                i = self.contents.frame_before(step)
                record = self.read_frame(i) if i >= 0 and self.contents.steps[i] == step else None
            if record is not None:
                yield record.payload

    def frame_at(self, step: int) -> Encoded | None:
        """The encoded frame at the nearest recorded step ≤ `step`; None if there is none."""
        with self.lock:
            for i in range(self.contents.frame_before(step), -1, -1):
                if record := self.read_frame(i):
                    return record.payload
                if self.log.closed:
                    break
        return None

    def wants_frame(self, step: int) -> bool:
        """Whether a frame at `step` would be kept for long: once half of the bound is used, only one that is
        not nearer to the last than frames lie on average. Recording only those makes rewrites rare."""
        with self.lock:
            steps, used = self.contents.steps, self.contents.written[FRAME]
            if 2 * len(steps) < self.bounds.num_frames and 2 * used < self.bounds.frame_bytes:
                return True
            return step - steps[-1] >= (steps[-1] - steps[0]) / len(steps)

    def steps(self) -> npt.NDArray[np.int64]:
        """The steps of the recorded frames, ascending."""
        with self.lock:
            return np.array(self.contents.steps, dtype=np.int64)

    def commands(self, after: int = -1) -> list[Command]:
        """The commands applied after step `after`, by step, those of one step in the order they were
        recorded."""
        with self.lock:
            known = sorted([*self.contents.commands, *self.owed], key=by_step)
        return [Command(record.step, json.loads(record.payload)) for record in known if record.step > after]

    @property
    def last_step(self) -> int:
        """The newest step with a frame or a history point; -1 when there is none."""
        with self.lock:
            return self.contents.last_step

    @property
    def bytes(self) -> int:
        """The size of the file."""
        return self.log.end

    # --- within ---------------------------------------------------------------------------------------

    def write(self, batch: list[Record]) -> bool:
        """Write what is owed and the batch, all or nothing."""
        if self.log.closed or (self.behind and not self.catch_up()):
            return False
        batch = [*self.owed, *batch]
        try:
            offsets = self.log.append(batch)
        except OSError as error:
            self.stalled = stall_reason(error)
            return False
        self.stalled = ""
        self.owed = []
        for offset, record in zip(offsets, batch, strict=True):
            self.contents.remember(record, offset)
        self.keep_bounds()
        return True

    def cut_tail(self, step: int, keep_commands: bool, num_commands: int) -> bool:
        """Cut the file where that is enough: what is dropped, `num_commands` commands among it, is its tail.

        That needs no space and hardly any time, and is so after every killed worker; commands that an earlier cut has
        kept lie elsewhere.
        """
        start = self.contents.offsets[-1] if self.contents.offsets else 0
        tail = self.log.tail(start, lambda record: not stays(record, step, keep_commands))
        if not tail or sum(kind == COMMAND for _, kind, _ in tail) != num_commands:
            return False
        try:
            self.log.truncate(tail[0][0])
        except OSError:
            return False
        for _, kind, size in tail:
            if kind in self.contents.written:
                self.contents.written[kind] -= size
        return True

    def keep_bounds(self) -> None:
        if self.contents.thin(self.bounds):
            self.behind = True
            self.catch_up()

    def catch_up(self) -> bool:
        """Write the log anew from what is in memory. Where there is no space, try again after ever longer
        pauses."""
        if self.waiting:
            self.waiting -= 1
            return False
        fresh = Contents()

        def kept() -> Iterator[Record]:
            offset = 0
            for record in self.contents.records(self.log.read):
                fresh.remember(record, offset)
                offset += record.size
                yield record

        try:
            self.log.replace(kept())
        except OSError as error:
            self.stalled = stall_reason(error)
            self.waiting = self.patience = min(max(1, 2 * self.patience), MAX_PATIENCE)
            return False
        self.contents = fresh
        self.behind = False
        self.patience = 0
        self.stalled = ""
        return True

    def read_frame(self, i: int) -> Record | None:
        """The i-th frame's record; None if the disk no longer has it."""
        record = self.log.read(self.contents.offsets[i])
        step = self.contents.steps[i]
        return record if record and (record.kind, record.step) == (FRAME, step) else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
