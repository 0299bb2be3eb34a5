"""Which devices torch can use here."""

from __future__ import annotations

import torch

from playground.spec import SpecError


def devices() -> tuple[str, ...]:
    """Return the names of the devices that are there, the CPU first."""
    found = ["cpu"]
    if torch.cuda.is_available():
        found += ["cuda", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        found.append("mps")
    return tuple(found)


def device(name: str, dtype: torch.dtype) -> torch.device:
    """Return the device called `name`.

    Raises:
        SpecError: if it is not there or cannot compute in `dtype`.
    """
    found = [name for name in devices() if dtype != torch.float64 or name != "mps"]
    if name not in found:
        raise SpecError("engine.device", place="device", value=name, engine="torch", options=", ".join(found))
    return torch.device(name)
