"""A journey through the GAN lab: who learns, one step in five phases, what is drawn by hand, digits of noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from playground.presets import presets
from tests.browser.visitor import key, press, status, step, train, until

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(240)]

OpenTab = Callable[..., Any]


def of(tab: Any, view: str, name: str) -> str:
    """Return a fact that a view carries."""
    return tab.locator(f".stage-{view}").first.evaluate("(node, name) => node.dataset[name] ?? ''", name)


def pressed(tab: Any, name: str) -> bool:
    return tab.locator(f".stage-duel [data-name={name}]").get_attribute("aria-pressed") == "true"


def click(tab: Any, selector: str) -> None:
    """Click what the stage may be about to move, once the page rests."""
    tab.wait_for_selector(".stApp[data-test-script-state=notRunning]")
    tab.locator(selector).first.click()


def into_sight(tab: Any, view: str) -> None:
    """Scroll to a view: what is below the window is not drawn."""
    tab.wait_for_selector(f".stage-{view}", state="attached")
    tab.locator(f".stage-{view}").first.scroll_into_view_if_needed()


def norms(tab: Any) -> dict[str, str]:
    cells = tab.locator(".stage-balance-figures > div")
    return dict(
        cells.evaluate_all(
            "(all) => all.map((one) => [one.dataset.name, one.querySelector('dd').textContent])"
        )
    )


def test_two_networks_play_against_each_other(open_tab: OpenTab) -> None:
    tab = open_tab(f"/?e={presets()['gan-8-gaussians'].experiment.to_link()}")
    tab.wait_for_selector(f"{key('lab-gan-here')} a")
    tab.wait_for_selector(".stage-arena[data-state=shown]")
    into_sight(tab, "duel")
    tab.wait_for_selector(".stage-duel[data-state=shown]")
    into_sight(tab, "balance")
    train(tab, 20)
    tab.wait_for_function("document.querySelector('.stage-coverage')?.dataset.state === 'shown'")
    until(lambda: norms(tab)["d_gradient_norm"] not in ("—", "0"), "the discriminator learns")

    click(tab, ".stage-duel [data-name=walk]")
    panel = ".stage-duel-panel:not([hidden])"
    tab.wait_for_selector(panel)
    until(lambda: status(tab) == "paused", "the run rests for the walk")
    at = tab.locator(panel).get_attribute("data-step")
    tab.locator(f"{panel} .stage-duel-phase").nth(3).click()
    assert tab.locator(panel).get_attribute("data-phase") == "4"
    assert "LG = " in tab.locator(f"{panel} .stage-balance-formula").inner_text()  # typeset
    assert of(tab, "arena", "walks") == "true"
    tab.keyboard.press("Escape")
    tab.locator(".stage-duel-panel").wait_for(state="hidden")
    assert of(tab, "arena", "walks") == "false"
    assert step(tab) == int(at or -1)

    before = step(tab)
    click(tab, ".stage-duel [data-name=step_discriminator]")
    until(lambda: step(tab) == before + 1, "one step of the discriminator alone")
    click(tab, ".stage-duel [data-name=turn_generator]")
    until(lambda: pressed(tab, "turn_generator"), "only the generator learns")

    click(tab, ".stage-gan-brush > button")
    canvas = tab.locator(".stage-arena-canvas")
    canvas.hover(position={"x": 150, "y": 200})
    tab.mouse.down()
    for x in (190, 230, 270):
        canvas.hover(position={"x": x, "y": 210})
    tab.mouse.up()
    click(tab, ".stage-gan-brush .stage-gan-main")
    until(lambda: status(tab) == "running" and step(tab) > 5, "what was drawn is learned")
    tab.wait_for_selector(f"{key('kind-Drawing')}")
    tab.wait_for_function(
        "document.querySelector('.stage-coverage [data-name=modes] dd').textContent.endsWith('/ 1')"
    )
    press(tab, "play")


def resting(open_tab: OpenTab, preset: str) -> Any:
    """Return a tab with a game about pictures that has begun, and is paused."""
    game = presets()[preset].experiment.replace("training.max_epochs", 0)
    tab = open_tab(f"/?e={game.to_link()}")
    tab.wait_for_selector(".stage-gallery[data-state=shown]")
    train(tab, 1)
    press(tab, "play")
    until(lambda: status(tab) == "paused", "it rests")
    return tab


def test_digits_are_made_of_noise(open_tab: OpenTab) -> None:
    tab = resting(open_tab, "gan-conditional")
    for at in (0, 3):
        tab.locator(".stage-gallery-canvas").click(position={"x": 30 + 66 * at, "y": 40})
    tab.locator(".stage-noise").scroll_into_view_if_needed()
    tab.wait_for_selector(".stage-noise-strip:not([hidden])")
    click(tab, ".stage-gallery [data-name=near]")
    tab.mouse.move(5, 5)
    tab.wait_for_function("/60/.test(document.querySelector('.stage-gallery .stage-look-note').textContent)")
    seen = tab.locator(".stage-noise .stage-look-note").first.inner_text()
    tab.locator(".stage-noise-pad").click(position={"x": 20, "y": 20})
    until(
        lambda: tab.locator(".stage-noise .stage-look-note").first.inner_text() != seen,
        "another place, another z",
    )
    tab.wait_for_selector(".stage-coverage[data-state=shown]")


def test_a_classifier_that_is_trained_by_a_press_judges_the_digits(open_tab: OpenTab) -> None:
    tab = resting(open_tab, "gan-digits-8x8")
    tab.wait_for_selector(".stage-coverage[data-judge='']")
    click(tab, ".stage-coverage [data-name=train]")
    tab.wait_for_selector(key("lab-images-here"))
    until(lambda: status(tab) == "finished", "the judge has learned")
    click(tab, f"{key('lab-gan')} a")
    tab.wait_for_selector(".stage-coverage:not([data-judge=''])[data-judge]")
    judge = tab.locator(".stage-coverage-judge")
    assert "8×8 → 128 → 10" in judge.evaluate("(select) => select.selectedOptions[0].textContent")
    assert tab.locator(".stage-gallery [data-name=seen]").get_attribute("aria-pressed") == "true"
    assert tab.locator(".stage-coverage [data-name=quality] dd").inner_text().endswith("%")
    judge.select_option("nearest")
    tab.wait_for_selector(".stage-coverage[data-judge='']")
