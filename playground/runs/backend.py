"""What the service asks of whatever runs its workers, so that a cluster can take the place of this machine.

A backend starts workers, carries messages both ways, and tells when one is gone. It knows no owner, no queue and no
reason. Everything happens on the service's event loop; a backend calls `wake(run)` there when something has come.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from playground.runs.commands import FromWorker, Job, ToWorker

Wake = Callable[[str], None]
"""Told the key of a worker that has sent something or has ended."""


@dataclass(frozen=True)
class Capabilities:
    """What a backend can do: `num_cores` workers can really work at once, on `devices` as engines name them."""

    name: str
    num_cores: int
    devices: tuple[str, ...] = ("cpu",)


@dataclass(frozen=True)
class Ending:
    """How a worker ended: its exit code, negative for a signal, and one line if it was never started."""

    code: int
    cause: str = ""


@dataclass(frozen=True)
class Usage:
    """What a worker uses now; None where the platform does not tell. `memory` in bytes."""

    pid: int | None
    memory: int | None


class Backend(Protocol):
    """Workers, by a key that the service chooses."""

    capabilities: Capabilities

    async def open(self) -> None:
        """Get ready to start workers quickly."""
        ...

    async def start(self, key: str, job: Job) -> None:
        """Start a worker and give it its job; whatever goes wrong shows as an ending."""
        ...

    def send(self, key: str, message: ToWorker) -> None:
        """Send a worker a message; lost if the worker is gone."""
        ...

    def drain(self, key: str) -> list[tuple[FromWorker, tuple[bytes, ...]]]:
        """Return what a worker has sent since the last call, in order, with what travelled beside."""
        ...

    def alive(self, key: str) -> bool:
        """Tell whether a worker may still send something."""
        ...

    def ending(self, key: str) -> Ending | None:
        """Return how a worker has ended, and forget it; None while it is alive."""
        ...

    def kill(self, key: str) -> None:
        """End a worker at once, whatever it is doing."""
        ...

    def stand_back(self, key: str, nice: int) -> None:
        """Let a worker stand back so far for everything else, 0 to 19; never less far than it already does."""
        ...

    def usage(self, key: str) -> Usage:
        """Return what a worker uses."""
        ...

    async def close(self) -> None:
        """Kill what is left and leave nothing behind."""
        ...
