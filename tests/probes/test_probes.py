"""Probes compute what they say, from a state alone, and disturb nothing."""

from __future__ import annotations

import numpy as np
import pytest

from playground.data import load
from playground.data.targets import code, decide, shades
from playground.presets import preset, presets
from playground.probes import Subject, compute
from playground.spec import Experiment, State


def subject(key: str, seed: int = 0) -> Subject:
    experiment = preset(key).experiment
    dataset = load(experiment.data)
    return Subject(experiment, dataset, experiment.model.init(dataset.x.shape[1:], seed))


def dense(state: State, x: np.ndarray, activation: object = np.tanh) -> list[np.ndarray]:
    """Every layer's output of Linear, tanh, Linear, tanh, ..., by hand."""
    found: list[np.ndarray] = []
    for index in sorted({int(name.partition(".")[0]) for name in state}):
        x = x @ state[f"{index}.weight"].T + state[f"{index}.bias"]
        found.append(x)
        x = np.tanh(x)
        found.append(x)
    return found


@pytest.mark.parametrize("key", list(presets()))
@pytest.mark.parametrize("name", ["weights", "plane", "tiles", "line", "confusion", "predictions"])
def test_every_probe_answers_every_preset_with_finite_numbers(key: str, name: str) -> None:
    for array in compute(name, subject(key)).values():
        assert np.isfinite(array).all()


def test_the_plane_shows_the_networks_output_at_each_place() -> None:
    looked_at = subject("circle")
    found = compute("plane", looked_at)
    left, right, bottom, top = found["extent"]
    size = len(found["grid"])
    for row, column in ((0, 0), (0, size - 1), (size - 1, 0), (17, 31)):
        x1 = left + (right - left) * column / (size - 1)
        x2 = bottom + (top - bottom) * row / (size - 1)
        expected = dense(looked_at.state, np.array([[x1, x2]]))[-1][0, 0]
        assert found["grid"][row, column, 0] == pytest.approx(expected, abs=1e-5)


def test_a_tile_shows_one_units_response() -> None:
    looked_at = subject("circle")
    found = compute("tiles", looked_at)
    assert {name: tiles.shape[0] for name, tiles in found.items()} == {
        "tiles/0": 4,
        "tiles/1": 4,
        "tiles/2": 2,
        "tiles/3": 2,
        "tiles/4": 1,
        "tiles/5": 1,
    }
    corner = np.array([[-1.0, -1.0]]) * looked_at.dataset.extent[0][1]  # type: ignore[index]
    for index, outputs in enumerate(dense(looked_at.state, corner)):
        np.testing.assert_allclose(found[f"tiles/{index}"][:, 0, 0], outputs[0], atol=1e-5)


def test_confusion_counts_every_held_back_sample_once() -> None:
    looked_at = subject("three-rings")
    counts = compute("confusion", looked_at)["confusion"]
    np.testing.assert_array_equal(counts.sum(axis=1), np.bincount(looked_at.dataset.y_test, minlength=3))


def test_pictures_have_no_plane_and_planes_have_no_line() -> None:
    assert compute("plane", subject("digits-mlp")) == {}
    assert compute("line", subject("circle")) == {}
    assert compute("confusion", subject("regression-plane")) == {}


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
