"""Probes compute what they say, from a state alone, and disturb nothing."""

from __future__ import annotations

import numpy as np
import pytest

from playground.data import load
from playground.data.targets import code, decide, shades
from playground.presets import preset, presets
from playground.probes import Subject, compute
from playground.spec import Experiment


def subject(key: str, seed: int = 0) -> Subject:
    experiment = preset(key).experiment
    dataset = load(experiment.data)
    return Subject(experiment, dataset, experiment.model.init(dataset.x.shape[1:], seed))


@pytest.mark.parametrize("key", [key for key, found in presets().items() if not found.experiment.adversary])
@pytest.mark.parametrize("name", ["weights", "line", "verdicts", "filters", "predictions"])
def test_every_probe_answers_every_preset_with_finite_numbers(key: str, name: str) -> None:
    for array in compute(name, subject(key)).values():
        assert np.isfinite(array).all()


def test_confusion_counts_every_held_back_sample_once() -> None:
    looked_at = subject("three-rings")
    counts = compute("verdicts", looked_at)["confusion"]
    np.testing.assert_array_equal(counts.sum(axis=1), np.bincount(looked_at.dataset.y_test, minlength=3))


def test_planes_have_no_line() -> None:
    assert compute("line", subject("circle")) == {}


def test_weights_are_the_state_itself() -> None:
    looked_at = subject("digits-mlp")
    found = compute("weights", looked_at)
    for name, value in looked_at.state.items():
        np.testing.assert_allclose(found[f"w/{name}"], value, atol=1e-6)


def with_loss(last: str, width: int, loss: str) -> Experiment:
    layers = [{"kind": "Linear", "out_features": width}] + ([{"kind": last}] if last else [])
    return Experiment.from_plain({"model": {"layers": layers}, "loss": {"kind": loss}})


@pytest.mark.parametrize(
    ("last", "loss", "boundary"),
    [
        ("Tanh", "MSE", 0.0),
        ("Sigmoid", "MSE", 0.5),
        ("Sigmoid", "BCE", 0.5),
        ("", "BCEWithLogits", 0.0),
        ("", "Hinge", 0.0),
    ],
)
def test_a_shade_is_zero_exactly_on_the_decision_boundary(last: str, loss: str, boundary: float) -> None:
    experiment = with_loss(last, 1, loss)
    outputs = boundary + np.array([[-0.2], [0.0], [0.2]])
    found = shades(experiment, outputs)[:, 0]
    assert found[1] == 0
    assert found[0] == -found[2] < 0
    np.testing.assert_array_equal(decide(experiment, outputs), [0, 0, 1])


def test_class_shades_are_probabilities_where_the_loss_makes_them_so() -> None:
    found = shades(with_loss("", 2, "CrossEntropy"), np.array([[1.0, 3.0], [800.0, -800.0]]))
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)
    assert found[0, 1] == pytest.approx(1 / (1 + np.exp(-2)))


def test_classes_are_coded_as_each_loss_wants_them() -> None:
    y = np.array([0, 1, 1])
    assert code(y, "classes", 2).tolist() == [0, 1, 1]
    assert code(y, "bits", 1).tolist() == [[0], [1], [1]]
    assert code(y, "signs", 1).tolist() == [[-1], [1], [1]]
    assert code(np.array([2, 0]), "bits", 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert code(np.array([[0.5]]), "values", 1).tolist() == [[0.5]]
