"""A connection that follows one run: it hears of every change, and gets a frame for every credit that it has given.

The newest frame wins: one that comes while there is no credit waits until the next takes its place, never in a queue.
Glances alone do not take the place of one with metrics: all who watch a run are shown the same numbers.
What has not changed since the last message is not said again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import Any

from playground.runs.commands import Follow, Watching
from playground.runs.live import Run
from playground.runs.looking import Answer, Looking
from playground.runs.reasons import plain_error
from playground.runs.wire import Assembler, Parcel, WireError, pack
from playground.spec.errors import SpecError

MAX_CREDITS = 2
HEARTBEAT = 2.0
"""Seconds after which a follower that has heard nothing counts as watching all the same."""


class Follower:
    """What one connection wants and what it has been told."""

    def __init__(self, request: Follow) -> None:
        self.credits = min(request.credits, MAX_CREDITS)
        self.probes = request.probes
        self.woken = asyncio.Event()
        self._told: dict[str, Any] = {}
        self._frame: bytes | None = None
        self._numbers: bytes | None = None  # the last frame with metrics

    def hear(self, said: Watching) -> None:
        """Take credits and wishes."""
        self.credits = min(self.credits + said.credits, MAX_CREDITS)
        if said.probes is not None:
            self.probes = said.probes
        self.woken.set()

    def news(self, run: Run, view: dict[str, Any]) -> Answer | None:
        """Return what is to be said now; None if there is nothing."""
        changed = {name: value for name, value in view.items() if self._told.get(name, self) != value}
        frame = self._next(run) if self.credits else None
        if frame is None:
            return (changed, ()) if self._remember(changed) else None
        self.credits -= 1
        self._frame = frame
        self._remember(changed)
        return changed | {"fresh": True}, (frame,)

    def _next(self, run: Run) -> bytes | None:
        """Return the newest frame that has not been told; one with metrics comes before glances that are newer."""
        numbers = run.newest_frame()
        if numbers is not self._numbers:
            self._numbers = numbers
            return numbers
        frame = run.latest_frame()
        return None if frame is self._frame else frame

    def _remember(self, changed: dict[str, Any]) -> bool:
        self._told |= changed
        return bool(changed)


async def follow(
    looking: Looking,
    request: Follow,
    come: Iterable[Parcel],
    assembler: Assembler,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    busy: Callable[[], None],
) -> None:
    """Serve a follower until it hangs up or its run is no longer there.

    Args:
        looking: the verbs that look.
        request: the first message.
        come: what has come after it already.
        assembler: takes what the connection brings.
        reader, writer: the connection.
        busy: told again and again that somebody needs the service.
    """
    follower = Follower(request)
    hearing = asyncio.create_task(_listen(follower, come, assembler, reader))
    hearing.add_done_callback(lambda _: follower.woken.set())
    watched: Run | None = None
    try:
        while not hearing.done():
            follower.woken.clear()
            run = looking.dispatch.find(request.owner, request.run)
            if run is not watched:
                _leave(watched, follower)
                run.followers.add(follower.woken)
                watched = run
            busy()
            looking.watch(run, follower.probes, follower.credits, HEARTBEAT)
            news = follower.news(run, looking.standing(run))
            if news is not None:
                writer.write(pack(*news))
                await writer.drain()
            beat = asyncio.get_running_loop().call_later(HEARTBEAT, follower.woken.set)
            await follower.woken.wait()
            beat.cancel()
    except SpecError as error:
        writer.write(pack({"error": plain_error(error)}))
        await writer.drain()
    finally:
        _leave(watched, follower)
        hearing.cancel()
        await asyncio.wait([hearing])


async def _listen(
    follower: Follower, come: Iterable[Parcel], assembler: Assembler, reader: asyncio.StreamReader
) -> None:
    """Take what the other side says until it hangs up or says something that is no message."""
    with contextlib.suppress(ConnectionError, WireError, SpecError):
        for parcel in come:
            follower.hear(Watching.parse(parcel.body))
        while data := await reader.read(1 << 14):
            for parcel in assembler.feed(data):
                follower.hear(Watching.parse(parcel.body))


def _leave(run: Run | None, follower: Follower) -> None:
    if run is not None:
        run.followers.discard(follower.woken)
