"""A replay opens from a folder, plays, and asks for nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from playground.export.replay import replay
from playground.export.tape import Tape
from playground.presets import preset
from tests.export.training import recorded, taped
from tests.real_browser import real_browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
PATIENCE = 20.0
BOARD = "document.querySelector('.stage').board"


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with real_browser() as found:
        yield found


class Reader:
    """Somebody who has been given the file, and what their browser complains about or asks for."""

    def __init__(self, chrome: Browser, folder: Path) -> None:
        self.chrome, self.folder = chrome, folder
        self.complaints: list[str] = []
        self.requests: list[str] = []

    def open(
        self,
        key: str,
        *,
        tape: Tape | None = None,
        lang: str = "en",
        steps: int = 150,
        link: str = "",
        **screen: Any,
    ) -> Page:
        file = self.folder / f"{key}.html"
        file.write_bytes(replay(tape or taped(key, steps), Path(), lang=lang, link=link))
        page = self.chrome.new_page(**({"viewport": {"width": 1280, "height": 900}} | screen))
        page.on("console", lambda said: self.complaints.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda sent: self.requests.append(sent.url))
        page.goto(file.as_uri())
        page.wait_for_selector("body[data-ready]")
        return page


@pytest.fixture
def reader(chrome: Browser, tmp_path: Path) -> Iterator[Reader]:
    found = Reader(chrome, tmp_path)
    yield found
    pages = [page for context in chrome.contexts for page in context.pages]
    addresses = {page.url for page in pages}
    for page in pages:
        page.close()
    fetched = {url for url in found.requests if not url.startswith(("data:", "blob:"))}
    assert fetched == addresses, "the file itself is all that is ever asked for"
    assert found.complaints == []


def until(page: Page, holds: str) -> None:
    """Wait until something is so; the file's policy forbids Playwright to poll inside the page."""
    deadline = time.monotonic() + PATIENCE
    while not page.evaluate(holds):
        assert time.monotonic() < deadline, holds
        time.sleep(0.03)


def step(page: Page) -> int:
    return int(page.get_attribute(".stage", "data-step") or -1)


def test_a_replay_plays_to_its_end_and_shows_every_picture(reader: Reader) -> None:
    page = reader.open("circle", link="an address & more")
    until(page, f"{BOARD}.frame.step > 5")
    page.select_option(".stage-timeline-speed", "16")
    until(page, f"{BOARD}.frame.step === 150")
    assert page.locator("h1").inner_text() == "Circle"
    assert page.locator(".stage-broken").count() == 0
    assert page.locator(".stage-curves-plot path").count() >= 4, "curves have lines without plotly"
    page.locator("summary").click()
    assert page.locator("code").inner_text() == "an address & more"
    assert page.locator(".stage-diagram-more:visible, .stage-plane-tools:visible").count() == 0


def test_its_pictures_are_those_of_the_training(reader: Reader) -> None:
    page = reader.open("circle", reduced_motion="reduce")
    assert step(page) == 0, "where motion is unwelcome it waits"
    page.evaluate(f"{BOARD}.seek(77)")
    until(page, f"{BOARD}.frame.step === 77")
    frame = next(frame for frame in taped("circle", 150).frames if frame.step == 77)
    assert (
        page.evaluate(f"Array.from({BOARD}.frame.arrays['w/0.bias'].data)")
        == frame.arrays["w/0.bias"].tolist()
    )
    assert page.evaluate(f"{BOARD}.frame.metrics.loss") == frame.metrics["loss"]
    drawn = page.evaluate(f"{BOARD}.views.get('plane').live.svg().length")
    assert drawn > 10_000


def test_the_timeline_is_dragged_and_steered_by_keys(reader: Reader) -> None:
    page = reader.open("circle", reduced_motion="reduce")
    box = page.locator(".stage-timeline-track").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)
    until(page, f"Math.abs({BOARD}.frame.step - 75) <= 2")
    before = step(page)
    page.keyboard.press("ArrowRight")
    until(page, f"{BOARD}.frame.step > {before}")


def test_nothing_in_it_can_be_changed(reader: Reader) -> None:
    page = reader.open("circle", reduced_motion="reduce")
    refused = page.evaluate(f"{BOARD}.command({{kind: 'play'}}).catch((error) => error.message)")
    assert refused == "This is a recording: it can be looked at, not changed"


def test_it_speaks_chinese_follows_the_night_and_fits_a_phone(reader: Reader) -> None:
    screen = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "reduced_motion": "reduce"}
    page = reader.open("three-rings", lang="zh", **screen)
    assert page.locator("h1").inner_text() == "圆环"
    assert page.get_attribute(".stage", "data-theme") == "dark"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.emulate_media(color_scheme="light")
    page.wait_for_selector(".stage[data-theme=light]")
    page.locator("#theme").click()
    page.wait_for_selector(".stage[data-theme=dark]")


def test_digits_are_replayed_with_what_each_neuron_looks_for(reader: Reader) -> None:
    page = reader.open("digits-mlp", steps=6, reduced_motion="reduce")
    assert page.evaluate(f"[...{BOARD}.views.keys()]") == [
        "filters",
        "confusion",
        "samples",
        "curves",
        "timeline",
    ]
    page.evaluate(f"{BOARD}.seek(6)")
    until(page, f"{BOARD}.frame.step === 6")
    assert page.evaluate(f"{BOARD}.frame.arrays['filter'].shape") == [128, 28, 28]
    assert page.locator(".stage-broken").count() == 0


def test_a_training_that_diverged_is_shown_as_far_as_it_went(reader: Reader) -> None:
    tape = recorded(preset("regression-plane").experiment.replace("optimizer.lr", 10.0))
    page = reader.open("wild", tape=tape, reduced_motion="reduce")
    last = tape.frames[-1].step
    page.evaluate(f"{BOARD}.seek({last})")
    until(page, f"{BOARD}.frame.step === {last}")
    assert page.locator(".stage-broken").count() == 0
