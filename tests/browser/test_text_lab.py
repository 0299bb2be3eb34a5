"""Journeys through the text lab: a text read token by token, and a text that grows while the network learns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from playground.spec import Experiment
from tests.browser.visitor import key, press, status, step, train, until

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(240)]

OpenTab = Callable[..., Any]
ADAM = {"kind": "Adam", "lr": 0.01}


def network(data: dict[str, Any], *, tokens: int, out: int, writes: bool) -> Experiment:
    layers = [
        {"kind": "Embedding", "num_embeddings": tokens, "embedding_dim": 8},
        {"kind": "GRU", "hidden_size": 16, "return_sequences": writes},
        {"kind": "Linear", "out_features": out},
    ]
    loss = {"kind": "CrossEntropy"}
    parts = {"data": data, "model": {"layers": layers}, "loss": loss, "optimizer": ADAM}
    return Experiment.parse({**parts, "training": {"batch_size": 32}})


def live(tab: Any, view: str, what: str) -> Any:
    """Return something of a view on the stage."""
    return tab.locator(".stage").evaluate(f"(node) => node.board.views.get('{view}').live.{what}")


def shown(tab: Any, view: str) -> None:
    tab.wait_for_selector(f".stage-{view}[data-state=shown]")


def pause(tab: Any) -> None:
    press(tab, "play")
    until(lambda: status(tab) == "paused", "held")


def test_a_text_goes_its_way_through_the_network(open_tab: OpenTab) -> None:
    reviews = network({"kind": "Reviews", "count": 600, "vocabulary": 120}, tokens=120, out=2, writes=False)
    tab = open_tab(f"/?e={reviews.to_link()}")
    tab.wait_for_selector(f"{key('lab-text-here')} a")
    shown(tab, "tokens")
    train(tab, beyond=30)
    until(
        lambda: int(tab.locator(".stage-tokens").get_attribute("data-step") or 0) > 0,
        "its way is followed live",
    )
    pause(tab)

    tab.fill(".stage-tokens-entry", "the film is not wonderful zzyzx")
    tab.wait_for_function(
        "(n) => n.textContent.includes('zzyzx')", arg=tab.query_selector(".stage-tokens-list")
    )
    unknown = tab.locator(".stage-tokens-token[data-unknown=true]")
    assert unknown.inner_text().split() == ["zzyzx", "1"]
    assert tab.locator(".stage-tokens-padding").inner_text().split() == ["10×", "pad"]
    assert "Unknown tokens (dashed): 1." in tab.inner_text(".stage-tokens .stage-look-note")
    whole = tab.inner_text(".stage-tokens-verdict")
    tab.locator(".stage-tokens-token").nth(2).click()
    tab.wait_for_selector(".stage-tokens-cursor")
    assert tab.inner_text(".stage-tokens-verdict").startswith("If the text ended after “is”:")
    shares = live(tab, "tokens", "shares")
    assert len(shares) == 3
    assert max(shares) == 1
    for _ in range(4):
        tab.keyboard.press("ArrowRight")
    until(
        lambda: tab.inner_text(".stage-tokens-verdict") == whole, "at the last token its answer is the text's"
    )

    tab.fill(".stage-embedding-entry", "wonderful")
    tab.wait_for_selector(".stage-embedding-near li")
    near = tab.locator(".stage-embedding-near li span").all_inner_texts()
    cosines = [float(each.replace("−", "-")) for each in near]
    assert cosines == sorted(cosines, reverse=True)
    assert max(cosines) <= 1

    wrong = tab.locator(".stage-misread-list button")
    if wrong.count():
        text = wrong.first.locator(".stage-misread-text").inner_text()
        wrong.first.click()
        until(lambda: tab.input_value(".stage-tokens-entry") == text, "a mistake goes its way")
        shown(tab, "tokens")
        assert "It is" in tab.inner_text(".stage-tokens-verdict")
    tab.wait_for_selector(".stage-gates[data-state=shown]")


def test_a_text_grows_while_the_network_learns(open_tab: OpenTab) -> None:
    corpus = network(
        {"kind": "Corpus", "count": 20_000, "length": 20, "vocabulary": 90}, tokens=90, out=90, writes=True
    )
    tab = open_tab(f"/?e={corpus.to_link()}")
    tab.wait_for_selector(f"{key('lab-text-here')} a")
    train(tab, beyond=5)
    until(lambda: live(tab, "writing", "growth.shown") > 20, "it writes by itself while it trains")
    early = live(tab, "writing", "growth.by")
    until(lambda: live(tab, "writing", "growth.by")[-1] > early[0], "later tokens are a later network's")
    pause(tab)
    before = step(tab)

    tab.fill(".stage-writing-entry", "The ")
    tab.wait_for_function(
        "(n) => n.textContent.startsWith('The ') && n.textContent.length > 40",
        arg=tab.query_selector(".stage-writing-page"),
    )
    press_write = tab.locator(".stage-writing-play")
    if press_write.inner_text() == "Pause":
        press_write.click()
    written = "".join(live(tab, "writing", "growth.tokens")[: live(tab, "writing", "growth.shown")])
    tab.locator(".stage-writing-page span[data-place='10']").click()
    tab.wait_for_selector(".stage-writing[data-attended='10']")
    reading = tab.inner_text(".stage-writing-reading")
    assert f"was written at step {before:,}" in reading
    assert "This rests most on" in reading
    # The first one that did not stand there; the way of a text through the network has such a list of its own.
    other = tab.locator(".stage-writing .stage-nexts li[data-role='']").first
    token = other.locator("button").get_attribute("aria-label")
    other.click()
    until(lambda: live(tab, "writing", "growth.shown") > 20, "it goes on from there")
    branched = "".join(live(tab, "writing", "growth.tokens"))
    assert branched[:10] == written[:10]
    assert branched[10] != written[10]
    assert token
    tab.locator(".stage-writing-branches button").click()
    until(lambda: "".join(live(tab, "writing", "growth.tokens")) == written, "the text that was left is back")

    tab.locator(".stage-writing [data-again=true]").click()
    tab.locator(".stage").evaluate("(node) => node.board.seek(0)")
    until(
        lambda: (
            tab.locator(".stage-writing").get_attribute("data-step") == "0"
            and live(tab, "writing", "growth.shown") > 40
        ),
        "the untrained network writes too",
    )
    assert "".join(live(tab, "writing", "growth.tokens")) != written
