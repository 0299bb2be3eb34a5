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


def bfloat16_devices() -> tuple[str, ...]:
    """Return those of `devices` that have hardware for products of bfloat16: Nvidia's since Ampere, and AMD's."""
    if not torch.cuda.is_available():
        return ()
    able = [
        torch.version.hip is not None or torch.cuda.get_device_capability(index)[0] >= 8
        for index in range(torch.cuda.device_count())
    ]
    return (*(["cuda"] if able[0] else []), *(f"cuda:{index}" for index, can in enumerate(able) if can))


def device(name: str, dtype: torch.dtype) -> torch.device:
    """Return the device called `name`.

    Raises:
        SpecError: if it is not there or cannot compute in `dtype`.
    """
    found = [name for name in devices() if dtype != torch.float64 or name != "mps"]
    if name not in found:
        raise SpecError("engine.device", place="device", value=name, engine="torch", options=", ".join(found))
    return torch.device(name)
