"""The page opens in every language and appearance, and from every link, good or bad."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from unicodedata import east_asian_width

import pytest

from playground.i18n import text
from playground.presets import presets
from playground.spec import DataSpec, Experiment
from tests.pages.conftest import Page

Open = Callable[..., Page]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("locale", "lang"), [("en-US", "en"), ("zh-CN", "zh"), ("de-DE", "en")])
def test_the_page_opens_in_the_browsers_language_and_appearance(
    opened: Open, locale: str, lang: str, theme: str
) -> None:
    page = opened(lang=locale, theme=theme)
    assert text("ui.title", lang) in page.html
    assert page.app.button(key="play").label == text("ui.play", lang)
    assert page.stage is not None
    assert page.stage["lang"] == lang
    page.click("kind-Digits8x8")
    assert page.stage["lang"] == lang
    assert "confusion" in page.stage["views"]
    assert page.step == 0
    assert page.figure("loss") != "—"


def test_the_language_can_be_switched_and_stays_in_the_link(opened: Open) -> None:
    page = opened().click("language_switch")
    assert page.app.button(key="play").label == "训练"
    assert page.app.query_params["lang"] == "zh"
    assert opened(lang="en-US").app.button(key="play").label == "Train"
    assert opened(lang="en-US", e=Experiment().to_link()).app.button(key="play").label == "Train"


def test_select_boxes_are_given_their_words_anew_in_the_other_language(opened: Open) -> None:
    """A browser keeps the word it shows and sends it back: one that is no option any more was a crash."""
    page = opened(e=presets()["sentiment-rnn"].experiment.to_link())
    before = {box.key: box.value for box in page.app.selectbox}
    page.click("language_switch")
    boxes = page.app.selectbox
    assert {box.key: box.value for box in boxes} == before
    assert len(boxes) > 10
    assert [
        box.key for box in boxes if not (box.proto.set_value and box.proto.raw_value in box.proto.options)
    ] == []
    page.run()
    assert [box.key for box in page.app.selectbox if box.proto.set_value] == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_kind_of_data_has_a_name_that_fits_below_its_picture(lang: str) -> None:
    names = {kind: text(f"tile.{kind}", lang) for kind in DataSpec.catalogue()}
    widths = {
        kind: sum(2 if east_asian_width(letter) == "W" else 1 for letter in name)
        for kind, name in names.items()
    }
    assert {kind: name for kind, name in names.items() if widths[kind] > 9} == {}


@pytest.mark.parametrize(
    ("key", "named", "unit"),
    [("circle", "MSE", ""), ("sentiment-rnn", "cross-entropy", "nats"), ("series-lstm", "MSE", "")],
)
def test_the_loss_says_which_one_it_is(opened: Open, key: str, named: str, unit: str) -> None:
    page = opened(e=presets()[key].experiment.to_link())
    loss = re.search(r'data-name="loss"><dt>Loss<span> · (.*?)</span></dt><dd>[\d.]+(.*?)</dd>', page.html)
    assert loss
    assert loss.groups() == (named, f" <small>{unit}</small>" if unit else "")
    assert ("<small>°F</small>" in page.html) == (key == "series-lstm")


@pytest.mark.parametrize("key", list(presets()))
def test_every_example_can_be_opened(opened_before: Open, key: str) -> None:
    page = opened_before().click(f"preset-{key}")
    assert Experiment.from_json(page.experiment) == presets()[key].experiment
    assert presets()[key].title() in [popover.proto.popover.label for popover in page.app.get("popover")]
    assert presets()[key].sentence() in html.unescape(page.html)
    assert page.charts or page.stage
    assert page.said("why") == presets()[key].why()


def test_a_link_restores_the_experiment(opened: Open) -> None:
    wanted = presets()["three-rings"].experiment.replace("optimizer.lr", 0.0123).replace("seed", 7)
    page = opened(e=wanted.to_link())
    assert Experiment.from_json(page.experiment) == wanted
    assert page.app.selectbox(key="knob.optimizer.lr").value == "0.0123"
    assert page.said("link") == ""


def test_a_share_link_holds_the_experiment_and_nothing_of_the_visitor(opened: Open) -> None:
    page = opened()
    link = page.app.code[0].value
    assert Experiment.from_link(link) == Experiment.from_json(page.experiment)
    assert "key=" not in link
    assert "run=" not in link
    assert len(link) < 2000


@pytest.mark.parametrize(
    "link",
    [
        "nonsense",
        "1.AAAA",
        "9" + Experiment().to_link()[1:],
        Experiment(seed=5).to_link()[:-6],
        "1." + "A" * 5000,
        "\x00",
        "../..",
    ],
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_broken_or_old_link_gives_a_sentence_and_the_default(opened: Open, link: str, lang: str) -> None:
    page = opened(e=link, lang=lang)
    assert page.said("link").startswith(text("ui.link_error", lang, reason="")[:8])
    assert Experiment.from_json(page.experiment) == presets()["circle"].experiment
    assert page.charts or page.stage


def test_a_link_to_somebody_elses_run_shows_nothing_of_it(opened: Open) -> None:
    page = opened(run="AAAAAAAAAAAAAAAAAAAAAA")
    assert page.said("run-link") == text("ui.no_such_run")
    assert "run" not in page.app.query_params
    assert page.status == "ready"


def test_an_example_that_takes_minutes_opens_with_a_recording_and_says_so(opened: Open) -> None:
    page = opened().click("preset-gan-mnist")
    assert "playground record gan-mnist" in page.said("recording")
    assert opened().said("recording") == ""
    page.click("play")
    assert page.said("recording") == ""
