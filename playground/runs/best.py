"""The weights at which a training was best, kept beside those it has now.

It is judged whenever metrics are measured, and costs nothing else: by the accuracy on samples held back (among
equals by their loss), by their loss where numbers are predicted, and by the training samples where none are held back.
One copy of the network's tensors is kept, without what the optimizer remembers. On disk it is one more state file of
the run, so it survives the worker. It knows no trainer and no process.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from playground.runs import checkpoint, frames, statefile
from playground.runs.frames import Snapshot
from playground.runs.trainer import State

FILE = "best.safetensors"
JUDGES = (("test_accuracy", "test_loss"), ("test_loss", ""), ("accuracy", "loss"), ("loss", ""))
"""What decides, the first that has been measured, and what decides among equals."""


@dataclass(frozen=True)
class Standing:
    """When a network was best, and by what.

    Attributes:
        step: of that moment.
        epoch: of that moment.
        metric: the name of what decided; a loss is the lower the better.
        value: of that metric.
        tie: what decided among equals: a loss, or the value once more.
    """

    step: int
    epoch: float
    metric: str
    value: float
    tie: float

    def plain(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "step": self.step,
            "epoch": self.epoch,
            "metric": self.metric,
            "value": self.value,
            "tie": self.tie,
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Standing:
        """Read what `plain` has written."""
        return cls(plain["step"], plain["epoch"], plain["metric"], plain["value"], plain["tie"])

    def beats(self, other: Standing | None) -> bool:
        """Tell whether this is better than another; by other metrics it always is: what is asked for has changed."""
        return other is None or other.metric != self.metric or _rank(self) > _rank(other)


def judge(step: int, epoch: float, metrics: Mapping[str, float]) -> Standing | None:
    """Return how a network stands by its metrics; None where none of them tells, or one is not finite."""
    for metric, tie in JUDGES:
        if metric in metrics:
            value, second = metrics[metric], metrics.get(tie, metrics[metric])
            finite = math.isfinite(value) and math.isfinite(second)
            return Standing(step, epoch, metric, value, second) if finite else None
    return None


def _rank(standing: Standing) -> tuple[float, float]:
    better = -standing.value if standing.metric.endswith("loss") else standing.value
    return better, -standing.tie


class Best:
    """The best weights of one training so far.

    Attributes:
        standing: when and by what; None before anything was measured.
        state: the network's tensors then.
    """

    def __init__(self) -> None:
        self.standing: Standing | None = None
        self.state: State = {}
        self._outdated = False
        self._unwritten = False
        self._due = 0.0

    def doubt(self) -> None:
        """Another loss is trained: what was judged by a loss is given up for the next that is measured."""
        self._outdated = self.standing is not None and self.standing.metric.endswith("loss")

    def consider(
        self, step: int, epoch: float, metrics: Mapping[str, float], state: Callable[[], State]
    ) -> bool:
        """Keep the weights of this moment if they are the best so far; whether they are.

        Args:
            step: of this moment; the untrained network is none to be kept.
            epoch: of this moment.
            metrics: as the trainer measures them; empty ones tell nothing.
            state: gives copies of the tensors, and is asked only if they are kept.
        """
        found = judge(step, epoch, metrics) if step else None
        if found is None or not found.beats(None if self._outdated else self.standing):
            return False
        self.standing, self.state = found, state()
        self._outdated, self._unwritten = False, True
        return True

    def pack(self) -> bytes:
        """Return the tensors, encoded as a snapshot of their moment; an empty one where nothing is kept."""
        now = self.standing
        return frames.encode(Snapshot(now.step if now else 0, now.epoch if now else 0.0, {}, self.state))

    # --- on disk ----------------------------------------------------------------------------------------------

    def keep(self, folder: Path, *, force: bool = False) -> None:
        """Write what is not on disk yet, at once or when it is time; a disk that refuses is asked again later."""
        began = time.monotonic()
        if self.standing is None or not self._unwritten or not (force or began >= self._due):
            return
        with suppress(OSError):
            statefile.write(
                folder / FILE, folder / "best.tmp", self.standing.step, self.standing.plain(), self.state
            )
            self._unwritten = False
        now = time.monotonic()
        self._due = now + checkpoint.pause_after(now - began)

    @classmethod
    def read(cls, folder: Path) -> Best:
        """Return what is on disk; nothing where there is none, or it is damaged."""
        found = cls()
        with suppress(OSError, statefile.CheckpointError, KeyError):
            stored = statefile.load(folder / FILE)
            found.standing = Standing.of(cast("dict[str, Any]", stored.meta))
            found.state = stored.state
        return found


def forget(folder: Path) -> None:
    """Remove what is kept: the run begins again."""
    with suppress(OSError):
        (folder / FILE).unlink(missing_ok=True)
