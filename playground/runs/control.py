"""What owners can do: each verb takes the owner first and reaches only what is theirs.

Knows no socket; an answer is plain values and, beside them, bytes. A refusal is a SpecError, and another's run, a
deleted one and a made-up id give the same one. The verbs that only look are in `looking.py`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from playground.runs import commands, forks
from playground.runs.commands import Goal, Owned, Request
from playground.runs.dispatch import Dispatch
from playground.runs.index import Entry, IndexUnavailable
from playground.runs.live import ENDED, Run
from playground.runs.lockstep import DRIVING, MOST, Lockstep
from playground.runs.looking import Answer, Looking, known_step, plain_metrics
from playground.runs.patrol import Patrol, remove_folder
from playground.runs.reasons import Reason
from playground.runs.steering import steer
from playground.spec.errors import SpecError


class Control:
    """The verbs of owners."""

    def __init__(self, dispatch: Dispatch, patrol: Patrol, looking: Looking) -> None:
        self.dispatch, self.patrol = dispatch, patrol
        self._verbs: dict[type[Request], Callable[[Any], Awaitable[Answer]]] = {
            commands.Submit: self.submit,
            commands.ListRuns: self.list,
            commands.Poll: looking.poll,
            commands.Send: self.send,
            commands.Together: self.together,
            commands.Delete: self.delete,
            commands.Fork: self.fork,
            commands.FrameAt: looking.frame_at,
            commands.Steps: looking.steps,
            commands.GetState: looking.state,
        }

    async def answer(self, request: Owned) -> Answer:
        """Do what an owner asks. Raises SpecError."""
        try:
            return await self._verbs[type(request)](request)
        except IndexUnavailable as error:
            raise SpecError(f"run.refused_{error.reason}", place=str(self.dispatch.data_folder)) from error

    # --- starting and listing ---------------------------------------------------------------------------------

    async def submit(self, request: commands.Submit) -> Answer:
        """Start a run, or refuse it before anything is allocated."""
        dispatch, quotas = self.dispatch, self.dispatch.quotas
        valid = dispatch.trainers.validate(request.experiment)
        if request.parent:
            self.dispatch.find(request.owner, request.parent)
        self._make_room(request.owner)
        entry = dispatch.index.create(
            request.owner,
            valid.experiment,
            valid.digest,
            status="paused" if request.paused else "queued",
            pace=request.pace,
            parent=request.parent,
        )
        run = dispatch.add(Run.of(entry, dispatch.folder(entry.id)))
        run.looked = True
        until = time.monotonic() + quotas.idle_seconds
        run.probes = dict.fromkeys(request.probes, until)
        self._create_folder(run)
        dispatch.enqueue(run)
        return {"run": run.id}, ()

    def _make_room(self, owner: str) -> None:
        quotas = self.dispatch.quotas
        waiting = self.dispatch.queue.waiting(owner)
        if waiting >= quotas.owner_queue:
            raise SpecError("run.queue_full", value=waiting, bound=quotas.owner_queue)
        if not self.patrol.make_room(owner):
            raise SpecError("run.too_many", bound=quotas.owner_runs)
        if not self.patrol.make_room_for_all():
            raise SpecError("run.crowded")

    def _create_folder(self, run: Run) -> None:
        try:
            run.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.dispatch.runs.pop(run.id)
            self.dispatch.index.forget(run.id)
            raise SpecError("run.refused_unwritable", place=str(run.folder.parent)) from error

    async def list(self, request: commands.ListRuns) -> Answer:
        """Every run of the owner, newest first."""
        entries = self.dispatch.index.list(request.owner)
        return {"runs": [self._summary(entry) for entry in entries]}, ()

    def _summary(self, entry: Entry) -> dict[str, Any]:
        run = self.dispatch.runs.get(entry.id)
        return {
            "run": entry.id,
            "status": run.status if run else entry.status,
            "reason": (run.reason if run else Reason.unpack(entry.reason)).pack(),
            "step": run.step if run else entry.steps,
            "metrics": plain_metrics(run.metrics if run else entry.metrics),
            "experiment": run.experiment if run else entry.experiment,
            "created": entry.created,
            "seen": entry.seen,
            "parent": entry.parent,
            "parent_step": entry.parent_step,
        }

    # --- steering ---------------------------------------------------------------------------------------------

    async def send(self, request: commands.Send) -> Answer:
        """Give a run a command; a refusal is raised, and the run goes on as it was."""
        run = self.dispatch.find(request.owner, request.run)
        run.polled_at = time.monotonic()
        seq, done = self._steer(run, request.command)
        if done is None:
            return {"seq": seq, "acknowledged": True, "step": run.step}, ()
        try:
            step = await asyncio.wait_for(asyncio.shield(done), request.wait)
        except TimeoutError:
            done.add_done_callback(_forget)
            return {"seq": seq, "acknowledged": False, "step": run.step}, ()
        except asyncio.CancelledError:
            if not done.cancelled():
                raise
            return {"seq": seq, "acknowledged": False, "step": run.step}, ()
        return {"seq": seq, "acknowledged": True, "step": step}, ()

    def _steer(self, run: Run, command: commands.Command) -> tuple[int, asyncio.Future[int] | None]:
        """Give a command to a run, and to those beside it what drives all."""
        lockstep = run.lockstep
        if lockstep is None or not isinstance(command, DRIVING):
            return steer(self.dispatch, run, command)
        if isinstance(command, commands.Reset):
            lockstep.restart()
            others = [other for other in lockstep.runs if other is not run and not other.deleted]
        else:
            others = [other for other in lockstep.members if other is not run]
        command = lockstep.together(command)
        for other in others:
            steer(self.dispatch, other, command)
        return steer(self.dispatch, run, command)

    async def together(self, request: commands.Together) -> Answer:
        """Train runs in lockstep; those that were bound to others are so no longer."""
        runs = list({name: self.dispatch.find(request.owner, name) for name in request.runs}.values())
        if len(runs) > MOST:
            raise SpecError("run.too_many_together", place="runs", value=len(runs), bound=MOST)
        present = runs[0].lockstep
        if present is not None and list(present.runs) == runs:
            return {}, ()
        for run in runs:
            if run.lockstep is not None:
                run.lockstep.release(run)
        if len(runs) > 1:
            Lockstep(runs, self.dispatch.hold)
        return {}, ()

    async def delete(self, request: commands.Delete) -> Answer:
        """Remove a run with all it has recorded."""
        run = self.dispatch.find(request.owner, request.run)
        dispatch = self.dispatch
        dispatch.index.delete(run.owner, run.id)
        run.deleted = True
        if run.lockstep is not None:
            run.lockstep.release(run)
        run.unsettle()
        dispatch.queue.remove(run.owner, run.id)
        dispatch.leave(run, partial(self._remove, run), 0, end_counts=False, now=True)
        return {}, ()

    def _remove(self, run: Run) -> None:
        run.close()
        self.dispatch.runs.pop(run.id, None)
        run.announce()
        remove_folder(run.folder)

    async def fork(self, request: commands.Fork) -> Answer:
        """Start another run, paused, that stands where this one stood at `step`."""
        parent = self.dispatch.find(request.owner, request.run)
        step = known_step(parent, request.step)
        self._make_room(request.owner)
        dispatch = self.dispatch
        entry = dispatch.index.create(
            parent.owner,
            parent.experiment,
            parent.digest,
            status="paused",
            pace=parent.pace,
            parent=parent.id,
            parent_step=step,
        )
        folder = dispatch.folder(entry.id)
        try:
            await asyncio.to_thread(forks.take_over, parent.folder, folder, step)
        except OSError as error:
            dispatch.index.forget(entry.id)
            raise SpecError("run.refused_unwritable", place=str(folder.parent)) from error
        run = dispatch.add(Run.of(entry, folder))
        run.epoch, run.probes = parent.epoch_at(step), dict(parent.probes)
        run.recording.cut_back(step)
        run.step, run.goal = step, Goal(step=step)
        dispatch.enqueue(run)
        return {"run": run.id}, ()

    def counts(self) -> dict[str, Any]:
        """Return how many runs there are in each status, and how many workers."""
        dispatch = self.dispatch
        statuses = ("queued", "running", "paused", *ENDED)
        loaded = [run.status for run in dispatch.runs.values()]
        return {
            "workers": len(dispatch.workers()),
            "waiting": len(dispatch.queue),
            "loaded": {status: loaded.count(status) for status in statuses},
            "stored": dispatch.index.count(),
        }


def _forget(done: asyncio.Future[int]) -> None:
    """Take note of a refusal that nobody waits for any more; the run's notice tells it."""
    if not done.cancelled():
        done.exception()
