"""The backend of one machine: a process for each run, forked from a fork server, or spawned where there is none."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from playground.runs import confinement, interpreter
from playground.runs.backend import Capabilities, Ending, Usage, Wake
from playground.runs.commands import FromWorker, Job, Left, ToWorker
from playground.runs.forkserver import BORN, DIED, KILL, NOT_BORN, START, event, order
from playground.runs.wire import Assembler, pack

Message = tuple[FromWorker, tuple[bytes, ...]]
PRELOAD = (
    "numpy",
    "engines.numpy",
    "playground.data",
    "playground.probes.fields",
    "playground.probes.outcomes",
    "playground.probes.parameters",
    "playground.runs.supervised",
)


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


class LocalBackend:
    """Workers as processes of this machine."""

    def __init__(
        self, wake: Wake, *, threads: int = 1, trainers: str = "", forking: bool | None = None
    ) -> None:
        """Prepare, and start nothing.

        Args:
            wake: called on the event loop.
            threads: BLAS and OpenMP threads of each worker.
            trainers: the module of trainers, to be loaded before the fork.
            forking: whether to use a fork server; None: where the platform has one.
        """
        self.capabilities = Capabilities("local", os.cpu_count() or 1)
        self._wake = wake
        self._workers: dict[str, Worker] = {}
        environment = confinement.quiet(interpreter.environment(os.environ), threads)
        if forking is None:
            forking = hasattr(os, "fork") and hasattr(socket, "send_fds")
        self._launcher: Launcher = (
            Forking(environment, (*PRELOAD, *filter(None, [trainers]))) if forking else Spawning(environment)
        )

    async def open(self) -> None:
        """Start the fork server, so that the first run need not wait for it."""
        await self._launcher.open()

    async def start(self, key: str, job: Job) -> None:
        """Start a worker and give it its job."""
        await self._launcher.open()
        worker = self._workers[key] = Worker(key, self._wake)
        ours, theirs = socket.socketpair()
        with theirs:
            ours.setblocking(False)
            await asyncio.get_running_loop().create_connection(lambda: worker, sock=ours)
            self._launcher.launch(worker, theirs)
        self.send(key, job)

    def send(self, key: str, message: ToWorker) -> None:
        """Send a worker a message; lost if the worker is gone."""
        worker = self._workers.get(key)
        if worker is not None and worker.transport is not None and not worker.transport.is_closing():
            worker.transport.write(pack(message.plain()))

    def drain(self, key: str) -> list[Message]:
        """Return what a worker has sent since the last call."""
        worker = self._workers.get(key)
        if worker is None:
            return []
        found = list(worker.inbox)
        worker.inbox.clear()
        if worker.hung_up:
            self.kill(key)  # a worker without a pipe is of no use to anybody
        return found

    def alive(self, key: str) -> bool:
        """Tell whether a worker may still send something."""
        worker = self._workers.get(key)
        return worker is not None and worker.alive

    def ending(self, key: str) -> Ending | None:
        """Return how a worker has ended, and forget it; None while it is alive."""
        worker = self._workers.get(key)
        if worker is None:
            return Ending(1, "unknown")
        if worker.alive or worker.inbox:
            return None
        del self._workers[key]
        return worker.ending

    def kill(self, key: str) -> None:
        """End a worker at once."""
        worker = self._workers.get(key)
        if worker is None or worker.ending is not None:
            return
        worker.doomed = True
        if worker.pid is not None:
            self._launcher.kill(worker.pid)

    def usage(self, key: str) -> Usage:
        """Return a worker's process id and resident memory."""
        worker = self._workers.get(key)
        pid = worker.pid if worker is not None else None
        if pid is None:
            return Usage(None, None)
        try:
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except (OSError, ValueError, IndexError):
            return Usage(pid, None)
        return Usage(pid, pages * os.sysconf("SC_PAGE_SIZE"))

    async def close(self) -> None:
        """Kill what is left."""
        await self._launcher.close()
        for worker in self._workers.values():
            if worker.transport is not None:
                worker.transport.abort()
        self._workers.clear()
        await asyncio.sleep(0)
