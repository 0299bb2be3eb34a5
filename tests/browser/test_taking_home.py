"""Files as a visitor saves them: pictures made in the browser, the recording played from a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from playground.presets import presets

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
BOARD = "document.querySelector('.stage').board"
SVG = "{http://www.w3.org/2000/svg}"
PARTS = {"diagram": "network", "plane": "plane", "curves": "curves"}


def saved(tab: Any, folder: Path, press: Callable[[], None]) -> Path:
    """Do what gives a file, and return it."""
    with tab.expect_download() as coming:
        press()
    file = folder / coming.value.suggested_filename
    coming.value.save_as(file)
    return file


def texts(drawn: Path) -> str:
    """Return what can be read in a drawing."""
    root = ET.fromstring(drawn.read_text("utf-8"))
    assert root.tag == f"{SVG}svg"
    return " ".join("".join(node.itertext()) for node in root.iter(f"{SVG}text"))


def by_keyboard(tab: Any, name: str) -> None:
    """Open the menu by the keyboard and go to the button called `name`."""
    tab.locator(".st-key-files button:visible").first.press("Enter")
    tab.wait_for_selector(".keep-row")
    for _ in range(12):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.getAttribute('aria-label')") == name:
            return
    pytest.fail(f"{name} is not among the first places of the menu")


def test_a_visitor_takes_everything_home(open_tab: Callable[..., Any], tmp_path: Path) -> None:
    tab = open_tab(f"/?e={presets()['three-rings'].experiment.to_link()}&lang=en")
    tab.wait_for_selector(".stage[data-connection=open][data-step]")

    by_keyboard(tab, "Network: SVG")
    file = saved(tab, tmp_path, lambda: tab.keyboard.press("Enter"))
    assert file.name == "rings-2-16-16-3-network-step-0.svg"
    assert tab.evaluate("document.activeElement.dataset.kind") == "svg", "the focus stays where it was"
    tab.keyboard.press("Escape")
    tab.locator(".keep-row").first.wait_for(state="hidden")

    tab.locator(".st-key-play button").click()
    tab.wait_for_function("Number(document.querySelector('.stage').dataset.step) > 100")
    tab.locator(".st-key-play button").click()
    tab.wait_for_selector(".stage[data-status=paused]")
    tab.wait_for_function(f"{BOARD}.newest.step === {BOARD}.status.step")
    step = tab.evaluate(f"{BOARD}.frame.step")
    tab.locator(".st-key-files button:visible").first.click()
    tab.wait_for_selector(".keep-row")
    read: dict[str, str] = {}
    for view, part in PARTS.items():
        for kind in ("png", "svg"):
            button = tab.locator(f".keep button[data-picture={view}][data-kind={kind}]")
            file = saved(tab, tmp_path, button.click)
            assert file.name == f"rings-2-16-16-3-{part}-step-{step}.{kind}"
            if kind == "svg":
                read[view] = texts(file)
            else:
                assert file.read_bytes().startswith(b"\x89PNG")
    assert "weight: wide is large" in read["diagram"]
    assert "training 350" in read["plane"]
    assert "class 2" in read["plane"]
    assert "Accuracy" in read["curves"]
    tab.set_viewport_size({"width": 390, "height": 844})
    file = saved(tab, tmp_path, tab.locator(".keep button[data-picture=histograms][data-kind=svg]").click)
    assert "How the numbers are spread" in texts(file), "a view that has to be scrolled to is drawn first"
    assert "<image" in file.read_text("utf-8")

    body = tab.locator("[data-testid=stPopoverBody]:visible").bounding_box()
    assert body["x"] >= 0
    assert body["x"] + body["width"] <= 390, "the menu fits a phone"
    file = saved(tab, tmp_path, tab.locator(".st-key-save-replay button:visible").first.click)
    assert file.name == "rings-2-16-16-3.html"
    tab.goto(file.as_uri())
    tab.wait_for_selector("body[data-ready]")
    assert tab.locator("h1").inner_text() == "Three rings"
    assert tab.evaluate(f"{BOARD}.newest.step") == step, "the recording ends where the run stood"
