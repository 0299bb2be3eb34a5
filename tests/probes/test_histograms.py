"""Histograms count what is there, by hand, and leave the training alone."""

from __future__ import annotations

import json

import numpy as np
import pytest

from playground.data import load
from playground.presets import preset, presets
from playground.probes import Subject
from playground.probes.histograms import BINS, count, gradients, histograms, samples
from playground.runs.supervised import Supervised
from playground.spec import Experiment


def subject(experiment: Experiment, seed: int = 0) -> Subject:
    dataset = load(experiment.data)
    return Subject(experiment, dataset, experiment.model.init(dataset.x.shape[1:], seed))


def changed(key: str, **parts: object) -> Experiment:
    plain = json.loads(preset(key).experiment.to_json())
    return Experiment.from_plain(plain | parts)


def circle(*layers: dict[str, object], loss: str = "BCEWithLogits") -> Experiment:
    return changed("circle", model={"layers": list(layers)}, loss={"kind": loss})


def linear(width: int, **more: object) -> dict[str, object]:
    return {"kind": "Linear", "out_features": width, **more}


def by_hand(values: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """Count one number after another."""
    flat = np.asarray(values, np.float64).ravel()
    low, high = flat.min(), flat.max()
    counts = np.zeros(BINS, np.int64)
    for value in flat:
        counts[min(int((value - low) / (high - low) * BINS), BINS - 1)] += 1
    return counts, (low, high)


@pytest.mark.parametrize("key", [key for key, found in presets().items() if not found.experiment.adversary])
def test_every_preset_has_finite_histograms_that_count_everything_once(key: str) -> None:
    looked_at = subject(preset(key).experiment)
    found = histograms(looked_at)
    tensors = looked_at.experiment.model.tensors(looked_at.dataset.input_shape)
    for name, tensor in looked_at.state.items():
        if tensor.dtype.kind == "f":
            assert found[f"hist/w/{name}"].sum() == tensor.size
        if tensors[name].trainable:
            assert found[f"hist/g/{name}"].sum() == tensor.size
    for name, array in found.items():
        assert np.isfinite(array).all(), name
        assert array.shape == ((BINS,) if name.count("/") == 2 else (2,))


def test_weights_are_counted_as_by_hand() -> None:
    looked_at = subject(preset("spiral").experiment)
    found = histograms(looked_at)
    for name in ("0.weight", "2.weight", "4.bias"):
        if looked_at.state[name].size == 1:
            continue
        counts, ends = by_hand(looked_at.state[name])
        np.testing.assert_array_equal(found[f"hist/w/{name}"], counts)
        np.testing.assert_allclose(found[f"hist/w/{name}/range"], ends, rtol=1e-6)


def test_activations_are_those_of_the_training_samples() -> None:
    looked_at = subject(circle(linear(5), {"kind": "ReLU"}, linear(1)))
    found = histograms(looked_at)
    state, x = looked_at.state, looked_at.dataset.x
    assert len(x) <= 512
    z = x @ state["0.weight"].T + state["0.bias"]
    for layer, outputs in ((0, z), (1, np.maximum(z, 0))):
        counts, ends = by_hand(outputs)
        assert (
            np.abs(found[f"hist/a/{layer}"].astype(int) - counts).sum() <= 4
        )  # float32 may round over an edge
        np.testing.assert_allclose(found[f"hist/a/{layer}/range"], ends, rtol=1e-5, atol=1e-6)
    assert found["hist/a/1/share"][0] == pytest.approx((z <= 0).mean(), abs=1e-6)
    assert found["hist/a/1/share"][1] == 0


def test_gradients_are_those_of_one_pass_over_the_samples() -> None:
    """Linear, tanh, Linear with mean squared error: the derivative written out."""
    experiment = circle(linear(4, l2=0.1), {"kind": "Tanh"}, linear(1), {"kind": "Tanh"}, loss="MSE")
    looked_at = subject(experiment)
    state, x = looked_at.state, looked_at.dataset.x.astype(np.float64)
    target = (2.0 * looked_at.dataset.y - 1.0).reshape(-1, 1)
    h = np.tanh(x @ state["0.weight"].T + state["0.bias"])
    y = np.tanh(h @ state["2.weight"].T + state["2.bias"])
    dz = 2 * (y - target) / len(x) * (1 - y**2)
    dh = dz @ state["2.weight"] * (1 - h**2)
    expected = {
        "0.weight": dh.T @ x + 0.1 * state["0.weight"],
        "0.bias": dh.sum(axis=0),
        "2.weight": dz.T @ h,
        "2.bias": dz.sum(axis=0),
    }
    found = histograms(looked_at)
    for name, gradient in expected.items():
        ends = (gradient.min(), gradient.max())
        np.testing.assert_allclose(found[f"hist/g/{name}/range"], ends, rtol=1e-4, atol=1e-6)
        if gradient.size > 1:
            np.testing.assert_array_equal(found[f"hist/g/{name}"], by_hand(gradient)[0])


def test_saturated_means_near_a_bound() -> None:
    looked_at = subject(circle(linear(6), {"kind": "Tanh"}, linear(1)))
    looked_at.state["0.weight"] *= 20
    h = np.tanh(looked_at.dataset.x @ looked_at.state["0.weight"].T + looked_at.state["0.bias"])
    share = histograms(looked_at)["hist/a/1/share"][1]
    assert 0.3 < share < 1
    assert share == pytest.approx((np.abs(h) > 0.94).mean(), abs=0.002)


def test_what_only_passes_on_has_no_histogram_of_its_own() -> None:
    layers = (linear(3), {"kind": "Identity"}, {"kind": "Dropout", "p": 0.5}, linear(1))
    found = histograms(subject(circle(*layers)))
    assert {name for name in found if name.startswith("hist/a/") and name.count("/") == 2} == {
        "hist/a/0",
        "hist/a/3",
    }


def test_one_value_for_all_is_a_point() -> None:
    counted = count(np.full((3, 4), 0.25, np.float32))
    assert counted is not None
    assert counted[0].tolist() == [12] + 31 * [0]
    assert counted[1].tolist() == [0.25, 0.25]


def test_the_greatest_value_lies_in_the_last_part() -> None:
    counted = count(np.arange(33, dtype=np.float32))
    assert counted is not None
    assert counted[0].tolist() == 31 * [1] + [2]


@pytest.mark.parametrize("scale", [1e-44, 1e-30, 1e-6, 1.0, 1e30, 3e38])
def test_no_size_of_number_is_too_small_or_too_large(scale: float) -> None:
    values = (np.linspace(-1, 1, 200) * scale).astype(np.float32)
    counted = count(values)
    assert counted is not None
    assert counted[0].sum() == 200
    assert counted[1].tolist() == [values.min(), values.max()]


def test_what_is_not_finite_is_left_out() -> None:
    counted = count(np.array([0.0, np.nan, 1.0, np.inf, -np.inf], np.float32))
    assert counted is not None
    assert counted[0].sum() == 2
    assert counted[1].tolist() == [0, 1]
    assert count(np.full(3, np.nan, np.float32)) is None


def test_counts_above_what_two_bytes_hold_are_exact() -> None:
    counted = count(np.concatenate([np.zeros(70_000, np.float32), np.ones(1, np.float32)]))
    assert counted is not None
    assert counted[0][0] == 70_000


def test_samples_are_spread_over_the_whole_set() -> None:
    looked_at = subject(preset("digits-mlp").experiment)
    x, y = samples(looked_at.dataset, 10)
    assert len(x) == len(y) == 512
    np.testing.assert_array_equal(x[0], looked_at.dataset.x[0])
    np.testing.assert_array_equal(x[-1], looked_at.dataset.x[-1])
    assert len(samples(looked_at.dataset, 10**9)[0]) == 64


def test_the_same_state_gives_the_same_histograms_even_with_dropout() -> None:
    layers = (linear(8), {"kind": "BatchNorm1d"}, {"kind": "ReLU"}, {"kind": "Dropout", "p": 0.5}, linear(1))
    looked_at = subject(circle(*layers))
    first = histograms(looked_at)
    for name, array in histograms(looked_at).items():
        np.testing.assert_array_equal(array, first[name])


def test_a_batch_of_one_with_batch_normalisation_has_no_gradient() -> None:
    looked_at = subject(circle(linear(3), {"kind": "BatchNorm1d"}, linear(1)))
    x, y = looked_at.dataset.x[:1], looked_at.dataset.y[:1]
    assert gradients(looked_at, x, y) == {}


def test_training_is_not_disturbed_by_being_looked_at() -> None:
    layers = (linear(6), {"kind": "BatchNorm1d"}, {"kind": "Tanh"}, {"kind": "Dropout", "p": 0.3}, linear(1))
    experiment = circle(*layers)
    dataset = load(experiment.data)
    alone, watched = Supervised(experiment, dataset), Supervised(experiment, dataset)
    for _ in range(60):
        alone.step()
        watched.step()
        watched.snapshot(("histograms",))
    expected, found = alone.checkpoint()[1], watched.checkpoint()[1]
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
