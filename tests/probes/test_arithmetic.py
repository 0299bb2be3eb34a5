"""Shown numbers add up, multiply, and round as anybody would recalculate them."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.probes.arithmetic import Operand, add, number, placed, setting, work
from playground.probes.formulas.blocks import alone, product, total
from tests.probes.recalculation import calculate, check, read, rounds_up_to, unit

sizes = st.sampled_from([1e-12, 1e-6, 1e-3, 0.1, 1.0, 7.0, 100.0, 1e6])
numbers = st.builds(lambda v, s: v * s, st.floats(-1, 1, width=32), sizes)
ordinary = st.floats(-3, 3, width=32)


@given(st.lists(st.tuples(ordinary, ordinary), min_size=1, max_size=12), ordinary)
@settings(max_examples=300)
def test_the_terms_of_a_weighted_sum_add_up_to_the_last_digit(
    pairs: list[tuple[float, float]], bias: float
) -> None:
    terms = [product(f"w{i}·x{i}", w, x) for i, (w, x) in enumerate(pairs)] + [alone("b", bias)]
    block = total("z", terms)
    check(block)
    true = math.fsum([w * x for w, x in pairs] + [bias])
    assert abs(float(read(block["total"])) - true) <= 0.51 * float(unit(block["total"])) or block["power"]


@given(st.lists(numbers, min_size=1, max_size=30))
@settings(max_examples=300)
def test_sums_of_any_size_add_up(values: list[float]) -> None:
    check(total("s", [alone("t", value) for value in values]))


def test_terms_are_rounded_to_the_nearest_nearly_always() -> None:
    from playground.spec.random import stream

    random = stream(0, "test")
    blocks = []
    for _ in range(400):
        w, x = random.normal(size=(2, 9))
        blocks.append(
            total("z", [product("t", float(a), float(b)) for a, b in zip(w, x, strict=True)], most=0)
        )
    assert sum(rounds_up_to(block) for block in blocks) >= 0.95 * len(blocks)
    places = sorted(len(block["total"].partition(".")[2]) for block in blocks)
    assert places[len(places) // 2] <= 3, "half of them need three places at most"


def test_a_sum_that_cannot_be_rounded_to_the_nearest_still_adds_up() -> None:
    # 0.3̄ + 0.3̄ + 0.3̄ = 1: at every number of places the thirds round to 0.33…3.
    found = add([alone("t", 1 / 3)] * 3)
    assert found.total.text == "1.0000"
    assert [value.text for value in found.values] == ["0.3334", "0.3333", "0.3333"]


def test_a_sum_shows_three_digits_of_its_largest_term_and_of_a_small_total() -> None:
    found = add([alone("a", 0.51237), alone("b", -0.51111)])
    assert [value.text for value in found.values] == ["0.51237", "−0.51111"]
    assert found.total.text == "0.00126"


def test_a_term_that_its_sum_rounds_away_is_told_with_its_own_digits() -> None:
    block = total("S", [alone("a", 1.0), alone("b", 5.94e-8), alone("c", 0.0), alone("d", 0.2)])
    assert [term.get("own") for term in block["terms"]] == [None, "5.94·10⁻⁸", None, None]
    assert [term["value"] for term in block["terms"]] == ["1.00", "0.00", "0.00", "0.20"]


def test_very_small_terms_share_one_power_of_ten() -> None:
    found = add([alone("a", 3.2e-9), alone("b", 4.5e-8)])
    assert (found.power, [v.text for v in found.values], found.total.text) == (-8, ["0.32", "4.50"], "4.82")


def test_the_smaller_of_many_terms_are_gathered() -> None:
    block = total("z", [alone(f"t{i}", 1.0 if i < 3 else 0.001) for i in range(1000)], most=3)
    assert (block["rest"], len(block["terms"])) == (997, 4)
    assert [term["value"] for term in block["terms"]] == ["1.00", "1.00", "1.00", "1.00"]
    assert block["total"] == "4.00"
    whole = total("z", [alone("t", 1.0)] * 4, most=3)
    assert whole["rest"] == 0, "a single left-over term is shown as itself"


@given(numbers)
@settings(max_examples=300)
def test_operands_get_the_digits_that_the_result_needs(value: float) -> None:
    step = work("tanh({+})", [value], math.tanh)
    assert abs(Decimal(calculate(step.tokens)) - read(step.result.text)) <= Decimal("0.51") * unit(
        step.result.text
    )


def test_a_formula_keeps_settings_as_they_were_typed() -> None:
    step = work("{} − {}·{}", [0.41234567, Operand(0.03, exact=True), -0.0181], lambda w, lr, g: w - lr * g)
    assert step.tokens == ["", "0.412", " − ", "0.03", "·(", "−0.0181", ")"]
    assert step.result.text == "0.413"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (-0.5, "−0.5"),
        (0.41234, "0.412"),
        (1.2999999, "1.30"),
        (0.00043219, "4.32·10⁻⁴"),
        (-1.234e-7, "−1.23·10⁻⁷"),
        (1234567.0, "1.23·10⁶"),
        (12345.6, "12346"),
        (999.7, "1000"),
    ],
)
def test_a_number_has_three_significant_digits(value: float, text: str) -> None:
    assert number(value).text == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.03, "0.03"), (1e-8, "10⁻⁸"), (1.0, "1"), (0.999, "0.999"), (2e-5, "2·10⁻⁵")]
)
def test_a_setting_is_shown_as_it_was_typed(value: float, text: str) -> None:
    assert setting(value).text == text


def test_a_number_that_rounds_to_nothing_has_no_sign() -> None:
    assert placed(-0.0001, 2).text == "0.00"


def test_what_cancels_out_is_nothing() -> None:
    step = work("{} − {}", [0.1 + 0.2, 0.3], lambda a, b: a - b, noise=0.3)
    assert (step.result.text, step.tokens) == ("0", ["", "0.300", " − ", "0.300", ""])
