"""The doctor's line is there when it matters and only then; it opens to evidence, and proposes the remedy."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from playground.presets import preset
from playground.spec import Experiment
from tests.lessons.cases import CASES

if TYPE_CHECKING:
    from tests.live.explain.served import Explained

pytestmark = pytest.mark.browser

Open = Callable[..., "Explained"]
LINE = ".stage-doctor:not([hidden]) .stage-doctor-line"
VOICE = "stage.aside.voice.textContent"
"""What screen readers are told."""
SICK = CASES["equal neurons"].experiment


def looked(one: Explained, times: int = 1) -> None:
    one.page.wait_for_function(
        "(n) => Number(document.querySelector(\"[data-view='doctor']\").dataset.looks ?? 0) >= n", arg=times
    )


def test_a_healthy_run_has_no_line(explained: Open) -> None:
    one = explained(preset("circle").experiment, steps=400)
    looked(one)
    assert one.page.locator(".stage-doctor").is_hidden()


@pytest.mark.parametrize(("lang", "theme"), [("en", "light"), ("zh", "dark")])
def test_a_sick_run_has_a_line_that_opens_to_the_evidence(explained: Open, lang: str, theme: str) -> None:
    one = explained(SICK, steps=300, lang=lang, theme=theme)
    one.page.wait_for_selector(LINE)
    assert one.page.get_attribute(".stage-doctor", "data-findings") == "symmetry"
    assert one.page.locator(".stage-doctor-body").is_hidden()
    one.page.focus(LINE)
    one.page.keyboard.press("Enter")
    assert one.page.get_attribute(LINE, "aria-expanded") == "true"
    text = one.page.inner_text(".stage-doctor-body")
    assert "8" in text
    assert ("Random initial weights" if lang == "en" else "随机初始化") in text
    one.page.keyboard.press("Escape")
    assert one.page.get_attribute(LINE, "aria-expanded") == "false"


def test_another_look_leaves_the_button_under_the_finger(explained: Open) -> None:
    one = explained(SICK, steps=300)
    one.page.wait_for_selector(LINE)
    one.page.click(LINE)
    before = one.page.evaluate("""() => {
        document.querySelector(".stage-doctor-try").dataset.mark = "mine";
        const doctor = stage.views.get("doctor").live;
        doctor.lookedAt = -Infinity;
        doctor.look();
        return Number(doctor.element.dataset.looks);
    }""")
    looked(one, before + 1)
    assert one.page.get_attribute(".stage-doctor-try", "data-mark") == "mine"


def test_the_remedy_is_proposed_as_an_experiment_that_differs_in_one_thing(explained: Open) -> None:
    one = explained(SICK, steps=300)
    one.page.wait_for_selector(LINE)
    one.page.click(LINE)
    one.page.click(".stage-doctor-try")
    (proposal,) = one.told()
    assert (proposal["kind"], proposal["name"]) == ("compare", "symmetry")
    assert proposal["change"] == "Start with random weights"
    remedied = Experiment.from_plain(proposal["experiment"])
    assert {layer.init for layer in remedied.model.layers if layer.regularised} == {"uniform"}
    assert remedied.with_layers(SICK.model.layers) == SICK


def test_several_findings_are_told_apart(explained: Open) -> None:
    one = explained(CASES["a learning rate that leaps"].experiment, steps=350)
    one.page.wait_for_selector(LINE)
    assert one.page.get_attribute(".stage-doctor", "data-findings") == "lr_high saturated"
    one.page.click(LINE)
    one.page.click(".stage-doctor-tab >> nth=1")
    assert "saturated" in one.page.inner_text(".stage-doctor-title")
    assert one.page.get_attribute(".stage-doctor-tab >> nth=1", "aria-pressed") == "true"


def test_the_line_goes_when_the_illness_does(explained: Open) -> None:
    one = explained(SICK, steps=100)
    one.page.wait_for_selector(LINE)
    one.page.wait_for_function(f"() => {VOICE} !== ''")
    for name in ("0.weight", "2.weight"):
        for unit in range(8):
            place = [unit, 0] if name == "0.weight" else [0, unit]
            one.room.trainer.set_weight(name, place, 0.1 * (unit + 1))
    one.room.train(20)
    one.page.evaluate("refresh()")
    one.page.wait_for_selector(".stage-doctor[hidden]", state="attached", timeout=15000)
    one.page.wait_for_function(f"() => {VOICE} === ''")


def test_it_looks_seldom(explained: Open) -> None:
    one = explained(preset("circle").experiment, steps=400)
    looked(one)
    before = one.room.asked.count("doctor")
    for _ in range(12):
        one.room.train(5)
        one.page.evaluate("refresh()")
        one.page.wait_for_timeout(60)
    assert one.room.asked.count("doctor") - before <= 1
