"""Initial numbers of a tensor. They belong to the specification, so that every engine starts from the same ones.

Sources: LeCun et al., "Efficient BackProp" (1998) for `normal`; Glorot and Bengio (2010) for `xavier`;
He et al. (2015) for `kaiming`; Saxe et al. (2014) for `orthogonal`; `uniform` is what `torch.nn.Linear` and, with
the state as fan, `torch.nn.LSTM` do; `embedding` is `torch.nn.Embedding`'s, whose row 0 is the padding.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from playground.spec.base import Shape
from playground.spec.random import stream

Initialisation = Literal["uniform", "xavier", "kaiming", "normal", "orthogonal", "zeros"]


@dataclass(frozen=True)
class TensorSpec:
    """One tensor of a layer: its shape in torch's layout, how it starts, whether it is learned."""

    shape: Shape
    init: Initialisation | Literal["ones", "count", "embedding"] = "zeros"
    trainable: bool = True
    fan_in: int = 1
    fan_out: int = 1
    raised: tuple[int, int, float] = (0, 0, 0.0)
    """From which row up to which the numbers begin by how much higher."""

    @property
    def size(self) -> int:
        """Return the number of elements."""
        return math.prod(self.shape)

    def draw(self, seed: int, name: str) -> np.ndarray:
        """Return the initial numbers: float64 of `shape` (an int64 scalar for a count).

        Args:
            seed: the experiment's seed.
            name: the tensor's name in the state; it names the random stream.
        """
        if self.init == "count":
            return np.zeros(self.shape, np.int64)
        drawn = _DRAW[self.init](self, stream(seed, "init", name))
        start, stop, height = self.raised
        drawn[start:stop] += height
        return drawn


def _orthogonal(tensor: TensorSpec, random: np.random.Generator) -> np.ndarray:
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    q, r = np.linalg.qr(random.normal(size=(max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))
    return (q if rows >= columns else q.T).reshape(tensor.shape)


def _uniform(tensor: TensorSpec, random: np.random.Generator) -> np.ndarray:
    bound = 1 / math.sqrt(tensor.fan_in)
    return random.uniform(-bound, bound, tensor.shape)


def _xavier(tensor: TensorSpec, random: np.random.Generator) -> np.ndarray:
    bound = math.sqrt(6 / (tensor.fan_in + tensor.fan_out))
    return random.uniform(-bound, bound, tensor.shape)


def _embedding(tensor: TensorSpec, random: np.random.Generator) -> np.ndarray:
    drawn = random.normal(size=tensor.shape)
    drawn[0] = 0  # the padding
    return drawn


_DRAW: dict[str, Callable[[TensorSpec, np.random.Generator], np.ndarray]] = {
    "zeros": lambda tensor, _: np.zeros(tensor.shape),
    "ones": lambda tensor, _: np.ones(tensor.shape),
    "uniform": _uniform,
    "xavier": _xavier,
    "kaiming": lambda tensor, random: random.normal(0, math.sqrt(2 / tensor.fan_in), tensor.shape),
    "normal": lambda tensor, random: random.normal(0, math.sqrt(1 / tensor.fan_in), tensor.shape),
    "orthogonal": _orthogonal,
    "embedding": _embedding,
}
