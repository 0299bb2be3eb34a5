"""The run service: one process for each data folder. It listens on a local socket and lends runs to workers.

    python -m playground.runs.service --data-dir FOLDER

It resumes what was active when an earlier one ended, and exits by itself after a while without requests and active
runs. SIGTERM lets every worker write a checkpoint first; if it is killed, the kernel ends its workers, and nothing is
lost but the time since their last checkpoints.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from playground.runs import commands
from playground.runs.address import (
    EXIT_UNWRITABLE,
    Address,
    choose_address,
    home,
    loopback,
    remove_address,
    take_lock,
    write_address,
)
from playground.runs.commands import PROTOCOL, Owned, Request
from playground.runs.control import Control
from playground.runs.dispatch import Dispatch
from playground.runs.following import follow
from playground.runs.index import Index, IndexUnavailable
from playground.runs.local import LocalBackend
from playground.runs.looking import Answer, Looking
from playground.runs.patrol import Patrol
from playground.runs.quotas import Quotas
from playground.runs.reasons import ServiceDown, plain_error
from playground.runs.replays import Replays
from playground.runs.trainer import trainers
from playground.runs.wire import FROM_CLIENT, Assembler, Parcel, WireError, pack
from playground.spec.errors import SpecError

logger = logging.getLogger(__name__)
MAX_LOG = 1 << 20
TRAINERS = "playground.runs.trainer"


class Service:
    """Everything of one data folder, wired together."""

    def __init__(self, data_dir: Path, quotas: Quotas, trainers_module: str = TRAINERS) -> None:
        self.data_dir, self.quotas = data_dir, quotas
        self.index = Index(data_dir / "service" / "index.sqlite")
        self.dispatch = Dispatch(self.index, quotas, data_dir, trainers(trainers_module), trainers_module)
        self.replays = Replays(self.dispatch)
        forking = None if os.environ.get("PLAYGROUND_START", "fork") == "fork" else False
        self.backend = LocalBackend(
            self._wake, threads=quotas.threads, trainers=trainers_module, forking=forking
        )
        self.dispatch.backend = self.backend
        self.patrol = Patrol(self.dispatch)
        self.looking = Looking(self.dispatch, self.replays)
        self.control = Control(self.dispatch, self.patrol, self.looking)
        self.address = Address(os.getpid())
        self.stopping = asyncio.Event()
        self.started = self.asked = time.monotonic()
        self._connections: set[asyncio.Task[None]] = set()

    def _wake(self, key: str) -> None:
        if not self.replays.wake(key):
            self.dispatch.wake(key)

    async def run(self) -> None:
        """Serve until told to stop or no longer needed, then leave nothing behind."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(name, self.stopping.set)
        await self.backend.open()
        server = await self._listen()
        resumed = self.dispatch.resume()
        write_address(self.data_dir, self.address)
        logger.info("service %d answers; %d runs resumed", os.getpid(), resumed)
        try:
            while not self.stopping.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.stopping.wait(), max(0.05, self.quotas.round_seconds))
                try:
                    self.patrol.round()
                except OSError as error:  # a full disk, most likely: the runs go on, and so do we
                    logger.warning("not everything could be looked after: %s", error)
                if self._idle():
                    logger.info("nobody needs this service")
                    self.stopping.set()
        finally:
            remove_address(self.data_dir, self.address)
            server.close()
            for connection in self._connections:
                connection.cancel()
            await self.dispatch.drain()
            await self.backend.close()
            self.index.close()
            logger.info("service %d has left", os.getpid())

    def _idle(self) -> bool:
        exit_after = self.quotas.exit_seconds
        active = any(run.status in ("running", "queued") for run in self.dispatch.runs.values())
        return bool(exit_after) and not active and time.monotonic() - self.asked > exit_after

    async def _listen(self) -> asyncio.Server:
        address = choose_address(self.data_dir)
        if address.path:
            try:
                server = await asyncio.start_unix_server(self._accept, address.path)
            except OSError as error:  # some network disks have no sockets
                logger.warning("no socket at %s (%s)", address.path, error)
                address = loopback()
            else:
                os.chmod(address.path, 0o600)  # noqa: PTH101 - one call, and the folder is private anyway
                self.address = address
                return server
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        self.address = Address(address.pid, port=port, token=address.token)
        return server

    # --- one connection ---------------------------------------------------------------------------------------

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, WireError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assembler, greeted = Assembler(FROM_CLIENT), False
        while data := await reader.read(1 << 16):
            come = deque(assembler.feed(data))
            while come:
                parcel = come.popleft()
                if greeted and parcel.body.get("kind") == "follow":
                    await self._follow(parcel.body, come, assembler, reader, writer)
                    return
                body, payloads = await self._respond(parcel.body, greeted=greeted)
                greeted = greeted or body.get("protocol") == PROTOCOL
                writer.write(pack(body, payloads))
                await writer.drain()
                if not greeted:
                    return

    async def _follow(
        self,
        body: dict[str, Any],
        come: Iterable[Parcel],
        assembler: Assembler,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Tell how a run stands until the other side hangs up."""
        try:
            request = commands.Follow.parse(body)
        except SpecError as error:
            writer.write(pack({"error": plain_error(error)}))
            return
        await follow(self.looking, request, come, assembler, reader, writer, self._asked)

    def _asked(self) -> None:
        self.asked = time.monotonic()

    async def _respond(self, body: dict[str, Any], *, greeted: bool) -> Answer:
        """Answer one request; whatever is wrong with it is an answer too."""
        try:
            request = Request.of(body)
            if isinstance(request, commands.Hello):
                return self._greet(request), ()
            if not greeted:
                raise SpecError("run.refused", value=request.kind)
            self.asked = time.monotonic()
            if isinstance(request, Owned):
                return await self.control.answer(request)
            if isinstance(request, commands.Shutdown):
                self.stopping.set()
                return {}, ()
            return self.info(), ()
        except SpecError as error:
            return {"error": plain_error(error)}, ()
        except OSError as error:
            logger.warning("a request failed: %s", error)
            return {"error": plain_error(SpecError("run.refused_unwritable", place=str(self.data_dir)))}, ()
        except Exception:
            logger.exception("a request failed")
            return {"error": plain_error(SpecError("run.internal"))}, ()

    def _greet(self, hello: commands.Hello) -> dict[str, Any]:
        if hello.token != self.address.token:
            raise SpecError("run.refused", value="token")
        # A client of another version is told ours, and may ask for nothing but our leaving.
        return {"protocol": PROTOCOL, "pid": os.getpid()}

    def info(self) -> dict[str, Any]:
        """Return what is in force and going on."""
        capabilities = self.backend.capabilities
        return {
            "pid": os.getpid(),
            "data_dir": str(self.data_dir),
            "uptime": time.monotonic() - self.started,
            "backend": capabilities.name,
            "cores": capabilities.num_cores,
            "quotas": dict(vars(self.quotas)),
            "trouble": self.index.stalled,
            "recovered": self.index.recovered,
            **self.control.counts(),
        }


def main(arguments: list[str] | None = None) -> int:
    """Serve one data folder; return the exit code (0 also if another service was there first)."""
    parser = argparse.ArgumentParser(prog="playground.runs.service", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    data_dir: Path = parser.parse_args(arguments).data_dir.resolve()
    try:
        quotas = Quotas.from_environment()
        folder = home(data_dir)
        lock = take_lock(data_dir)
        if lock is None:
            return 0
        with lock:
            _configure_log(folder / "log")
            asyncio.run(_serve(data_dir, quotas))
    except (ServiceDown, IndexUnavailable, PermissionError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - whoever has started this shows its last line
        return EXIT_UNWRITABLE
    except SpecError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return 0


async def _serve(data_dir: Path, quotas: Quotas) -> None:
    await Service(data_dir, quotas, os.environ.get("PLAYGROUND_TRAINERS", TRAINERS)).run()


def _configure_log(path: Path) -> None:
    if path.exists() and path.stat().st_size > MAX_LOG:
        path.write_bytes(path.read_bytes()[-MAX_LOG // 2 :])
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )


if __name__ == "__main__":
    sys.exit(main())
