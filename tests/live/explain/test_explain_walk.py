"""The walk through one step shows the network's own numbers, and goes where it is told to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from playground.presets import preset
from playground.probes import asks
from tests.probes.recalculation import calculate, check, read

if TYPE_CHECKING:
    from tests.live.explain.served import Explained

pytestmark = pytest.mark.browser

Open = Callable[..., "Explained"]
PANEL = ".stage-walk"


def begin(one: Explained) -> None:
    """Begin the walk and stop it from going on by itself."""
    one.page.click(".stage-begin >> nth=0")
    one.page.wait_for_selector(f"{PANEL}:not([hidden])")
    one.page.wait_for_selector(f"{PANEL}[data-playing='true']")
    one.page.click(".stage-walk-play")
    one.page.keyboard.press("Home")
    one.page.wait_for_selector(f"{PANEL}[data-stop='0']")
    one.settle()


def stop(one: Explained) -> int:
    return int(one.page.get_attribute(PANEL, "data-stop") or -1)


def phase(one: Explained) -> int:
    return int(one.page.get_attribute(PANEL, "data-phase") or -1)


def press(one: Explained, key: str) -> None:
    one.page.keyboard.press(key)
    one.settle()


def chips(one: Explained) -> list[str]:
    """The numbers that stand at the units of the diagram."""
    return one.page.locator(".stage-walk-overlay text.stage-walk-number").all_text_contents()


def shown(value: float) -> str:
    """A number as the stage writes it."""
    return (
        f"{value:.3g}"
        if abs(value) < 1e-3
        else np.format_float_positional(value, 3, fractional=False, trim="k")
    )


def ask(one: Explained, what: str, **arguments: Any) -> asks.Answer:
    return asks.answer(what, one.room.scene(), arguments)


def same(text: str, value: float) -> bool:
    """Whether a number on the diagram is a value with three digits."""
    return abs(
        float(
            read(text.replace("e−", "e-").replace("e-", "·10⁻"))
            if "e" not in text
            else float(text.replace("−", "-"))
        )
        - value
    ) <= 0.006 * abs(value)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_numbers_on_the_diagram_are_the_networks(explained: Open, theme: str) -> None:
    one = explained(preset("circle").experiment, steps=120, theme=theme)
    begin(one)
    arrays = ask(one, "backprop").arrays
    press(one, "2")
    forward = [*arrays["a/1"], *arrays["a/3"], *arrays["a/5"]]
    found = chips(one)
    assert len(found) == len(forward) + 1, "the target stands beside the output"
    assert all(same(text, value) for text, value in zip(found, forward, strict=False)), (found, forward)
    press(one, "4")
    press(one, "ArrowLeft")  # the last stop of the way back
    assert phase(one) == 3
    backward = [*arrays["d/0"], *arrays["d/2"], *arrays["d/4"]]
    found = chips(one)
    assert len(found) == len(backward)
    assert all(same(text, value) for text, value in zip(found, backward, strict=True)), (found, backward)


def test_the_five_phases_come_in_order_and_every_stop_is_reached(explained: Open) -> None:
    one = explained(preset("xor").experiment, steps=40)
    begin(one)
    seen = [phase(one)]
    count = 4 * 5 + 1
    for expected in range(1, count):
        press(one, "ArrowRight")
        assert stop(one) == expected
        seen.append(phase(one))
    assert seen == [1] * 5 + [2] + [3] * 5 + [4] * 5 + [5] * 5
    assert one.page.locator("[aria-label='One stop on']").is_disabled()
    press(one, "ArrowLeft")
    assert stop(one) == count - 2
    for key, expected in (("1", 1), ("3", 3), ("5", 5), ("2", 2), ("4", 4)):
        press(one, key)
        assert phase(one) == expected
        assert one.page.get_attribute(".stage-phase[aria-current='step'] .stage-step", "class")
        assert one.page.inner_text(".stage-phase[aria-current='step'] .stage-step") == str(expected)
    press(one, "Escape")
    assert one.page.locator(PANEL).is_hidden()
    assert one.page.locator(".stage-walk-overlay").count() == 0
    assert one.page.evaluate("document.activeElement.textContent").endswith("Walk through one step")


def test_it_plays_by_itself_and_pauses(explained: Open) -> None:
    one = explained(preset("xor").experiment, steps=40)
    begin(one)
    one.page.select_option("[aria-label='Speed']", "4")
    one.page.click(".stage-walk-play")
    one.page.wait_for_function("() => Number(document.querySelector('.stage-walk').dataset.stop) >= 3")
    one.page.keyboard.press(" ")
    one.page.wait_for_selector(f"{PANEL}[data-playing='false']")
    here = stop(one)
    one.page.wait_for_timeout(700)
    assert stop(one) == here


def test_the_run_rests_while_it_is_explained(explained: Open) -> None:
    one = explained(preset("circle").experiment, steps=60)
    one.room.status = "running"
    one.page.evaluate("refresh()")
    one.page.wait_for_selector(".stage[data-status='running']")
    begin(one)
    assert one.room.commands == [{"kind": "pause"}]


def formulas(one: Explained) -> list[tuple[str, str]]:
    """What the formulas on the page come to: (left side, result)."""
    nodes = one.page.locator(f"{PANEL} .stage-walk-body [data-left]").all()
    return [
        (node.get_attribute("data-left") or "", node.get_attribute("data-result") or "") for node in nodes
    ]


def expected(blocks: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        (b["left"], b["result"] if b["kind"] == "line" else b["total"] + b["power"])
        for b in blocks
        if b["kind"] != "note"
    ]


def test_every_stop_shows_its_formula_with_the_numbers_filled_in(explained: Open) -> None:
    one = explained(preset("circle").experiment, steps=120)
    begin(one)
    for key, unit, part in (
        ("1", (0, 0), "forward"),
        ("3", (2, 0), "backward"),
        ("4", (2, 0), "gradient"),
        ("5", (0, 0), "update"),
    ):
        press(one, key)
        answer = ask(one, "formula", column=unit[0], unit=unit[1]).plain
        assert formulas(one) == expected(answer[part])
        for block in answer[part]:
            check(block)
    press(one, "2")
    answer = ask(one, "backprop").plain
    assert formulas(one) == expected(answer["loss_blocks"])


def test_what_stands_on_the_page_can_be_recalculated(explained: Open) -> None:
    """The numbers of the page itself, typed into a pocket calculator."""
    one = explained(preset("xor").experiment, steps=25)
    begin(one)
    one.page.wait_for_selector(f"{PANEL} .stage-formula-sum")
    parts = (
        one.page.locator(f"{PANEL} .stage-formula-sum >> nth=0")
        .locator(".stage-formula-part")
        .all_text_contents()
    )
    left, letters, products, values, result = (part.strip().removeprefix("= ") for part in parts)
    assert (left, letters) == ("z", "w₁·x₁ + w₂·x₂ + b")
    total = float(read(result))
    last = 10.0 ** -len(result.partition(".")[2])
    assert calculate([values]) == pytest.approx(total, abs=1e-9), "the shown terms add up exactly"
    assert abs(calculate([products]) - total) <= 0.51 * last


def test_another_sample_is_chosen_by_buttons_and_on_the_plane(explained: Open) -> None:
    one = explained(preset("circle").experiment, steps=60)
    begin(one)
    assert "Sample 1 of 350" in one.page.inner_text(".stage-walk .stage-sample")
    one.page.click(".stage-walk [aria-label='Next sample']")
    one.page.wait_for_function(
        "() => document.querySelector('.stage-walk .stage-sample').textContent.includes('Sample 2 of 350')"
    )
    assert one.page.evaluate("stage.selection") == {"kind": "sample", "index": 1, "test": False}
    one.page.evaluate("stage.select({kind: 'sample', index: 7, test: true})")
    one.page.wait_for_function(
        "() => document.querySelector('.stage-walk .stage-sample').textContent.includes('Test sample 8 of 150')"
    )
    arrays = ask(one, "backprop", index=7, test=True).arrays
    one.settle()
    press(one, "2")
    assert same(chips(one)[-2], float(arrays["a/5"][0]))


def test_a_tap_on_a_neuron_goes_to_it(explained: Open) -> None:
    one = explained(preset("circle").experiment, steps=60)
    begin(one)
    press(one, "3")
    one.page.evaluate("stage.select({kind: 'unit', column: 0, unit: 2})")
    one.page.wait_for_function(
        "() => document.querySelector('.stage-walk-title').textContent.includes('Hidden layer 1, neuron 3')"
    )
    assert phase(one) == 3


def test_wide_layers_are_walked_as_a_whole_with_an_example(explained: Open) -> None:
    one = explained(preset("digits-mlp").experiment, steps=5)
    begin(one)
    stops = 4 + 1 + 4 * 10
    assert f"1 of {stops}" in one.page.inner_text(".stage-walk-place") or "1 of 9" in one.page.inner_text(
        ".stage-walk-place"
    )
    assert "of 128 as an example" in one.page.inner_text(".stage-walk-content")
    one.page.wait_for_selector(".stage-walk .stage-ledger")
    assert "and 777 more, adding up to" in one.page.inner_text(".stage-walk .stage-ledger")


def test_numbers_of_another_moment_are_called_that(explained: Open) -> None:
    one = explained(preset("circle").experiment, steps=60)
    begin(one)
    assert one.page.locator(".stage-walk-moved").is_hidden()
    one.room.train(10)
    one.page.evaluate("refresh()")
    one.page.wait_for_selector(".stage-walk-moved:not([hidden])")
    assert "step 60" in one.page.inner_text(".stage-walk-moved")
    one.page.click(".stage-walk-moved button")
    one.page.wait_for_selector(f"{PANEL}[data-step='70']")
    one.page.wait_for_selector(".stage-walk-moved", state="hidden")


def test_reduced_motion_has_no_pulses(explained: Open) -> None:
    moving = explained(preset("xor").experiment, steps=20)
    begin(moving)
    assert moving.page.locator(".stage-walk-pulse").count() > 0
    still = explained(preset("xor").experiment, steps=20, reduced_motion="reduce")
    begin(still)
    assert still.page.locator(".stage-walk-edge").count() > 0
    assert still.page.locator(".stage-walk-pulse").count() == 0


def test_the_gradient_check_says_what_it_found(explained: Open) -> None:
    one = explained(preset("circle").experiment, steps=60)
    one.page.click(".stage-begin >> nth=1")
    one.page.wait_for_selector(".stage-check[data-verdict='right']")
    rows = one.page.locator(".stage-check tbody tr")
    assert [rows.nth(i).get_attribute("data-tensor") for i in range(rows.count())] == list(
        one.room.trainer.state()
    )
    assert {rows.nth(i).get_attribute("data-verdict") for i in range(rows.count())} == {"right"}
    one.page.keyboard.press("Escape")
    one.page.wait_for_selector(".stage-check", state="detached")
    assert one.page.evaluate("document.activeElement.textContent").endswith("Gradient check")


def test_without_a_diagram_the_formulas_are_still_there(explained: Open) -> None:
    one = explained(preset("circle").experiment, steps=60, views="backprop,drawer")
    begin(one)
    assert one.page.locator(".stage-walk-overlay").count() == 0
    one.page.wait_for_selector(f"{PANEL} .stage-formula")
