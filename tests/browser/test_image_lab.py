"""Journeys through the image lab: the way to it and back, and a network assembled, trained and taken home."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.visitor import key, press, status, step, until

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
