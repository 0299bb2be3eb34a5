"""Contents: what a recording holds, in memory: where each frame lies, the history's numbers, commands and
notes.

It decides what is kept when a bound is exceeded, and in which order a log is written anew. Knows no file: an
offset is a number it was given.
"""

from __future__ import annotations

import bisect
import heapq
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from playground.runs.history import History, pack_point, unpack_point
from playground.runs.records import COMMAND, FRAME, HISTORY, Record
from playground.runs.thinning import spread


@dataclass(frozen=True)
class Bounds:
    """How much one recording may hold; bytes are those on disk."""

    frame_bytes: int = 32 << 20
    num_frames: int = 4096
    history_bytes: int = 4 << 20
    num_points: int = 16384
    command_bytes: int = 1 << 20


class Contents:
    """Frames and history points in ascending steps, one per step; commands by step."""

    def __init__(self) -> None:
        self.steps = array("q")  # of the frames, as offsets and sizes
        self.offsets = array("q")
        self.sizes = array("q")
        self.history = History()
        self.commands: list[Record] = []
        self.written = {FRAME: 0, HISTORY: 0, COMMAND: 0}  # bytes in the file, replaced frames too

    @property
    def last_step(self) -> int:
        """The newest step with a frame or a point; -1 when there is none."""
        return max(self.steps[-1] if self.steps else -1, self.history.last_step)

    def remember(self, record: Record, offset: int) -> None:
        """Take note of a record that lies at `offset`. One of an unknown kind, or before the newest step, is
        passed over."""
        if record.kind in self.written:
            self.written[record.kind] += record.size
        if record.kind == COMMAND:
            bisect.insort_right(self.commands, record, key=by_step)
        elif record.kind == HISTORY and record.step >= self.history.last_step:
            self.history.append(record.step, *unpack_point(record.payload))
        elif record.kind == FRAME and (not self.steps or record.step >= self.steps[-1]):
            if self.steps and record.step == self.steps[-1]:
                self.pop_frame()
            self.steps.append(record.step)
            self.offsets.append(offset)
            self.sizes.append(record.size)

    def frame_before(self, step: int) -> int:
        """The position of the frame with the nearest step ≤ `step`; -1 if there is none."""
        return bisect.bisect_right(self.steps, step) - 1

    def cut_back(self, step: int, keep_commands: bool) -> bool:
        """Forget what came after `step`; False if there was nothing."""
        kept = [command for command in self.commands if stays(command, step, keep_commands)]
        changed = len(kept) < len(self.commands) or self.last_step > step
        self.commands = kept
        self.history.cut_back(step)
        while self.steps and self.steps[-1] > step:
            self.pop_frame()
        return changed

    def thin(self, bounds: Bounds) -> bool:
        """Bring down to half of its bound what exceeds it; False if nothing does."""
        changed = False
        if self.written[FRAME] > bounds.frame_bytes or len(self.steps) > bounds.num_frames:
            steps, sizes = np.array(self.steps, np.int64), np.array(self.sizes, np.int64)
            kept = spread(steps, sizes, bounds.num_frames // 2, bounds.frame_bytes // 2).tolist()
            self.keep_frames(kept)
            changed = True
        if self.written[HISTORY] > bounds.history_bytes or len(self.history) > bounds.num_points:
            self.history.thin(min(bounds.num_points, bounds.history_bytes // self.history.point_size) // 2)
            changed = True
        if self.written[COMMAND] > bounds.command_bytes:
            self.commands = newest(self.commands, bounds.command_bytes // 2)
            changed = True
        return changed

    def keep_frames(self, kept: list[int]) -> None:
        """Forget all frames but those at these positions."""
        self.steps = array("q", [self.steps[i] for i in kept])
        self.offsets = array("q", [self.offsets[i] for i in kept])
        self.sizes = array("q", [self.sizes[i] for i in kept])

    def pop_frame(self) -> None:
        for column in (self.steps, self.offsets, self.sizes):
            column.pop()

    def records(self, read: Callable[[int], Record | None]) -> Iterator[Record]:
        """Everything by step, for a new file; `read` gives a frame's record by its offset, None if it is lost."""
        frames = filter(None, map(read, self.offsets))
        points = (
            Record(HISTORY, step, pack_point(epoch, metrics))
            for step, epoch, metrics in self.history.points()
        )
        return heapq.merge(self.commands, frames, points, key=by_step)


def by_step(record: Record) -> int:
    """Sort by this; what has one step keeps its order."""
    return record.step


def stays(record: Record, step: int, keep_commands: bool) -> bool:
    """Whether a record is kept when everything after `step` is dropped."""
    return record.step <= step or (keep_commands and record.kind == COMMAND)


def newest(records: list[Record], max_bytes: int) -> list[Record]:
    """The last of `records` that together have at most `max_bytes` on disk."""
    total = 0
    for count, record in enumerate(reversed(records)):
        total += record.size
        if total > max_bytes:
            return records[len(records) - count :]
    return records
