"""What one worker, one owner and one service may use. Each number can be set by an environment variable.

`PLAYGROUND_<NAME>`, such as `PLAYGROUND_SLOTS=4` or `PLAYGROUND_MEMORY=500000000`; the defaults suit a laptop and are
safe for a class on two cores.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

from playground.spec.errors import SpecError

DRIVER = 6 << 30
"""Bytes that an accelerator's driver and its libraries may keep in a process, above what the training itself may."""


@dataclass(frozen=True)
class Quotas:
    """The limits in force. Sizes in bytes, times in seconds, the rest are counts.

    Attributes:
        slots: workers at once, over all owners.
        owner_slots: workers of one owner at once.
        owner_queue: runs of one owner that may wait.
        owner_runs: runs of one owner that are kept; the oldest that have ended make room.
        owner_bytes: what the runs of one owner may take on disk before the oldest that have ended make room.
        total_runs: runs of all owners that are kept.
        memory, cpu_seconds, wall_seconds, storage, threads: what one run may use; 0 turns a limit off.
        nice: how far a worker stands back for everything else on this machine, 0 to 19, once there are more workers
            than processors: then the pages come first.
        few_nice: the same while every worker has a processor: beside a busy browser each step back costs training time.
        idle_seconds: a run that nobody has looked at for so long is paused.
        lease_seconds: a paused run keeps its worker so long, if nobody else needs it.
        keep_seconds: a run that nobody has looked at for so long is removed.
        exit_seconds: a service without a request and without an active run exits after so long.
        grace_seconds: a worker that does not react to a cancellation is killed after so long.
        drain_seconds: the same when it is asked to write a checkpoint and make room.
        attempts: how often a run is started again after deaths that nobody can explain.
        healthy_seconds: a run that has worked for so long beyond its last death is given all attempts again.
        round_seconds: how often the service looks after limits, leases and old runs.
    """

    PREFIX: ClassVar = "PLAYGROUND_"

    slots: int = max(8, 4 * (os.cpu_count() or 1))
    owner_slots: int = 4
    owner_queue: int = 20
    owner_runs: int = 50
    owner_bytes: int = 2_000_000_000
    total_runs: int = 5_000
    memory: int = 2_000_000_000
    cpu_seconds: float = 4 * 3600.0
    wall_seconds: float = 24 * 3600.0
    storage: int = 500_000_000
    threads: int = 1
    nice: int = 19
    few_nice: int = 0
    idle_seconds: float = 120.0
    lease_seconds: float = 60.0
    keep_seconds: float = 7 * 24 * 3600.0
    exit_seconds: float = 600.0
    grace_seconds: float = 0.5
    drain_seconds: float = 5.0
    attempts: int = 3
    healthy_seconds: float = 30.0
    round_seconds: float = 1.0

    def memory_beside(self, devices: Sequence[str]) -> int:
        """Return the bytes that a worker may use on a machine with these devices; 0 is no limit."""
        return self.memory and self.memory + (DRIVER if set(devices) - {"cpu"} else 0)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Return the limits in force.

        Raises:
            SpecError: if a variable is not a number of its kind, or negative.
        """
        found: dict[str, Any] = {}
        for field in fields(cls):
            name = f"{cls.PREFIX}{field.name.upper()}"
            text = environment.get(name, "").strip()
            if text:
                found[field.name] = _number(name, text, whole=field.type == "int")
        return cls(**found)


def _number(name: str, text: str, *, whole: bool) -> float:
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        value = -1
    if not (math.isfinite(value) and value >= 0):
        raise SpecError("run.environment", place=name, value=text)
    return value
