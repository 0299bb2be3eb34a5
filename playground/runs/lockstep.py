"""Runs in lockstep: side by side, none further ahead of another than a stride, and what drives one drives all.

Progress is measured in epochs, so that runs with batches of different sizes have seen the same samples. A stride takes
the slowest a few hundredths of a second. How well they do is measured where all of them wait, as often as all can
afford, so that what is compared is of one moment. Knows no socket and no process.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from playground.runs import commands
from playground.runs.commands import Command
from playground.runs.live import ENDED, Run

MOST = 4
"""So many runs can be compared."""
DRIVING = (
    commands.Play,
    commands.Pause,
    commands.Step,
    commands.Epoch,
    commands.Reset,
    commands.Stop,
    commands.Pace,
)
"""The commands that go to all; a setting or a weight is changed in one run alone."""
STRIDE = 0.05
"""Seconds that the slowest needs for a stride; telling each other takes a tenth of that."""
FIRST, LEAST = 0.05, 1e-3
"""Epochs of a stride before anything is known, and at least."""
CLOSE = 1e-9
JUDGING = 0.1
"""Seconds between two moments at which all measure how well they do, at least: nobody reads faster."""


class Lockstep:
    """Some runs that train side by side.

    Attributes:
        runs: all of them; those that have ended, or are gone, are waited for no longer.
        end: the epoch beyond which nobody goes now.
    """

    def __init__(self, runs: Sequence[Run], tell: Callable[[Run], None]) -> None:
        """Bind the runs together; `tell` lets a run's worker know where its stride ends (`Run.leash`)."""
        self.runs = tuple(runs)
        self._tell = tell
        self.end = 0.0
        self._judged_at = -math.inf
        for run in self.runs:
            if run.lockstep is not None:
                run.lockstep.release(run)
            run.lockstep, run.together = self, None
        self._extend()

    @property
    def members(self) -> list[Run]:
        """The runs that are waited for."""
        return [run for run in self.runs if run.status not in ENDED and not run.deleted]

    def advance(self) -> None:
        """Let all go on if all have come to the end of their stride; call it whenever one of them has got somewhere."""
        if all(self._judged_here(run) for run in self.members):
            self._compare()
        if all(run.going and run.epoch >= self.end - CLOSE for run in self.members):
            self._extend()

    def restart(self) -> None:
        """Begin again at epoch 0."""
        self.end = FIRST
        self._say(judged=True)

    def release(self, run: Run) -> None:
        """Let a run go its own way; the last one of a pair is alone and goes its own way too."""
        self.runs = tuple(other for other in self.runs if other is not run)
        left = (run, *self.runs) if len(self.runs) < 2 else (run,)
        for one in left:
            one.lockstep, one.leash, one.judged, one.together = None, None, False, None
            self._tell(one)

    def together(self, command: Command) -> Command:
        """Return what every run is to be told, so that all come to rest at the same place."""
        match command:
            case commands.Epoch():
                furthest = max((run.epoch for run in self.members), default=0.0)
                return commands.Pause(epoch=float(math.floor(furthest + CLOSE) + 1))
            case commands.Pause() | commands.Step() if any(run.status == "running" for run in self.members):
                return commands.Pause(epoch=self.end)
            case _:
                return command

    def _judged_here(self, run: Run) -> bool:
        """Tell whether a run's metrics are of where all wait, or rest: of the first step that is not before it."""
        last = run.measured
        if last is None:
            return False
        if run.status == "paused" and last.step == run.step:
            return True
        return self.end - CLOSE <= last.epoch < self.end + last.epoch / max(last.step, 1)

    def _compare(self) -> None:
        """Let the metrics of this moment be what is compared; who has ended stands there with the last of theirs."""
        if all(run.together is run.measured for run in self.runs):
            return
        for run in self.runs:
            run.together = run.measured
            run.announce()

    def _extend(self) -> None:
        slowest = min((run.quick for run in self.members), default=0.0)
        stride = max(LEAST, STRIDE * slowest) if slowest else FIRST
        self.end = min((run.epoch for run in self.members), default=0.0) + stride
        now = time.monotonic()
        judged = now - self._judged_at >= JUDGING and all(run.affords for run in self.members)
        if judged:
            self._judged_at = now
        self._say(judged=judged)

    def _say(self, *, judged: bool) -> None:
        for run in self.runs:
            run.leash, run.judged = self.end, judged
            self._tell(run)
