"""A unit is called dead or saturated exactly where it no longer learns; gradients are as large as it is said."""

from __future__ import annotations

import numpy as np
import pytest

from playground.data import load
from playground.presets import presets
from playground.probes import Subject, compute
from playground.probes.columns import columns
from playground.probes.health import DEAD, FINE, SATURATED
from playground.runs.supervised import Supervised
from playground.spec import Experiment


def network(activation: str) -> Experiment:
    layers = [
        {"kind": "Linear", "out_features": 4},
        {"kind": activation},
        {"kind": "Linear", "out_features": 1},
        {"kind": "Tanh"},
    ]
    return presets()["circle"].experiment.replace("model", {"layers": layers})


def judged(experiment: Experiment, bias: float, weight: float = 1.0) -> list[int]:
    """Return the flags of the hidden units where unit 2 has this bias and weights of this size."""
    dataset = load(experiment.data)
    state = {name: x.astype("f4") for name, x in experiment.model.init(dataset.input_shape, 0).items()}
    state["0.weight"][2] = weight * np.array([1.0, -1.0], np.float32)
    state["0.bias"][2] = bias
    return compute("health", Subject(experiment, dataset, state))["health/1"].tolist()


def test_a_rectifier_that_is_silent_everywhere_is_dead():
    assert judged(network("ReLU"), bias=-1000) == [FINE, FINE, DEAD, FINE]
    assert judged(network("ReLU"), bias=0)[2] == FINE


@pytest.mark.parametrize("activation", ["Tanh", "Sigmoid"])
@pytest.mark.parametrize("bias", [1000, -1000])
def test_a_squashing_unit_at_its_bound_everywhere_is_saturated(activation: str, bias: float):
    assert judged(network(activation), bias=bias) == [FINE, FINE, SATURATED, FINE]


def test_a_unit_at_both_bounds_is_saturated_too():
    assert judged(network("Tanh"), bias=0, weight=1e6)[2] == SATURATED


@pytest.mark.parametrize("activation", ["Sine", "Step", "LeakyReLU", "GELU", "Identity"])
def test_what_always_learns_is_never_called_ill(activation: str):
    assert judged(network(activation), bias=1000, weight=10) == [FINE] * 4


def test_columns_that_are_judged_together_keep_their_own_flags():
    layers = [
        {"kind": "Linear", "out_features": 3},
        {"kind": "ReLU"},
        {"kind": "Linear", "out_features": 2},
        {"kind": "Tanh"},
        {"kind": "Linear", "out_features": 5},
        {"kind": "ReLU"},
        {"kind": "Linear", "out_features": 1},
    ]
    experiment = (
        presets()["circle"]
        .experiment.replace("model", {"layers": layers})
        .replace("loss.kind", "BCEWithLogits")
    )
    dataset = load(experiment.data)
    state = {name: x.astype("f4") for name, x in experiment.model.init(dataset.input_shape, 0).items()}
    state["0.bias"][1] = -1000
    state["2.bias"][0] = 1000
    state["4.bias"][:] = [1, -1000, 1, 1, -1000]
    found = {
        name: flags.tolist() for name, flags in compute("health", Subject(experiment, dataset, state)).items()
    }
    assert found == {
        "health/1": [FINE, DEAD, FINE],
        "health/3": [SATURATED, FINE],
        "health/5": [FINE, DEAD, FINE, FINE, DEAD],
    }


def test_gradient_norms_are_those_of_the_last_step():
    trainer = Supervised(presets()["circle"].experiment, load(presets()["circle"].experiment.data))
    trainer.step()
    arrays = trainer.snapshot(("health",)).arrays
    norms = np.array([arrays[f"gradient/{name}"][0] for name in trainer.state()])
    assert np.sqrt((norms**2).sum()) == pytest.approx(trainer.metrics()["gradient_norm"], rel=1e-5)


def test_the_column_of_the_output_is_not_judged():
    experiment = network("Tanh")
    last = columns(experiment.model, (2,))[-1].until
    dataset = load(experiment.data)
    state = {name: x.astype("f4") for name, x in experiment.model.init(dataset.input_shape, 0).items()}
    assert f"health/{last}" not in compute("health", Subject(experiment, dataset, state))
