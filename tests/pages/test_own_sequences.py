"""Texts of one's own on the page: what is good is taken, what is refused is said and stays where it was typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from playground.presets import presets
from tests.pages.conftest import Page

Open = Callable[..., Page]


def form(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.experiment)
    return found


def test_pasted_text_is_refused_in_a_sentence_or_becomes_the_data(opened: Open) -> None:
    page = opened(e=presets()["char-lstm"].experiment.to_link())
    page.app.button(key="kind-CorpusOwn").click()
    page.run()
    page.app.text_area(key="CorpusOwn_pasted").set_value("aaaa")
    page.app.button(key="CorpusOwn_take").click()
    page.run()
    assert "only one different character" in page.said("upload")
    assert page.app.text_area(key="CorpusOwn_pasted").value == "aaaa"
    before = form(page)["data"]
    page.app.text_area(key="CorpusOwn_pasted").set_value("the cat sat on the mat. " * 40)
    page.app.button(key="CorpusOwn_take").click()
    page.run()
    data = form(page)["data"]
    assert before != data
    assert (data["kind"], data["characters"]) == ("CorpusOwn", 24 * 40 - 1)
    assert (
        form(page)["model"]["layers"][-1]["out_features"]
        == data["vocabulary"]
        == len(set("the cat sat on the mat. ")) + 2
    )


def test_sentences_are_written_on_the_page_and_travel_in_the_link(opened: Open) -> None:
    page = opened(e=presets()["sentiment-rnn"].experiment.to_link())
    page.app.text_area(key="typed_lines").set_value("good: well done\nbad: too bad\nso: it goes")
    page.run()
    assert form(page)["data"]["texts"] == ["well done", "too bad", "it goes"]
    assert form(page)["data"]["labels"] == ["good", "bad", "so"]
    page.app.text_area(key="typed_lines").set_value("good: well done\nno colon here")
    page.run()
    assert "line 2" in page.said("upload")
    assert form(page)["data"]["labels"] == ["good", "bad", "so"]
    assert page.app.text_area(key="typed_lines").value == "good: well done\nno colon here"
