"""How a network is drawn: its layers gathered into columns of units, one for each layer that makes new ones.

A column begins at a layer that mixes its inputs (`Linear`, a convolution, a pool) and takes what follows it up to the
next: normalisation, activation, dropout. What stands before the first of them and changes the numbers is a column of
its own; `Flatten` there belongs to the input.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from playground.spec import ModelSpec, Shape
from playground.spec.layers import Flatten


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        layer: the index of its first layer.
        until: the index of its last layer, whose outputs the units show.
        units: how many numbers come out.
        activation: the kind of its last activation; empty where there is none.
        low, high: the least and the greatest value that can come out.
    """

    layer: int
    until: int
    units: int
    activation: str
    low: float
    high: float

    @property
    def bounded(self) -> bool:
        """Whether its values lie between −1 and 1 whatever the weights."""
        return self.low >= -1 and self.high <= 1


def columns(model: ModelSpec, shape: Shape) -> tuple[Column, ...]:
    """Return the columns of `model` for samples of `shape`, from the input to the output."""
    # pyright does not know that pydantic's frozen models are hashable.
    return _columns(model, shape)  # pyright: ignore[reportArgumentType]


@lru_cache(maxsize=64)
def _columns(model: ModelSpec, shape: Shape) -> tuple[Column, ...]:
    found: list[Column] = []
    first: int | None = None
    shapes = model.shapes(shape)
    for index, layer in enumerate(model.layers):
        if first is None and isinstance(layer, Flatten):
            continue
        if first is None:
            first = index
        after = model.layers[index + 1] if index + 1 < len(model.layers) else None
        if after is None or after.mixes:
            found.append(_column(model, first, index, math.prod(shapes[index])))
            first = None
    return tuple(found)


def _column(model: ModelSpec, first: int, last: int, units: int) -> Column:
    activation, bounds = "", (-math.inf, math.inf)
    for layer in model.layers[first : last + 1]:
        if layer.is_activation:
            activation = layer.kind
        if not layer.keeps_values:
            bounds = layer.bounds
    return Column(first, last, units, activation, *bounds)
