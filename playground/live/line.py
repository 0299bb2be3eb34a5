"""Lines to the run service for code that runs on an event loop: questions with answers, and following a run.

The plain client (`playground.runs.client`) is for threads; the live sockets of all visitors share one loop, and frames
must pass through it as the bytes they are.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from playground.runs import commands
from playground.runs.address import Address, ensure_service, read_address
from playground.runs.commands import PROTOCOL, Request
from playground.runs.reasons import ServiceDown, error_from
from playground.runs.wire import Assembler, Parcel, WireError, pack

TIMEOUT = 5.0
LONG = 40.0
MAX_IDLE = 8
CHUNK = 1 << 18
LOOKING = (commands.FrameAt, commands.Steps, commands.Poll, commands.GetState)
"""Questions that change nothing, and may be asked again where a connection breaks."""


class Line:
    """One connection to the service, greeted. Raises OSError as soon as it is broken."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._assembler = Assembler()
        self._come: deque[Parcel] = deque()

    @classmethod
    async def open(cls, address: Address) -> Line:
        """Connect and greet.

        Raises:
            OSError: if nobody answers, or not our service.
        """
        if address.path:
            streams = await asyncio.open_unix_connection(address.path)
        else:
            streams = await asyncio.open_connection("127.0.0.1", address.port)
        line = cls(*streams)
        try:
            line.say(commands.Hello(protocol=PROTOCOL, token=address.token))
            answer = (await asyncio.wait_for(line.hear(), TIMEOUT)).body
            if answer.get("protocol") != PROTOCOL:
                raise ConnectionError("another protocol")
        except BaseException:
            line.close()
            raise
        return line

    def say(self, message: commands.Spec) -> None:
        """Send a message, without waiting until it has gone."""
        self._writer.write(pack(message.plain()))

    async def hear(self) -> Parcel:
        """Return the next message."""
        while not self._come:
            data = await self._reader.read(CHUNK)
            if not data:
                raise ConnectionResetError("the run service has closed the connection")
            try:
                self._come.extend(self._assembler.feed(data))
            except WireError as error:
                raise ConnectionError(str(error)) from None
        return self._come.popleft()

    @property
    def alive(self) -> bool:
        """False if the service has closed the connection."""
        return not (self._reader.at_eof() or self._writer.is_closing())

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


class Lines:
    """All lines of one process to the service of one data folder, on one event loop."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._idle: list[Line] = []

    async def ask(self, request: Request, seconds: float = TIMEOUT) -> Parcel:
        """Return the answer to a question, within so many seconds.

        Raises:
            NoSuchRun: if the owner has no such run.
            ServiceDown: if the service cannot be reached or does not answer in time.
            SpecError: for whatever it refuses.
        """
        line = await self._take()
        try:
            parcel = await self._asked(line, request, seconds)
        except OSError as error:
            if isinstance(error, TimeoutError) or not isinstance(request, LOOKING):
                raise ServiceDown("run.service_lost") from error
            line = await self._take()
            try:
                parcel = await self._asked(line, request, seconds)
            except OSError as again:
                raise ServiceDown("run.service_lost") from again
        if len(self._idle) < MAX_IDLE:
            self._idle.append(line)
        else:
            line.close()
        if "error" in parcel.body:
            raise error_from(parcel.body["error"])
        return parcel

    async def follow(self, owner: str, run: str, probes: Sequence[str], credits: int) -> Line:
        """Return a line on which the service tells how a run stands; say `Watching` on it.

        Raises:
            ServiceDown: if the service cannot be reached.
        """
        line = await self._connect()
        line.say(commands.Follow(owner=owner, run=run, probes=tuple(probes), credits=credits))
        return line

    def close(self) -> None:
        """Close the lines that are not in use."""
        while self._idle:
            self._idle.pop().close()

    async def _asked(self, line: Line, request: Request, seconds: float) -> Parcel:
        try:
            line.say(request)
            return await asyncio.wait_for(line.hear(), seconds)
        except BaseException:
            line.close()
            raise

    async def _take(self) -> Line:
        while self._idle:
            line = self._idle.pop()
            if line.alive:
                return line
            line.close()
        return await self._connect()

    async def _connect(self) -> Line:
        address = await asyncio.to_thread(read_address, self.data_dir)
        if address is not None:
            with contextlib.suppress(OSError):
                return await Line.open(address)
        address = await asyncio.to_thread(ensure_service, self.data_dir)
        try:
            return await Line.open(address)
        except OSError as error:
            raise ServiceDown("run.service_lost") from error
