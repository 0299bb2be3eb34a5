"""A worker: one run, in a process of its own. It steps the trainer between commands and shows what comes out.

The worker knows its trainer, its folder and its pipe; not the owner, not the queue, not who watches. It leaves when
told to, when the training has ended, when it exceeds a limit, and at once when its pipe is lost.
"""

from __future__ import annotations

import gc
import socket
import sys
import time
import traceback
from collections import deque
from pathlib import Path

from playground.runs import commands, confinement
from playground.runs.best import Best
from playground.runs.cadence import SLICE, Looks, Pacer, Quick, Slices, Speed
from playground.runs.commands import Apply, Go, Goal, Job, Left, Report, Started
from playground.runs.keeping import Keeper
from playground.runs.orders import Orders
from playground.runs.pictures import Pictures, pack_tensors
from playground.runs.pipe import Pipe, PipeLost
from playground.runs.reasons import Reason, plain_error
from playground.runs.stolen import Stolen
from playground.runs.trainer import Trainer, trainers
from playground.spec.errors import SpecError

LONGEST_WAIT = 1.0
OUT_OF_MEMORY = ("can't allocate memory", "out of memory", "not enough memory")


def main(end: socket.socket) -> int:
    """Do the job that comes through the pipe; the process's exit code."""
    pipe = Pipe(end)
    confinement.exit_without(end)
    try:
        job = pipe.first()
        assert isinstance(job, Job)
        pipe.send(work(pipe, job))
        while True:  # until the service has heard it and closes the pipe
            pipe.first()
    except PipeLost:
        return 0


def work(pipe: Pipe, job: Job) -> Left:
    """Train until there is a reason to leave, and return it."""
    try:
        worker = Worker(pipe, job)
        gc.collect()
        gc.freeze()
        return worker.replay() if job.replay is not None else worker.run()
    except PipeLost:
        raise
    except MemoryError:
        return _out_of_memory(job)
    except SpecError as error:
        reason = Reason.of(error)
        return Left(status="failed", reason=reason.key, values=reason.values)
    except Exception as error:  # noqa: BLE001 - a trainer's bug must reach the visitor, not vanish with the process
        if isinstance(error, RuntimeError) and any(text in str(error) for text in OUT_OF_MEMORY):
            return _out_of_memory(job)
        traceback.print_exc(file=sys.stderr)
        return Left(status="crashed", cause=f"{type(error).__name__}: {error}"[:400])


def _out_of_memory(job: Job) -> Left:
    confinement.allow_goodbye()
    return Left(status="stopped", reason="run.limit_memory", values={"limit": f"{job.memory / 1e6:,.0f} MB"})


def _ended(trainer: Trainer) -> Left:
    return Left.parse({"status": trainer.status, "reason": trainer.reason})


