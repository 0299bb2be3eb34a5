"""From queue to worker and back: starts runs as slots allow, listens to workers, and decides what an end means.

A worker that was told to leave has left; one that says why has ended; any other death is unexplained, and the run is
started again from its last checkpoint, a few times. Everything happens on one event loop.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from engines.availability import settle, torch_devices
from playground.runs import commands
from playground.runs.backend import Backend, Ending
from playground.runs.commands import Command, FromWorker, Go, Job, Leave, Left, Report, Started
from playground.runs.index import Index
from playground.runs.live import FREE, Leaving, Run, Waiting, next_number
from playground.runs.queue import FairQueue
from playground.runs.quotas import Quotas
from playground.runs.reasons import NoSuchRun, Reason, error_from
from playground.runs.trainer import Trainers
from playground.spec.errors import SpecError

logger = logging.getLogger(__name__)
BACK_OFF = (0.1, 0.4, 1.6)
MAX_PENDING = 256
MAX_DEATHS = 2
SIGXCPU = getattr(signal, "SIGXCPU", 24)


class Dispatch:
    """All runs that are loaded, and their workers."""

    def __init__(
        self, index: Index, quotas: Quotas, data_folder: Path, trainers: Trainers, trainers_module: str
    ) -> None:
        self.index, self.quotas, self.data_folder = index, quotas, data_folder
        self.trainers, self.trainers_module = trainers, trainers_module
        self.backend: Backend  # set by the service: it wakes this dispatch
        self.runs: dict[str, Run] = {}
        self.queue = FairQueue()
        self.closing = False
        self._tasks: set[asyncio.Task[None]] = set()

    # --- finding ----------------------------------------------------------------------------------------------

    def folder(self, run: str) -> Path:
        """Return the folder of a run whose id the index has given out."""
        return self.data_folder / "runs" / run

    def find(self, owner: str, run: str) -> Run:
        """Return the owner's run. Raises NoSuchRun for another's, a deleted and a made-up id alike."""
        found = self.runs.get(run)
        if found is None:
            entry = self.index.get(owner, run)
            found = self.add(Run.of(entry, self.folder(entry.id))) if entry else None
        if found is None or found.owner != owner or found.deleted:
            raise NoSuchRun
        return found

    def add(self, run: Run) -> Run:
        """Keep a run in memory."""
        self.runs[run.id] = run
        return run

    def workers(self) -> list[Run]:
        """Return the runs that have a worker."""
        return [run for run in self.runs.values() if run.worker]

    @property
    def crowded(self) -> bool:
        """Whether workers have to share processors."""
        return len(self.workers()) > self.backend.capabilities.num_cores

    # --- starting ---------------------------------------------------------------------------------------------

    def enqueue(self, run: Run, *, front: bool = False) -> None:
        """Let a run wait for a worker, if it has none and is not leaving."""
        if not run.worker:
            run.status = "queued"
            self.queue.push(run.owner, run.id, front=front)
            self.save(run)
        self.pump()

    def pump(self) -> None:
        """Start what can be started; where there is no room, ask a paused run's worker to leave."""
        while len(self.queue) and not self.closing:
            busy = self.workers()
            active = Counter(run.owner for run in busy)
            if len(busy) < self.quotas.slots:
                found = self.queue.take(active, self.quotas.owner_slots)
                if found is not None:
                    self._launch(self.runs[found])
                    continue
                resting = [run for run in busy if run.resting and self.queue.waiting(run.owner)]
            else:
                resting = [run for run in busy if run.resting]
            if resting and not any(run.leaving for run in busy):
                longest = min(resting, key=lambda run: run.resting_since)
                self.leave(longest, lambda: None, self.quotas.drain_seconds)
            return

    def _launch(self, run: Run) -> None:
        run.worker, run.going, run.leaving, run.left = True, False, None, None
        run.credits, run.started_at = 0, time.monotonic()
        task = asyncio.get_running_loop().create_task(self._start(run))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start(self, run: Run) -> None:
        try:
            await asyncio.to_thread(settle)
            job = self.job(run)
            run.sent_probes = job.probes
            await self.backend.start(run.id, job)
        except (OSError, ValueError, RuntimeError) as error:
            self._ended(run, Ending(1, f"no process: {error}"))
            return
        if run.leaving is not None:  # it was told so before it existed
            self.backend.send(run.id, Leave())

    def job(self, run: Run, *, replay: int | None = None) -> Job:
        """Return what a worker needs to know."""
        quotas = self.quotas
        run.memory = quotas.memory_beside(torch_devices())
        return Job(
            run=run.id,
            experiment=run.experiment,
            trainers=self.trainers_module,
            folder=str(run.folder),
            data_folder=str(self.data_folder),
            attempt=run.attempt,
            replay=replay,
            probes=run.wanted_probes(time.monotonic()),
            memory=run.memory,
            cpu_seconds=quotas.cpu_seconds,
            wall_seconds=quotas.wall_seconds,
            storage=quotas.storage,
            nice=quotas.nice if self.crowded else quotas.few_nice,
        )

    # --- commands ---------------------------------------------------------------------------------------------

    def tell(self, run: Run, command: Command) -> tuple[int, asyncio.Future[int]]:
        """Give a command to a run that has a worker, or to the next one; the future is the step it was applied at."""
        if len(run.pending) >= MAX_PENDING:
            raise SpecError("run.busy", value=len(run.pending))
        seq = next_number()
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        run.pending[seq] = Waiting(command, done)
        if run.going and run.leaving is None:
            self.backend.send(run.id, commands.Apply(seq=seq, command=command))
        return seq, done

    def hold(self, run: Run) -> None:
        """Let a run's worker know how far it may go beside the others."""
        if run.going and run.leaving is None:
            self.backend.send(run.id, commands.Leash(epoch=run.leash, judged=run.judged))

    def leave(
        self, run: Run, then: Callable[[], None], grace: float, *, end_counts: bool = True, now: bool = False
    ) -> None:
        """Ask a worker to leave, kill it after `grace` seconds (at once if `now`), and do `then` when it is gone.

        Args:
            end_counts: what the worker itself says about the end of the training goes before `then`.
        """
        if not run.worker:
            then()
            return
        run.leaving = Leaving(then, end_counts)
        if now:
            self._kill(run, run.leaving)
            return
        self.backend.send(run.id, Leave())
        asyncio.get_running_loop().call_later(grace, self._kill, run, run.leaving)

    def _kill(self, run: Run, leaving: Leaving) -> None:
        if run.worker and run.leaving is leaving:
            self.backend.kill(run.id)
            asyncio.get_running_loop().call_later(0.1, self._kill, run, leaving)

    # --- listening --------------------------------------------------------------------------------------------

    def wake(self, key: str) -> None:
        """Hear what a run's worker has said, and whether it is still there."""
        run = self.runs.get(key)
        if run is None:
            return
        for message, payloads in self.backend.drain(key):
            try:
                self._heard(run, message, payloads)
            except (
                OSError,
                ValueError,
            ) as error:  # the run's folder cannot be used, or holds what nobody understands
                logger.warning("run %s: %s", run.id, error)
                reason = Reason("run.failed", {"attempts": run.attempt, "cause": str(error)})
                self.leave(run, partial(self.settle, run, "failed", reason), 0, end_counts=False, now=True)
        if run.worker:
            ending = self.backend.ending(key)
            if ending is not None:
                self._ended(run, ending)

    def _heard(self, run: Run, message: FromWorker, payloads: tuple[bytes, ...]) -> None:
        match message:
            case Started():
                self._go(run, message)
            case Report():
                turned = run.take_report(message, time.monotonic())
                if message.experiment:
                    self._replaced(run, message.experiment)
                if payloads:
                    run.take_frame(payloads[0])
                if turned:
                    self.save(run)
                    run.announce()
                    self.pump()
                if run.lockstep is not None:
                    run.lockstep.advance()
                self._recovered(run)
            case commands.Applied(step=step, seq=seq, command=command):
                run.record_command(step, seq, command)
            case commands.Refused(seq=seq, error=plain):
                self._refused(run, seq, error_from(plain))
            case commands.Tensors(seq=seq):
                answer = run.states.pop(seq, None)
                if answer is not None and not answer.done() and payloads:
                    answer.set_result(payloads[0])
            case Left():
                run.left = message
            case _:
                logger.warning("run %s: unexpected %s", run.id, message.kind)

    def _go(self, run: Run, started: Started) -> None:
        """Cut the recording back to where the worker stands, and let it go on from there."""
        silent = run.repeats(started)
        if not silent:
            run.recording.cut_back(started.step, keep_commands=True)
        self._replaced(run, started.experiment)
        run.active_before = started.active_seconds
        run.playing_since = run.resting_since = time.monotonic()
        run.going = True
        known = max(run.step, run.parent_step if silent else 0)
        go = Go(
            goal=run.goal,
            pace=run.pace,
            script=run.script(started.seq),
            pending=run.waiting(),
            known=known,
            silent=silent,
            leash=run.leash,
            judged=run.judged,
        )
        self.backend.send(run.id, go)
        run.announce()  # whoever watches may say now what they wish to see

    def _replaced(self, run: Run, experiment: str) -> None:
        if experiment != run.experiment:
            run.experiment = experiment
            run.changed = True
            with suppress(SpecError):  # a limit may be lower than when the run began
                run.digest = self.trainers.validate(experiment).digest

    def _refused(self, run: Run, seq: int, error: SpecError) -> None:
        run.notice = Reason.of(error)
        waiting = run.pending.pop(seq, None)
        if waiting is not None and not waiting.done.done():
            waiting.done.set_exception(error)

    def _recovered(self, run: Run) -> None:
        healthy = time.monotonic() - run.started_at > self.quotas.healthy_seconds
        if run.attempt > 1 and run.step > run.died_at and healthy:
            run.attempt = 1

    # --- ending -----------------------------------------------------------------------------------------------

    def _ended(self, run: Run, ending: Ending) -> None:
        leaving, left = run.leaving, run.left
        run.worker = run.going = False
        run.leaving = run.left = None
        run.rate = 0.0
        for state in run.states.values():
            state.cancel()
        run.states.clear()
        told = left is not None and left.status not in ("", "crashed")
        if told and (leaving is None or leaving.end_counts):
            assert left is not None
            self.settle(run, left.status, Reason(left.reason, left.values))
        elif leaving is not None:
            self._after(run, leaving)
        elif ending.code == -SIGXCPU:
            self.settle(run, "stopped", Reason("run.limit_cpu", {"limit": f"{self.quotas.cpu_seconds:g}"}))
        elif left is not None and left.status == "":
            self.enqueue(run, front=True)  # nobody has told it to leave: it meant an order of before
        else:
            self._died(run, left.cause if left is not None and left.cause else _cause(ending))
        self.save(run)
        run.announce()
        if run.lockstep is not None:
            run.lockstep.advance()
        if run.pending and not run.worker and run.status in ("paused", "finished", "diverged"):
            self.enqueue(run)  # a command came while the worker was leaving
        self.pump()

    def _after(self, run: Run, leaving: Leaving) -> None:
        try:
            leaving.then()
        except OSError as error:  # its folder does not do what was asked of it
            self.settle(run, "failed", Reason("run.failed", {"attempts": run.attempt, "cause": str(error)}))

    def _died(self, run: Run, cause: str) -> None:
        """Start a run again from its last checkpoint, unless it has died too often."""
        logger.warning("run %s: attempt %d died at step %d: %s", run.id, run.attempt, run.step, cause)
        run.died_at = max(run.died_at, run.step)
        for seq, waiting in list(run.pending.items()):
            waiting.deaths += 1
            if waiting.deaths >= MAX_DEATHS:  # it may well be what they died of
                self._refused(run, seq, SpecError("run.command_failed", value=waiting.command.kind))
        if run.attempt >= self.quotas.attempts:
            self.settle(run, "failed", Reason("run.failed", {"attempts": run.attempt, "cause": cause}))
            return
        delay = BACK_OFF[min(run.attempt, len(BACK_OFF)) - 1]
        run.attempt += 1
        run.status = "queued"
        run.reason = Reason("run.restarting", {"attempt": run.attempt, "cause": cause})
        asyncio.get_running_loop().call_later(delay, self._again, run)

    def _again(self, run: Run) -> None:
        if run.status == "queued" and not run.worker and self.runs.get(run.id) is run:
            self.enqueue(run, front=True)

    def settle(self, run: Run, status: str, reason: Reason) -> None:
        """Give a run without a worker its status; it pauses where it is if it is told to go on later."""
        self.queue.remove(run.owner, run.id)
        run.status, run.reason = status, reason
        run.goal = commands.Goal(step=run.step)
        if status in ("failed", "stopped"):
            run.unsettle()
        self.save(run)

    def save(self, run: Run) -> None:
        """Write how a run stands into the index; a full disk is tried again later."""
        run.changed = not self.index.update(run.id, **run.changes())

    # --- coming and going -------------------------------------------------------------------------------------

    def resume(self) -> int:
        """Enqueue every run that was active when an earlier service ended; how many there were."""
        entries = [*self.index.with_status("running"), *self.index.with_status("queued")]
        for entry in entries:
            run = self.add(Run.of(entry, self.folder(entry.id)))
            run.goal, run.status = FREE, "queued"
            self.queue.push(run.owner, run.id)
        self.pump()
        return len(entries)

    async def drain(self) -> None:
        """Let every worker write a checkpoint and leave; the index keeps them as active."""
        self.closing = True
        for run in self.workers():
            self.leave(run, lambda: None, self.quotas.drain_seconds)
        while self.workers():
            await asyncio.sleep(0.005)
        for task in list(self._tasks):
            task.cancel()
        for run in self.runs.values():
            run.unsettle()
            run.close()


def _cause(ending: Ending) -> str:
    if ending.cause:
        return ending.cause
    if ending.code < 0:
        try:
            return f"signal {-ending.code} ({signal.Signals(-ending.code).name})"
        except ValueError:
            return f"signal {-ending.code}"
    return f"exit code {ending.code}"
