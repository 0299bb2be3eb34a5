"""One unit of one layer at work, and the table of what each kind of layer does to it, forwards and backwards.

A layer's pair of formulas enters by `@formula(Spec)`, beside each other so that they cannot drift. They restate what
`engines/numpy/layers` computes; a test recalculates every line and compares it with the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.probes.formulas.blocks import Block
from playground.spec import LayerSpec, Shape, image_layers, layers

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Place:
    """One unit of one layer at work.

    Attributes:
        spec: the layer.
        x, y: what goes in and comes out (F,), of all units.
        dx, dy: ∂L/∂x and ∂L/∂y (F,).
        tensors: the layer's own, by their short names.
        unit: which one.
        inner, outer: what its input and its output are called.
        shape: of its input.
        column: the column that the terms of its sums come from; None inside a column.
        begun: at which steps of the input a text has begun (T,); None where every step counts.
    """

    spec: Any
    x: Vector
    y: Vector
    dx: Vector
    dy: Vector
    tensors: Mapping[str, Vector]
    unit: int
    inner: str
    outer: str
    shape: Shape
    column: int | None = None
    begun: NDArray[np.bool_] | None = None

    @property
    def z(self) -> float:
        """The unit's own input."""
        return float(self.x[self.unit])

    @property
    def a(self) -> float:
        """The unit's own output."""
        return float(self.y[self.unit])

    @property
    def g(self) -> float:
        """∂L/∂a."""
        return float(self.dy[self.unit])

    def own(self, name: str) -> float:
        """Return the unit's element of one of the layer's tensors (F,), or that of its channel (C,)."""
        values = self.tensors[name]
        return float(values[self.unit * len(values) // len(self.x)])

    def source(self, unit: int) -> tuple[int, int] | None:
        """Return where a term of a sum comes from."""
        return None if self.column is None else (self.column, unit)


Rule = Callable[[Place], list[Block]]
FORMULAS: dict[type[LayerSpec], tuple[Rule, Rule]] = {}
PASSING = (
    layers.Identity,
    layers.Dropout,
    layers.Flatten,
    image_layers.Unflatten,
    image_layers.Dropout2d,
)
"""Layers that hand on what they get: they have no line of their own."""


def formula(spec: type[LayerSpec]) -> Callable[[type], type]:
    """Enter a class with two static methods, `forward` and `backward`, as the formulas of a kind of layer."""

    def enter(rules: Any) -> Any:
        FORMULAS[spec] = (rules.forward, rules.backward)
        return rules

    return enter


def forward(place: Place) -> list[Block]:
    """Return how the unit's output comes from the layer's input."""
    _enter_all()
    return FORMULAS[type(place.spec)][0](place)


def backward(place: Place) -> list[Block]:
    """Return how ∂L/∂input of the unit comes from ∂L/∂output."""
    _enter_all()
    return FORMULAS[type(place.spec)][1](place)


def slope(symbol: str) -> str:
    """Return how the derivative of the loss by a quantity is written."""
    return f"∂L/∂{symbol}"


def _enter_all() -> None:
    import playground.probes.formulas.activations
    import playground.probes.formulas.images
    import playground.probes.formulas.linear
    import playground.probes.formulas.recurrent
    import playground.probes.formulas.sequences
    import playground.probes.formulas.together  # noqa: F401 - the modules enter their formulas
