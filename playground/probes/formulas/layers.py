"""What each kind of layer does to one unit, forwards and backwards, with the numbers filled in.

A layer's pair of formulas enters by `@formula(Spec)`, beside each other so that they cannot drift. They restate what
`engines/numpy/layers` computes; a test recalculates every line and compares it with the engine.

Legend: the unit's own input is `z` (or what its column calls it), its output `a`; `g` is ∂L/∂a, and ∂L/∂z comes out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.probes.arithmetic import Operand, Term, subscript
from playground.probes.formulas.blocks import Block, alone, line, note, product, setting, total
from playground.spec import LayerSpec, layers

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
        """Return the unit's element of one of the layer's tensors (F,)."""
        return float(self.tensors[name][self.unit])


Rule = Callable[[Place], list[Block]]
FORMULAS: dict[type[LayerSpec], tuple[Rule, Rule]] = {}
PASSING = (layers.Identity, layers.Dropout, layers.Flatten)
"""Layers that hand on what they get: they have no line of their own."""


def formula(spec: type[LayerSpec]) -> Callable[[type], type]:
    """Enter a class with two static methods, `forward` and `backward`, as the formulas of a kind of layer."""

    def enter(rules: Any) -> Any:
        FORMULAS[spec] = (rules.forward, rules.backward)
        return rules

    return enter


def forward(place: Place) -> list[Block]:
    """Return how the unit's output comes from the layer's input."""
    return FORMULAS[type(place.spec)][0](place)


def backward(place: Place) -> list[Block]:
    """Return how ∂L/∂input of the unit comes from ∂L/∂output."""
    return FORMULAS[type(place.spec)][1](place)


def slope(symbol: str) -> str:
    """Return how the derivative of the loss by a quantity is written."""
    return f"∂L/∂{symbol}"


def sigmoid(value: float) -> float:
    """σ(v) = 1 / (1 + e⁻ᵛ), without overflow."""
    return 1 / (1 + math.exp(-value)) if value >= 0 else math.exp(value) / (1 + math.exp(value))


def normal_share(value: float) -> float:
    """Φ(v), the standard normal distribution function."""
    return 0.5 * (1 + math.erf(value / math.sqrt(2)))


def normal_density(value: float) -> float:
    """φ(v), the standard normal density."""
    return math.exp(-value * value / 2) / math.sqrt(2 * math.pi)


def _out(
    at: Place, formula: str, template: str, operands: list[Any], function: Callable[..., float], **more: Any
) -> list[Block]:
    """Return the line of the unit's output; `z` in the formula stands for whatever the input is called."""
    return [line(at.outer, formula.replace("z", at.inner), template, operands, function, **more)]


