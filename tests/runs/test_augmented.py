"""Training on changed pictures: deterministic, resumable bit for bit, the same on both engines; the test part stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground.data import load
from playground.runs import feed
from playground.runs.supervised import Supervised
from playground.spec import Experiment

PLAIN: dict[str, Any] = {
    "data": {"kind": "Digits8x8", "test_fraction": 0.2},
    "model": {
        "layers": [
            {"kind": "Conv2d", "out_channels": 3},
            {"kind": "BatchNorm2d"},
            {"kind": "ReLU"},
            {"kind": "Flatten"},
            {"kind": "Dropout", "p": 0.2},
            {"kind": "Linear", "out_features": 10},
        ]
    },
    "loss": {"kind": "CrossEntropy"},
    "optimizer": {"kind": "Adam", "lr": 0.01},
    "training": {"batch_size": 31, "augmentation": {"shift": 1, "rotate": 10, "noise": 0.05}},
}  # 1438 samples: 46 batches and 12 samples
EXPERIMENT = Experiment.from_plain(PLAIN)


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "PORTION", 200)


def trainer(experiment: Experiment = EXPERIMENT, **others: Any) -> Supervised:
    return Supervised(experiment, load(experiment.data), **others)


def run(found: Supervised, steps: int) -> Supervised:
    for _ in range(steps):
        found.step()
    return found


def same(one: Supervised, other: Supervised) -> None:
    assert one.steps == other.steps
    assert one.epoch == other.epoch
    for name, value in one.state().items():
        np.testing.assert_array_equal(value, other.state()[name], err_msg=name)


def test_an_epoch_sees_every_picture_once_changed_and_the_rest_stays() -> None:
    found = trainer()
    test = found.dataset.x_test.copy()
    assert found.steps_per_epoch == 47
    run(found, 47)
    assert found.epoch == pytest.approx(1.0)
    run(found, 1)
    assert found.epoch == pytest.approx(1 + 31 / 1438)
    np.testing.assert_array_equal(found.dataset.x_test, test)
    same(found, run(trainer(), 48))
    other = run(trainer(EXPERIMENT.replace("training.augmentation", {})), 48)
    assert any(not np.array_equal(value, other.state()[name]) for name, value in found.state().items())


@pytest.mark.parametrize("at", [1, 6, 7, 20, 45, 46, 47, 60])
def test_it_goes_on_bit_for_bit_wherever_it_was_left(at: int) -> None:
    whole = run(trainer(), 70)
    left = run(trainer(), at)
    fresh = trainer()
    fresh.restore(*left.checkpoint())
    same(run(fresh, 70 - at), whole)


def test_portions_are_no_part_of_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    found = run(trainer(), 60)
    monkeypatch.setattr(feed, "PORTION", 10_000)
    same(run(trainer(), 60), found)


def test_a_last_sample_alone_is_no_obstacle() -> None:
    # 1438 = 3 · 479 + 1: the last batch has one sample, also after a resume just before it.
    experiment = EXPERIMENT.replace("training.batch_size", 479)
    whole = run(trainer(experiment), 6)
    left = run(trainer(experiment), 3)
    fresh = trainer(experiment)
    fresh.restore(*left.checkpoint())
    same(run(fresh, 3), whole)


def test_both_engines_see_the_same_pictures() -> None:
    numpy = run(trainer(dtype="float64"), 30)
    torch = run(trainer(EXPERIMENT.replace("engine", "torch"), dtype="float64"), 30)
    for name, value in numpy.state().items():
        np.testing.assert_allclose(value, torch.state()[name], atol=1e-7, err_msg=name)


def test_it_can_be_turned_on_and_off_while_training() -> None:
    found = run(trainer(EXPERIMENT.replace("training.augmentation", {})), 10)
    before = found.epoch
    found.set("training.augmentation.shift", 2)
    assert found.experiment.training.augmentation.shift == 2
    assert found.epoch == before
    run(found, 40)
    found.set("training.batch_size", 64)
    run(found, 5)
    found.set("training.augmentation", {})
    run(found, 30)
    assert np.isfinite(found.metrics()["loss"])
    again = trainer(EXPERIMENT.replace("training.augmentation", {}))
    run(again, 10).set("training.augmentation.shift", 2)
    run(again, 40).set("training.batch_size", 64)
    run(again, 5).set("training.augmentation", {})
    same(run(again, 30), found)


def test_data_that_are_no_pictures_are_left_alone() -> None:
    points = Experiment.from_plain({"training": {"augmentation": {"noise": 0.3}}})
    same(run(trainer(points), 20), run(trainer(Experiment()), 20))


def test_a_link_carries_it() -> None:
    assert Experiment.from_link(EXPERIMENT.to_link()) == EXPERIMENT
    assert "augmentation" not in Experiment().to_json()
