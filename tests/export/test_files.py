"""Files of a run are read by other programs: weights by safetensors, metrics by anything that knows tables."""

from __future__ import annotations

import numpy as np
from safetensors import deserialize
from safetensors.numpy import load

from playground.data import load as load_data
from playground.export import files, names
from playground.presets import preset
from playground.runs.supervised import Supervised
from playground.spec import Experiment


def test_weights_come_back_by_name_with_their_experiment() -> None:
    experiment = preset("circle").experiment
    state = Supervised(experiment, load_data(experiment.data)).state()
    body = files.weights(state, experiment)
    found = load(body)
    assert set(found) == set(state)
    assert all(np.array_equal(found[name], state[name]) for name in state)
    assert len(deserialize(body)) == len(state)
    assert b'"experiment"' in body[:2000]


def test_weights_that_are_no_numbers_are_saved_as_they_are() -> None:
    state = {"0.weight": np.array([[np.nan, np.inf]], np.float32)}
    found = load(files.weights(state, Experiment()))
    assert np.array_equal(found["0.weight"], state["0.weight"], equal_nan=True)


def test_metrics_are_a_table_with_whole_steps_and_empty_cells() -> None:
    history = {
        "loss": np.array([0.5, np.inf]),
        "epoch": np.array([0.0, 1.5]),
        "test_loss": np.array([np.nan, 0.25]),
        "step": np.array([0.0, 12.0]),
    }
    assert files.metrics(history) == b"step,epoch,loss,test_loss\r\n0,0.0,0.5,\r\n12,1.5,inf,0.25\r\n"
    assert files.metrics({}) == b"\r\n"


def test_files_are_named_after_data_and_network() -> None:
    assert names.slug(preset("circle").experiment) == "circles-2-4-2-1"
    assert names.title(preset("circle").experiment) == "Circle"
    assert names.title(preset("circle").experiment.replace("seed", 5), "zh") == "圆"
    digits = preset("digits-mlp").experiment
    assert [names.slug(digits), names.network(digits)] == ["mnist5k-28x28-128-10", "28×28 → 128 → 10"]


def test_maps_of_a_convolution_are_counted_and_measured() -> None:
    layers = [
        {"kind": "Conv2d", "out_channels": 4, "kernel_size": 3},
        {"kind": "Flatten"},
        {"kind": "Linear", "out_features": 10},
    ]
    experiment = preset("digits-mlp").experiment.replace("layers", layers)
    assert names.slug(experiment) == "mnist5k-28x28-4-10"
    assert names.network(experiment) == "28×28 → 4×26×26 → 10"
