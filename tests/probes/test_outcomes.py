"""Verdicts and filters say in bytes what the network's own numbers say."""

from __future__ import annotations

import numpy as np
import pytest

from playground.data import load
from playground.data.targets import decide, shades
from playground.presets import preset
from playground.probes import Subject, compute
from playground.spec import Experiment


def subject(experiment: Experiment) -> Subject:
    dataset = load(experiment.data)
    state = experiment.model.init(dataset.x.shape[1:], 3)
    return Subject(experiment, dataset, {name: x.astype(np.float32) for name, x in state.items()})


def small_digits(*layers: dict[str, object]) -> Experiment:
    plain = preset("digits-mlp").experiment.replace("data", {"kind": "Digits8x8"})
    return plain.replace("model", {"layers": [*layers, {"kind": "Linear", "out_features": 10}]})


@pytest.mark.parametrize("key", ["digits-mlp", "circle", "three-rings"])
def test_a_verdict_is_the_class_and_its_confidence(key: str) -> None:
    looked_at = subject(preset(key).experiment)
    found = compute("verdicts", looked_at)
    outputs = looked_at.net().forward(looked_at.dataset.x_test)
    classes = decide(looked_at.experiment, outputs)
    assert (found["verdict/class"] == classes).all()
    shown = shades(looked_at.experiment, outputs)
    best = 0.5 + np.abs(shown[:, 0]) / 2 if shown.shape[1] == 1 else shown.max(axis=1)
    assert np.abs(found["verdict/sure"] / 65535 - best).max() < 1e-4


def test_verdicts_and_the_confusion_matrix_count_the_same() -> None:
    looked_at = subject(preset("digits-mlp").experiment)
    verdicts = compute("verdicts", looked_at)
    confusion = verdicts["confusion"]
    counted = np.zeros((10, 10), int)
    for truth, taken_for in zip(looked_at.dataset.y_test, verdicts["verdict/class"], strict=True):
        counted[truth, taken_for] += 1
    assert (counted == confusion).all()
    assert confusion.sum() == 1000


def test_regression_has_no_verdicts() -> None:
    assert compute("verdicts", subject(preset("regression-plane").experiment)) == {}


def test_a_filter_is_the_weights_of_its_neuron_in_the_shape_of_the_picture() -> None:
    looked_at = subject(small_digits({"kind": "Flatten"}, {"kind": "Linear", "out_features": 12}))
    found, weight = compute("filters", looked_at), looked_at.state["1.weight"]
    reach = float(found["filter/reach"][0])
    meant = np.clip(weight / reach, -1, 1).reshape(12, 8, 8)
    assert np.abs((found["filter"] - 128.0) / 127 - meant).max() < 0.005
    assert (found["filter/bias"] == looked_at.state["1.bias"]).all()
    assert (found["filter/range"] == np.stack([weight.min(axis=1), weight.max(axis=1)], axis=1)).all()


def test_one_enormous_weight_does_not_pale_the_others() -> None:
    looked_at = subject(small_digits({"kind": "Flatten"}, {"kind": "Linear", "out_features": 12}))
    before = compute("filters", looked_at)["filter/usual"][0]
    looked_at.state["1.weight"][3, 7] = 5.0
    found = compute("filters", looked_at)
    assert found["filter/usual"][0] < 10 * before
    assert found["filter"][3].ravel()[7] == 255
    assert found["filter/range"][3, 1] == 5.0


def test_filters_stay_within_their_bytes() -> None:
    wide = preset("digits-mlp").experiment.replace("layers.1.out_features", 700)
    assert compute("filters", subject(wide))["filter"].nbytes <= 1 << 18


def test_a_first_layer_that_does_not_see_the_picture_has_no_filters() -> None:
    assert compute("filters", subject(preset("circle").experiment)) == {}


def test_answers_at_every_step_are_counted_where_they_are_judged() -> None:
    echo = subject(preset("echo-gru").experiment)
    found = compute("verdicts", echo)
    truth = echo.dataset.y_test
    assert found["confusion"].sum() == (truth != -100).sum() < truth.size
    assert "verdict/class" not in found
