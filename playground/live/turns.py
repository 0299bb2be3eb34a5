"""Whose question is thought about next: every visitor in turn, one question at a time, for all who share a process.

A thread that waits for another is lost to everything else that wants one, so those who wait do so on the event loop.
Knows no question.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Turns that go round: whoever asks much waits for one question of each of the others, like everybody else."""

    def __init__(self) -> None:
        self._holder: str | None = None
        self._behind: deque[asyncio.Future[None]] = deque()  # what else waits of the holder
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def of(self, who: str) -> AsyncIterator[None]:
        """Wait for the turn of `who`, and hold it. Whoever gives up while waiting takes no turn along."""
        if self._holder is not None:
            mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            line = self._behind if who == self._holder else self._waiting.setdefault(who, deque())
            line.append(mine)
            try:
                await mine
            except asyncio.CancelledError:
                if not mine.cancelled():
                    self._pass_on()  # it was given to us while we gave up
                raise
        self._holder = who
        try:
            yield
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        if self._holder is not None and self._behind:
            self._waiting[self._holder] = self._behind  # behind all others
        self._holder, self._behind = None, deque()
        while self._waiting and self._holder is None:
            who, line = self._waiting.popitem(last=False)
            while line:
                heir = line.popleft()
                if not heir.done():
                    heir.set_result(None)
                    self._holder, self._behind = who, line
                    break
