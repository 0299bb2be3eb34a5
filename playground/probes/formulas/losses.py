"""How far one sample's outputs are from its target, and the derivative of that by each output, with numbers.

A loss enters by `@formula(Spec)`; the formulas restate `engines/numpy/losses.py`, and a test recalculates every line.

Legend: k outputs ŷ, t the coded target (k,), or for CrossEntropy the class.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.probes.arithmetic import Operand, Term, subscript
from playground.probes.formulas.activations import sigmoid
from playground.probes.formulas.blocks import Block, alone, line, note, setting, total
from playground.probes.formulas.units import slope
from playground.spec import LossSpec, losses

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """One sample's outputs and its target.

    Attributes:
        spec: the loss.
        y: the outputs (k,).
        t: the targets (k,); of classes a one among zeros. NaN, or zeros alone, is not judged.
        steps: at how many steps there is an answer; 0 where there is one for the whole sample.
    """

    spec: Any
    y: Vector
    t: Vector
    steps: int = 0

    @property
    def count(self) -> int:
        """k."""
        return len(self.y)

    def name(self, index: int) -> str:
        """Return what an output is called; alone it has no number."""
        return f"ŷ{subscript(index + 1)}" if self.count > 1 else "ŷ"

    def target(self, index: int) -> str:
        """Return what a target is called."""
        return f"t{subscript(index + 1)}" if self.count > 1 else "t"


Value = Callable[[Outcome], list[Block]]
Slope = Callable[[Outcome, int], list[Block]]
FORMULAS: dict[type[LossSpec], tuple[Value, Slope]] = {}


def formula(spec: type[LossSpec]) -> Callable[[type], type]:
    """Enter a class with two static methods, `value` and `slope`, as the formulas of a loss."""

    def enter(rules: Any) -> Any:
        FORMULAS[spec] = (rules.value, rules.slope)
        return rules

    return enter


def value_of(outcome: Outcome) -> list[Block]:
    """Return the loss, worked out; of answers at several steps the mean over those that are judged."""
    if outcome.steps and outcome.spec.targets == "classes":
        return _mean_of_steps(outcome)
    return FORMULAS[type(outcome.spec)][0](_judged(outcome))


def slope_of(outcome: Outcome, index: int) -> list[Block]:
    """Return ∂L/∂ŷ of one output, worked out."""
    if not outcome.steps:
        return FORMULAS[type(outcome.spec)][1](outcome, index)
    if outcome.spec.targets != "classes":
        if np.isnan(outcome.t[index]):
            return _not_judged()
        before = int(np.count_nonzero(~np.isnan(outcome.t[:index])))
        return FORMULAS[type(outcome.spec)][1](_judged(outcome), before)
    steps = _by_step(outcome)
    step, own = divmod(index, outcome.count // outcome.steps)
    if not steps[step].t.any():
        return _not_judged()
    blocks = FORMULAS[type(outcome.spec)][1](steps[step], own)
    count = sum(bool(one.t.any()) for one in steps)
    alone_ = steps[step]
    spread = np.exp(alone_.y - alone_.y.max())
    slope_alone = float(spread[own] / spread.sum() - alone_.t[own])
    share = line(slope("ŷ"), "δ/n", "{}/{}", [slope_alone, setting(count)], lambda d, n: d / n, noise=1.0)
    return [*blocks[:-1], blocks[-1] | {"left": "δ"}, share]


def _judged(outcome: Outcome) -> Outcome:
    """Return the outputs and targets that are judged, as if there were no others."""
    kept = ~np.isnan(outcome.t)
    return outcome if kept.all() else Outcome(outcome.spec, outcome.y[kept], outcome.t[kept])


def _by_step(outcome: Outcome) -> list[Outcome]:
    pairs = zip(outcome.y.reshape(outcome.steps, -1), outcome.t.reshape(outcome.steps, -1), strict=True)
    return [Outcome(outcome.spec, y, t) for y, t in pairs]


def _not_judged() -> list[Block]:
    return [note("not_judged"), line(slope("ŷ"), "0", "0", [], lambda: 0.0)]


def _mean_of_steps(outcome: Outcome) -> list[Block]:
    """Return L = the mean of −ln softmax of the right class over the steps that are judged."""
    terms: list[Term] = []
    for number, one in enumerate(_by_step(outcome)):
        if not one.t.any():
            continue
        m, truth = float(one.y.max()), int(one.t.argmax())
        s = float(np.exp(one.y - m).sum())
        mark = subscript(number + 1)
        operands = (Operand(s), Operand(float(one.y[truth])), Operand(m))
        terms.append(
            Term(f"ln(S{mark}) − (ŷ{mark} − m{mark})", "ln({+}) − ({+} − {})", operands, _negative_log)
        )
    if not terms:
        return [note("not_judged"), line("L", "0", "0", [], lambda: 0.0)]
    whole = math.fsum(term.value for term in terms)
    mean = line("L", "S/n", "{}/{}", [whole, setting(len(terms))], lambda s, n: s / n, noise=1.0)
    return [note("steps"), total("S", terms), mean]


def _negative_log(s: float, y: float, m: float) -> float:
    return math.log(s) - (y - m)


Say = Callable[[Outcome, int], tuple[str, str, list[Operand], Callable[..., float]]]


def _mean(at: Outcome, say: Say) -> list[Block]:
    """Return L = one term, or the mean of one for each output."""
    if at.count == 1:
        name, template, operands, function = say(at, 0)
        return [line("L", name, template, operands, function)]
    terms = [Term(*_as_term(say(at, index))) for index in range(at.count)]
    s = math.fsum(term.value for term in terms)
    return [total("S", terms), line("L", "S/k", "{}/{}", [s, setting(at.count)], lambda s, k: s / k)]


def _as_term(said: tuple[str, str, list[Operand], Callable[..., float]]) -> tuple[Any, ...]:
    name, template, operands, function = said
    return name, template, tuple(operands), function


def _share(
    at: Outcome,
    index: int,
    name: str,
    template: str,
    operands: list[Any],
    function: Callable[..., float],
    because: str = "",
) -> list[Block]:
    """Return ∂L/∂ŷ: the derivative of one term, and of several their share 1/k."""
    left = slope(at.name(index))
    if at.count == 1:
        return [line(left, name, template, operands, function, because=because)]
    k = setting(at.count)
    return [
        line(
            left,
            f"{name}/k",
            f"{template}/{{}}",
            [*operands, k],
            lambda *numbers: function(*numbers[:-1]) / numbers[-1],
            because=because,
        )
    ]


def _pair(at: Outcome, index: int) -> list[Operand]:
    return [Operand(float(at.y[index])), Operand(float(at.t[index]))]


@formula(losses.MSE)
class _MSE:
    @staticmethod
    def value(at: Outcome) -> list[Block]:
        def say(at: Outcome, i: int) -> Any:
            return f"({at.name(i)} − {at.target(i)})²", "({+} − {})²", _pair(at, i), lambda y, t: (y - t) ** 2

        return _mean(at, say)

    @staticmethod
    def slope(at: Outcome, i: int) -> list[Block]:
        name = f"2·({at.name(i)} − {at.target(i)})"
        return _share(at, i, name, "2·({+} − {})", _pair(at, i), lambda y, t: 2 * (y - t))


@formula(losses.MAE)
class _MAE:
    @staticmethod
    def value(at: Outcome) -> list[Block]:
        def say(at: Outcome, i: int) -> Any:
            return f"|{at.name(i)} − {at.target(i)}|", "|{+} − {}|", _pair(at, i), lambda y, t: abs(y - t)

        return _mean(at, say)

    @staticmethod
    def slope(at: Outcome, i: int) -> list[Block]:
        name = f"sign({at.name(i)} − {at.target(i)})"
        return _share(at, i, name, "sign({+} − {})", _pair(at, i), lambda y, t: float(np.sign(y - t)))


@formula(losses.Huber)
class _Huber:
    @staticmethod
    def value(at: Outcome) -> list[Block]:
        delta = at.spec.delta

        def say(at: Outcome, i: int) -> Any:
            gap = f"{at.name(i)} − {at.target(i)}"
            if abs(float(at.y[i] - at.t[i])) <= delta:
                return f"½·({gap})²", "0.5·({+} − {})²", _pair(at, i), lambda y, t: 0.5 * (y - t) ** 2
            return (
                f"δ·(|{gap}| − δ/2)",
                "{}·(|{+} − {}| − {}/2)",
                [setting(delta), *_pair(at, i), setting(delta)],
                lambda d, y, t, same: d * (abs(y - t) - same / 2),
            )

        return _mean(at, say)

    @staticmethod
    def slope(at: Outcome, i: int) -> list[Block]:
        gap, off = f"{at.name(i)} − {at.target(i)}", float(at.y[i] - at.t[i])
        if abs(off) <= at.spec.delta:
            return _share(at, i, f"({gap})", "({+} − {})", _pair(at, i), lambda y, t: y - t, f"|{gap}| ≤ δ")
        return _share(
            at,
            i,
            f"δ·sign({gap})",
            "{}·sign({+} − {})",
            [setting(at.spec.delta), *_pair(at, i)],
            lambda d, y, t: d * float(np.sign(y - t)),
            f"|{gap}| > δ",
        )


@formula(losses.BCE)
class _BCE:
    FLOOR = -100.0  # where torch, and so the engines, cut logarithms
    SPREAD = 1e-12

    @staticmethod
    def value(at: Outcome) -> list[Block]:
        def say(at: Outcome, i: int) -> Any:
            y, t = at.name(i), at.target(i)
            p = float(at.y[i])
            if at.t[i] in (0.0, 1.0):
                inside, argument = ("{+}", p) if at.t[i] == 1 else ("1 − {+}", 1 - p)
                written = y if at.t[i] == 1 else f"1 − {y}"
                if argument <= 0 or math.log(argument) < _BCE.FLOOR:
                    return f"−max(ln({written}), −100)", "{}", [Operand(100.0)], float
                function = (lambda p: -math.log(p)) if at.t[i] == 1 else (lambda p: -math.log1p(-p))
                return f"−ln({written})", f"−ln({inside})", [Operand(p)], function
            return (
                f"−{t}·ln({y}) − (1 − {t})·ln(1 − {y})",
                "−{}·ln({+}) − (1 − {})·ln(1 − {+})",
                [Operand(float(at.t[i])), Operand(p), Operand(float(at.t[i])), Operand(p)],
                lambda t, y, s, z: -t * math.log(y) - (1 - s) * math.log1p(-z),
            )

        return _mean(at, say)

    @staticmethod
    def slope(at: Outcome, i: int) -> list[Block]:
        y, t = at.name(i), at.target(i)
        p = float(at.y[i])
        if p * (1 - p) <= _BCE.SPREAD:
            name, template = f"({y} − {t})·10¹²", "({+} − {})·1000000000000"
            return _share(
                at, i, name, template, _pair(at, i), lambda y, t: (y - t) * 1e12, f"{y}·(1 − {y}) ≤ 10⁻¹²"
            )
        return _share(
            at,
            i,
            f"({y} − {t})/({y}·(1 − {y}))",
            "({+} − {})/({+}·(1 − {+}))",
            [*_pair(at, i), Operand(p), Operand(p)],
            lambda y, t, p, q: (y - t) / (p * (1 - q)),
        )


@formula(losses.BCEWithLogits)
class _BCEWithLogits:
    @staticmethod
    def value(at: Outcome) -> list[Block]:
        def say(at: Outcome, i: int) -> Any:
            y, t = at.name(i), at.target(i)
            z = float(at.y[i])
            return (
                f"max({y}, 0) − {y}·{t} + ln(1 + exp(−|{y}|))",
                "max({+}, 0) − {}·{} + ln(1 + exp(−|{+}|))",
                [Operand(z), Operand(z), Operand(float(at.t[i])), Operand(z)],
                lambda y, same, t, again: max(y, 0) - same * t + math.log1p(math.exp(-abs(again))),
            )

        return _mean(at, say)

    @staticmethod
    def slope(at: Outcome, i: int) -> list[Block]:
        return _share(
            at,
            i,
            f"(σ({at.name(i)}) − {at.target(i)})",
            "(σ({+}) − {})",
            _pair(at, i),
            lambda y, t: sigmoid(y) - t,
        )


@formula(losses.CrossEntropy)
class _CrossEntropy:
    @staticmethod
    def _spread(at: Outcome) -> tuple[float, float, list[Block]]:
        """Return the largest output, Σ e^(ŷ − m), and the lines that work them out."""
        m = float(at.y.max())
        terms = [
            Term(
                f"exp({at.name(j)} − m)",
                "exp({+} − {})",
                (Operand(float(y)), Operand(m)),
                lambda y, m: math.exp(y - m),
            )
            for j, y in enumerate(at.y)
        ]
        blocks = [line("m", "max(ŷ)", "{+}", [m], float), total("S", terms)]
        return m, math.fsum(term.value for term in terms), blocks

    @staticmethod
    def value(at: Outcome) -> list[Block]:
        m, s, blocks = _CrossEntropy._spread(at)
        truth = int(at.t.argmax())
        return [
            *blocks,
            line(
                "L",
                f"ln(S) − ({at.name(truth)} − m)",
                "ln({+}) − ({+} − {})",
                [s, float(at.y[truth]), m],
                lambda s, y, m: math.log(s) - (y - m),
                noise=max(abs(m), 1.0),
            ),
        ]

    @staticmethod
    def slope(at: Outcome, i: int) -> list[Block]:
        m, s, blocks = _CrossEntropy._spread(at)
        return [
            *blocks,
            line(
                slope(at.name(i)),
                f"exp({at.name(i)} − m)/S − {at.target(i)}",
                "exp({+} − {})/{} − {}",
                [float(at.y[i]), m, s, float(at.t[i])],
                lambda y, m, s, t: math.exp(y - m) / s - t,
                noise=1.0,
            ),
        ]


@formula(losses.Hinge)
class _Hinge:
    @staticmethod
    def value(at: Outcome) -> list[Block]:
        def say(at: Outcome, i: int) -> Any:
            return (
                f"max(0, 1 − {at.target(i)}·{at.name(i)})",
                "max(0, 1 − {}·{})",
                [Operand(float(at.t[i])), Operand(float(at.y[i]))],
                lambda t, y: max(0.0, 1 - t * y),
            )

        return _mean(at, say)

    @staticmethod
    def slope(at: Outcome, i: int) -> list[Block]:
        inside = float(at.t[i] * at.y[i]) < 1
        margin = f"{at.target(i)}·{at.name(i)}"
        if not inside:
            return [line(slope(at.name(i)), "0", "0", [], lambda: 0.0, because=f"{margin} ≥ 1")]
        t = [Operand(float(at.t[i]))]
        return _share(at, i, f"−{at.target(i)}", "−{}", t, lambda t: -t, f"{margin} < 1")


def penalty(at: float, data: float) -> list[Block]:
    """Return the objective: the loss of the data and the penalty on the weights."""
    return [total("L + P", [alone("L", data), alone("P", at)])]
