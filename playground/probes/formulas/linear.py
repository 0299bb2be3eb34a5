"""The weighted sum of `Linear`, of a sequence at each step alone."""

from __future__ import annotations

from playground.probes.arithmetic import Term, subscript
from playground.probes.formulas.blocks import Block, alone, note, product, total
from playground.probes.formulas.units import Place, Vector, formula, slope
from playground.spec.layers import Linear


@formula(Linear)
class _Linear:
    """z = b + Σ w·x, ∂L/∂x = Σ w·δ over the units that x enters."""

    @staticmethod
    def forward(at: Place) -> list[Block]:
        weight = at.tensors["weight"]
        outputs, inputs = weight.shape
        step, own = divmod(at.unit, outputs)
        terms = _products(at, weight[own], at.inner, at.x, step * inputs)
        if "bias" in at.tensors:
            terms.append(alone("b", float(at.tensors["bias"][own])))
        return [total(at.outer, terms)]

    @staticmethod
    def backward(at: Place) -> list[Block]:
        weight = at.tensors["weight"]
        outputs, inputs = weight.shape
        step, own = divmod(at.unit, inputs)
        return [
            note("deltas"),
            total(slope(at.inner), _products(at, weight[:, own], "δ", at.dy, step * outputs)),
        ]


def _products(at: Place, weights: Vector, letter: str, values: Vector, first: int) -> list[Term]:
    """Return w·v for each weight and the value it meets; the first value stands at `first`."""
    return [
        product(
            f"w{subscript(i + 1)}·{letter}{subscript(i + 1)}",
            float(w),
            float(values[first + i]),
            at.source(first + i),
        )
        for i, w in enumerate(weights)
    ]
