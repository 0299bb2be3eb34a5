"""Two labs, one workbench: each keeps its own form, undo and run, and every link opens where its data are at home."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from playground.presets import presets
from playground.spec import Experiment
from playground.ui import navigation
from playground.ui.navigation import IMAGES, PAGES, PLAYGROUND, PageEntry
from tests.pages.conftest import Page

Open = Callable[..., Page]


def one_step(page: Page) -> bool:
    return page.step == 1


def go(page: Page, entry: PageEntry) -> Page:
    """Follow the link to a lab, with the address that it gives."""
    wanted = page.links[entry.path]
    page.app.switch_page(str(navigation.folder() / entry.script))
    for name in ("run", "beside", "e"):
        if name in page.app.query_params:
            del page.app.query_params[name]
    for name, value in wanted.items():
        page.app.query_params[name] = value
    page.run()
    page.app._page_hash = (
        ""  # from here on, as in a browser, the page that is shown is the one that runs again
    )
    return page


def test_every_page_opens_with_an_example_of_its_own(opened: Open) -> None:
    for entry in PAGES:
        assert navigation.home(presets()[entry.opens].experiment) is entry
    page = opened()
    assert (page.lab, page.app.session_state["preset"]) == ("playground", PLAYGROUND.opens)
    go(page, IMAGES)
    assert (page.lab, page.app.session_state["preset"]) == ("images", IMAGES.opens)
    assert page.stage is not None
    assert "filters" in page.stage["views"]
    assert page.figure("test_accuracy") != "—", "the untrained network is judged before there is a run"


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.path)
def test_a_gallery_shows_the_labs_own_examples_first_and_leads_to_the_others(
    opened: Open, entry: PageEntry
) -> None:
    page = go(opened(), entry)
    shown = [button.key for button in page.app.button if str(button.key).startswith("preset-")]
    homes = [navigation.home(presets()[str(key).removeprefix("preset-")].experiment) for key in shown]
    assert len(shown) == len(presets())
    own = homes.count(entry)
    assert homes[:own] == [entry] * own
    assert 0 < own < len(homes)


@pytest.mark.parametrize("wanted", ["lenet-5", "spiral"])
def test_a_link_opens_in_the_lab_of_its_data_wherever_it_is_opened(opened: Open, wanted: str) -> None:
    experiment = presets()[wanted].experiment.replace("seed", 3)
    page = opened(e=experiment.to_link())
    assert page.lab == navigation.home(experiment).path
    assert Experiment.from_json(page.experiment) == experiment
    assert not page.app.session_state["past"]
    if page.lab == "images":  # nothing of it is left where it was opened
        go(page, PLAYGROUND)
        assert Experiment.from_json(page.experiment) == presets()[PLAYGROUND.opens].experiment


def test_a_link_to_a_run_opens_in_the_lab_of_its_data(opened: Open) -> None:
    small = presets()["lenet-5"].experiment.replace("data", {"kind": "Mnist5k", "count": 100})
    page = opened(e=small.to_link()).click("step").until(one_step, "one step")
    run = page.app.query_params["run"]
    again = opened(run=run)
    assert again.lab == "images"
    assert again.app.session_state["run"] == run
    assert again.app.query_params["run"] == run
    again.until(one_step, "the step that was taken")


def test_going_back_and_forth_loses_nothing_and_shows_no_run_of_the_other_lab(opened: Open) -> None:
    page = opened().choose("knob.optimizer.lr", "0.1").click("step").until(one_step, "one step")
    here, run = page.experiment, page.app.query_params["run"]
    go(page, IMAGES)
    assert (page.status, page.step) == ("ready", 0)
    assert "run" not in page.app.query_params
    assert not page.app.session_state["past"]
    page.choose("knob.data.count", "100").click("step").until(one_step, "one step")
    there, other = page.experiment, page.app.query_params["run"]
    assert other != run
    go(page, PLAYGROUND)
    page.until(one_step, "as it was left")
    assert (page.experiment, page.app.query_params["run"]) == (here, run)
    page.click("undo")
    assert Experiment.from_json(page.experiment) == presets()[PLAYGROUND.opens].experiment
    page.click("redo")
    go(page, IMAGES)
    page.until(one_step, "as it was left, too")
    assert (page.experiment, page.app.query_params["run"]) == (there, other)


def test_an_example_of_the_other_lab_leaves_this_one_as_it_is(opened: Open) -> None:
    page = opened().choose("knob.optimizer.lr", "0.1")
    here = page.experiment
    page.click("language_switch").click("preset-digits-best")
    assert page.lab == "images"
    assert page.app.query_params["lang"] == "zh"
    assert page.app.session_state["preset"] == "digits-best"
    assert Experiment.from_json(page.experiment) == presets()["digits-best"].experiment
    go(page, PLAYGROUND)
    assert page.experiment == here
    assert page.app.session_state["preset"] == PLAYGROUND.opens
    page.click("preset-lenet-5")
    assert Experiment.from_json(page.experiment) == presets()["lenet-5"].experiment
    page.click("undo")
    assert Experiment.from_json(page.experiment) == presets()["digits-best"].experiment


def test_data_of_the_other_lab_take_the_network_along(opened: Open) -> None:
    page = opened().choose("knob.optimizer.lr", "0.1")
    here = page.experiment
    page.click("kind-Digits8x8")
    assert page.lab == "images"
    found = Experiment.from_json(page.experiment)
    assert found.data.kind == "Digits8x8"
    assert found.optimizer == Experiment.from_json(here).optimizer
    assert found.model.output_shape(found.data.input_shape()) == (10,)
    go(page, PLAYGROUND)
    assert page.experiment == here
    page.click("undo")
    assert Experiment.from_json(page.experiment) == presets()[PLAYGROUND.opens].experiment
