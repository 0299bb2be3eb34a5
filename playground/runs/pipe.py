"""The worker's end of its pipe: messages out, messages in, and a loud end when the service is gone."""

from __future__ import annotations

import select
import socket
from collections import deque

from playground.runs.commands import FromWorker, ToWorker
from playground.runs.wire import Assembler, pack

CHUNK = 1 << 18


class PipeLost(ConnectionError):
    """The service is gone; so must the worker be."""


class Pipe:
    """A duplex pipe that carries bytes only."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(True)
        self._end = end
        self._assembler = Assembler()
        self._come: deque[ToWorker] = deque()

    def send(self, message: FromWorker, *payloads: bytes) -> None:
        """Send a message; waits while the service is busy. Raises PipeLost."""
        try:
            self._end.sendall(pack(message.plain(), payloads))
        except OSError as error:
            raise PipeLost(str(error)) from None

    def next(self, patience: float | None = 0.0) -> ToWorker | None:
        """Return the next message, waiting at most `patience` seconds for it (None: for ever). Raises PipeLost."""
        if not self._come and select.select([self._end], [], [], patience)[0]:
            try:
                data = self._end.recv(CHUNK)
            except OSError as error:
                raise PipeLost(str(error)) from None
            if not data:
                raise PipeLost("closed")
            self._come.extend(ToWorker.of(parcel.body) for parcel in self._assembler.feed(data))
        return self._come.popleft() if self._come else None

    def first(self) -> ToWorker:
        """Return the next message, however long it takes. Raises PipeLost."""
        while (message := self.next(None)) is None:
            pass
        return message
