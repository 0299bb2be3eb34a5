"""The hub of a run: one line to the run service, and any number of viewers in this process who share what comes.

The newest frame wins, here as everywhere: nothing is queued. The service is given a credit only when some viewer can
take a frame and there is none that has not been taken: no frame grows old here, the slowest part sets nobody's pace but
its own, and a run without viewers has no hub.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from playground.live.line import Lines
from playground.runs import frames
from playground.runs.commands import Watching
from playground.runs.reasons import NoSuchRun, error_from
from playground.spec import SpecError

logger = logging.getLogger(__name__)
CREDITS = 2
PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0)
"""Seconds before each new attempt where the service cannot be reached."""


class Watcher(Protocol):
    """What a hub needs to know of a viewer."""

    probes: tuple[str, ...]

    def wake(self) -> None:
        """Hear that there is something new."""
        ...


class Hub:
    """What is known of one run, for those who watch it in this process.

    Attributes:
        view: how the run stands, as the service says it; empty before anything is known.
        frame: the newest frame; None before the first.
        numbers: the newest one with metrics: no glance takes its place before everybody has seen it.
        gone: whether there is no such run (any more).
        lost: whether the service cannot be reached now.
    """

    def __init__(self, lines: Lines, owner: str, run: str, closed: Callable[[], None]) -> None:
        self.lines, self.owner, self.run = lines, owner, run
        self.view: dict[str, Any] = {}
        self.frame: bytes | None = None
        self.numbers: bytes | None = None
        self.gone = self.lost = False
        self._closed = closed
        self._watchers: set[Watcher] = set()
        self._owed = 0  # frames that have come since the service was given a credit
        self._taken: bytes | None = None
        self._line: Any = None
        self._said: tuple[str, ...] = ()
        self._task: asyncio.Task[None] | None = None

    def join(self, watcher: Watcher) -> None:
        """Begin to watch."""
        self._watchers.add(watcher)
        if self._task is None:
            self._task = asyncio.create_task(self._follow(), name=f"hub {self.run}")
        self.rewatch()

    def leave(self, watcher: Watcher) -> None:
        """End watching; the last one closes the hub."""
        self._watchers.discard(watcher)
        if self._watchers:
            self.rewatch()
            return
        if self._task is not None:
            self._task.cancel()
        self._closed()

    def rewatch(self) -> None:
        """Tell the service which probes are wanted now."""
        probes = self._probes()
        if self._line is not None and probes != self._said:
            self._said = probes
            self._line.say(Watching(probes=probes))

    def take(self) -> bytes | None:
        """Return the newest frame for a viewer who has a credit; where it has been taken already, ask for another.

        A frame that is made before anybody can take it would only grow old here.
        """
        if self.frame is not self._taken:
            self._taken = self.frame
        elif self._line is not None and self._owed:
            self._line.say(Watching(credits=1))
            self._owed -= 1
        return self.frame

    def _probes(self) -> tuple[str, ...]:
        return tuple(sorted({name for watcher in self._watchers for name in watcher.probes}))

    async def _follow(self) -> None:
        attempt = 0
        while not self.gone:
            try:
                self._said = self._probes()
                self._line = await self.lines.follow(self.owner, self.run, self._said, CREDITS)
                self.rewatch()  # somebody may have wished for something meanwhile
                try:
                    while True:
                        self._hear(await self._line.hear())
                        attempt = 0
                finally:
                    self._line.close()
            except NoSuchRun:
                self.gone = True
            except (SpecError, OSError) as error:
                logger.info("run %s: %s", self.run, error)
            finally:
                self._line = None
                self._owed = 0
            self.lost = not self.gone
            self._wake()
            await asyncio.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
            attempt += 1

    def _hear(self, parcel: Any) -> None:
        body = parcel.body
        if "error" in body:
            raise error_from(body["error"])
        body.pop("fresh", None)
        self.view = self.view | body
        self.lost = False
        if parcel.payloads:
            self.frame = frame = parcel.payloads[0]
            if not frames.is_glance(frame):
                self.numbers = frame
            self._owed += 1
        self._wake()

    def _wake(self) -> None:
        for watcher in self._watchers:
            watcher.wake()


class Hubs:
    """The hubs of this process: one for each run that somebody watches."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self._hubs: dict[tuple[str, str], Hub] = {}

    def of(self, owner: str, run: str) -> Hub:
        """Return the hub of an owner's run; two owners never share one, whatever run they name."""
        key = (owner, run)
        if key not in self._hubs:
            self._hubs[key] = Hub(self.lines, owner, run, lambda: self._forget(key))
        return self._hubs[key]

    def _forget(self, key: tuple[str, str]) -> None:
        self._hubs.pop(key, None)

    def __len__(self) -> int:
        return len(self._hubs)


async def settle(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """End tasks and wait until they have ended, however."""
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
