"""Recordings that ship are what their examples do: the same networks first, and the pictures of the last ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import playground.presets
from playground.data import load
from playground.live import opening, shipped
from playground.live.completing import initial_state
from playground.presets import preset
from playground.probes import Subject, compute
from playground.runs import frames
from playground.runs.adversarial import Adversarial
from playground.runs.frames import Snapshot
from playground.spec import Experiment, State

KEY = "gan-mnist"
SAMPLES = "gan/samples"


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return preset(KEY).experiment


@pytest.fixture(scope="module")
def found(experiment: Experiment) -> shipped.Shipped:
    recording = shipped.recording(experiment)
    assert recording is not None
    return recording


def pictures(experiment: Experiment, state: State) -> np.ndarray:
    return compute("gallery", Subject(experiment, load(experiment.data), state))[SAMPLES]


def test_it_says_what_it_is_and_belongs_to_the_example_as_it_stands(
    experiment: Experiment, found: shipped.Shipped
) -> None:
    assert found.facts["experiment"] == experiment.digest()
    assert found.facts["made"] == f"playground record {KEY}"
    assert found.facts["seconds"] > 10
    assert shipped.recording(experiment.replace("seed", 1)) is None


def test_it_begins_with_the_untrained_network(experiment: Experiment, found: shipped.Shipped) -> None:
    first = frames.decode(found.frames[0])
    assert first.step == 0
    untrained = pictures(experiment, initial_state(experiment, load(experiment.data)))
    assert np.abs(first.arrays[SAMPLES].astype(int) - untrained).max() <= shipped.GREY / 2 + 1


def test_its_last_pictures_are_those_of_the_networks_in_its_last_frame(
    experiment: Experiment, found: shipped.Shipped
) -> None:
    last = frames.decode(found.frames[-1])
    state = {
        name: last.arrays[f"w/{name}"].astype(np.int64 if tensor.init == "count" else np.float32)
        for name, tensor in experiment.tensors().items()
    }
    apart = np.abs(last.arrays[SAMPLES].astype(int) - pictures(experiment, state))
    assert apart.max() <= shipped.GREY / 2 + 2, "but for the rounding of greys and weights"
    history = frames.decode(found.history).arrays
    assert set(found.steps) <= set(history["step"])
    assert history["modes"][0] < 8
    for goal in preset(KEY).goals:
        assert goal.reached({name: float(values[-1]) for name, values in history.items()})


def test_it_is_small_and_what_opens_with_the_example(
    experiment: Experiment, found: shipped.Shipped, tmp_path: Path
) -> None:
    file = Path(playground.presets.__file__).parent / shipped.FOLDER / f"{KEY}{shipped.ENDING}"
    assert file.stat().st_size < 1_500_000
    assert (np.diff(found.steps) > 0).all()
    assert opening.tape(experiment, tmp_path).frames == found.frames


def test_what_is_packed_comes_back() -> None:
    small = preset("gan-ring").experiment
    trainer = Adversarial(small, load(small.data))
    shown: list[Snapshot] = []
    for _ in range(2):
        trainer.step()
        shown.append(trainer.snapshot(("weights", "balance")))
    back = shipped.unpack(shipped.pack({"made": "here"}, shown, {"step": np.array([1.0, 2.0])}))
    assert (back.facts, back.steps.tolist()) == ({"made": "here"}, [1, 2])
    first, last = (frames.decode(frame) for frame in back.frames)
    assert first.metrics == shown[0].metrics
    assert not any(name.startswith("w/") for name in first.arrays)
    for name, value in trainer.state().items():
        np.testing.assert_allclose(last.arrays[f"w/{name}"], value, rtol=1e-3, atol=1e-6)
    for name, array in shown[0].arrays.items():
        if not name.startswith("w/"):
            np.testing.assert_array_equal(first.arrays[name], array)
