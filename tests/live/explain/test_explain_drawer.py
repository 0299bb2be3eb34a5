"""Any neuron opens from below into its formulas, with keyboard and fingers, in both languages and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from playground.presets import preset
from playground.probes import asks

if TYPE_CHECKING:
    from tests.live.explain.served import Explained

pytestmark = pytest.mark.browser

Open = Callable[..., "Explained"]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
OPENED = ".stage-drawer .stage-opened"


def open_unit(one: Explained, column: int, unit: int) -> None:
    one.page.evaluate("([column, unit]) => stage.emit('open', {kind: 'unit', column, unit})", [column, unit])
    one.page.wait_for_selector(f"{OPENED}[data-unit='{column}/{unit}']")


def results(one: Explained, part: str) -> list[tuple[str, str]]:
    nodes = one.page.locator(f"{OPENED} .stage-explained-{part} [data-left]").all()
    return [
        (node.get_attribute("data-left") or "", node.get_attribute("data-result") or "") for node in nodes
    ]


def test_a_neuron_opens_from_its_card_and_closes_with_escape(explained: Open) -> None:
    one = explained(preset("xor").experiment, steps=30)
    one.page.click(".stage-diagram-tile[data-column='0'][data-unit='1']")
    one.page.click(".stage-diagram-card .stage-diagram-formula")
    one.page.wait_for_selector(f"{OPENED}[data-unit='0/1']")
    assert one.page.evaluate("document.querySelector('.stage-drawer').contains(document.activeElement)")
    one.page.keyboard.press("Escape")
    one.page.wait_for_selector(OPENED, state="detached")
    assert one.page.evaluate("!!document.activeElement.closest('.stage-diagram')"), "the focus goes back"


def test_the_drawer_shows_the_four_formulas_of_the_neuron(explained: Open) -> None:
    one = explained(preset("xor").experiment, steps=30)
    open_unit(one, 0, 2)
    answer = asks.answer("formula", one.room.scene(), {"column": 0, "unit": 2}).plain
    for part in ("forward", "backward", "gradient", "update"):
        blocks = [block for block in answer[part] if block["kind"] != "note"]
        meant = [(b["left"], b["result"] if b["kind"] == "line" else b["total"] + b["power"]) for b in blocks]
        assert results(one, part) == meant
    assert one.page.inner_text(f"{OPENED} h3").replace("\n", " ").startswith("Hidden layer 1, neuron 3")


def test_a_sum_is_not_written_twice(explained: Open) -> None:
    one = explained(preset("xor").experiment, steps=1)
    written = one.page.evaluate(
        """async () => { const { formulas } = await import('/live/assets/views/explain/formula.js');
          const term = (name, text, value) =>
            ({ name, tokens: ['', text, ''], value, source: null, share: 1 });
          const sums = [
            [term('s', '0', '0.000'), term('b', '0.136', '0.136')],
            [term('s', '0.04', '0.04'), term('b', '0.1361', '0.136')],
          ];
          const sum = (terms) => ({ kind: 'sum', left: 'y', terms, total: '0.136', power: '', rest: 0 });
          const way = { word: (key) => key, rest: () => {} };
          return sums.map((terms) => formulas([sum(terms)], way)[0].textContent); }"""
    )
    assert written == ["y= s + b= 0 + 0.136= 0.136", "y= s + b= 0.04 + 0.1361= 0.04 + 0.136= 0.136"]


def test_a_press_on_a_weight_shows_its_update(explained: Open) -> None:
    one = explained(preset("xor").experiment, steps=30)
    open_unit(one, 1, 0)
    names = one.page.locator(".stage-pick")
    for index in (0, 3):
        names.nth(index).click()
        one.page.wait_for_selector(f".stage-picks li:nth-child({index + 1}) .stage-pick[aria-pressed='true']")
        place = [0, index]
        answer = asks.answer(
            "formula", one.room.scene(), {"column": 1, "unit": 0, "tensor": "2.weight", "place": place}
        )
        assert results(one, "update")[-1] == (f"w{'₁₂₃₄'[index]}′", answer.plain["update"][-1]["result"])


def test_an_edge_opens_the_neuron_it_leads_to_at_its_weight(explained: Open) -> None:
    one = explained(preset("circle").experiment, steps=30)
    one.page.evaluate("stage.emit('open', {kind: 'edge', layer: 2, row: 1, column: 3})")
    one.page.wait_for_selector(f"{OPENED}[data-unit='1/1']")
    assert one.page.inner_text(f"{OPENED} .stage-explained-update h4").endswith("w₄")


def test_the_numbers_follow_the_run(explained: Open) -> None:
    one = explained(preset("circle").experiment, steps=30)
    open_unit(one, 0, 0)
    before = results(one, "forward")
    one.room.train(50)
    one.page.evaluate("refresh()")
    one.page.wait_for_selector(f"{OPENED}[data-step='80']")
    assert results(one, "forward") != before


def test_another_sample_is_explained_and_marked_on_the_plane(explained: Open) -> None:
    one = explained(preset("circle").experiment, steps=30)
    open_unit(one, 0, 0)
    before = results(one, "forward")
    one.page.click(f"{OPENED} [aria-label='Next sample']")
    one.page.wait_for_function(
        "() => document.querySelector('.stage-opened .stage-sample').textContent.includes('Sample 2 of')"
    )
    assert results(one, "forward") != before
    assert one.page.evaluate("stage.selection") == {"kind": "sample", "index": 1, "test": False}


def test_a_refusal_is_a_sentence_in_the_drawer(explained: Open) -> None:
    one = explained(preset("circle").experiment, steps=30)
    one.page.evaluate("stage.emit('open', {kind: 'unit', column: 0, unit: 99})")
    one.page.wait_for_selector(".stage-drawer [role='alert']")
    assert "no neuron" in one.page.inner_text(".stage-drawer [role='alert']")
    one.page.keyboard.press("Escape")
    open_unit(one, 0, 1)


def test_a_wide_layer_is_listed_in_a_ledger_that_adds_up(explained: Open) -> None:
    one = explained(preset("digits-mlp").experiment, steps=5)
    open_unit(one, 1, 3)
    table = one.page.locator(f"{OPENED} .stage-explained-forward .stage-ledger")
    values = [
        text.replace("−", "-") for text in table.locator("tbody .stage-ledger-value").all_text_contents()
    ]
    places = {len(text.partition(".")[2]) for text in values}
    assert len(places) == 1
    from decimal import Decimal

    total = table.locator("tfoot b").inner_text().replace("−", "-")
    assert sum(Decimal(text) for text in values) == Decimal(total)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_everything_fits_on_a_phone_and_nothing_is_below_twelve_pixels(explained: Open, lang: str) -> None:
    one = explained(preset("three-rings").experiment, steps=40, lang=lang, **PHONE)
    one.page.click(".stage-begin >> nth=0")
    one.page.wait_for_selector(".stage-walk .stage-formula, .stage-walk .stage-ledger")
    open_unit(one, 1, 3)
    assert one.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = """() => [...document.querySelectorAll('.stage-view[data-view=backprop] *, .stage-drawer *')]
        .filter((node) => node.checkVisibility?.())
        .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))
        .filter((node) => parseFloat(getComputedStyle(node).fontSize) < 12)
        .map((node) => node.outerHTML.slice(0, 80))"""
    assert one.page.evaluate(small) == []
    one.page.wait_for_timeout(300)  # it rises
    drawer = one.page.locator(".stage-drawer").bounding_box()
    assert drawer is not None
    assert drawer["y"] + drawer["height"] <= 845, "it slides in from below and stays on the screen"


def test_no_word_is_missing_in_chinese(explained: Open) -> None:
    one = explained(preset("circle").experiment, steps=40, lang="zh")
    one.page.click(".stage-begin >> nth=0")
    one.page.wait_for_selector(".stage-walk .stage-formula")
    open_unit(one, 1, 0)
    text = one.page.inner_text(".stage")
    for key in ("backprop.", "opened.", "check.", "doctor."):
        assert key not in text
    assert "前向传播" in text
