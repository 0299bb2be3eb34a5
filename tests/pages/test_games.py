"""What a game's stage proposes: a remedy goes on beside it from the moment, and a judge is trained in the other lab."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from playground.presets import preset
from playground.spec import Experiment
from playground.ui import stage_panel
from playground.ui.service import client
from tests.pages.conftest import Page

Open = Callable[..., Page]
GAME = preset("gan-collapse").experiment.replace("training.max_epochs", 0)


@pytest.fixture
def propose(monkeypatch: pytest.MonkeyPatch) -> Callable[[Page, dict[str, Any]], Page]:
    """Let the page's stage propose something, as its script does in a browser."""
    drawn, waiting = stage_panel.stage, list[dict[str, Any]]()

    def stage(*given: Any, on_proposal: Callable[[dict[str, Any]], None], **more: Any) -> Any:
        if waiting:
            on_proposal(waiting.pop())
        return drawn(*given, on_proposal=on_proposal, **more)

    monkeypatch.setattr(stage_panel, "stage", stage)

    def propose(page: Page, proposal: dict[str, Any]) -> Page:
        waiting.append(proposal)
        return page.run().run()

    return propose


def test_a_remedy_of_a_game_goes_on_from_this_moment(
    opened: Open, propose: Callable[[Page, dict[str, Any]], Page]
) -> None:
    page = opened(e=GAME.to_link()).click("play").until(lambda p: p.step > 30, "a game")
    remedied = GAME.replace("adversary.generator_steps", 1)
    page = propose(
        page, {"kind": "compare", "experiment": remedied.plain() | {"version": Experiment.VERSION}}
    )
    (kept,) = page.app.session_state["beside"]
    assert Experiment.from_json(kept["experiment"]) == remedied
    page.until(lambda p: p.step > 60, "both go on").click("play").until(
        lambda p: p.status == "paused", "rest"
    )
    here, owner = page.app.session_state["run"], page.owner
    parted = client().poll(owner, kept["run"])
    assert parted.parent == here
    assert parted.parent_step > 30, "it has the game's past"
    assert Experiment.from_json(parted.experiment) == remedied
    assert Experiment.from_json(client().poll(owner, here).experiment) == GAME
    assert parted.epoch == pytest.approx(client().poll(owner, here).epoch), "they go side by side"


def test_a_judge_is_trained_on_the_pictures_of_the_game(
    opened: Open, propose: Callable[[Page, dict[str, Any]], Page]
) -> None:
    game = preset("gan-digits-8x8").experiment
    page = propose(opened(e=game.to_link()), {"kind": "judge"})
    page.until(lambda p: p.lab == "images" and p.status == "finished", "the judge has learned")
    judge = Experiment.from_json(page.experiment)
    assert (judge.data, judge.adversary) == (game.data, None)
    assert client().poll(page.owner, page.app.session_state["run"]).metrics["test_accuracy"] > 0.9