class Worker:
    """One run, from the newest state on disk to the reason for leaving."""

    def __init__(self, pipe: Pipe, job: Job) -> None:
        now = time.monotonic()
        self.pipe, self.job = pipe, job
        confinement.confine(memory=job.memory, storage=job.storage, nice=job.nice)
        self.trainer = trainers(job.trainers).build(job.experiment, Path(job.data_folder))
        self.keeper = Keeper(Path(job.folder), self.trainer, job.run)
        self.keeper.restore(job.replay)
        self.used = self.keeper.used
        self.best = Best.read(Path(job.folder))
        self._cpu_before = self.used.cpu - time.process_time()
        if job.cpu_seconds:
            # The kernel's limit lies a little above the worker's own, which can still say goodbye.
            confinement.limit_cpu(1.0 + 1.05 * job.cpu_seconds - self._cpu_before)
        self.orders = Orders(self.trainer)
        self.held: deque[Apply] = deque()
        self.pictures = Pictures(self.trainer, job.probes)
        self.stolen = Stolen()
        self.slices, self.looks, self.pacer = Slices(), Looks(now, self.trainer.steps), Pacer()
        self.leaving = False
        self._waited_at: float | None = None  # the leash at which the service knows that this run waits
        self._quick = Quick()
        self._ended_before = self.trainer.status != "running"
        self._dirty = True
        self._unpinned = False  # commands have changed the run since the last keyframe
        self._shown = self._measured = -1  # the steps of the last frame, and of the last with metrics
        self._speed = Speed()
        self._trouble = ""

    # --- the loop ---------------------------------------------------------------------------------------------

    def run(self) -> Left:
        """Train and answer until there is a reason to leave."""
        self._begin()
        while True:
            began = time.monotonic()
            self._listen(self._patience())
            if self.leaving:
                return self._leave(Left())
            self._apply_what_waits()
            self._show()
            self.keeper.keep()
            self.best.keep(Path(self.job.folder))
            playing = self.orders.playing
            if playing:
                if not self._held_back():
                    self._slice()
                self._count(time.monotonic() - began)
            over = self._exceeded()
            if over or self._ended():
                return self._leave(over or _ended(self.trainer))

    def replay(self) -> Left:
        """Repeat the run silently up to a step and send the network's tensors as they were there."""
        self._begin()
        self.orders.goal = Goal(step=self.job.replay)
        while not self.leaving:
            began = time.monotonic()
            self._listen(0.0)
            self._apply_what_waits()
            if not self.orders.playing:
                self._give_state(0, memory=True)
                return Left()
            self._slice()
            self._count(time.monotonic() - began)
            over = self._exceeded()
            if over:
                return over
        return Left()

    def _begin(self) -> None:
        self.pipe.send(
            Started(
                step=self.trainer.steps,
                epoch=self.trainer.epoch,
                seq=self.used.seq,
                experiment=self.trainer.experiment.to_json(),
                active_seconds=self.used.active,
            )
        )
        go = self.pipe.first()
        while not isinstance(go, Go):
            self._take(go)
            go = self.pipe.first()
        self.orders.begin(go)
        self.held.extendleft(reversed(go.pending))
        self.pacer.start(go.pace, time.monotonic())

    def _listen(self, patience: float) -> None:
        message = self.pipe.next(patience)
        while message is not None:
            self._take(message)
            message = self.pipe.next()

    def _take(self, message: commands.ToWorker) -> None:
        match message:
            case Apply():
                self.held.append(message)
            case commands.Watch(credits=credits, probes=probes):
                self.looks.watch(credits)
                if self.pictures.wish(probes):
                    self._dirty = True
            case commands.Leash(epoch=epoch, judged=judged):
                self.orders.leash, self.orders.judged = epoch, judged
            case commands.GiveState(seq=seq, best=True):
                step = self.best.standing.step if self.best.standing else 0
                self.pipe.send(commands.Tensors(seq=seq, step=step), self.best.pack())
            case commands.GiveState(seq=seq, memory=memory):
                self._give_state(seq, memory=memory)
            case commands.Leave():
                self.leaving = True
            case _:
                raise TypeError(f"a worker does not expect {message.kind}")

    # --- training ---------------------------------------------------------------------------------------------

    def _held_back(self) -> bool:
        """Tell whether others must catch up first; the service is told once that this run waits."""
        if not self.orders.held:
            return False
        if not self._owing and self._waited_at != self.orders.leash:
            self._waited_at = self.orders.leash
            self._report("")
        return True

    @property
    def _owing(self) -> bool:
        """Whether metrics are to be measured here, where the others measure theirs."""
        return self.orders.held and self.orders.judged and self._measured != self.trainer.steps

    def _slice(self) -> None:
        """Take steps for about 5 ms, up to the next step at which something is to be done."""
        trainer, began = self.trainer, time.monotonic()
        stops = self.orders.stops()
        if self.job.replay is None:
            stops += [self.keeper.next_keyframe, self.looks.milestone]
        ahead = [stop - trainer.steps for stop in stops if stop > trainer.steps]
        # Whoever watches is not kept waiting by a whole slice.
        fitting = max(1, int(self.slices.steps * min(1.0, self.looks.wait(began) / SLICE)))
        count = min(fitting, self.pacer.allowed(began), *ahead)
        taken, end = 0, self.orders.end()
        while taken < count:
            trainer.step()
            taken += 1
            if trainer.status != "running" or (end is not None and trainer.epoch >= end - 1e-9):
                break
        self.pacer.took(taken)
        if taken:
            passed = time.monotonic() - began
            self.slices.took(taken, passed)
            self._quick.took(taken, passed)
            stolen = self.stolen.lately()
            self.looks.lose(stolen)
            self.pictures.lose(stolen)

    def _count(self, seconds: float) -> None:
        self.used.active += seconds
        self._speed.took(self.trainer.steps, seconds)
        self.used.cpu = self._cpu_before + time.process_time()

    def _ended(self) -> bool:
        """Tell whether the training is over; a run that had ended before rests until it is told to go on."""
        if self.trainer.status == "running":
            self._ended_before = False
            return False
        return not (self._ended_before and self.orders.paused)

    def _exceeded(self) -> Left | None:
        job = self.job
        if job.cpu_seconds and self.used.cpu > job.cpu_seconds:
            return Left(status="stopped", reason="run.limit_cpu", values={"limit": f"{job.cpu_seconds:g}"})
        if job.wall_seconds and self.used.active > job.wall_seconds:
            return Left(status="stopped", reason="run.limit_wall", values={"limit": f"{job.wall_seconds:g}"})
        return None

    def _patience(self) -> float:
        """Return how long there is nothing to do but listen."""
        now = time.monotonic()
        if self.orders.playing:
            if self._held_back():
                if self._owing:
                    return 0.0
                return self.looks.wait(now) if self._unseen() else LONGEST_WAIT
            return min(self.pacer.wait(now), LONGEST_WAIT)
        wait = min(LONGEST_WAIT, self.keeper.wait(now))
        return min(wait, self.looks.rest_wait(now)) if self._unseen() else wait

    # --- commands ---------------------------------------------------------------------------------------------

    def _apply_what_waits(self) -> None:
        """Apply what was applied at this step before; then, if nothing is left to be repeated, what is new."""
        script = self.orders.script
        while script and script[0].step <= self.trainer.steps:
            known = script.popleft()
            self._change(known.seq, known.command)
        if self.orders.repeating or not self.held:
            self._pin()
            return
        before = self.trainer.experiment.to_json()
        while self.held:
            wanted = self.held.popleft()
            if self._apply(wanted.seq, wanted.command):
                self.used.seq = max(self.used.seq, wanted.seq)
        after = self.trainer.experiment.to_json()
        self._report("" if after == before else after)
        self._pin()

    def _pin(self) -> None:
        """Write a keyframe that stays where commands have changed the run, so that forks need not repeat them.

        Whoever gave them need not wait for the disk: they are recorded, and would be repeated after a death.
        """
        if self._unpinned and self.job.replay is None:
            self.keeper.pin()
        self._unpinned = False

    def _apply(self, seq: int, command: commands.Command) -> bool:
        """Apply a visitor's command; False if it was refused."""
        match command:
            case commands.Pace(steps_per_second=pace):
                self.pacer.start(pace, time.monotonic())
            case commands.Set() | commands.SetWeight():
                if seq > self.used.seq and not self._change(seq, command):
                    return False
                self.pipe.send(commands.Applied(step=self.trainer.steps, seq=seq, command=command))
            case _:
                if not self.orders.take(command):
                    raise TypeError(f"a worker does not do {command.kind}")
        return True

    def _change(self, seq: int, command: commands.Command) -> bool:
        """Change what is learned; False if it was refused."""
        try:
            if isinstance(command, commands.Set):
                self.trainer.set(command.path, command.value)
                if command.path.partition(".")[0] == "loss":
                    self.best.doubt()
            elif isinstance(command, commands.SetWeight):
                self.trainer.set_weight(command.name, command.index, command.value)
        except SpecError as error:
            self.pipe.send(commands.Refused(seq=seq, error=plain_error(error)))
            return False
        self.used.seq = max(self.used.seq, seq)
        self._dirty = self._unpinned = True
        return True

    # --- showing ----------------------------------------------------------------------------------------------

    def _unseen(self) -> bool:
        """Tell whether there is something to show: the present step, or of a run that rests its metrics."""
        seen = self._shown if self.orders.playing else self._measured
        return self._dirty or self.trainer.steps != seen

    def _show(self) -> None:
        if self.orders.hushed:
            return
        now = time.monotonic()
        due = (
            self.looks.due(now, self.trainer.steps) if self.orders.playing else not self.looks.rest_wait(now)
        )
        if self._owing or (due and self._unseen()):
            began = time.thread_time()
            self._report("", self._look())
            # What measuring costs is budgeted beside: after a long one nobody waits for the next glance.
            self.looks.looked(now, time.thread_time() - began - self.pictures.measuring)
        elif self.keeper.trouble != self._trouble:
            self._report("")

    def _look(self) -> bytes:
        """Return a frame of now."""
        beside = None if self.orders.leash is None else self._owing
        watched, rests = self.looks.credits > 0, not self.orders.playing
        frame = self.pictures.take(everything=rests, watched=watched, beside=beside)
        self._shown = self.trainer.steps
        if beside or rests or self.pictures.metrics:
            self._measured = self._shown
        self._dirty = False
        if not self.orders.repeating:
            self.best.consider(
                self.trainer.steps, self.trainer.epoch, self.pictures.metrics, self.trainer.state
            )
        return frame

    def _report(self, experiment: str, *payloads: bytes) -> None:
        playing, trainer = self.orders.playing, self.trainer
        self._trouble = self.keeper.trouble
        report = Report(
            status="paused" if self.orders.paused else "running",  # what has ended says so when it leaves
            step=trainer.steps,
            epoch=trainer.epoch,
            rate=self._speed.now() if playing else 0.0,
            ack=self.used.seq,
            goal=self.orders.goal,
            experiment=experiment,
            pace=self.pacer.pace,
            trouble=self._trouble,
            best=self.best.standing.plain() if self.best.standing else None,
            quick=self._quick.rate(self.pacer.pace) * trainer.epoch / trainer.steps if trainer.steps else 0.0,
            affords=self.pictures.affords(),
        )
        self.pipe.send(report, *payloads)

    def _give_state(self, seq: int, *, memory: bool) -> None:
        packed = pack_tensors(self.trainer, memory=memory)
        self.pipe.send(commands.Tensors(seq=seq, step=self.trainer.steps), packed)

    def _leave(self, left: Left) -> Left:
        """Write the last checkpoint and frame, if anything has changed since the ones before."""
        self.keeper.keep(force=True)
        if self._unseen() and not self.orders.hushed:
            self._report("", self._look())
        self.best.keep(Path(self.job.folder), force=True)
        return left
