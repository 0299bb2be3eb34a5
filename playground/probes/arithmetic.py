"""Numbers as a formula shows them, so that whoever recalculates it gets the same last digit. It knows no network.

The rule: every `=` can be checked with a pocket calculator from the digits that are shown.

- A result is the true number, rounded to the nearest (three significant digits at least).
- An operand gets as many digits as it takes for the shown operands to give the shown result, three at least.
- The terms of a sum have the same number of places, and as many as it takes for the rounded terms to add up to the
  rounded sum. Where `EXTRA` places more do not do it (one sum of ten terms in twenty-five, one of three in a
  thousand), those terms that lie nearest to the other neighbour are rounded there: least-change rounding, off by less
  than one unit of the last place.

Negative numbers have a true minus sign, and powers of ten are written out: −1.20·10⁻⁷.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal

SIGNIFICANT = 3
MOST = 17
"""Digits that tell every float64 from its neighbours."""
EXTRA = 5
NOISE = 1e-12
SLACK = Decimal("0.501")
"""Units of the last place by which a recalculated number may differ: half of one, and a little for float64 itself."""
EXACT = Context(prec=60)
MINUS, DOT = "−", "·"
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
PLACE = re.compile(r"\{\+?\}")

Tokens = list[str]
"""A formula's text in pieces; every second one, from the second on, is a number."""


@dataclass(frozen=True)
class Figure:
    """A number as it is shown.

    Attributes:
        value: what the digits say.
        text: the digits.
        unit: one unit of the last place.
    """

    value: Decimal
    text: str
    unit: Decimal

    def fits(self, recalculated: float | Decimal) -> bool:
        """Tell whether a recalculated number rounds to this one."""
        if not math.isfinite(recalculated):
            return False
        return abs(Decimal(recalculated) - self.value) <= SLACK * self.unit


@dataclass(frozen=True)
class Operand:
    """A number that goes into a formula.

    Attributes:
        value: the number.
        exact: it is a setting or a count, shown as it was typed; else digits are added until the formula is right.
        digits: significant digits to begin with.
    """

    value: float
    exact: bool = False
    digits: int = SIGNIFICANT


@dataclass(frozen=True)
class Term:
    """One term of a sum.

    Attributes:
        name: what stands for it in the formula, `w₁·x₁`.
        template: how it is calculated, `{}·{}`; a negative number gets brackets at `{}`, unless it comes first, and
            none at `{+}`.
        operands: the numbers, in the order of the template.
        function: the same calculation.
        source: whose term it is: a column and a unit, say; travels along.
        stays: it is never gathered with others, however small it is.
    """

    name: str
    template: str
    operands: tuple[Operand, ...]
    function: Callable[..., float]
    source: tuple[int, ...] | None = None
    stays: bool = False

    @property
    def value(self) -> float:
        """The term's true value."""
        return self.function(*(operand.value for operand in self.operands))


@dataclass(frozen=True)
class Sum:
    """A sum, worked out.

    Attributes:
        worked: each term with its numbers filled in.
        values: each term's value.
        total: the sum.
        power: all values and the total are to be multiplied by ten to this power.
        rest: how many more terms the last one stands for; 0 where it is a term like the others.
    """

    terms: tuple[Term, ...]
    worked: tuple[Tokens, ...]
    values: tuple[Figure, ...]
    total: Figure
    power: int = 0
    rest: int = 0


@dataclass(frozen=True)
class Step:
    """One line of a calculation: what stands on the right with its numbers, and what comes out."""

    tokens: Tokens
    result: Figure
    operands: tuple[Figure, ...] = field(default=())


def number(value: float, digits: int = SIGNIFICANT) -> Figure:
    """Return a number with so many significant digits; one that is exactly shorter is shown as it is."""
    exact = Decimal(value)
    if exact == 0:
        return Figure(Decimal(0), "0", Decimal(10) ** (1 - digits))
    if _is_short(exact):
        return Figure(
            exact, _text(exact, max(0, -int(_exponent(exact.normalize(EXACT))))), _unit(exact, digits)
        )
    unit = _unit(exact, digits)
    rounded = exact.quantize(unit, context=EXACT)
    return Figure(rounded, _text(rounded, -int(_exponent(unit))), unit)


def setting(value: float) -> Figure:
    """Return a setting as it was typed: `0.03`, `1e-08` as 10⁻⁸."""
    exact = Decimal(repr(float(value)))
    return Figure(
        exact, _text(exact, max(0, -int(_exponent(exact.normalize(EXACT))))), abs(exact) or Decimal(1)
    )


