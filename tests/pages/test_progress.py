"""The line above the stage: how far, how long, when it was best, and the way back there."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest

from playground.data.folder import data_folder
from playground.presets import presets
from playground.runs.best import Standing
from playground.runs.client import Client
from playground.spec import Experiment
from playground.ui.transport import epochs
from playground.views.theme import digits
from tests.pages.conftest import Page

Open = Callable[..., Page]
CIRCLE = presets()["circle"].experiment


def told(page: Page) -> str:
    """Everything the line says."""
    found = re.findall(r'<p class="progress-words[^>]*>(.*?)</p>', page.html)
    return html.unescape(" | ".join(found))


def share(page: Page) -> float:
    found = re.search(r'role="progressbar".*?aria-valuenow="(\d+)"', page.html)
    assert found
    return float(found.group(1))


def standing(page: Page) -> Standing:
    client = Client(data_folder())
    found = client.poll(page.app.session_state["owner"], page.app.session_state["run"]).best
    client.close()
    assert found is not None
    return found


@pytest.mark.parametrize(("lang", "words"), [("en", "Epoch 10 of 10"), ("zh", "第 10 / 10 轮")])
def test_a_run_with_an_end_says_how_far_it_is(opened: Open, lang: str, words: str) -> None:
    page = opened(e=CIRCLE.replace("training.max_epochs", 10).to_link(), lang=lang)
    assert told(page) == "", "nothing is said of a run that is none"
    page.click("play").until(lambda p: p.status == "finished", "all epochs")
    page.until(lambda p: words in told(p), "what was done is told")
    assert share(page) == 100


def test_what_is_left_is_told_as_a_time(opened: Open) -> None:
    page = opened(e=CIRCLE.replace("training.max_steps", 1_000_000).to_link())
    page.click("play").until(lambda p: bool(re.search(r"of 1,000,000 · [\d:]+ left", told(p))), "time left")
    page.click("play")


def test_a_run_without_an_end_says_so(opened: Open) -> None:
    page = opened().click("play").until(lambda p: "No end is set" in told(p), "it is endless")
    page.click("play").until(lambda p: p.status == "paused" and "No end" not in told(p), "it rests")


def test_the_best_moment_is_named_and_can_be_gone_back_to(opened: Open) -> None:
    page = opened().click("play").until(lambda p: p.step > 300, "some training").click("play")
    page.until(lambda p: p.status == "paused", "it rests")
    page.until(lambda p: f"(step {standing(p).step:,})" in told(p), "the best is told")
    best, run = standing(page), page.app.session_state["run"]
    decided = f"test accuracy {100 * best.value:.1f} %, test loss {digits(best.tie)}"
    assert f"{decided}, at epoch {epochs(best.epoch)} (" in told(page)
    assert 0 < best.step <= page.step
    page.click("best-back").until(lambda p: p.step == best.step, "a fork stands there")
    assert page.app.session_state["run"] != run
    assert Experiment.from_json(page.experiment) == CIRCLE
    assert page.figure("test_accuracy") == f"{100 * best.value:.1f} %"
