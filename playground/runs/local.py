"""The backend of one machine: a process for each run, forked from a fork server, or spawned where there is none."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from pathlib import Path

from playground.runs import confinement, interpreter
from playground.runs.backend import Capabilities, Ending, Usage, Wake
from playground.runs.commands import Job, ToWorker
from playground.runs.launchers import Forking, Launcher, Message, Spawning, Worker
from playground.runs.wire import pack

PRELOAD = (
    "numpy",
    "engines.numpy",
    "playground.data",
    "playground.probes.fields",
    "playground.probes.outcomes",
    "playground.probes.parameters",
    "playground.runs.supervised",
)


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

    def stand_back(self, key: str, nice: int) -> None:
        """Let a worker stand back further, where the platform has such a thing, counted from the service itself."""
        worker = self._workers.get(key)
        if worker is None or worker.pid is None or not hasattr(os, "setpriority"):
            return
        with suppress(ProcessLookupError, PermissionError):
            os.setpriority(os.PRIO_PROCESS, worker.pid, os.nice(0) + nice)

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
