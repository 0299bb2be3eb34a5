"""What owners can see of a run: how it stands, its frames, its network's tensors. Nothing of the run changes by it.

Knows no socket; an answer is plain values and, beside them, bytes.
"""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import replace
from typing import Any, cast

import numpy as np

from playground.runs import commands, frames, keyframes
from playground.runs.best import Best
from playground.runs.dispatch import Dispatch
from playground.runs.frames import Snapshot
from playground.runs.live import PROBE_SECONDS, Run
from playground.runs.reasons import Reason
from playground.runs.replays import Replays
from playground.spec.errors import SpecError

Answer = tuple[dict[str, Any], tuple[bytes, ...]]
HISTORY_POINTS = 1000
COMMANDS = 200
"""So many of the last commands that changed what is learned go with a history."""
TOUCH_EVERY = 10.0
STATE_SECONDS = 30.0


class Looking:
    """The verbs that look."""

    def __init__(self, dispatch: Dispatch, replays: Replays) -> None:
        self.dispatch, self.replays = dispatch, replays

    async def poll(self, request: commands.Poll) -> Answer:
        """How a run stands, with the newest frame if the owner has not seen it."""
        run = self.dispatch.find(request.owner, request.run)
        self.watch(run, request.probes, request.credits, request.wait)
        deadline = time.monotonic() + request.wait
        while run.number == request.since and (left := deadline - time.monotonic()) > 0:
            try:
                await asyncio.wait_for(run.news.wait(), left)
            except TimeoutError:
                break
            self.dispatch.find(request.owner, request.run)
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
            "rests": run.rests,
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
            "together": plain_snapshot(run.together) if run.together else None,
        }

    def _trouble(self, run: Run) -> Reason:
        stalled = (run.recording.stalled if run.worker and run.going else "") or self.dispatch.index.stalled
        return Reason(f"run.{stalled}") if stalled else Reason()

    def _history(self, run: Run) -> bytes:
        arrays = dict(run.recording.history(HISTORY_POINTS))
        return frames.encode(Snapshot(max(run.step, 0), run.epoch, {}, cast("dict[str, Any]", arrays)))

    async def frame_at(self, request: commands.FrameAt) -> Answer:
        """The recorded frame at the nearest step that is not later."""
        run = self.dispatch.find(request.owner, request.run)
        run.polled_at = time.monotonic()
        frame = run.recording.frame_at(request.step)
        return {"found": frame is not None}, () if frame is None else (frame,)

    async def steps(self, request: commands.Steps) -> Answer:
        """The steps of the recorded frames, and those whose whole state lies on disk."""
        run = self.dispatch.find(request.owner, request.run)
        steps: Any = run.recording.steps()
        kept = await asyncio.to_thread(keyframes.steps, run.folder)
        states = np.array([step for step in kept if step <= run.step], np.int64)
        return {}, (frames.encode(Snapshot(0, 0.0, {}, {"steps": steps, "states": states})),)

    async def state(self, request: commands.GetState) -> Answer:
        """The network's tensors now, at an earlier step, or at their best."""
        run = self.dispatch.find(request.owner, request.run)
        if request.best and run.best is None:
            raise SpecError("run.no_best")
        if request.best and (not run.going or run.leaving is not None):
            kept = Best.read(run.folder)
            return {"step": kept.standing.step if kept.standing else 0}, (kept.pack(),)
        if request.step is not None or not run.going or run.leaving is not None:
            step = run.step if request.step is None else known_step(run, request.step)
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
        except TimeoutError:
            run.states.pop(seq, None)
            raise SpecError("run.no_replay", value=run.step, cause="") from None
        except asyncio.CancelledError:
            run.states.pop(seq, None)
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return await self.state(request)  # its worker has left meanwhile: the recording knows
        return {"step": run.step}, (packed,)


def known_step(run: Run, step: int) -> int:
    """Return the step if the run has got so far. Raises SpecError."""
    last = max(run.step, run.recording.last_step)
    if step > last:
        raise SpecError("run.no_step", place="step", value=step, bound=last)
    return step


def plain_metrics(metrics: dict[str, float]) -> dict[str, float | str | None]:
    """Return metrics as JSON has them: NaN is null, and the infinities are texts."""
    return {name: _plain(float(value)) for name, value in metrics.items()}


def plain_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    """Return metrics and of when they are, as JSON has them."""
    return {"step": snapshot.step, "epoch": snapshot.epoch, "metrics": plain_metrics(snapshot.metrics)}


def _plain(value: float) -> float | str | None:
    if np.isfinite(value):
        return value
    return None if math.isnan(value) else ("inf" if value > 0 else "-inf")


def _without_memory(packed: bytes) -> bytes:
    """Return an encoded state with the network's own tensors alone."""
    snapshot = frames.decode(packed)
    own = {name: array for name, array in snapshot.arrays.items() if not name.startswith("memory/")}
    return frames.encode(replace(snapshot, arrays=own))
