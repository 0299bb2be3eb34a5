"""What a visitor does on the page and sees on it, by the facts it carries (`data-*`), not by pixels."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playground.presets import presets

PATIENCE = 60.0
"""Seconds; the machine may be shared."""


def key(name: str) -> str:
    """Return the selector of what the page calls `name`."""
    return ".st-key-" + "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)


def press(tab: Any, name: str) -> None:
    """Press the button called `name`."""
    tab.locator(f"{key(name)} button:visible").first.click()


def preset(tab: Any, name: str) -> None:
    """Choose an example."""
    press(tab, "presets")
    press(tab, f"preset-{name}")
    tab.keyboard.press("Escape")
    tab.locator(key("preset-list")).wait_for(state="hidden")
    button = tab.locator(f"{key('presets')} button:visible").first
    until(lambda: presets()[name].title() in button.inner_text(), "the example is there")
    until(lambda: status(tab) == "ready" and step(tab) == 0, "it stands at its start")


def type_in(tab: Any, name: str, entry: str) -> None:
    """Type an entry into the list called `name`."""
    box = tab.locator(f"{key(name)} input").first
    box.click()
    box.press_sequentially(
        entry
    )  # key by key: the list takes a pasted text for an insertion into the entry before
    tab.keyboard.press("Enter")


def fact(tab: Any, name: str) -> str:
    """Return a fact of the numbers in the bar: `status` or `step`."""
    return tab.locator(".figures").first.evaluate("(node, name) => node.dataset[name]", name)


def step(tab: Any) -> int:
    """Return the step that is shown."""
    return int(fact(tab, "step"))


def status(tab: Any) -> str:
    """Return how the run stands, as shown."""
    return fact(tab, "status")


def figure(tab: Any, name: str) -> float:
    """Return a number of the bar."""
    text = tab.locator(f'.figure[data-name="{name}"] dd').inner_text()
    return float(text.replace(",", "").split()[0])


def said(tab: Any, name: str) -> str:
    """Return the sentence at `name`; empty if there is none."""
    found = tab.locator(f'[data-say="{name}"]')
    return found.first.inner_text() if found.count() else ""


def until(happened: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.1)


def train(tab: Any, beyond: int = 0) -> None:
    """Press Train and wait until some steps are done."""
    press(tab, "play")
    until(lambda: step(tab) > beyond, f"training beyond step {beyond}")


def upload(tab: Any, file: Path) -> None:
    """Hand over a table."""
    press(tab, "kind-Csv")
    tab.locator(f"{key('upload_file')} input[type=file]").set_input_files(file)


def restyled(tab: Any) -> int:
    """Return how many elements the browser gives a style anew when one is put into a chart and taken out again."""
    session = tab.context.browser.new_browser_cdp_session()
    events: list[dict[str, Any]] = []
    done: list[object] = []
    session.on("Tracing.dataCollected", lambda part: events.extend(part["value"]))
    session.on("Tracing.tracingComplete", lambda _: done.append(True))
    session.send("Tracing.start", {"categories": "devtools.timeline"})
    tab.evaluate(
        """() => {
          const chart = document.querySelector(".stage-curves");
          const mark = document.createElement("i");
          for (const change of [() => chart.append(mark), () => mark.remove()]) {
            change();
            void getComputedStyle(chart).color;
          }
        }"""
    )
    session.send("Tracing.end")
    while not done:
        tab.wait_for_timeout(10)
    session.detach()
    found = [event["args"].get("elementCount", 0) for event in events if event["name"] == "UpdateLayoutTree"]
    assert found, "the browser has told what it did"
    return max(found)
