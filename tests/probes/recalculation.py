"""Reads a worked formula as a person with a pocket calculator would: only the digits on the screen count."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
POWER = re.compile(r"·?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
KEYS: dict[str, Any] = {
    "exp": math.exp,
    "ln": math.log,
    "tanh": math.tanh,
    "sin": math.sin,
    "cos": math.cos,
    "sqrt": math.sqrt,
    "max": max,
    "abs": abs,
    "sigma": lambda v: 1 / (1 + math.exp(-v)),
    "Phi": lambda v: 0.5 * math.erfc(-v / math.sqrt(2)),
    "phi": lambda v: math.exp(-v * v / 2) / math.sqrt(2 * math.pi),
    "sign": lambda v: float((v > 0) - (v < 0)),
    "step": lambda v: float(v > 0),
}


def read(text: str) -> Decimal:
    """Return what a number on the screen says."""
    return Decimal(_plain_number(text))


def unit(text: str) -> Decimal:
    """Return one unit of the last place shown; of a bare 0, which stands for exactly nothing, a thousandth."""
    plain = _plain_number(text)
    if plain == "0":
        return Decimal("0.001")
    return Decimal(1).scaleb(int(Decimal(plain).as_tuple().exponent))


def calculate(tokens: Iterable[str]) -> float:
    """Return what comes out of typing in what is shown."""
    parts = [_plain_number(part) if index % 2 else part for index, part in enumerate(tokens)]
    text = "".join(parts)
    for shown, typed in (
        ("−", "-"),
        ("·", "*"),
        ("²", "**2"),
        ("^", "**"),
        ("√", "sqrt"),
        ("σ", "sigma"),
        ("Φ", "Phi"),
    ):
        text = text.replace(shown, typed)
    text = text.replace("φ", "phi")
    text = re.sub(r"\|([^|]*)\|", r"abs(\1)", text)
    assert re.fullmatch(r"[0-9eE.+\-*/(), a-zA-Z]*", text), text
    return float(eval(text, {"__builtins__": {}}, KEYS))


def check(block: dict[str, Any]) -> None:
    """Fail unless every = of a block is right to the last digit shown."""
    if block["kind"] == "line":
        _same(calculate(block["tokens"]), block["result"], 0.51, block)
    elif block["kind"] == "sum":
        check_sum(block)
    else:
        assert block["kind"] == "note", block


def check_sum(block: dict[str, Any]) -> None:
    values = [read(term["value"]) for term in block["terms"]]
    assert sum(values) == read(block["total"]), block
    places = {
        len(text.partition(".")[2]) for text in (*(term["value"] for term in block["terms"]), block["total"])
    }
    assert len(places) == 1, "the digits stand below each other"
    last = Decimal(1).scaleb(-places.pop())
    power = Decimal(_plain_number("1" + block["power"])) if block["power"] else Decimal(1)
    again = [calculate(term["tokens"]) for term in block["terms"]]
    for term, found in zip(block["terms"], again, strict=True):
        _same(float(Decimal(found) / power), term["value"], 1.01, block, last)
    _same(float(Decimal(math.fsum(again)) / power), block["total"], 0.51, block, last)


def rounds_up_to(block: dict[str, Any]) -> bool:
    """Tell whether each term of a sum is rounded to the nearest (else some were moved so that the sum is right)."""
    power = Decimal(_plain_number("1" + block["power"])) if block["power"] else Decimal(1)
    return all(
        abs(Decimal(calculate(term["tokens"])) / power - read(term["value"]))
        <= unit(term["value"]) * Decimal("0.51")
        for term in block["terms"]
    )


def outcome(block: dict[str, Any]) -> float:
    """Return the number a block comes to."""
    if block["kind"] == "line":
        return float(read(block["result"]))
    return float(read(block["total"])) * float(_plain_number("1" + block["power"]) if block["power"] else 1)


def last_unit(block: dict[str, Any]) -> float:
    """Return one unit of the last place of the number a block comes to."""
    if block["kind"] == "line":
        return float(unit(block["result"]))
    return float(unit(block["total"])) * float(_plain_number("1" + block["power"]) if block["power"] else 1)


def _same(found: float, shown: str, units: float, block: dict[str, Any], last: Decimal | None = None) -> None:
    assert abs(Decimal(found) - read(shown)) <= Decimal(units) * (last or unit(shown)), (found, shown, block)


def _plain_number(text: str) -> str:
    """Return a number on the screen as Python writes it: −1.20·10⁻⁷ → -1.20e-7."""
    plain = text.replace("−", "-")
    if re.fullmatch(r"-?10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", plain):
        plain = plain.replace("10", "1·10", 1)
    return POWER.sub(lambda found: "e" + found[1].translate(SUPERSCRIPTS), plain)
