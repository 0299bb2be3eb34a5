"""Side by side: what stands beside the form's experiment, what is said to differ, and that all train in step."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable

import pytest

from playground.data.folder import data_folder
from playground.presets import presets
from playground.presets.templates import fitted, templates
from playground.runs.client import Client
from playground.spec import Experiment
from playground.spec.layers import ReLU
from playground.ui.differences import Difference, differences
from tests.pages.conftest import Page

Open = Callable[..., Page]


def stages(page: Page) -> dict[str, dict[str, object]]:
    """What each stage was given, by the letter of its run; that of the shared time as "time"."""
    found = [json.loads(element.proto.json) for element in page.app.get("bidi_component")]
    return {
        ("time" if "timeline" in data["views"] else data["name"]): data for data in found if "views" in data
    }


def cards(page: Page) -> list[str]:
    """The words at the head of each card."""
    found = re.findall(r'<h3 class="card-name"[^>]*>(.*?)</h3>', page.html)
    return [html.unescape(re.sub("<[^>]+>", "", one)) for one in found]


def test_a_network_beside_itself_does_not_differ_until_a_setting_is_changed(opened: Open) -> None:
    page = opened().click("compare")
    assert len(cards(page)) == 2
    assert "no difference" in cards(page)[1]
    page.type_in("knob.optimizer.lr", "0.3")
    assert "0.03" in cards(page)[1]
    assert "0.3" in cards(page)[1]
    assert "Learning rate" in cards(page)[1]


def test_both_train_in_step_and_rest_at_the_same_step(opened: Open) -> None:
    page = opened().click("compare").type_in("knob.optimizer.lr", "0.3").click("play")
    page.until(lambda p: p.step > 50, "training side by side")
    page.click("play").until(lambda p: p.status == "paused", "holding")
    shown = stages(page)
    assert shown["A"]["run"] != shown["B"]["run"]
    assert shown["time"]["run"] == shown["A"]["run"]
    page.click("step").click("reset")
    page.until(lambda p: p.step == 0, "a new start of both")
    assert stages(page)["B"]["run"] == shown["B"]["run"]


def test_all_that_have_finished_go_on_together(opened: Open) -> None:
    page = opened(e=presets()["circle"].experiment.replace("training.max_steps", 60).to_link())
    page.click("compare").type_in("knob.optimizer.lr", "0.3").click("play")
    page.until(lambda p: p.status == "finished" and standing(p, "B") == ("finished", 60), "the end of both")
    page.click("play").until(lambda p: p.step > 80 and standing(p, "B")[1] > 80, "both go on")
    page.click("play")
    assert [one.place.casefold().split(" · ")[-1] for one in differences_of(page)] == ["learning rate"]


def standing(page: Page, letter: str) -> tuple[str, int]:
    client = Client(data_folder())
    view = client.poll(page.app.session_state["owner"], str(stages(page)[letter]["run"]))
    client.close()
    return view.status, view.step


def test_four_are_enough(opened: Open) -> None:
    page = opened().click("compare").click("compare").click("compare")
    assert len(cards(page)) == 4
    assert page.app.button(key="compare").disabled


def test_one_that_is_taken_away_leaves_the_others(opened: Open) -> None:
    page = opened().click("compare").type_in("knob.optimizer.lr", "0.3").click("compare").click("play")
    page.until(lambda p: p.step > 10, "training side by side")
    before = stages(page)
    page.click("card-remove-1")
    after = stages(page)
    assert after["B"]["run"] == before["C"]["run"]
    page.click("compare-end")
    assert cards(page) == []
    assert page.step >= 10


def test_what_is_used_becomes_a_and_both_runs_go_on(opened: Open) -> None:
    page = opened().click("compare").type_in("knob.optimizer.lr", "0.3").click("play")
    page.until(lambda p: p.step > 10, "training side by side")
    before = stages(page)
    page.click("card-take-1")
    after = stages(page)
    assert (after["A"]["run"], after["B"]["run"]) == (before["B"]["run"], before["A"]["run"])
    assert Experiment.from_json(page.experiment).optimizer.lr == 0.03


def test_other_data_are_everybodys(opened: Open) -> None:
    page = opened().click("compare").type_in("knob.optimizer.lr", "0.3").click("kind-Moons").click("play")
    page.until(lambda p: p.step > 10, "training both on other data")
    assert len(differences_of(page)) == 1


def differences_of(page: Page) -> list[Difference]:
    kept = page.app.session_state["beside"]
    return differences(Experiment.from_json(page.experiment), Experiment.from_json(kept[0]["experiment"]))


def test_a_reload_shows_both_again(opened: Open) -> None:
    page = opened().click("compare").type_in("knob.optimizer.lr", "0.3").click("play")
    page.until(lambda p: p.step > 10, "training side by side")
    names = {name: str(in_link(page, name)) for name in ("run", "beside")}
    again = opened(**names)
    assert {name: data["run"] for name, data in stages(again).items()} == {
        name: data["run"] for name, data in stages(page).items()
    }
    assert "0.03" in cards(again)[1]


def in_link(page: Page, name: str) -> str:
    found = page.app.query_params[name]
    return found if isinstance(found, str) else found[0]


def test_a_link_to_runs_of_others_opens_without_them(opened: Open) -> None:
    page = opened(run="made-up", beside="made-up,nothing,../x")
    assert cards(page) == []


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("optimizer.lr", 0.5, Difference("Optimizer · Learning rate", "0.03", "0.5")),
        ("optimizer.kind", "Adam", Difference("Optimizer", "SGD", "Adam")),
        ("training.batch_size", 0, Difference("Training · Batch size", "10", "whole set")),
        ("layers.0.out_features", 8, Difference("layer 1 · Neurons", "4", "8")),
    ],
)
def test_a_difference_is_told_in_the_forms_words(path: str, value: object, said: Difference) -> None:
    here = presets()["circle"].experiment
    found = differences(here, here.replace(path, value))
    assert [(one.here, one.there) for one in found] == [(said.here, said.there)]
    assert found[0].place.casefold().split(" · ")[-1] == said.place.casefold().split(" · ")[-1]


def test_other_layers_are_told_where_they_differ() -> None:
    here = presets()["circle"].experiment
    there = here.with_layers(here.model.layers[2:])
    assert differences(here, there) == [Difference("layer 1", "4 · Tanh", "–")]
    other = here.with_layers((*here.model.layers[:1], ReLU(), *here.model.layers[2:]))
    assert differences(here, other) == [Difference("layer 2", "Tanh", "ReLU")]


def test_wholly_other_layers_are_told_as_sequences() -> None:
    lenet = presets()["lenet-5"].experiment
    found = differences(lenet, lenet.with_layers((*presets()["digits-best"].experiment.model.layers,)))
    assert [one.here.startswith("Convolution · ReLU · Max pooling") for one in found] == [True]


def test_one_click_trains_two_networks_that_differ_in_one_thing(opened: Open) -> None:
    start = presets()["lenet-5"].experiment.replace("data", {"kind": "Digits8x8"})
    start = start.replace("training.max_epochs", 0)
    page = opened(e=fitted(templates()["tutorial-28"], start).to_link())
    page.click("contrast-average")
    assert len(cards(page)) == 2
    assert "Average pooling" in cards(page)[1]
    assert "Max pooling" in cards(page)[1]
    assert "Convolution" not in cards(page)[1]
    page.until(lambda p: p.step > 2, "training side by side")
    page.click("contrast-with_dropout")
    assert len(cards(page)) == 2, "one comparison at a time"
    assert "Dropout" in cards(page)[1]
    page.click("play").click("compare-end")
    assert cards(page) == []
