"""Layers that make a unit depend on its neighbours or on the running statistics: softmax and the normalisations.

Legend: as in `activations`; μ and σ² are means and variances, γ and β a normalisation's own weight and bias.
"""

from __future__ import annotations

import math

import numpy as np

from playground.probes.arithmetic import Operand, Term, subscript
from playground.probes.formulas.activations import back, output
from playground.probes.formulas.blocks import Block, alone, line, note, product, setting, total
from playground.probes.formulas.units import Place, Vector, formula, slope
from playground.spec import image_layers, layers

ALL_CLASSES = 16
"""Of so many classes at most every exponential is written out."""


def normalised(at: Place) -> Vector:
    """Return the input of a normalisation without its mean and its deviation (F,), as γ and β find it."""
    if isinstance(at.spec, layers.LayerNorm):
        x = at.x.reshape(-1, at.shape[-1])  # of a sequence each step alone
        return ((x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + at.spec.eps)).ravel()
    size = len(at.x) // len(at.tensors["running_mean"])
    mean, variance = (np.repeat(at.tensors[f"running_{name}"], size) for name in ("mean", "var"))
    return (at.x - mean) / np.sqrt(variance + at.spec.eps)


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
            total("S", terms, most=ALL_CLASSES),
            *output(
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
            *output(
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
        return back(
            at,
            "γ/√(σ² + ε)",
            "{}/√({+} + {+})",
            [at.own("weight"), at.own("running_var"), setting(at.spec.eps)],
            lambda w, var, eps: w / math.sqrt(var + eps),
        )


@formula(image_layers.BatchNorm2d)
class _BatchNorm2d(_BatchNorm1d):
    """The same with the numbers of the unit's channel."""


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
            *output(
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
