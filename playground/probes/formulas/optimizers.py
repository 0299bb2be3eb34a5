"""One step of an optimizer for one parameter, with the numbers filled in: its present memory, old value → new value.

An optimizer enters by `@formula(Spec)`; the formulas are torch's, as in `engines/numpy/optimizers.py`, and a test
compares them with one step of the engine.

Legend: w the parameter, g its gradient, lr the learning rate, t the number of the step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from playground.probes.arithmetic import Operand
from playground.probes.formulas.blocks import Block, line, setting
from playground.spec import OptimizerSpec, optimizers


@dataclass(frozen=True)
class Move:
    """One parameter before a step.

    Attributes:
        spec: the optimizer.
        name: what the parameter is called, `w₁`.
        old, gradient: its value, and the derivative of the whole objective.
        clip: what the gradient is multiplied by because the norm of all gradients is bounded; 1 where it is not.
        norm: the norm of all gradients.
        lr: the rate of this step.
        memory: the optimizer's memory of this parameter, by torch's names, and `step`, the steps it has taken.
    """

    spec: Any
    name: str
    old: float
    gradient: float
    clip: float
    norm: float
    lr: float
    memory: Mapping[str, float]

    @property
    def rate(self) -> Operand:
        """lr; as it was typed, unless a schedule has changed it."""
        return Operand(self.lr, exact=self.lr == self.spec.lr)


Rule = Callable[[Move, float, str], tuple[list[Block], float]]
FORMULAS: dict[type[OptimizerSpec], Rule] = {}


def formula(spec: type[OptimizerSpec]) -> Callable[[Rule], Rule]:
    """Enter a function (move, g, name of g) → (lines, new value) as the formula of an optimizer."""

    def enter(rule: Rule) -> Rule:
        FORMULAS[spec] = rule
        return rule

    return enter


def update(move: Move) -> tuple[list[Block], float]:
    """Return the lines of the step, and the new value."""
    blocks: list[Block] = []
    g, name = move.gradient, "g"
    if move.clip != 1:
        c = setting(move.spec.clip_norm)
        blocks.append(
            line("c", "clip/‖g‖", "{}/{}", [c, move.norm], lambda c, n: c / n, result=move.clip, digits=4)
        )
        blocks.append(line("g′", "g·c", "{}·{}", [g, move.clip], lambda g, c: g * c))
        g, name = g * move.clip, "g′"
    if move.spec.weight_decay and not isinstance(move.spec, optimizers.AdamW):
        after = f"{name}′"
        decay = setting(move.spec.weight_decay)
        blocks.append(
            line(
                after,
                f"{name} + λ·{move.name}",
                "{} + {}·{}",
                [g, decay, move.old],
                lambda g, d, w: g + d * w,
            )
        )
        g, name = g + move.spec.weight_decay * move.old, after
    lines, new = FORMULAS[type(move.spec)](move, g, name)
    return [*blocks, *lines], new


def visible(old: float, new: float) -> Decimal:
    """Return the unit of the last place that shows three digits of `old` and two of the change."""
    sizes = [Decimal(value).adjusted() - digits for value, digits in ((old, 2), (new - old, 1)) if value]
    return Decimal(1).scaleb(min([-3, *sizes]))


def _moved(
    move: Move, formula: str, template: str, operands: list[Any], function: Callable[..., float]
) -> tuple[list[Block], float]:
    """Return the line of the new value."""
    new = function(*(operand.value if isinstance(operand, Operand) else operand for operand in operands))
    unit = visible(move.old, new)
    return [line(f"{move.name}′", formula, template, operands, function, unit=unit)], new


@formula(optimizers.SGD)
def _sgd(move: Move, g: float, name: str) -> tuple[list[Block], float]:
    w = move.name
    if not move.spec.momentum:
        return _moved(
            move, f"{w} − lr·{name}", "{} − {}·{}", [move.old, move.rate, g], lambda w, lr, g: w - lr * g
        )
    mu, before = setting(move.spec.momentum), move.memory.get("momentum_buffer", 0.0)
    v = before * move.spec.momentum + g
    blocks = [
        line("v′", f"μ·v + {name}", "{}·{} + {}", [mu, before, g], lambda m, v, g: m * v + g, noise=abs(g))
    ]
    if not move.spec.nesterov:
        lines, new = _moved(
            move, f"{w} − lr·v′", "{} − {}·{}", [move.old, move.rate, v], lambda w, lr, v: w - lr * v
        )
    else:
        lines, new = _moved(
            move,
            f"{w} − lr·({name} + μ·v′)",
            "{} − {}·({+} + {}·{})",
            [move.old, move.rate, g, mu, v],
            lambda w, lr, g, m, v: w - lr * (g + m * v),
        )
    return [*blocks, *lines], new


def _square_root_step(
    move: Move, name: str, symbol: str, g: float, square: float
) -> tuple[list[Block], float]:
    return _moved(
        move,
        f"{move.name} − lr·{name}/(√({symbol}) + ε)",
        "{} − {}·{}/(√({+}) + {})",
        [move.old, move.rate, g, square, setting(move.spec.eps)],
        lambda w, lr, g, s, eps: w - lr * g / (math.sqrt(s) + eps),
    )


@formula(optimizers.Adagrad)
def _adagrad(move: Move, g: float, name: str) -> tuple[list[Block], float]:
    before = move.memory.get("sum", 0.0)
    blocks = [line("s′", f"s + {name}²", "{} + {}²", [before, g], lambda s, g: s + g * g)]
    lines, new = _square_root_step(move, name, "s′", g, before + g * g)
    return [*blocks, *lines], new


@formula(optimizers.RMSprop)
def _rmsprop(move: Move, g: float, name: str) -> tuple[list[Block], float]:
    alpha, before = setting(move.spec.alpha), move.memory.get("square_avg", 0.0)
    after = move.spec.alpha * before + (1 - move.spec.alpha) * g * g
    blocks = [
        line(
            "v′",
            f"α·v + (1 − α)·{name}²",
            "{}·{} + (1 − {})·{}²",
            [alpha, before, alpha, g],
            lambda a, v, b, g: a * v + (1 - b) * g * g,
        )
    ]
    lines, new = _square_root_step(move, name, "v′", g, after)
    return [*blocks, *lines], new


def _adam(move: Move, g: float, name: str) -> tuple[list[Block], float]:
    one, two = setting(move.spec.beta1), setting(move.spec.beta2)
    m, v, t = (
        move.memory.get("exp_avg", 0.0),
        move.memory.get("exp_avg_sq", 0.0),
        move.memory.get("step", 0.0) + 1,
    )
    m_new = move.spec.beta1 * m + (1 - move.spec.beta1) * g
    v_new = move.spec.beta2 * v + (1 - move.spec.beta2) * g * g
    m_hat, v_hat = m_new / (1 - move.spec.beta1**t), v_new / (1 - move.spec.beta2**t)
    steps = setting(t)
    blocks = [
        line(
            "m′",
            f"β₁·m + (1 − β₁)·{name}",
            "{}·{} + (1 − {})·{}",
            [one, m, one, g],
            lambda b, m, c, g: b * m + (1 - c) * g,
            noise=max(abs(m), abs(g)),
        ),
        line(
            "v′",
            f"β₂·v + (1 − β₂)·{name}²",
            "{}·{} + (1 − {})·{}²",
            [two, v, two, g],
            lambda b, v, c, g: b * v + (1 - c) * g * g,
        ),
        line("m̂", "m′/(1 − β₁^t)", "{}/(1 − {}^{})", [m_new, one, steps], lambda m, b, t: m / (1 - b**t)),
        line("v̂", "v′/(1 − β₂^t)", "{}/(1 − {}^{})", [v_new, two, steps], lambda v, b, t: v / (1 - b**t)),
    ]
    eps, decay = setting(move.spec.eps), move.spec.weight_decay
    if isinstance(move.spec, optimizers.AdamW) and decay:
        lines, new = _moved(
            move,
            f"(1 − lr·λ)·{move.name} − lr·m̂/(√(v̂) + ε)",
            "(1 − {}·{})·{} − {}·{}/(√({+}) + {})",
            [move.rate, setting(decay), move.old, move.rate, m_hat, v_hat, eps],
            lambda lr, d, w, r, m, v, e: (1 - lr * d) * w - r * m / (math.sqrt(v) + e),
        )
    else:
        lines, new = _moved(
            move,
            f"{move.name} − lr·m̂/(√(v̂) + ε)",
            "{} − {}·{}/(√({+}) + {})",
            [move.old, move.rate, m_hat, v_hat, eps],
            lambda w, lr, m, v, e: w - lr * m / (math.sqrt(v) + e),
        )
    return [*blocks, *lines], new


formula(optimizers.Adam)(_adam)
formula(optimizers.AdamW)(_adam)
