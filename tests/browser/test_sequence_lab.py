"""A journey through the sequence lab: gates held and opened, the forecast, the gradient, own sequences, other cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from playground.spec import Experiment
from tests.browser.visitor import key, press, status, step, until

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(240)]

OpenTab = Callable[..., Any]


def waves() -> Experiment:
    """Return a small forecast: eight values in, the next one out."""
    return Experiment.from_plain(
        {
            "data": {"kind": "Waves", "count": 200, "window": 8},
            "model": {"layers": [{"kind": "LSTM", "hidden_size": 6}, {"kind": "Linear", "out_features": 1}]},
            "loss": {"kind": "MSE"},
            "optimizer": {"kind": "Adam", "lr": 0.01},
        }
    )


OWN = """async () => {
  const files = performance.getEntriesByType("resource").map((one) => one.name);
  const loaded = (name) => files.find((one) => one.includes(`/sequence/${name}.js`));
  const { parsed, typed, encoded } = await import(loaded("own"));
  const { chosen } = await import(loaded("subject"));
  const input = { labels: ["x"], shape: [24, 1], scale: 2, offset: 60 };  // 60 ± 2 °F
  const found = parsed("62 58", "numbers", input);
  const selection = { kind: "values", values: { data: encoded(found.data), steps: 2 } };
  const experiment = { data: { kind: "Series" } };
  const at = (shape) => chosen({ selection, setup: { experiment, samples: [5, 2], input: { shape } } });
  return {
    read: [...found.data], typed: typed(found, "numbers", input), too_large: parsed("1e308", "numbers", input),
    fits: "values" in at([24, 1]), elsewhere: at([50, 2]),
  };
}"""
"""What is typed is in the unit of the series, and kept while the network reads sequences of that width."""


def click_at(tab: Any, selector: str, x: float, y: float) -> None:
    """Click a place of an element, in parts of its size."""
    node = tab.locator(selector).first
    node.scroll_into_view_if_needed()
    box = node.bounding_box()
    node.click(position={"x": x * box["width"], "y": y * box["height"]})


def fact(tab: Any, view: str, name: str) -> str:
    return tab.evaluate(
        "([view, name]) => document.querySelector(`.stage-${view}`)?.dataset[name] ?? ''", [view, name]
    )


def test_gates_are_seen_held_and_opened_while_a_forecast_is_learned(open_tab: OpenTab) -> None:
    tab = open_tab(f"/?e={waves().to_link()}")
    tab.wait_for_selector(f"{key('lab-sequences-here')} a")
    assert urlsplit(tab.url).path == "/sequences"
    for view in ("forecast", "unrolled", "gates"):
        tab.locator(f"[data-view={view}]").first.scroll_into_view_if_needed()
        tab.wait_for_selector(f".stage-{view}[data-state=shown]")

    # A cell at a step, opened: every gate has its equation, and what is beside it follows.
    click_at(tab, ".stage-gates-canvas", 0.3, 0.3)
    tab.wait_for_selector(".stage-cell[data-unit]")
    assert tab.locator(".stage-cell-gate").count() == 6
    chosen = int(tab.locator(".stage-cell").get_attribute("data-at"))
    tab.locator(".stage-cell .stage-look-tool").nth(1 if chosen < 7 else 0).click()
    after = chosen + 1 if chosen < 7 else chosen - 1
    tab.wait_for_selector(f".stage-cell[data-at='{after}']")
    shown_h = tab.locator(".stage-cell-gate[data-letter=h] .stage-formula").inner_text()
    assert "tanh" in shown_h
    tab.keyboard.press("Escape")
    tab.wait_for_selector(".stage-gates-lines")

    # The keyboard reads out one cell after the other.
    tab.locator(".stage-gates-canvas").focus()
    for name in ("Home", "ArrowRight", "ArrowDown", "PageDown"):
        tab.keyboard.press(name)
    until(lambda: "step 2" in tab.locator(".stage-gates-reading").inner_text(), "the second step is read")
    tab.locator(".stage-gates-select").first.select_option("variance")

    # A gate held: what the network says changes, and the loss with it.
    tab.locator(".stage-gates-holds [data-gate=o]").click()
    slider = tab.locator(".stage-gates-slider")
    slider.fill("0")
    said = tab.locator(".stage-gates-effect")
    until(lambda: "loss on" in said.inner_text(), "what comes of it is told")
    assert fact(tab, "gates", "held") == "1"
    tab.locator(".stage-gates-holds [data-deed=release]").click()
    until(lambda: fact(tab, "gates", "held") == "0", "released")

    # Training: gates, forecast and gradient follow; clipping is one press away.
    tab.locator(key("play")).first.scroll_into_view_if_needed()
    press(tab, "play")
    until(lambda: step(tab) > 40, "some steps")
    for view in ("forecast", "gates", "through"):
        tab.locator(f".stage-{view}").first.scroll_into_view_if_needed()
        until(lambda view=view: int(fact(tab, view, "step") or 0) > 0, f"{view} follows")
    assert fact(tab, "through", "verdict") in ("fine", "vanishing", "exploding")
    tab.locator("[data-deed=clip]").click()
    until(lambda: fact(tab, "through", "clip") == "1", "clipped")
    press(tab, "play")
    until(lambda: status(tab) == "paused", "held")

    # The forecast is rolled forward from where one taps.
    before = fact(tab, "forecast", "start")
    click_at(tab, ".stage-forecast-canvas", 0.3, 0.5)
    until(lambda: fact(tab, "forecast", "start") not in ("", before), "from there")

    # One's own sequence, longer than those of the data.
    tab.locator(".stage-sequence [data-own=true]").scroll_into_view_if_needed()
    tab.locator(".stage-sequence [data-own=true]").click()
    tab.locator(".stage-sequence-text").fill("0 1 0 -1 0 1 0 -1 0 1 0 -1")
    tab.locator(".stage-trajectory").scroll_into_view_if_needed()
    until(lambda: fact(tab, "trajectory", "steps") == "12", "twelve steps are followed")

    assert tab.evaluate(OWN) == {
        "read": [1, -1],
        "typed": "62 58",
        "too_large": None,
        "fits": True,
        "elsewhere": {"index": 0, "test": True},
    }

    # The other kinds of cells beside it, by one press.
    tab.wait_for_selector(".stApp[data-test-script-state=notRunning]")
    press(tab, "contrast-cells")
    tab.wait_for_selector(key("card-2"))
    until(lambda: step(tab) > 0, "they train")
    for card, letters in enumerate(("i,f,g,o,c,h", "h", "r,z,n,h")):
        place = f"{key(f'card-{card}')} "
        tab.locator(f"{place}.stage-gates").scroll_into_view_if_needed()
        tab.wait_for_selector(f"{place}.stage-gates[data-state=shown]")
        found = tab.evaluate(
            "(place) => [...document.querySelectorAll(place)].map((chip) => chip.dataset.gate).join()",
            f"{place}.stage-gates-holds [data-gate]",
        )
        assert found == letters

    # All are judged on the same sequence: what is chosen beside one is chosen beside all.
    tab.locator(f"{key('card-1')} .stage-sequence .stage-look-tools button").last.click()
    numbers = "[...document.querySelectorAll('.stage-sequence-number')].map((one) => one.textContent)"
    until(
        lambda: len(set(tab.evaluate(numbers))) == 1 and tab.evaluate(numbers)[0].startswith("2 "), "in step"
    )
    press(tab, "play")
    until(lambda: status(tab) == "paused", "held")
