"""Whether a network's numbers are sound, and changing one of them by hand. Knows no trainer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from playground.spec import SpecError, State

LARGEST = 1e6


def finite(state: State) -> bool:
    """Tell whether every tensor is finite: one pass, since float32 squares cannot overflow a float64 sum."""
    return all(
        math.isfinite(np.vdot(tensor, tensor))
        for tensor in (value.astype(np.float64) for value in state.values() if value.dtype.kind == "f")
    )


def put_number(state: State, name: str, index: Sequence[int], value: float) -> None:
    """Set one number of one tensor of `state`.

    Raises:
        SpecError: if there is no such number or the value is not finite.
    """
    place = f"{name}[{', '.join(map(str, index))}]"
    tensor = state.get(name)
    if tensor is None or tensor.dtype.kind != "f":
        raise SpecError("error.no_tensor", place=name, options=", ".join(state))
    if len(index) != tensor.ndim or any(
        not 0 <= i < size for i, size in zip(index, tensor.shape, strict=True)
    ):
        raise SpecError("error.no_element", place=place, value=list(tensor.shape))
    if not (math.isfinite(value) and abs(value) <= LARGEST):
        raise SpecError("error.weight", place=place, value=value)
    tensor[tuple(index)] = value
