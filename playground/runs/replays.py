"""What a run's tensors were at a step: a keyframe knows, or a short-lived worker goes there from the nearest one."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, cast

from playground.runs import frames, keyframes
from playground.runs.backend import Backend
from playground.runs.commands import Go, Goal, Left, Started, Tensors
from playground.runs.dispatch import Dispatch
from playground.runs.frames import Snapshot
from playground.runs.live import Run, next_number
from playground.runs.reasons import Reason
from playground.spec.errors import SpecError

AT_ONCE = 2
PATIENCE = 30.0  # seconds


class Replays:
    """The replays that are going on. They take no slot, but only a few go on at once."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._woken: dict[str, asyncio.Event] = {}

    def wake(self, key: str) -> bool:
        """Take note that a worker has something to say; False if it is none of these."""
        event = self._woken.get(key)
        if event is not None:
            event.set()
        return event is not None

    async def state_at(self, run: Run, step: int) -> bytes:
        """Return the encoded tensors of `run` at `step`.

        Raises:
            SpecError: if the replay has failed; its reason says why.
        """
        kept = await asyncio.to_thread(_kept, run, step)
        if kept is not None:
            return kept
        async with self._turns:
            key = f"replay-{next_number()}"
            woken = self._woken[key] = asyncio.Event()
            backend = self._dispatch.backend
            try:
                async with asyncio.timeout(PATIENCE):
                    await backend.start(key, self._dispatch.job(run, replay=step))
                    return await self._listen(backend, key, run, step, woken)
            except TimeoutError:
                raise SpecError("run.slow_replay", value=step) from None
            finally:
                await self._bury(backend, key, woken)
                del self._woken[key]

    async def _listen(self, backend: Backend, key: str, run: Run, step: int, woken: asyncio.Event) -> bytes:
        while True:
            for message, payloads in backend.drain(key):
                if isinstance(message, Started):
                    script = run.script(message.seq, step)
                    backend.send(key, Go(goal=Goal(step=step), script=script, known=step, silent=True))
                elif isinstance(message, Tensors):
                    return payloads[0]
                elif isinstance(message, Left):
                    cause = Reason(message.reason, message.values).text() or message.cause
                    raise SpecError("run.no_replay", value=step, cause=cause)
            if not backend.alive(key):
                raise SpecError("run.no_replay", value=step, cause="")
            await woken.wait()
            woken.clear()

    async def _bury(self, backend: Backend, key: str, woken: asyncio.Event) -> None:
        while backend.alive(key):
            backend.kill(key)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), 0.1)
            woken.clear()
        backend.drain(key)
        backend.ending(key)


def _kept(run: Run, step: int) -> bytes | None:
    """Return what a keyframe of exactly this step knows, as a worker would say it; None where only one can tell.

    After a keyframe was written, something may have been changed at its step.
    """
    found = keyframes.keyframe_at(run.folder, step)
    if found is None or "epoch" not in found.meta:
        return None
    meta = cast("dict[str, Any]", found.meta)
    named = {"net/": "", "optimizer/": "memory/"}
    tensors = {
        put + name.removeprefix(part): array
        for part, put in named.items()
        for name, array in found.state.items()
        if name.startswith(part)
    }
    if not tensors or run.script(meta["seq"], step):
        return None
    return frames.encode(Snapshot(step, meta["epoch"], {}, tensors))
