"""Journeys of real visitors through the real app: a browser, the server, the run service and its workers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from playground.spec import Experiment
from tests.browser.visitor import (
    figure,
    key,
    preset,
    press,
    said,
    status,
    step,
    train,
    type_in,
    until,
    upload,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

OpenTab = Callable[..., Any]


@pytest.fixture
def open_tab(open_tab: OpenTab) -> OpenTab:
    """Open pages of visitors who asked their system for stillness: what moves is looked at elsewhere."""
    return partial(open_tab, still=True)


def run_of(tab: Any) -> str:
    return parse_qs(urlsplit(tab.url).query).get("run", [""])[0]


@pytest.mark.long
def test_one_neuron_says_why_xor_is_beyond_it(open_tab: OpenTab) -> None:
    tab = open_tab()
    preset(tab, "xor-single-neuron")
    until(lambda: "straight line" in said(tab, "why"), "the reason is told")
    train(tab, beyond=200)
    assert figure(tab, "accuracy") <= 75


@pytest.mark.long
def test_digits_are_learned_before_ones_eyes_and_replayed(open_tab: OpenTab) -> None:
    board = "document.querySelector('.stage').board"
    pixels = "(name) => document.querySelector(`.stage-${name}-canvas`).toDataURL()"

    def matrix() -> list[list[int]]:
        counts = f"Array.from({board}.views.get('confusion').live.counts ?? new Array(100).fill(0))"
        found = tab.evaluate(counts)
        return [found[10 * row : 10 * row + 10] for row in range(10)]

    def right() -> int:
        return sum(row[k] for k, row in enumerate(matrix()))

    def seen(name: str) -> str:
        tab.locator(f".stage-view[data-view={name}]").scroll_into_view_if_needed()
        tab.wait_for_selector(f".stage-{name}[data-state=shown]")
        return tab.evaluate(pixels, name)

    tab = open_tab()
    preset(tab, "digits-mlp")
    start = {name: seen(name) for name in ("filters", "confusion", "samples")}
    train(tab, beyond=100)
    until(lambda: figure(tab, "test_accuracy") > 60, "most digits are right")
    seen("confusion")
    until(lambda: right() > 600, "the matrix follows")
    press(tab, "play")
    until(lambda: status(tab) == "paused", "held")
    tab.wait_for_function(f"{board}.newest.step === {board}.status.step")
    seen("confusion")
    assert [sum(row) for row in matrix()] == [100] * 10, "every held-back digit is counted once"
    for name, picture in start.items():
        until(lambda name=name, picture=picture: seen(name) != picture, f"{name} has changed")
    until(
        lambda: f"{1000 - right()} of 1,000" in tab.inner_text(".stage-samples-sum"), "the mistakes are those"
    )
    tab.focus(".stage-confusion-canvas")
    tab.keyboard.press("End")
    nines = f"Of 100 samples of class 9, {matrix()[9][9]} are recognised"
    until(lambda: nines in tab.inner_text(".stage-confusion-reading"), "a cell is a sentence")
    learned = right()
    tab.evaluate(f"{board}.seek(0)")
    until(lambda: right() < learned and tab.evaluate(f"{board}.frame.step") == 0, "as it was at the start")
    until(lambda: seen("filters") == start["filters"], "the filters of the start")


def test_a_running_run_takes_a_new_learning_rate_is_hidden_from_others_and_outlives_a_reload(
    open_tab: OpenTab,
) -> None:
    tab = open_tab()
    train(tab, beyond=20)
    # A page that is being drawn anew would drop what is typed.
    tab.locator(f"{key('play')} button", has_text="Pause").first.wait_for()
    run = run_of(tab)
    type_in(tab, "knob.optimizer.lr", "0.0123")
    until(
        lambda: tab.locator(f"{key('knob.optimizer.lr')} input").first.input_value() == "0.0123",
        "the entry is taken",
    )
    before = step(tab)
    until(lambda: step(tab) > before, "training goes on")
    assert run_of(tab) == run
    assert status(tab) == "running"
    # What cannot be is refused below the entry; the run does not notice.
    type_in(tab, "knob.optimizer.lr", "1e30")
    until(lambda: "1e30" in said(tab, "optimizer.lr") or "1e+30" in said(tab, "optimizer.lr"), "the refusal")
    before = step(tab)
    until(lambda: step(tab) > before, "training goes on")
    assert run_of(tab) == run

    stranger = open_tab("/?run=" + run)
    until(lambda: bool(said(stranger, "run-link")), "no such run")
    assert step(stranger) == 0

    before = step(tab)
    tab.reload()
    tab.wait_for_selector(".figures", state="attached")
    until(lambda: step(tab) > before, "the run went on")
    assert run_of(tab) == run
    press(tab, "play")
    until(lambda: status(tab) == "paused", "and still obeys")


def test_a_share_link_opens_the_same_experiment(open_tab: OpenTab) -> None:
    tab = open_tab()
    preset(tab, "moons")
    type_in(tab, "knob.optimizer.lr", "0.0456")
    until(
        lambda: tab.locator(f"{key('knob.optimizer.lr')} input").first.input_value() == "0.0456",
        "the entry is taken",
    )
    press(tab, "share")
    link = tab.locator("[data-testid=stPopoverBody] code").inner_text().replace("\n", "")
    assert Experiment.from_link(link).optimizer.lr == 0.0456
    other = open_tab("/?" + urlsplit(link).query)
    assert other.locator(f"{key('knob.optimizer.lr')} input").first.input_value() == "0.0456"
    assert "Moons" in other.locator(".chosen").inner_text()


def test_a_table_of_ones_own_is_trained_on(open_tab: OpenTab, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    rows = "\n".join(
        f"{100 + 9 * (i % 3) + i * 7 % 5},{i * 5 % 11},{i % 13},{'abc'[i % 3]}" for i in range(90)
    )
    good.write_text(f"height,weight,age,kind\n{rows}\n")
    bad.write_text("a,b\n1,2\n=HYPERLINK(1),3\n")
    tab = open_tab()
    upload(tab, bad)
    until(lambda: "formula" in said(tab, "upload"), "the refusal")
    upload(tab, good)
    until(lambda: "90" in said(tab, "upload_found"), "the table is found")
    until(
        lambda: "CrossEntropy" in said(tab, "notice") or bool(said(tab, "notice")), "output and loss follow"
    )
    train(tab, beyond=100)
    until(lambda: figure(tab, "accuracy") > 50, "something is learned")


def test_the_page_speaks_chinese_to_who_reads_it_and_says_that_a_link_is_broken(open_tab: OpenTab) -> None:
    tab = open_tab("/?e=1.broken", locale="zh-CN", dark=True)
    until(lambda: "链接" in said(tab, "link"), "the sentence is there")
    assert "训练" in tab.locator(f"{key('play')} button:visible").first.inner_text()
    assert tab.locator(".heading").first.inner_text() == "数据"
    train(tab, beyond=5)
    assert status(tab) == "running"
    press(tab, "language_switch")
    until(lambda: tab.locator(".heading").first.inner_text() == "Data", "English")
    tab.wait_for_function("document.querySelector('.stage').board.setup.lang === 'en'")
    tab.wait_for_selector(".stage-curves :text('training')")
    assert status(tab) == "running"


def too_small(tab: Any) -> list[str]:
    """Return what is written in letters of less than twelve pixels."""
    return tab.evaluate(
        """() => [...document.querySelectorAll('.stMain *')].filter(node =>
            [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim()) &&
            node.getClientRects().length && node.getClientRects()[0].width > 2 &&
            !['STYLE', 'SCRIPT', 'KBD', 'TITLE'].includes(node.tagName) &&
            parseFloat(getComputedStyle(node).fontSize) < 12
        ).map(node => node.textContent.trim().slice(0, 40))"""
    )


def test_keys_train_and_hold_letters_can_be_read_and_layers_come_and_go(open_tab: OpenTab) -> None:
    tab = open_tab()
    tab.wait_for_function(
        "[...document.querySelector('.stage').board.views.values()].every((view) => view.live)"
    )
    assert too_small(tab) == []
    tab.locator(".heading").first.click()
    tab.keyboard.press("p")
    until(lambda: status(tab) == "running", "p trains")
    tab.locator(f"{key('play')} button", has_text="Pause").first.wait_for()
    tab.keyboard.press("p")
    until(lambda: status(tab) == "paused", "p holds")

    assert too_small(tab) == []

    def rows() -> int:
        return tab.locator("[class*='st-key-layer-menu-']:visible").count()

    until(lambda: rows() == 6, "six layers")
    press(tab, "add-hidden")
    until(lambda: rows() == 8, "two more")
    press(tab, "layer-menu-0")
    tab.get_by_text("Remove", exact=True).click()
    until(lambda: rows() == 7, "one less")
    press(tab, "undo")
    until(lambda: rows() == 8, "undone")


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_telephone_has_no_sideways_scroll_and_train_in_reach(open_tab: OpenTab, locale: str) -> None:
    tab = open_tab(width=390, height=844, locale=locale)
    for number in range(3):
        tab.locator(f"{key('tab')} button:visible").nth(number).click()
        tab.wait_for_timeout(600)
        wide = tab.evaluate(
            "() => [document.documentElement.scrollWidth, document.querySelector('.stMain').scrollWidth]"
        )
        assert max(wide) <= 390
        tab.evaluate("() => document.querySelector('.stMain').scrollTo(0, 4000)")
        tab.wait_for_timeout(200)
        box = tab.locator(f"{key('play')} button:visible").first.bounding_box()
        assert box is not None
        assert 0 <= box["y"] < 844 - box["height"], "Train stays in reach"
        tab.evaluate("() => document.querySelector('.stMain').scrollTo(0, 0)")
    assert tab.locator(f"{key('column-data')}:visible, {key('column-network')}:visible").count() == 1
