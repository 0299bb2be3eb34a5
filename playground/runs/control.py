"""What owners can do: each verb takes the owner first and reaches only what is theirs.

Knows no socket; an answer is plain values and, beside them, bytes. A refusal is a SpecError, and another's run, a
deleted one and a made-up id give the same one.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any, cast

import numpy as np

from playground.runs import commands, forks, frames
from playground.runs.best import Best
from playground.runs.commands import Goal, Owned, Request
from playground.runs.dispatch import Dispatch
from playground.runs.frames import Snapshot
from playground.runs.index import Entry, IndexUnavailable
from playground.runs.live import ENDED, PROBE_SECONDS, Run
from playground.runs.lockstep import DRIVING, MOST, Lockstep
from playground.runs.patrol import Patrol, remove_folder
from playground.runs.reasons import NoSuchRun, Reason
from playground.runs.replays import Replays
from playground.runs.steering import steer
from playground.spec.errors import SpecError

Answer = tuple[dict[str, Any], tuple[bytes, ...]]
HISTORY_POINTS = 1000
COMMANDS = 200
"""So many of the last commands that changed what is learned go with a history."""
TOUCH_EVERY = 10.0
STATE_SECONDS = 30.0


class Control:
    """The verbs."""

    def __init__(self, dispatch: Dispatch, patrol: Patrol, replays: Replays) -> None:
        self.dispatch, self.patrol, self.replays = dispatch, patrol, replays
        self._verbs: dict[type[Request], Callable[[Any], Awaitable[Answer]]] = {
            commands.Submit: self.submit,
            commands.ListRuns: self.list,
            commands.Poll: self.poll,
            commands.Send: self.send,
            commands.Together: self.together,
            commands.Delete: self.delete,
            commands.Fork: self.fork,
            commands.FrameAt: self.frame_at,
            commands.Steps: self.steps,
            commands.GetState: self.state,
        }

    async def answer(self, request: Owned) -> Answer:
        """Do what an owner asks. Raises SpecError."""
        try:
            return await self._verbs[type(request)](request)
        except IndexUnavailable as error:
            raise SpecError(f"run.refused_{error.reason}", place=str(self.dispatch.data_folder)) from error

    def find(self, owner: str, run: str) -> Run:
        """Return the owner's run. Raises NoSuchRun."""
        found = self.dispatch.load(owner, run)
        if found is None:
            raise NoSuchRun
        return found

    # --- starting and listing ---------------------------------------------------------------------------------

    async def submit(self, request: commands.Submit) -> Answer:
        """Start a run, or refuse it before anything is allocated."""
        dispatch, quotas = self.dispatch, self.dispatch.quotas
        valid = dispatch.trainers.validate(request.experiment)
        if request.parent:
            self.find(request.owner, request.parent)
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

    # --- looking ----------------------------------------------------------------------------------------------

    async def poll(self, request: commands.Poll) -> Answer:
        """How a run stands, with the newest frame if the owner has not seen it."""
        run = self.find(request.owner, request.run)
        self.watch(run, request.probes, request.credits, request.wait)
        deadline = time.monotonic() + request.wait
        while run.number == request.since and (left := deadline - time.monotonic()) > 0:
            try:
                await asyncio.wait_for(run.news.wait(), left)
            except TimeoutError:
                break
            self.find(request.owner, request.run)
            self.watch(run, request.probes, request.credits, request.wait)
        fresh = run.newest_frame() if run.number != request.since else None
        history = self._history(run) if request.history else None
        payloads = tuple(part for part in (fresh, history) if part is not None)
        view = self.view(run) | {"fresh": fresh is not None, "history": history is not None}
        if request.history:
            recorded = run.recording.commands()[-COMMANDS:]
            view["commands"] = [{"step": one.step, "command": one.body.get("command")} for one in recorded]
        return view, payloads

    def watch(self, run: Run, probes: tuple[str, ...], credits: int, seconds: float) -> None:
        """Somebody watches for the next so many seconds: keep the run going, and let its worker send frames.

        Args:
            run: the run.
            probes: what the frames are to show.
            credits: how many frames that are not here yet can be taken; the most generous watcher counts.
            seconds: how long this holds if nothing more is heard.
        """
        dispatch, now = self.dispatch, time.monotonic()
        run.polled_at = now
        if now - run.touched_at > TOUCH_EVERY:
            run.touched_at = now
            dispatch.index.touch(run.owner, run.id)
        for name in probes:
            run.probes[name] = now + seconds + PROBE_SECONDS
        wanted = run.wanted_probes(now)
        lacking = max(0, credits - run.credits)
        if run.going and (lacking or wanted != run.sent_probes):
            dispatch.backend.send(run.id, commands.Watch(credits=lacking, probes=wanted))
            run.credits, run.sent_probes = run.credits + lacking, wanted

    def view(self, run: Run) -> dict[str, Any]:
        """Return how a run stands, as plain values."""
        return self.standing(run) | {
            "metrics": plain_metrics(run.metrics),
            "ack": run.ack,
            "number": run.number,
        }

    def standing(self, run: Run) -> dict[str, Any]:
        """Return what of a run's view says more than that a frame has come."""
        position = self.dispatch.queue.position(run.owner, run.id) if run.status == "queued" else 0
        return {
            "run": run.id,
            "status": run.status,
            "reason": run.reason.pack(),
            "notice": (run.notice or self._trouble(run)).pack(),
            "position": position,
            "attempt": run.attempt,
            "step": run.step,
            "epoch": run.epoch,
            "rate": run.rate,
            "pace": run.pace,
            "experiment": run.experiment,
            "parent": run.parent,
            "parent_step": run.parent_step,
            "best": run.best.plain() if run.best else None,
        }

    def _trouble(self, run: Run) -> Reason:
        stalled = (run.recording.stalled if run.worker and run.going else "") or self.dispatch.index.stalled
        return Reason(f"run.{stalled}") if stalled else Reason()

    def _history(self, run: Run) -> bytes:
        arrays = dict(run.recording.history(HISTORY_POINTS))
        return frames.encode(Snapshot(max(run.step, 0), run.epoch, {}, cast("dict[str, Any]", arrays)))

    async def frame_at(self, request: commands.FrameAt) -> Answer:
        """The recorded frame at the nearest step that is not later."""
        run = self.find(request.owner, request.run)
        run.polled_at = time.monotonic()
        frame = run.recording.frame_at(request.step)
        return {"found": frame is not None}, () if frame is None else (frame,)

    async def steps(self, request: commands.Steps) -> Answer:
        """The steps of the recorded frames."""
        run = self.find(request.owner, request.run)
        steps: Any = run.recording.steps()
        return {}, (frames.encode(Snapshot(0, 0.0, {}, {"steps": steps})),)

    async def state(self, request: commands.GetState) -> Answer:
        """The network's tensors now, at an earlier step, or at their best."""
        run = self.find(request.owner, request.run)
        if request.best and run.best is None:
            raise SpecError("run.no_best")
        if request.best and (not run.going or run.leaving is not None):
            kept = Best.read(run.folder)
            return {"step": kept.standing.step if kept.standing else 0}, (kept.pack(),)
        if request.step is not None or not run.going or run.leaving is not None:
            step = run.step if request.step is None else self._known_step(run, request.step)
            packed = await self.replays.state_at(run, step)
            return {"step": step}, (packed if request.memory else _without_memory(packed),)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        seq = max(run.states, default=0) + 1
        run.states[seq] = answer
        self.dispatch.backend.send(
            run.id, commands.GiveState(seq=seq, memory=request.memory, best=request.best)
        )
        try:
            packed = await asyncio.wait_for(answer, STATE_SECONDS)
        except (TimeoutError, asyncio.CancelledError):
            run.states.pop(seq, None)
            raise SpecError("run.no_replay", value=run.step, cause="") from None
        return {"step": run.step}, (packed,)

    def _known_step(self, run: Run, step: int) -> int:
        last = max(run.step, run.recording.last_step)
        if step > last:
            raise SpecError("run.no_step", place="step", value=step, bound=last)
        return step

    # --- steering ---------------------------------------------------------------------------------------------

    async def send(self, request: commands.Send) -> Answer:
        """Give a run a command; a refusal is raised, and the run goes on as it was."""
        run = self.find(request.owner, request.run)
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
        runs = list({name: self.find(request.owner, name) for name in request.runs}.values())
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
        run = self.find(request.owner, request.run)
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
        parent = self.find(request.owner, request.run)
        step = self._known_step(parent, request.step)
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
        run.epoch, run.probes = parent.epoch, dict(parent.probes)
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


def plain_metrics(metrics: dict[str, float]) -> dict[str, float | str | None]:
    """Return metrics as JSON has them: NaN is null, and the infinities are texts."""
    return {name: _plain(float(value)) for name, value in metrics.items()}


def _plain(value: float) -> float | str | None:
    if np.isfinite(value):
        return value
    return None if math.isnan(value) else ("inf" if value > 0 else "-inf")


def _without_memory(packed: bytes) -> bytes:
    """Return an encoded state with the network's own tensors alone."""
    snapshot = frames.decode(packed)
    own = {name: array for name, array in snapshot.arrays.items() if not name.startswith("memory/")}
    return frames.encode(replace(snapshot, arrays=own))


def _forget(done: asyncio.Future[int]) -> None:
    """Take note of a refusal that nobody waits for any more; the run's notice tells it."""
    if not done.cancelled():
        done.exception()
