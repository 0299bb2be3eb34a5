"""What the service remembers of one run while somebody looks at it or a worker works on it.

Plain bookkeeping: no process is started here and nobody is asked. The recording is opened when it is needed first.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from playground.runs import frames
from playground.runs.best import Best, Standing, forget
from playground.runs.commands import (
    LASTING,
    Apply,
    Command,
    Epoch,
    Goal,
    Left,
    Pause,
    Play,
    Report,
    Scripted,
    Started,
    Step,
)
from playground.runs.frames import FrameError, Snapshot
from playground.runs.index import Changes, Entry
from playground.runs.reasons import Reason
from playground.runs.recording import Recording

if TYPE_CHECKING:
    from playground.runs.lockstep import Lockstep

DRIVING = (Play, Pause, Step, Epoch)
ENDED = ("finished", "diverged", "stopped", "failed")
PROBE_SECONDS = 5.0
FREE = Goal()

_last_number = 0


def next_number() -> int:
    """Return a number above all before it, also those of an earlier service: frames and commands are told by it."""
    global _last_number
    _last_number = max(_last_number + 1, int(time.time() * 1000))
    return _last_number


@dataclass
class Waiting:
    """A command that a worker has not applied yet, and whoever waits for it."""

    command: Command
    done: asyncio.Future[int]  # the step at which it was applied
    deaths: int = 0  # of workers that had it before them


@dataclass
class Leaving:
    """A worker was told to leave: what happens afterwards, and whether an end of the training goes before that."""

    then: Callable[[], None]
    end_counts: bool


@dataclass(eq=False)
class Run:
    """One run. Times are seconds of the monotonic clock."""

    id: str
    owner: str
    folder: Path
    status: str
    experiment: str
    digest: str
    reason: Reason = field(default_factory=Reason)
    notice: Reason = field(default_factory=Reason)  # the last refusal, or trouble with the disk
    pace: float = 0.0
    parent: str = ""
    parent_step: int = 0
    goal: Goal = FREE
    attempt: int = 1
    step: int = 0
    epoch: float = 0.0
    rate: float = 0.0
    ack: int = 0
    metrics: dict[str, float] = field(default_factory=dict[str, float])

    frame: bytes | None = None  # the newest one with metrics
    glance: bytes | None = None  # the newest of all, where it has none
    number: int = field(default_factory=next_number)
    looked: bool = False  # whether the newest recorded frame has been looked up
    news: asyncio.Event = field(default_factory=asyncio.Event)

    worker: bool = False  # a process exists, or is being started
    going: bool = False  # it has its Go
    memory: int = 0  # bytes that its worker may use; 0 is no limit
    leaving: Leaving | None = None
    left: Left | None = None
    started_at: float = 0.0
    active_before: float = 0.0  # seconds trained by earlier workers
    playing_since: float = 0.0
    resting_since: float = 0.0
    died_at: int = -1  # the step of the last unexplained death
    pending: dict[int, Waiting] = field(default_factory=dict[int, Waiting])
    lockstep: Lockstep | None = None  # the runs beside which it trains
    leash: float | None = None  # the epoch at which it waits for them
    judged: bool = False  # whether metrics are measured there
    affords: bool = True  # whether there is time to spare for measuring them
    measured: Snapshot | None = None  # the newest metrics that a worker has sent, and of when they are
    together: Snapshot | None = (
        None  # those that can be compared with the runs beside it: all are of one moment
    )
    quick: float = 0.0  # epochs a second it could take
    states: dict[int, asyncio.Future[bytes]] = field(default_factory=dict[int, "asyncio.Future[bytes]"])

    polled_at: float = field(default_factory=time.monotonic)
    touched_at: float = -1e9
    probes: dict[str, float] = field(default_factory=dict[str, float])  # name → wanted until
    sent_probes: tuple[str, ...] = ()
    credits: int = 0
    followers: set[asyncio.Event] = field(default_factory=set["asyncio.Event"])  # told of every change
    deleted: bool = False  # gone for its owner; its worker may still be ending
    changed: bool = False  # the index does not know everything yet

    _recording: Recording | None = None
    _best: Standing | None = None
    _best_looked: bool = False  # whether it has been looked up

    @classmethod
    def of(cls, entry: Entry, folder: Path) -> Run:
        """Return what the index knows of a run."""
        return cls(
            id=entry.id,
            owner=entry.owner,
            folder=folder,
            status=entry.status,
            experiment=entry.experiment,
            digest=entry.digest,
            reason=Reason.unpack(entry.reason),
            pace=entry.pace,
            parent=entry.parent,
            parent_step=entry.parent_step,
            goal=FREE if entry.status in ("running", "queued") else Goal(step=entry.steps),
            step=entry.steps,
            attempt=max(1, entry.attempt),
            metrics=entry.metrics,
        )

    def changes(self) -> Changes:
        """Return what the index is to know.

        A run that waits only to be shown is paused for the index: a service that starts anew must not let it train.
        """
        status = self.status
        if status not in ENDED:
            playing = self.goal == FREE
            status = ("running" if self.worker else "queued") if playing else "paused"
        return Changes(
            status=status,
            reason=self.reason.pack(),
            experiment=self.experiment,
            digest=self.digest,
            steps=self.step,
            attempt=self.attempt,
            metrics=self.metrics,
            pace=self.pace,
        )

    @property
    def rests(self) -> bool:
        """True if it is to stay where it is: it may wait for a worker, but only to be shown."""
        if self.status != "queued":
            return self.status == "paused"
        told = [apply.command for apply in self.waiting() if isinstance(apply.command, DRIVING)]
        there = self.goal.step is not None and self.goal.step <= self.step
        return isinstance(told[-1], Pause) if told else there

    @property
    def resting(self) -> bool:
        """True if a worker is kept although the run is paused."""
        return (
            self.worker
            and self.going
            and self.leaving is None
            and self.status == "paused"
            and not self.pending
        )

    # --- the recording ----------------------------------------------------------------------------------------

    @property
    def recording(self) -> Recording:
        """The run's recording, open. Raises OSError where the folder cannot be used."""
        if self._recording is None:
            self._recording = Recording.open(self.folder)
        return self._recording

    def close(self) -> None:
        """Close the recording until it is needed again."""
        if self._recording is not None:
            self._recording.close()
            self._recording = None

    def epoch_at(self, step: int) -> float:
        """Return the epoch of a step that the run has taken; between two that were measured, in proportion."""
        known = self.recording.history()
        steps, epochs = (
            [0, *known.get(name, ()), end] for name, end in (("step", self.step), ("epoch", self.epoch))
        )
        return float(np.interp(step, steps, epochs))

    def script(self, after: int, until: int | None = None) -> tuple[Scripted, ...]:
        """Return the recorded commands with a number above `after` and a step not above `until`, in order."""
        found: list[Scripted] = []
        for known in self.recording.commands():
            if until is None or known.step <= until:
                found.append(Scripted.parse({"step": known.step, **known.body}))
        return tuple(item for item in found if item.seq > after)

    def record_command(self, step: int, seq: int, command: Command) -> None:
        """Remember that a lasting command was applied at `step`."""
        if isinstance(command, LASTING):
            self.recording.append_command(step, {"seq": seq, "command": command.plain()})

    def take_frame(self, frame: bytes) -> None:
        """Record a frame that a worker has sent and make it the newest; one that is broken is dropped."""
        try:
            snapshot = frames.decode(frame)
            if snapshot.kind == "glance":
                self.glance = frame
                self.credits = max(0, self.credits - 1)
                self.announce()
                return
            if self.recording.wants_frame(snapshot.step):
                self.recording.append(frame)
            else:
                self.recording.append(
                    Snapshot(snapshot.step, snapshot.epoch, snapshot.metrics, {}, "history")
                )
        except (FrameError, ValueError, OSError):
            return
        self.frame, self.glance, self.looked = frame, None, True
        self.metrics = snapshot.metrics
        self.measured = Snapshot(snapshot.step, snapshot.epoch, snapshot.metrics)
        self.credits = max(0, self.credits - 1)
        self.announce()

    def announce(self) -> None:
        """Let those who wait for something new look again."""
        self.number = next_number()
        news, self.news = self.news, asyncio.Event()
        news.set()
        for woken in self.followers:
            woken.set()

    @property
    def best(self) -> Standing | None:
        """When the network was best; from its folder if no worker has said so."""
        if not self._best_looked:
            self._best, self._best_looked = Best.read(self.folder).standing, True
        return self._best

    def newest_frame(self) -> bytes | None:
        """Return the newest frame, from the recording if no worker has sent one; None if there is none."""
        if not self.looked:
            self.looked = True
            try:
                self.frame = self.recording.frame_at(1 << 62)
            except OSError:
                self.frame = None
        return self.frame

    def latest_frame(self) -> bytes | None:
        """Return the newest frame or glance: for those who are told of each."""
        return self.glance or self.newest_frame()

    def forget_frames(self) -> None:
        """Begin again with nothing recorded."""
        self.recording.cut_back(-1)
        forget(self.folder)
        self._best, self._best_looked = None, True
        self.frame, self.glance, self.looked, self.metrics = None, None, True, {}
        self.step, self.epoch, self.rate = 0, 0.0, 0.0
        self.measured = self.together = None
        self.announce()

    # --- what a worker says -----------------------------------------------------------------------------------

    def take_report(self, report: Report, now: float) -> bool:
        """Remember how the run stands; whether it has begun or stopped to play."""
        turned = self.status != report.status or self.goal != report.goal
        if self.status != report.status:
            if report.status == "running":
                self.playing_since = now
                self.reason = Reason()
            else:
                self.resting_since = now
        elif self.goal != report.goal:
            self.resting_since = now
        self.status, self.goal = report.status, report.goal
        self.step, self.epoch, self.rate, self.pace = report.step, report.epoch, report.rate, report.pace
        self.ack = report.ack
        self.quick = report.quick or self.quick
        self.affords = report.affords
        if report.best is not None:
            self._best, self._best_looked = Standing.of(report.best), True
        if report.trouble:
            self.notice = Reason(report.trouble)
        elif self.notice.key in DISK:
            self.notice = Reason()
        for seq in [seq for seq in self.pending if seq <= report.ack]:
            self.settle(seq, report.step)
        return turned

    def settle(self, seq: int, step: int) -> None:
        """Tell whoever waits for a command that it has been applied."""
        waiting = self.pending.pop(seq, None)
        if waiting is not None and not waiting.done.done():
            waiting.done.set_result(step)

    def unsettle(self) -> None:
        """Give up on everything that waits for the worker."""
        for waiting in self.pending.values():
            waiting.done.cancel()
        self.pending.clear()
        for state in self.states.values():
            state.cancel()
        self.states.clear()

    def waiting(self) -> tuple[Apply, ...]:
        """Return the commands that have not been applied, in order."""
        return tuple(Apply(seq=seq, command=waiting.command) for seq, waiting in sorted(self.pending.items()))

    def repeats(self, started: Started) -> bool:
        """Tell whether a worker repeats silently what a fork has taken over from its parent."""
        return started.step < self.parent_step

    def wanted_probes(self, now: float) -> tuple[str, ...]:
        """Return the probes somebody has asked for lately, or the last ones if nobody looks."""
        self.probes = {name: until for name, until in self.probes.items() if until > now}
        return tuple(sorted(self.probes)) or self.sent_probes


DISK = ("run.disk_full", "run.too_large", "run.unwritable")
