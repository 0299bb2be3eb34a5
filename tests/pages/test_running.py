"""What a visitor does with a run: train, hold, step, change while it trains, come back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from playground.presets import presets
from playground.spec import Experiment
from tests.pages.conftest import Page

Open = Callable[..., Page]


def training(opened: Open, preset: str = "xor") -> Page:
    page = opened().click(f"preset-{preset}").click("play")
    return page.until(lambda p: p.step > 20, "training")


def test_train_trains_and_the_loss_falls(opened: Open) -> None:
    page = opened().click("preset-xor")
    before = float(page.figure("loss"))
    page.click("play").until(lambda p: p.step > 400, "training")
    assert float(page.figure("loss")) < before
    assert page.app.button(key="play").label == "Pause"
    page.click("play").until(lambda p: p.status == "paused", "pausing")
    held = page.until(lambda p: p.step == p.run().step, "the last picture").step
    assert page.run().step == held


def test_step_epoch_and_reset_do_what_they_say(opened: Open) -> None:
    page = opened().click("preset-neuron").click("step")
    page.until(lambda p: p.status == "paused" and p.step == 1, "one step")
    page.click("epoch").until(lambda p: p.step == 21, "one epoch of 210 samples in tens")
    assert page.figure("epoch_count") == "1.0"
    page.click("reset").until(lambda p: p.step == 0, "reset")


def test_a_live_setting_reaches_the_run_without_a_restart(opened: Open) -> None:
    page = training(opened, "circle")
    run, step = page.app.session_state["run"], page.step
    page.type_in("knob.optimizer.lr", "0.001").type_in("knob.training.batch_size", "20").choose(
        "kind.optimizer", "Adam"
    )
    page.app.selectbox(key="engine_choice").set_value("torch")
    page.run().until(lambda p: p.step > step, "going on")
    assert page.app.session_state["run"] == run
    wanted = Experiment.from_json(page.experiment)
    assert (wanted.optimizer.kind, wanted.optimizer.lr, wanted.training.batch_size) == ("Adam", 0.001, 20)
    assert wanted.engine == "torch"

    from playground.data.folder import data_folder
    from playground.runs.client import Client

    client = Client(data_folder())

    def taken_up(shown: Page) -> bool:
        view = client.poll(shown.app.session_state["owner"], run)
        return Experiment.from_json(view.experiment) == wanted

    page.until(taken_up, "PyTorch, which has to be loaded first")
    client.close()
    assert page.said("trouble") == ""


def test_a_structural_change_holds_the_run_and_undo_returns_to_it(opened: Open) -> None:
    page = training(opened, "circle")
    run = page.app.session_state["run"]
    page.click("add-hidden")
    assert "step 0" in page.said("state")
    assert page.status == "ready"
    assert page.step == 0
    page.click("undo")
    assert page.said("state") == ""
    page.until(lambda p: p.status == "paused", "held")
    assert page.step > 20
    assert page.app.session_state["run"] == run
    page.click("add-hidden").click("play").until(lambda p: p.step > 0, "the new network")
    assert page.app.session_state["run"] != run


def test_a_reload_shows_the_same_run(opened: Open) -> None:
    page = training(opened, "circle")
    again = opened(run=page.app.query_params["run"])
    assert again.app.session_state["preset"] == page.app.session_state["preset"] == "circle"
    assert again.app.session_state["run"] == page.app.session_state["run"]
    assert again.step >= page.step
    assert again.experiment == page.experiment
    again.click("play").until(lambda p: p.status == "paused", "pausing from the second page")
    page.until(lambda p: p.status == "paused", "the first page sees it")


def test_a_run_that_diverges_says_so_and_what_to_try(opened: Open) -> None:
    wild = presets()["regression-plane"].experiment.replace("optimizer.lr", 10)
    page = opened(e=wild.to_link()).click("play").until(lambda p: p.status == "diverged", "diverging")
    assert "smaller learning rate" in page.said("state")
    page.type_in("knob.optimizer.lr", "0.01").click("play")
    page.until(lambda p: p.status == "running" and p.step > 10, "training again from step 0")


def test_a_stop_condition_ends_the_run_with_its_reason_and_train_goes_on(opened: Open) -> None:
    short = presets()["circle"].experiment.replace("training.max_steps", 50)
    page = opened(e=short.to_link()).click("play").until(lambda p: p.status == "finished", "finishing")
    assert page.step == 50
    assert page.said("state")
    page.click("play").until(lambda p: p.step > 50, "going on")
    assert Experiment.from_json(page.experiment).training.max_steps == 0
    assert "off" in page.said("notice")


def test_pace_is_kept_by_the_run(opened: Open) -> None:
    page = training(opened, "circle").choose("pace_choice", 5.0)
    page.until(lambda p: p.figure("rate").isdigit() and int(p.figure("rate")) <= 8, "five steps a second")
    again = opened(run=page.app.query_params["run"])
    assert again.app.selectbox(key="pace_choice").value == 5.0
    again.click("play")


def test_digits_show_confusion_weights_and_samples(opened: Open) -> None:
    page = opened().click("preset-digits-mlp")
    assert page.stage is not None
    assert {"filters", "confusion", "samples", "curves", "timeline"} <= set(page.stage["views"])
    page.click("play").until(lambda p: p.step > 30, "training on digits", 80)
    assert float(page.figure("test_accuracy").split()[0]) > 20
    page.click("play")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_service_that_cannot_be_had_is_a_sentence_and_the_form_stays(
    opened: Open, lang: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("PLAYGROUND_DATA", str(tmp_path / "file" / "below"))
    page = opened(lang=lang).click("preset-xor").click("play")
    assert str(tmp_path) in page.said("trouble")
    assert Experiment.from_json(page.experiment) == presets()["xor"].experiment
    assert page.status == "ready"


def test_a_killed_service_is_started_again_and_the_run_goes_on(opened: Open) -> None:
    import os
    import signal

    from playground.data.folder import data_folder
    from playground.runs.address import read_address

    page = training(opened, "circle")
    step = page.step
    address = read_address(data_folder())
    assert address is not None
    os.kill(address.pid, signal.SIGKILL)
    page.until(lambda p: p.status == "running" and p.step > step, "going on after the service was killed", 60)
    page.click("play")
