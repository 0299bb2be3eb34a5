"""The service's ends of its workers, and the two ways to make one: forked from a fork server, or spawned.

Everything happens on the event loop's own thread: the kernel ties a child's life to the thread that has started it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from collections import deque
from contextlib import suppress
from typing import Protocol

from playground.runs import interpreter
from playground.runs.backend import Ending, Wake
from playground.runs.commands import FromWorker, Left
from playground.runs.forkserver import BORN, DIED, KILL, NOT_BORN, START, event, order
from playground.runs.wire import Assembler

Message = tuple[FromWorker, tuple[bytes, ...]]


class Worker(asyncio.Protocol):
    """The service's end of one worker: what it said, and whether pipe and process are still there."""

    def __init__(self, key: str, wake: Wake) -> None:
        self.key, self._wake = key, wake
        self.inbox: deque[Message] = deque()
        self.pid: int | None = None
        self.doomed = False
        self.ending: Ending | None = None
        self.transport: asyncio.Transport | None = None
        self._assembler = Assembler()
        self._closed = self._said_all = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            found = [(FromWorker.of(p.body), p.payloads) for p in self._assembler.feed(data)]
        except (
            ValueError
        ):  # bytes that are no message: the worker is broken and nothing after this can be read
            assert self.transport is not None
            self.transport.abort()
            return
        if found:
            self.inbox.extend(found)
            if isinstance(found[-1][0], Left):
                # It waits for this before it ends: a message to a closed pipe would cost us what is unread in it.
                self._said_all = True
                assert self.transport is not None
                self.transport.close()
            self._wake(self.key)

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed = True
        self._wake(self.key)

    @property
    def alive(self) -> bool:
        """True until the process has ended and its last words have been read."""
        return self.ending is None or not (self._closed or self.transport is None)

    @property
    def hung_up(self) -> bool:
        """True if the pipe was closed although there was more to say, and the process has not ended."""
        return self._closed and not self._said_all and self.ending is None

    def died(self, ending: Ending) -> None:
        """Remember how the process ended."""
        self.ending = ending
        self._wake(self.key)


class Launcher(Protocol):
    """Makes processes."""

    async def open(self) -> None: ...
    def launch(self, worker: Worker, end: socket.socket) -> None: ...
    def kill(self, pid: int) -> None: ...
    async def close(self) -> None: ...


class Forking(asyncio.Protocol):
    """Launches workers through a fork server, which is started anew if somebody has killed it."""

    def __init__(self, environment: dict[str, str], preload: tuple[str, ...]) -> None:
        self._environment, self._preload = environment, preload
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._transport: asyncio.Transport | None = None
        self._unborn: deque[Worker] = deque()
        self._workers: dict[int, Worker] = {}
        self._buffer = bytearray()

    async def open(self) -> None:
        if self._transport is not None:
            return
        ours, theirs = socket.socketpair()
        arguments = [str(theirs.fileno()), str(os.getpid()), *self._preload]
        # On the loop's own thread: the kernel ties a child's life to the thread that has started it.
        self._process = subprocess.Popen(  # noqa: ASYNC220
            interpreter.command("playground.runs.forkserver", *arguments),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        self._buffer.clear()
        self._control = ours.dup()
        ours.setblocking(False)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_connection(lambda: self, sock=ours)

    def launch(self, worker: Worker, end: socket.socket) -> None:
        assert self._control is not None
        self._unborn.append(worker)
        try:
            socket.send_fds(self._control, [order.pack(START, 0)], [end.fileno()])
        except OSError as error:
            self._unborn.remove(worker)
            worker.died(Ending(1, f"the fork server cannot be reached ({error})"))

    def kill(self, pid: int) -> None:
        if pid in self._workers and self._control is not None:
            with suppress(OSError):  # then the server has died, and its workers with it
                self._control.send(order.pack(KILL, pid))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= event.size:
            what, pid, number = event.unpack_from(self._buffer)
            del self._buffer[: event.size]
            if what == BORN:
                worker = self._unborn.popleft()
                worker.pid = pid
                self._workers[pid] = worker
                if worker.doomed:
                    self.kill(pid)
            elif what == NOT_BORN:
                self._unborn.popleft().died(Ending(1, f"no process: {os.strerror(number)}"))
            elif what == DIED and pid in self._workers:
                self._workers.pop(pid).died(Ending(number))

    def connection_lost(self, exc: Exception | None) -> None:
        """The fork server is gone, and the kernel has ended its workers."""
        self._drop()
        orphans = [*self._unborn, *self._workers.values()]
        self._unborn.clear()
        self._workers.clear()
        for worker in orphans:
            worker.died(Ending(-9, "the fork server was killed"))

    async def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            await asyncio.sleep(0)
        self._drop()

    def _drop(self) -> None:
        self._transport = None
        if self._control is not None:
            self._control.close()
            self._control = None
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()


class Spawning:
    """Launches every worker as a fresh interpreter, where there is no fork; slower, and otherwise the same."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._watches: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        return

    def launch(self, worker: Worker, end: socket.socket) -> None:
        shared = hasattr(end, "share")
        arguments = () if shared else (str(end.fileno()),)
        try:
            process = subprocess.Popen(
                interpreter.command("playground.runs.spawned", *arguments),
                env=self._environment,
                stdin=subprocess.PIPE if shared else subprocess.DEVNULL,
                pass_fds=() if shared else (end.fileno(),),
            )
        except OSError as error:
            worker.died(Ending(1, f"no process: {error}"))
            return
        if process.stdin is not None:
            with process.stdin:
                process.stdin.write(end.share(process.pid))  # type: ignore[attr-defined]  # Windows only
        worker.pid = process.pid
        self._processes[process.pid] = process
        watch = asyncio.get_running_loop().create_task(self._watch(worker, process))
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)

    async def _watch(self, worker: Worker, process: subprocess.Popen[bytes]) -> None:
        code = await asyncio.to_thread(process.wait)
        self._processes.pop(process.pid, None)
        worker.died(Ending(code))

    def kill(self, pid: int) -> None:
        process = self._processes.get(pid)
        if process is not None:
            process.kill()

    async def close(self) -> None:
        for process in list(self._processes.values()):
            process.kill()
        if self._watches:
            await asyncio.wait(self._watches)