def placed(value: float | Decimal, places: int) -> Figure:
    """Return a number with so many places after the point."""
    unit = Decimal(1).scaleb(-places)
    rounded = Decimal(value).quantize(unit, context=EXACT)
    return Figure(rounded, _fixed(rounded, places), unit)


def work(
    template: str,
    operands: Sequence[Operand | float],
    function: Callable[..., float],
    *,
    result: float | None = None,
    digits: int = SIGNIFICANT,
    unit: Decimal | None = None,
    noise: float = 0.0,
) -> Step:
    """Return a line of a calculation with its numbers filled in.

    Args:
        template: its right side, `tanh({+})`.
        operands: the numbers, in the order of the template.
        function: the same calculation, of floats.
        result: the true result, if it is known from elsewhere.
        digits: significant digits of the result.
        unit: one unit of the result's last place, instead of `digits`.
        noise: the size of numbers that may cancel out: what is left of them below 10⁻¹² is float64's rounding, and 0.
    """
    given = [operand if isinstance(operand, Operand) else Operand(operand) for operand in operands]
    true = function(*(operand.value for operand in given)) if result is None else result
    shown = _at_unit(true, unit) if unit is not None else number(true, digits)
    if abs(true) < NOISE * noise:
        shown = Figure(Decimal(0), "0", Decimal(2 * NOISE * noise))
    figures: list[Figure] = []
    for more in range(MOST):
        figures = [_operand(operand, more) for operand in given]
        if _agrees(function, figures, shown):
            break
    return Step(fill(template, figures), shown, tuple(figures))


def add(terms: Sequence[Term], *, most: int = 0, name: str = "") -> Sum:
    """Return a sum with its numbers filled in.

    Args:
        terms: one or more.
        most: of more terms than that, only those that stay and the largest are shown, and the others as one.
        name: what stands for the others in the formula.
    """
    shown, rest = _gathered(terms, most, name)
    exact = [Decimal(term.value) for term in shown]
    total = sum(exact, Decimal(0))
    largest = max((abs(value) for value in (*exact, total)), default=Decimal(0))
    power = 0 if largest == 0 or -3 <= largest.adjusted() < 5 else largest.adjusted()
    exact = [value.scaleb(-power, EXACT) for value in exact]
    total = total.scaleb(-power, EXACT)
    values, whole, rounded_up = _rounded(exact, total)
    worked = _worked(shown, values, whole, power, tolerance=Decimal(1) if rounded_up else SLACK)
    return Sum(tuple(shown), tuple(worked), tuple(values), whole, power, rest)


def fill(template: str, figures: Sequence[Figure]) -> Tokens:
    """Return the template with its numbers: text and numbers in turn."""
    texts, places = PLACE.split(template), PLACE.findall(template)
    if template.startswith("{}") and not texts[1].startswith(("²", "^")):
        places[0] = "{+}"  # nothing stands before it
    assert len(places) == len(figures), template
    found: Tokens = [texts[0]]
    for place, figure, text in zip(places, figures, texts[1:], strict=True):
        bracketed = place == "{}" and figure.value < 0
        if bracketed:
            found[-1] += "("
        found += [figure.text, (")" if bracketed else "") + text]
    return found


def subscript(index: int) -> str:
    """Return a number as a subscript: ₁₂."""
    return str(index).translate(SUBSCRIPTS)


def power_text(power: int) -> str:
    """Return a power of ten as it follows a number: `·10⁻⁷`; nothing for 0."""
    return f"{DOT}10{str(power).translate(SUPERSCRIPTS)}" if power else ""


def _gathered(terms: Sequence[Term], most: int, name: str) -> tuple[list[Term], int]:
    """Return the largest terms in their order, the others as one term, and how many these are."""
    if not most or len(terms) <= most + 1:
        return list(terms), 0
    by_size = sorted(range(len(terms)), key=lambda index: (not terms[index].stays, -abs(terms[index].value)))
    kept = sorted(by_size[:most])
    others = math.fsum(terms[index].value for index in by_size[most:])
    rest = Term(name, "{}", (Operand(others),), float)
    return [*(terms[index] for index in kept), rest], len(terms) - most


