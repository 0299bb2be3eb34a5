"""Journeys through the image lab: the way to it and back, and a network assembled, trained and taken home."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from safetensors.numpy import load_file

from playground.presets import presets
from playground.presets.templates import fitted, templates
from playground.spec import Experiment
from tests.browser.visitor import figure, key, press, restyled, status, step, train, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

OpenTab = Callable[..., Any]


def run_of(tab: Any) -> str:
    return parse_qs(urlsplit(tab.url).query).get("run", [""])[0]


def lab_of(tab: Any) -> str:
    return urlsplit(tab.url).path


def go(tab: Any, lab: str) -> None:
    """Follow the link to a lab once the page rests: a link that is being drawn anew loses the click."""
    tab.wait_for_selector(".stApp[data-test-script-state=notRunning]")
    tab.locator(f"{key(f'lab-{lab}')} a").click()
    tab.wait_for_selector(f"{key(f'lab-{lab}-here')} a")


def test_the_labs_are_a_click_apart_and_the_browsers_back_button_works(open_tab: OpenTab) -> None:
    tab = open_tab()
    press(tab, "step")
    until(lambda: step(tab) == 1, "one step in the playground")
    first = run_of(tab)
    go(tab, "images")
    until(lambda: lab_of(tab) == "/images" and status(tab) == "ready", "the image lab, untouched")
    assert run_of(tab) == ""
    tab.wait_for_selector(".stage-confusion[data-state=shown]")
    assert restyled(tab) < 200, "what changes in a chart leaves the rest of the page alone"
    kernels = tab.locator(".stage-filters-canvas")
    tab.locator(".stage-view[data-view=filters]").evaluate("node => node.scrollIntoView({ block: 'center' })")
    tab.wait_for_selector(".stage-filters[data-state=shown]")
    kernels.click(position={"x": 70, "y": 30})
    tab.locator(".stage-filters-facts button:visible").click()
    tab.wait_for_selector(".stage-drawer .stage-opened-map")  # the kernel over the picture that is looked at
    tab.locator(".stage-drawer .stage-close").click()
    press(tab, "step")
    until(lambda: step(tab) == 1 and run_of(tab) not in ("", first), "one step here")
    second = run_of(tab)
    tab.go_back()
    until(lambda: lab_of(tab) == "/images" and run_of(tab) == "", "before the step")
    tab.go_back()
    tab.wait_for_selector(f"{key('lab-playground-here')} a")
    until(lambda: run_of(tab) == first and step(tab) == 1, "the playground as it was left")
    go(tab, "images")
    until(lambda: run_of(tab) == second and step(tab) == 1, "the image lab as it was left")


def order(tab: Any) -> list[str]:
    return tab.evaluate(
        "[...document.querySelectorAll('[class*=st-key-layer-row-]')].map((row) => row.querySelector('input')?.value)"
    )


def small_digits() -> Experiment:
    """Return LeNet-5's settings on pictures of 8 × 8, without an end."""
    start = presets()["lenet-5"].experiment.replace("data", {"kind": "Digits8x8"})
    return start.replace("training.max_epochs", 0).replace("schedule", {"kind": "Constant"})


def test_a_network_is_assembled_trained_reloaded_and_taken_home(open_tab: OpenTab) -> None:
    empty = fitted(templates()["empty"], small_digits())
    tab = open_tab(f"/?e={empty.to_link()}")
    tab.wait_for_selector(f"{key('lab-images-here')} a")
    until(lambda: order(tab) == ["Flatten", "Linear"], "only the output layer")
    press(tab, "add-conv")
    until(
        lambda: order(tab) == ["Convolution", "ReLU", "Flatten", "Linear"],
        "before the pictures are flattened",
    )
    press(tab, "add-layer")
    press(tab, "add-MaxPool2d")
    until(lambda: order(tab)[2] == "Max pooling", "behind the convolution")
    tab.keyboard.press("Escape")

    tab.wait_for_selector(".stApp[data-test-script-state=notRunning]")
    tab.locator("[data-layer='layers.2']").press("ArrowUp")
    until(lambda: order(tab)[:3] == ["Convolution", "Max pooling", "ReLU"], "moved by keyboard")
    tab.wait_for_function("document.activeElement.dataset.layer === 'layers.1'")
    grip, goal = (tab.locator(f"[data-layer='layers.{number}']").bounding_box() for number in (1, 2))
    tab.mouse.move(grip["x"] + 8, grip["y"] + 10)
    tab.mouse.down()
    tab.mouse.move(goal["x"] + 8, goal["y"] + goal["height"], steps=4)
    tab.wait_for_selector(".drop-line")
    tab.mouse.up()
    until(lambda: order(tab)[:3] == ["Convolution", "ReLU", "Max pooling"], "moved by mouse")

    train(tab, beyond=20)
    until(lambda: figure(tab, "test_accuracy") > 70, "most digits are right")
    before, run = step(tab), run_of(tab)
    tab.reload()
    tab.wait_for_selector(f"{key('lab-images-here')} a")
    until(lambda: run_of(tab) == run and step(tab) > before, "it went on meanwhile")
    press(tab, "play")
    until(lambda: status(tab) == "paused", "held")
    press(tab, "files")
    with tab.expect_download() as awaited:
        press(tab, "save-weights")
    weights = load_file(awaited.value.path())
    assert weights["0.weight"].shape == (16, 1, 3, 3)
    assert weights["4.weight"].shape == (10, 16 * 4 * 4)


@pytest.mark.long
def test_the_other_engine_learns_the_same_digits(open_tab: OpenTab) -> None:
    digits = small_digits().replace("engine", "torch")
    tab = open_tab(f"/?e={fitted(templates()['tutorial-28'], digits).to_link()}")
    train(tab, beyond=5)
    until(lambda: figure(tab, "test_accuracy") > 60, "digits are learned")
    press(tab, "play")
    until(lambda: status(tab) == "paused", "held")
