"""What a worker writes into its run's folder: checkpoints in time, keyframes along the way, and where it starts from.

A full disk stops nothing: the last good files stay, the trouble is named, and a later attempt may succeed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from playground.runs import checkpoint, keyframes
from playground.runs.checkpoint import Checkpoint
from playground.runs.durable import stall_reason
from playground.runs.trainer import Trainer

RETRY_SECONDS = 2.0
LAST_STEP = 2**62


@dataclass
class Used:
    """What a run has used up over all its attempts, in seconds, and the number of the last command it has applied."""

    run: str
    seq: int = 0
    cpu: float = 0.0
    active: float = 0.0


class Keeper:
    """The checkpoints and keyframes of one run. `trouble` is empty, or the i18n key of what the disk says."""

    def __init__(self, folder: Path, trainer: Trainer, run: str) -> None:
        self.trouble = ""
        self.used = Used(run)
        self._folder = folder
        self._trainer = trainer
        self._kept: tuple[int, int] | None = None  # step and seq of the newest whole state on disk
        self._due = 0.0
        self._retry_from = 0.0
        self.next_keyframe = 0

    def restore(self, before: int | None = None) -> None:
        """Put the trainer where the newest state on disk is, or the newest keyframe not after the step `before`."""
        found = keyframes.keyframe_before(self._folder, LAST_STEP if before is None else before)
        if before is None:
            newest = checkpoint.latest(self._folder)
            if found is None or (newest is not None and _age(newest) > _age(found)):
                found = newest
        if found is None:
            return
        meta = cast("dict[str, Any]", found.meta)
        self._trainer.restore(meta["trainer"], found.state)
        self.used.seq = meta["seq"]
        if meta["run"] == self.used.run:  # a fork begins with nothing used
            self.used.cpu, self.used.active = meta["cpu"], meta["active"]
        self._kept = (found.step, self.used.seq)
        steps = [step for step in keyframes.steps(self._folder) if step <= found.step]
        self.next_keyframe = keyframes.next_step(steps[-1]) if steps else 0

    def keep(self, *, force: bool = False) -> None:
        """Write a keyframe if this is its step, and a checkpoint if it is time for one or `force` asks for it."""
        now = time.monotonic()
        step = self._trainer.steps
        if step >= self.next_keyframe and now >= self._retry_from:
            self._attempt(pinned=False)
        if self._kept != (step, self.used.seq) and (force or now >= self._due):
            self._checkpoint()

    def pin(self) -> None:
        """Write a keyframe that stays: a command has changed the run here."""
        self._attempt(pinned=True)

    def wait(self, now: float) -> float:
        """Return how long it is until a checkpoint is due; a long time if the newest state is on disk."""
        if self._kept == (self._trainer.steps, self.used.seq):
            return 3600.0
        return max(0.0, self._due - now)

    def _attempt(self, *, pinned: bool) -> None:
        step = self._trainer.steps
        try:
            meta, state = self._trainer.checkpoint()
            keyframes.save(self._folder, step, self._meta(meta), state, pinned=pinned)
        except OSError as error:
            self._stall(error)
            return
        self.next_keyframe = keyframes.next_step(step)
        self._kept = (step, self.used.seq)
        self.trouble = ""

    def _checkpoint(self) -> None:
        began = time.monotonic()
        step = self._trainer.steps
        try:
            meta, state = self._trainer.checkpoint()
            checkpoint.save(self._folder, step, self._meta(meta), state)
        except OSError as error:
            self._stall(error)
            return
        now = time.monotonic()
        self._due = now + checkpoint.pause_after(now - began)
        self._kept = (step, self.used.seq)
        self.trouble = ""

    def _stall(self, error: OSError) -> None:
        self.trouble = f"run.{stall_reason(error)}"
        self._due = self._retry_from = time.monotonic() + RETRY_SECONDS

    def _meta(self, meta: dict[str, Any]) -> dict[str, Any]:
        used = self.used
        mine = {"run": used.run, "seq": used.seq, "cpu": used.cpu, "active": used.active}
        return {"trainer": meta, "epoch": self._trainer.epoch, **mine}


def _age(found: Checkpoint) -> tuple[int, int]:
    return found.step, cast("int", found.meta["seq"])
