"""A run service of its own for a test: started as a process, watched from outside, and gone afterwards."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psutil

from playground.runs.address import read_address
from playground.runs.client import Client, RunView
from tests.runs.toy_trainer import Toy

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
PATIENCE = 30.0


def until(ask: Callable[[], T | None | bool], seconds: float = PATIENCE) -> T:
    """Ask again and again until there is an answer, and return it."""
    deadline = time.monotonic() + seconds
    while True:
        found = ask()
        if found:
            return found  # type: ignore[return-value]
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


class House:
    """A data folder with a service that trains toys, and a client to it."""

    owner = "anna"

    def __init__(self, folder: Path, trainers: str = "tests.runs.toy_trainer", **quotas: object) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PLAYGROUND_TRAINERS": trainers,
            "PLAYGROUND_NICE": "0",
            "PLAYGROUND_FEW_NICE": "0",  # or a busy machine would starve what the test waits for
            "PLAYGROUND_ROUND_SECONDS": "0.1",
            **{f"PLAYGROUND_{name.upper()}": str(value) for name, value in quotas.items()},
        }
        self.client = Client(folder, self.environment)

    # --- asking -----------------------------------------------------------------------------------------------

    def start(self, *, owner: str = "", **toy: Any) -> str:
        """Submit a toy and return its run."""
        return self.client.submit(owner or self.owner, Toy(**toy), probes=("weights",))

    def start_resting(self, **toy: Any) -> str:
        """Submit a toy that rests at step 0."""
        return self.submit(Toy(**toy), paused=True)

    def submit(self, toy: Toy, **options: Any) -> str:
        return self.client.submit(self.owner, toy, probes=("weights",), **options)

    def view(self, run: str, *, owner: str = "", **options: Any) -> RunView:
        return self.client.poll(owner or self.owner, run, **options)

    def send(self, run: str, command: Any, **options: Any) -> Any:
        return self.client.send(self.owner, run, command, **options)

    def ask(self, request: Any) -> bytes:
        """Return the first payload of what the service answers, as it comes."""
        return self.client._ask(request).payloads[0]

    def until(self, run: str, *statuses: str, step: int = 0, owner: str = "") -> RunView:
        """Wait until a run is in one of these statuses and has come to a step."""

        def there() -> RunView | None:
            view = self.view(run, owner=owner, probes=("weights",))
            right = view.status in (statuses or ("running",)) and view.step >= step
            assert right or view.status not in ("failed", "stopped") or view.status in statuses, (
                view.reason.text()
            )
            return view if right else None

        return until(there)

    # --- looking from outside ---------------------------------------------------------------------------------

    def service(self) -> psutil.Process:
        address = read_address(self.folder)
        assert address is not None
        return psutil.Process(address.pid)

    def processes(self) -> list[psutil.Process]:
        """The service, its fork server and its workers."""
        service = self.service()
        return [service, *service.children(recursive=True)]

    def workers(self) -> list[psutil.Process]:
        """The workers: what the fork server has forked."""
        found: list[psutil.Process] = []
        for server in self.service().children():
            with contextlib.suppress(psutil.NoSuchProcess):
                found += server.children()
        return [worker for worker in found if alive(worker)]

    def worker(self) -> psutil.Process:
        """The only worker."""
        workers = until(self.workers)
        assert len(workers) == 1
        return workers[0]

    def log(self) -> str:
        return (self.folder / "service" / "log").read_text()

    def close(self) -> None:
        """Let the service leave, and demand that it leaves nothing behind."""
        address = read_address(self.folder)
        if address is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            processes = self.processes()
            processes[0].terminate()
            until(lambda: not any(map(alive, processes)))
        self.client.close()


def alive(process: psutil.Process) -> bool:
    """Whether a process runs; one that has ended and waits for its parent does not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


@contextlib.contextmanager
def house(folder: Path, trainers: str = "tests.runs.toy_trainer", **quotas: object) -> Iterator[House]:
    """A house, for the length of a with statement."""
    built = House(folder, trainers, **quotas)
    try:
        yield built
    finally:
        built.close()
