"""The pieces a worked formula is made of, as plain values for the screen. They know no layer and no language.

    {"kind": "line", "left": "a", "formula": "tanh(z)", "tokens": ["tanh(", "0.211", ")"], "result": "0.208"}
    {"kind": "sum", "left": "z", "formula": "w₁·x₁ + b", "terms": [...], "total": "0.211", "power": "", "rest": 0}
    {"kind": "note", "key": "dropout", "values": {"p": "20"}}

In `tokens` text and numbers take turns. A term of a sum has a `name`, `tokens`, its `value`, the place it comes from
(`source`: column and unit; null for a bias) and `share`, its size against the largest, −1..1; where its `value` is
rounded to 0 and it is not, `own` says what it is. With a `power`,
values and total are to be multiplied by it. Where `rest` is not 0, the last term stands for so many smaller ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from playground.probes.arithmetic import Figure, Operand, Step, Sum, Term, add, number, power_text, work

Block = dict[str, Any]
Number = Operand | float

MOST_TERMS = 8
"""Of a longer sum so many of the largest terms are shown, and the others as one."""


def line(
    left: str,
    formula: str,
    template: str,
    operands: Sequence[Number],
    function: Callable[..., float],
    *,
    because: str = "",
    **options: Any,
) -> Block:
    """Return a line; the options are those of `arithmetic.work`. `because` is the condition it rests on, `z > 0`."""
    return line_of(left, formula, work(template, operands, function, **options), because=because)


def line_of(left: str, formula: str, step: Step, *, because: str = "") -> Block:
    """Return a line that has been worked out already."""
    found: Block = {
        "kind": "line",
        "left": left,
        "formula": formula,
        "tokens": step.tokens,
        "result": step.result.text,
    }
    return found | ({"because": because} if because else {})


def total(left: str, terms: Sequence[Term], *, rest: str = "r", most: int = MOST_TERMS) -> Block:
    """Return a sum of one or more terms, the smaller of very many gathered."""
    done = add(terms, most=most, name=rest)
    return {
        "kind": "sum",
        "left": left,
        "formula": _joined(done),
        "terms": [
            {
                "name": term.name,
                "tokens": tokens,
                "value": value.text,
                "source": None if term.source is None else list(term.source),
                "share": share,
                **_own(term, value, done.power),
            }
            for term, tokens, value, share in zip(
                done.terms, done.worked, done.values, _shares(done), strict=True
            )
        ],
        "total": done.total.text,
        "power": power_text(done.power),
        "rest": done.rest,
    }


def _own(term: Term, shown: Figure, power: int) -> dict[str, str]:
    """Return what a term is that the places of its sum round away."""
    if shown.value or not term.value:
        return {}
    return {"own": number(term.value / 10.0**power).text}


def note(key: str, **values: str) -> Block:
    """Return a remark: the key of a sentence, and what it names."""
    return {"kind": "note", "key": key, "values": values}


def product(name: str, left: Number, right: Number, source: tuple[int, ...] | None = None) -> Term:
    """Return the term of a sum that is a product of two numbers."""
    pair = tuple(value if isinstance(value, Operand) else Operand(value) for value in (left, right))
    return Term(name, "{}·{}", pair, lambda a, b: a * b, source)


def alone(name: str, value: float, source: tuple[int, ...] | None = None) -> Term:
    """Return the term of a sum that is a single number."""
    return Term(name, "{}", (Operand(value),), float, source)


def setting(value: float) -> Operand:
    """Return a setting, shown as it was typed."""
    return Operand(value, exact=True)


def _joined(done: Sum) -> str:
    return " + ".join(term.name for term in done.terms)


def _shares(done: Sum) -> list[float]:
    largest = max((abs(value.value) for value in done.values), default=0)
    return [round(float(value.value / largest), 4) if largest else 0.0 for value in done.values]
