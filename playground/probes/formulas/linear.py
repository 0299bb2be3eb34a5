"""The weighted sum of `Linear`, of a sequence at each step alone."""

from __future__ import annotations

from playground.probes.arithmetic import subscript
from playground.probes.formulas.blocks import Block, alone, note, product, total
from playground.probes.formulas.units import Place, formula, slope
from playground.spec.layers import Linear


@formula(Linear)
class _Linear:
    """z = b + Σ w·x, ∂L/∂x = Σ w·δ over the units that x enters."""

    @staticmethod
    def forward(at: Place) -> list[Block]:
        weight = at.tensors["weight"]
        outputs, inputs = weight.shape
        step, own = divmod(at.unit, outputs)
        terms = [
            product(
                f"w{subscript(i + 1)}·{at.inner}{subscript(i + 1)}",
                float(w),
                float(at.x[step * inputs + i]),
                at.source(step * inputs + i),
            )
            for i, w in enumerate(weight[own])
        ]
        if "bias" in at.tensors:
            terms.append(alone("b", float(at.tensors["bias"][own])))
        return [total(at.outer, terms)]

    @staticmethod
    def backward(at: Place) -> list[Block]:
        weight = at.tensors["weight"]
        outputs, inputs = weight.shape
        step, own = divmod(at.unit, inputs)
        terms = [
            product(
                f"w{subscript(k + 1)}·δ{subscript(k + 1)}",
                float(w),
                float(at.dy[step * outputs + k]),
                at.source(step * outputs + k),
            )
            for k, w in enumerate(weight[:, own])
        ]
        return [note("deltas"), total(slope(at.inner), terms)]