def _rounded(exact: Sequence[Decimal], total: Decimal) -> tuple[list[Figure], Figure, bool]:
    """Return terms and total at the first number of places at which they add up; whether that had to be forced."""
    first = _first_places(exact, total)
    for places in range(first, first + EXTRA + 1):
        values = [placed(value, places) for value in exact]
        whole = placed(total, places)
        if sum((value.value for value in values), Decimal(0)) == whole.value:
            return values, whole, False
    places = first + 1
    whole = placed(total, places)
    values = [placed(value, places) for value in exact]
    missing = int((whole.value - sum((value.value for value in values), Decimal(0))) / whole.unit)
    up = 1 if missing > 0 else -1
    nearest = sorted(range(len(exact)), key=lambda index: up * (values[index].value - exact[index]))
    for index in nearest[: abs(missing)]:
        moved = values[index].value + up * whole.unit
        values[index] = Figure(moved, _fixed(moved, places), whole.unit)
    return values, whole, True


def _first_places(exact: Sequence[Decimal], total: Decimal) -> int:
    """Return how many places show three digits of the largest term, and of a total up to 1,000 times smaller."""
    sizes = [value.adjusted() for value in exact if value != 0]
    if not sizes:
        return 0
    places = max(SIGNIFICANT - 1 - max(sizes), 0)
    if total == 0:
        return places
    return max(places, min(SIGNIFICANT - 1 - total.adjusted(), places + SIGNIFICANT))


def _worked(
    terms: Sequence[Term], values: Sequence[Figure], total: Figure, power: int, tolerance: Decimal
) -> list[Tokens]:
    """Return each term with its numbers: each comes to the value that is shown, and all of them to the total."""
    more = [0] * len(terms)
    while True:
        figures: list[list[Figure]] = []
        for index, (term, value) in enumerate(zip(terms, values, strict=True)):
            while True:
                shown = [_operand(operand, more[index]) for operand in term.operands]
                again = _again(term.function, shown)
                off = abs(_scaled(again, power) - value.value) if math.isfinite(again) else Decimal("inf")
                if off <= tolerance * value.unit or more[index] >= MOST:
                    break
                more[index] += 1
            figures.append(shown)
        together = sum(_again(term.function, shown) for term, shown in zip(terms, figures, strict=True))
        if total.fits(_scaled(together, power)) or min(more) >= MOST - SIGNIFICANT:
            return [fill(term.template, shown) for term, shown in zip(terms, figures, strict=True)]
        more = [digits + 1 for digits in more]


def _scaled(value: float, power: int) -> Decimal:
    return Decimal(value).scaleb(-power, EXACT)


def _again(function: Callable[..., float], figures: Sequence[Figure]) -> float:
    """Return what comes out of the digits that are shown; NaN where nothing does."""
    try:
        return float(function(*(float(figure.value) for figure in figures)))
    except (OverflowError, ValueError, ZeroDivisionError):
        return math.nan


def _agrees(function: Callable[..., float], figures: Sequence[Figure], shown: Figure) -> bool:
    return shown.fits(_again(function, figures))


def _operand(operand: Operand, more: int) -> Figure:
    if operand.exact:
        return setting(operand.value)
    return number(operand.value, min(operand.digits + more, MOST))


def _at_unit(value: float, unit: Decimal) -> Figure:
    places = max(0, -int(_exponent(unit)))
    rounded = Decimal(value).quantize(unit, context=EXACT)
    return Figure(rounded, _text(rounded, places), unit)


def _is_short(exact: Decimal) -> bool:
    return len(exact.normalize(EXACT).as_tuple().digits) < SIGNIFICANT and -3 <= exact.adjusted() < 5


def _unit(exact: Decimal, digits: int) -> Decimal:
    """Return one unit of the last place; of a number that is written out, never more than 1."""
    size = exact.adjusted() - digits + 1
    return Decimal(1).scaleb(min(size, 0) if exact.adjusted() < 5 else size)


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent


def _text(value: Decimal, places: int) -> str:
    if value == 0 or -3 <= value.adjusted() < 5:
        return _fixed(value, max(places, 0))
    power = value.adjusted()
    mantissa = value.scaleb(-power, EXACT)
    text = _fixed(mantissa, max(places + power, 0))
    return ("10" if text == "1" else f"{text}{DOT}10") + str(power).translate(SUPERSCRIPTS)


def _fixed(value: Decimal, places: int) -> str:
    text = f"{abs(value):.{max(places, 0)}f}"
    return f"{MINUS}{text}" if value < 0 else text
