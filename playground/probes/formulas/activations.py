"""The activations of each number alone: a = f(z), and ∂L/∂z = ∂L/∂a · f′, with the numbers filled in.

Legend: the unit's own input is `z` (or what its column calls it), its output `a`; `g` is ∂L/∂a, and ∂L/∂z comes out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from playground.probes.formulas.blocks import Block, line, note, setting
from playground.probes.formulas.units import Place, formula, slope
from playground.spec import layers


def sigmoid(value: float) -> float:
    """σ(v) = 1 / (1 + e⁻ᵛ), without overflow."""
    return 1 / (1 + math.exp(-value)) if value >= 0 else math.exp(value) / (1 + math.exp(value))


def normal_share(value: float) -> float:
    """Φ(v), the standard normal distribution function."""
    return 0.5 * (1 + math.erf(value / math.sqrt(2)))


def normal_density(value: float) -> float:
    """φ(v), the standard normal density."""
    return math.exp(-value * value / 2) / math.sqrt(2 * math.pi)


def output(
    at: Place, formula: str, template: str, operands: list[Any], function: Callable[..., float], **more: Any
) -> list[Block]:
    """Return the line of the unit's output; `z` in the formula stands for whatever the input is called."""
    return [line(at.outer, formula.replace("z", at.inner), template, operands, function, **more)]


def back(
    at: Place, factor: str, template: str, operands: list[Any], function: Callable[..., float], **more: Any
) -> list[Block]:
    """Return the line ∂L/∂z = ∂L/∂a · factor."""
    names = factor.replace("z", at.inner).replace("a", at.outer)
    left = f"{slope(at.outer)}·{names}"
    return [
        line(
            slope(at.inner),
            left,
            "{}·" + template,
            [at.g, *operands],
            lambda g, *rest: g * function(*rest),
            **more,
        )
    ]


@formula(layers.Tanh)
class _Tanh:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        return output(at, "tanh(z)", "tanh({+})", [at.z], math.tanh)

    @staticmethod
    def backward(at: Place) -> list[Block]:
        return back(at, "(1 − a²)", "(1 − {}²)", [at.a], lambda a: 1 - a * a)


@formula(layers.Sigmoid)
class _Sigmoid:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        return output(at, "σ(z)", "σ({+})", [at.z], sigmoid)

    @staticmethod
    def backward(at: Place) -> list[Block]:
        return back(at, "a·(1 − a)", "{}·(1 − {})", [at.a, at.a], lambda a, b: a * (1 - b))


@formula(layers.ReLU)
class _ReLU:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        return output(at, "max(0, z)", "max(0, {+})", [at.z], lambda z: max(0.0, z))

    @staticmethod
    def backward(at: Place) -> list[Block]:
        on = at.z > 0
        because = f"{at.inner} > 0" if on else f"{at.inner} ≤ 0"
        return back(at, "1" if on else "0", "1" if on else "0", [], lambda: float(on), because=because)


@formula(layers.LeakyReLU)
class _LeakyReLU:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        if at.z > 0:
            return output(at, "z", "{+}", [at.z], float, because=f"{at.inner} > 0")
        s = setting(at.spec.negative_slope)
        return output(at, "s·z", "{}·{}", [s, at.z], lambda s, z: s * z, because=f"{at.inner} ≤ 0")

    @staticmethod
    def backward(at: Place) -> list[Block]:
        if at.z > 0:
            return back(at, "1", "1", [], lambda: 1.0, because=f"{at.inner} > 0")
        return back(at, "s", "{}", [setting(at.spec.negative_slope)], float, because=f"{at.inner} ≤ 0")


