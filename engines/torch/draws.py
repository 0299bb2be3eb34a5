"""Where dropout's random numbers come from.

On the CPU they are NumPy's, drawn exactly as the NumPy engine draws them, so both engines drop the same values and a
run can move from one to the other. On an accelerator they are drawn there: copying masks would cost more than the step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from engines.generators import dropout_stream, generator_state, restore_generator
from engines.protocol import Array

Uniform = Callable[[Sequence[int]], Tensor]
"""Returns uniform numbers in [0, 1), float32, of a batch's shape (N, ...)."""


class Draws(Protocol):
    """A generator of one layer, whose state can be kept."""

    def __call__(self, shape: Sequence[int]) -> Tensor:
        """Return uniform numbers in [0, 1), float32, of a batch's shape (N, ...)."""
        ...

    def state(self) -> Array:
        """Return what restores the generator exactly."""
        ...

    def load(self, state: Array) -> None:
        """Take over what `state` returned."""
        ...


class NumpyDraws:
    """The NumPy engine's draws: float32 (F, N), features first."""

    def __init__(self, seed: int, name: str, device: torch.device) -> None:
        self._generator = dropout_stream(seed, name)
        self._device = device

    def __call__(self, shape: Sequence[int]) -> Tensor:
        drawn = self._generator.random((math.prod(shape[1:]), shape[0]), dtype=np.float32)
        return torch.from_numpy(drawn).T.reshape(tuple(shape)).to(self._device)

    def state(self) -> Array:
        return generator_state(self._generator)

    def load(self, state: Array) -> None:
        restore_generator(self._generator, state)


class DeviceDraws:
    """Draws by a generator on the device, seeded from the same stream."""

    def __init__(self, seed: int, name: str, device: torch.device) -> None:
        self._device = device
        self.generator = torch.Generator(device)
        self.generator.manual_seed(int(dropout_stream(seed, name).integers(2**63)))

    def __call__(self, shape: Sequence[int]) -> Tensor:
        return torch.rand(tuple(shape), generator=self.generator, device=self._device)

    def state(self) -> Array:
        return self.generator.get_state().numpy()

    def load(self, state: Array) -> None:
        self.generator.set_state(torch.from_numpy(np.array(state, dtype=np.uint8)))

    def begin_anew(self, state: Array) -> None:
        """Go on from `state` with another generator, which no graph knows."""
        self.generator = torch.Generator(self._device)
        self.load(state)
