"""The recording that is shown to whoever comes in: a real training, made once, and looked at like any other."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground.data import load
from playground.live import completing, opening
from playground.live.slow import Feed, nothing
from playground.live.stills import RECORDED, stills
from playground.presets import presets
from playground.runs import frames
from playground.runs.supervised import Supervised
from playground.runs.trainer import trainer_of
from playground.spec import Experiment


@pytest.fixture(scope="module")
def circle() -> Experiment:
    return presets()["circle"].experiment


@pytest.fixture(scope="module")
def tape(circle: Experiment, tmp_path_factory: pytest.TempPathFactory) -> opening.Tape:
    return opening.tape(circle, tmp_path_factory.mktemp("opening"))


def test_it_is_what_the_trainer_does(circle: Experiment, tape: opening.Tape, tmp_path: Path):
    frame = tape.at(200)
    assert frame is not None
    shown = frames.decode(frame)
    trainer = Supervised(circle, load(circle.data, tmp_path))
    while trainer.steps < shown.step:
        trainer.step()
    assert np.array_equal(shown.arrays["w/0.weight"], trainer.snapshot(("weights",)).arrays["w/0.weight"])


def test_it_begins_untrained_and_ends_with_what_is_learned(tape: opening.Tape):
    history = frames.decode(tape.history).arrays
    assert tape.steps[0] == 0
    assert (np.diff(tape.steps) > 0).all()
    assert history["accuracy"][0] < 0.7
    assert history["test_accuracy"][-1] >= 0.98
    assert len(tape.frames) == len(tape.steps) == len(history["loss"])


def test_there_is_no_frame_before_the_first(tape: opening.Tape):
    assert tape.at(-1) is None


def test_what_is_dear_is_followed_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(opening, "SECONDS", 0.2)
    experiment = presets()["gan-8-gaussians"].experiment
    tape = opening.tape(experiment, tmp_path)
    assert 2 <= len(tape.frames) <= opening.FRAMES
    assert tape.steps[0] == 0
    assert (np.diff(tape.steps) > 0).all()
    last = frames.decode(tape.frames[-1])
    trainer = trainer_of(experiment, load(experiment.data, tmp_path))
    while trainer.steps < last.step:
        trainer.step()
    for name, tensor in trainer.state().items():
        assert np.array_equal(last.arrays[f"w/{name}"], tensor)


@pytest.mark.parametrize("key", ["polarity-gru", "char-lstm", "series-lstm", "circle"])
def test_whatever_comes_on_screen_later_is_made_of_a_recorded_moment(key: str, tmp_path: Path):
    experiment = presets()[key].experiment
    trainer = trainer_of(experiment, load(experiment.data, tmp_path))
    frame = frames.encode(trainer.snapshot(("weights",)))
    lacking = completing.lacks(frame, experiment, tmp_path, ("histograms",))
    assert lacking == ("histograms",)
    whole = frames.decode(completing.complete(frame, experiment, tmp_path, lacking)).arrays
    assert any(name.startswith("hist/w/") for name in whole)


def test_what_is_too_large_to_be_kept_is_not_trained_here(tmp_path: Path):
    assert opening.tape(presets()["digits-cnn"].experiment, tmp_path) is opening.EMPTY


def test_a_page_can_scrub_through_it_and_cannot_steer_it(circle: Experiment, tmp_path: Path):
    name = stills.put(circle, recorded=True)
    assert name.startswith(RECORDED)
    feed = Feed("anna", name, tmp_path, "en")

    def ask(**request: Any) -> tuple[dict[str, Any], frames.Snapshot]:
        wanted = {"probes": ["maps"], "setup": "", "requests": [{"id": 1, **request}]}
        header = _header(feed.bundle({}, wanted, nothing()))
        wanted["setup"] = header["setup_id"]
        bundle = feed.bundle({}, wanted, nothing())
        return _header(bundle), frames.decode(bundle)

    header, steps = ask(type="steps")
    assert header["answered"] == 1
    middle = int(steps.arrays["steps"][len(steps.arrays["steps"]) // 2])
    _, frame = ask(type="seek", step=middle)
    assert frame.step == middle
    assert {"w/0.weight", "map/plane"} <= set(frame.arrays)
    header, _ = ask(type="command", command={"kind": "play"})
    assert "press Train" in header["answers"][0]["sentence"]
    header, answer = ask(type="ask", what="backprop", step=middle)
    assert (header.get("answered"), answer.step) == (1, middle), header["answers"]


def test_a_network_of_which_nothing_is_recorded_has_no_steps(circle: Experiment, tmp_path: Path):
    feed = Feed("anna", stills.put(circle), tmp_path, "en")
    wanted = {"probes": [], "setup": "", "requests": [{"id": 1, "type": "steps"}]}
    wanted["setup"] = _header(feed.bundle({}, wanted, nothing()))["setup_id"]
    assert len(frames.decode(feed.bundle({}, wanted, nothing())).arrays["steps"]) == 0


def test_it_is_trained_once(circle: Experiment, tape: opening.Tape, tmp_path: Path):
    first = opening.tape(circle, tmp_path)
    began = time.perf_counter()
    assert opening.tape(circle, tmp_path) is first
    assert time.perf_counter() - began < 1


def _header(bundle: bytes) -> dict[str, Any]:
    return json.loads(bundle[4 : 4 + int.from_bytes(bundle[:4], "little")])