def _back(
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
        return _out(at, "tanh(z)", "tanh({+})", [at.z], math.tanh)

    @staticmethod
    def backward(at: Place) -> list[Block]:
        return _back(at, "(1 − a²)", "(1 − {}²)", [at.a], lambda a: 1 - a * a)


@formula(layers.Sigmoid)
class _Sigmoid:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        return _out(at, "σ(z)", "σ({+})", [at.z], sigmoid)

    @staticmethod
    def backward(at: Place) -> list[Block]:
        return _back(at, "a·(1 − a)", "{}·(1 − {})", [at.a, at.a], lambda a, b: a * (1 - b))


@formula(layers.ReLU)
class _ReLU:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        return _out(at, "max(0, z)", "max(0, {+})", [at.z], lambda z: max(0.0, z))

    @staticmethod
    def backward(at: Place) -> list[Block]:
        on = at.z > 0
        because = f"{at.inner} > 0" if on else f"{at.inner} ≤ 0"
        return _back(at, "1" if on else "0", "1" if on else "0", [], lambda: float(on), because=because)


@formula(layers.LeakyReLU)
class _LeakyReLU:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        if at.z > 0:
            return _out(at, "z", "{+}", [at.z], float, because=f"{at.inner} > 0")
        s = setting(at.spec.negative_slope)
        return _out(at, "s·z", "{}·{}", [s, at.z], lambda s, z: s * z, because=f"{at.inner} ≤ 0")

    @staticmethod
    def backward(at: Place) -> list[Block]:
        if at.z > 0:
            return _back(at, "1", "1", [], lambda: 1.0, because=f"{at.inner} > 0")
        return _back(at, "s", "{}", [setting(at.spec.negative_slope)], float, because=f"{at.inner} ≤ 0")


@formula(layers.ELU)
class _ELU:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        if at.z > 0:
            return _out(at, "z", "{+}", [at.z], float, because=f"{at.inner} > 0")
        alpha = setting(at.spec.alpha)
        return _out(
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
            return _back(at, "1", "1", [], lambda: 1.0, because=f"{at.inner} > 0")
        alpha = setting(at.spec.alpha)
        return _back(
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
        return _out(at, "z·Φ(z)", "{}·Φ({+})", [at.z, at.z], lambda z, same: z * normal_share(same))

    @staticmethod
    def backward(at: Place) -> list[Block]:
        return _back(
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
        return _out(at, "z·σ(z)", "{}·σ({+})", [at.z, at.z], lambda z, same: z * sigmoid(same))

    @staticmethod
    def backward(at: Place) -> list[Block]:
        return _back(
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
            return _out(at, "z", "{+}", [at.z], float, because=f"β·{at.inner} > 20")
        return _out(
            at,
            "ln(1 + exp(β·z))/β",
            "ln(1 + exp({+}·{}))/{}",
            [beta, at.z, beta],
            lambda b, z, c: math.log1p(math.exp(b * z)) / c,
        )

    @staticmethod
    def backward(at: Place) -> list[Block]:
        if at.spec.beta * at.z > _Softplus.LINEAR_ABOVE:
            return _back(at, "1", "1", [], lambda: 1.0, because=f"β·{at.inner} > 20")
        return _back(at, "σ(β·z)", "σ({+}·{})", [setting(at.spec.beta), at.z], lambda b, z: sigmoid(b * z))


@formula(layers.Sine)
class _Sine:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        return _out(at, "sin(z)", "sin({+})", [at.z], math.sin)

    @staticmethod
    def backward(at: Place) -> list[Block]:
        return _back(at, "cos(z)", "cos({+})", [at.z], math.cos)


@formula(layers.Step)
class _Step:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        on = at.z > 0
        because = f"{at.inner} > 0" if on else f"{at.inner} ≤ 0"
        return _out(at, "step(z)", "step({+})", [at.z], lambda z: float(z > 0), because=because)

    @staticmethod
    def backward(at: Place) -> list[Block]:
        near = abs(at.z) <= 1
        because = f"|{at.inner}| ≤ 1" if near else f"|{at.inner}| > 1"
        found = _back(
            at, "1" if near else "0", "1" if near else "0", [], lambda: float(near), because=because
        )
        return [*found, note("straight_through")]


@formula(layers.Softmax)
class _Softmax:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        m = float(at.x.max())
        terms = [
            Term(
                f"exp({at.inner}{subscript(j + 1)} − m)",
                "exp({+} − {})",
                (Operand(float(z)), Operand(m)),
                lambda z, m: math.exp(z - m),
            )
            for j, z in enumerate(at.x)
        ]
        s = math.fsum(term.value for term in terms)
        return [
            line("m", f"max({at.inner}₁, …)", "{+}", [m], float),
            total("S", terms),
            *_out(
                at,
                "exp(z − m)/S",
                "exp({+} − {})/{}",
                [at.z, m, s],
                lambda z, m, s: math.exp(z - m) / s,
            ),
        ]

    @staticmethod
    def backward(at: Place) -> list[Block]:
        terms = [
            product(f"{slope(at.outer + subscript(j + 1))}·{at.outer}{subscript(j + 1)}", float(g), float(a))
            for j, (g, a) in enumerate(zip(at.dy, at.y, strict=True))
        ]
        s = math.fsum(term.value for term in terms)
        size = max(abs(at.g), abs(s))
        return [
            total("S", terms),
            line(
                slope(at.inner),
                f"{at.outer}·({slope(at.outer)} − S)",
                "{}·({+} − {})",
                [at.a, at.g, s],
                lambda a, g, s: a * (g - s),
                noise=at.a * size,
            ),
        ]


@formula(layers.BatchNorm1d)
class _BatchNorm1d:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        numbers = [at.own("weight"), at.z, at.own("running_mean"), at.own("running_var")]
        return [
            note("running"),
            *_out(
                at,
                "γ·(z − μ)/√(σ² + ε) + β",
                "{}·({+} − {})/√({+} + {+}) + {}",
                [*numbers, setting(at.spec.eps), at.own("bias")],
                lambda w, z, mean, var, eps, b: w * (z - mean) / math.sqrt(var + eps) + b,
                noise=abs(at.own("weight")) * max(abs(at.z), abs(at.own("running_mean"))),
            ),
        ]

    @staticmethod
    def backward(at: Place) -> list[Block]:
        return _back(
            at,
            "γ/√(σ² + ε)",
            "{}/√({+} + {+})",
            [at.own("weight"), at.own("running_var"), setting(at.spec.eps)],
            lambda w, var, eps: w / math.sqrt(var + eps),
        )


@formula(layers.LayerNorm)
class _LayerNorm:
    @staticmethod
    def _statistics(at: Place) -> tuple[float, float, Vector]:
        mean = math.fsum(at.x) / len(at.x)
        variance = math.fsum((at.x - mean) ** 2) / len(at.x)
        return mean, variance, (at.x - mean) / math.sqrt(variance + at.spec.eps)

    @staticmethod
    def forward(at: Place) -> list[Block]:
        mean, variance, _ = _LayerNorm._statistics(at)
        n, z = setting(len(at.x)), at.inner
        values = [alone(f"{z}{subscript(j + 1)}", float(value)) for j, value in enumerate(at.x)]
        squares = [
            Term(
                f"({z}{subscript(j + 1)} − μ)²",
                "({+} − {})²",
                (Operand(float(value)), Operand(mean)),
                lambda value, mean: (value - mean) ** 2,
            )
            for j, value in enumerate(at.x)
        ]
        size = float(np.abs(at.x).max())
        return [
            total("S", values),
            line("μ", "S/n", "{}/{}", [math.fsum(at.x), n], lambda s, n: s / n, noise=size),
            total("Q", squares),
            line("σ²", "Q/n", "{}/{}", [variance * len(at.x), n], lambda q, n: q / n, noise=size * size),
            *_out(
                at,
                "γ·(z − μ)/√(σ² + ε) + β",
                "{}·({+} − {})/√({+} + {+}) + {}",
                [at.own("weight"), at.z, mean, variance, setting(at.spec.eps), at.own("bias")],
                lambda w, z, mean, var, eps, b: w * (z - mean) / math.sqrt(var + eps) + b,
                noise=abs(at.own("weight")) * size / math.sqrt(variance + at.spec.eps),
            ),
        ]

    @staticmethod
    def backward(at: Place) -> list[Block]:
        _, variance, normal = _LayerNorm._statistics(at)
        weight, n = at.tensors["weight"], setting(len(at.x))
        pushed = weight * at.dy
        first = [
            product(f"γ{subscript(j + 1)}·{slope(at.outer + subscript(j + 1))}", float(w), float(g))
            for j, (w, g) in enumerate(zip(weight, at.dy, strict=True))
        ]
        second = [
            Term(
                f"γ{subscript(j + 1)}·{slope(at.outer + subscript(j + 1))}·ẑ{subscript(j + 1)}",
                "{}·{}·{}",
                (Operand(float(w)), Operand(float(g)), Operand(float(x))),
                lambda w, g, x: w * g * x,
            )
            for j, (w, g, x) in enumerate(zip(weight, at.dy, normal, strict=True))
        ]
        p, q = math.fsum(pushed) / len(at.x), math.fsum(pushed * normal) / len(at.x)
        size = float(np.abs(pushed).max())
        return [
            note("normalised"),
            total("P", first),
            line("p", "P/n", "{}/{}", [p * len(at.x), n], lambda s, n: s / n, noise=size),
            total("Q", second),
            line("q", "Q/n", "{}/{}", [q * len(at.x), n], lambda s, n: s / n, noise=size),
            line(
                slope(at.inner),
                f"(γ·{slope(at.outer)} − p − ẑ·q)/√(σ² + ε)",
                "({}·{} − {} − {}·{})/√({+} + {+})",
                [at.own("weight"), at.g, p, float(normal[at.unit]), q, variance, setting(at.spec.eps)],
                lambda w, g, p, x, q, var, eps: (w * g - p - x * q) / math.sqrt(var + eps),
                noise=size / math.sqrt(variance + at.spec.eps),
            ),
        ]