@formula(layers.ELU)
class _ELU:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        if at.z > 0:
            return output(at, "z", "{+}", [at.z], float, because=f"{at.inner} > 0")
        alpha = setting(at.spec.alpha)
        return output(
            at,
            "α·(exp(z) − 1)",
            "{}·(exp({+}) − 1)",
            [alpha, at.z],
            lambda alpha, z: alpha * math.expm1(z),
            because=f"{at.inner} ≤ 0",
        )

    @staticmethod
    def backward(at: Place) -> list[Block]:
        if at.z > 0:
            return back(at, "1", "1", [], lambda: 1.0, because=f"{at.inner} > 0")
        alpha = setting(at.spec.alpha)
        return back(
            at,
            "α·exp(z)",
            "{}·exp({+})",
            [alpha, at.z],
            lambda alpha, z: alpha * math.exp(z),
            because=f"{at.inner} ≤ 0",
        )


@formula(layers.GELU)
class _GELU:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        return output(at, "z·Φ(z)", "{}·Φ({+})", [at.z, at.z], lambda z, same: z * normal_share(same))

    @staticmethod
    def backward(at: Place) -> list[Block]:
        return back(
            at,
            "(Φ(z) + z·φ(z))",
            "(Φ({+}) + {}·φ({+}))",
            [at.z, at.z, at.z],
            lambda p, z, q: normal_share(p) + z * normal_density(q),
        )


@formula(layers.SiLU)
class _SiLU:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        return output(at, "z·σ(z)", "{}·σ({+})", [at.z, at.z], lambda z, same: z * sigmoid(same))

    @staticmethod
    def backward(at: Place) -> list[Block]:
        return back(
            at,
            "σ(z)·(1 + z·(1 − σ(z)))",
            "σ({+})·(1 + {}·(1 − σ({+})))",
            [at.z, at.z, at.z],
            lambda p, z, q: sigmoid(p) * (1 + z * (1 - sigmoid(q))),
        )


@formula(layers.Softplus)
class _Softplus:
    LINEAR_ABOVE = 20.0  # where torch, and so the engines, take f(z) = z

    @staticmethod
    def forward(at: Place) -> list[Block]:
        beta = setting(at.spec.beta)
        if at.spec.beta * at.z > _Softplus.LINEAR_ABOVE:
            return output(at, "z", "{+}", [at.z], float, because=f"β·{at.inner} > 20")
        if (
            at.spec.beta * at.z < -_Softplus.LINEAR_ABOVE
        ):  # ln(1 + e) is e to nine digits, and a calculator's 1 + e is 1
            return output(
                at,
                "exp(β·z)/β",
                "exp({+}·{})/{}",
                [beta, at.z, beta],
                lambda b, z, c: math.exp(b * z) / c,
                because=f"β·{at.inner} < −20",
            )
        return output(
            at,
            "ln(1 + exp(β·z))/β",
            "ln(1 + exp({+}·{}))/{}",
            [beta, at.z, beta],
            lambda b, z, c: math.log1p(math.exp(b * z)) / c,
        )

    @staticmethod
    def backward(at: Place) -> list[Block]:
        if at.spec.beta * at.z > _Softplus.LINEAR_ABOVE:
            return back(at, "1", "1", [], lambda: 1.0, because=f"β·{at.inner} > 20")
        return back(at, "σ(β·z)", "σ({+}·{})", [setting(at.spec.beta), at.z], lambda b, z: sigmoid(b * z))


@formula(layers.Sine)
class _Sine:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        return output(at, "sin(z)", "sin({+})", [at.z], math.sin)

    @staticmethod
    def backward(at: Place) -> list[Block]:
        return back(at, "cos(z)", "cos({+})", [at.z], math.cos)


@formula(layers.Step)
class _Step:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        on = at.z > 0
        because = f"{at.inner} > 0" if on else f"{at.inner} ≤ 0"
        return output(at, "step(z)", "step({+})", [at.z], lambda z: float(z > 0), because=because)

    @staticmethod
    def backward(at: Place) -> list[Block]:
        near = abs(at.z) <= 1
        because = f"|{at.inner}| ≤ 1" if near else f"|{at.inner}| > 1"
        found = back(at, "1" if near else "0", "1" if near else "0", [], lambda: float(near), because=because)
        return [*found, note("straight_through")]
