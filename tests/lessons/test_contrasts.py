"""Comparisons by one click differ in what they say and in nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from playground.i18n import LANGUAGES, has
from playground.lessons.contrasts import contrasts
from playground.presets import presets
from playground.presets.templates import fitted, templates
from playground.spec import Experiment, LayerSpec, check, enforce
from playground.spec.image_layers import AvgPool2d, Conv2d, MaxPool2d, Residual
from playground.spec.layers import Dropout, Flatten, Linear

BEST = presets()["digits-best"].experiment
LENET = presets()["lenet-5"].experiment


def found(experiment: Experiment) -> dict[str, Experiment]:
    return {one.key: one.experiment for one in contrasts(experiment)}


def kinds(experiment: Experiment) -> list[str]:
    return [layer.kind for layer in experiment.model.layers]


def test_other_cells_keep_everything_but_their_kind() -> None:
    layers = (
        {"kind": "LSTM", "hidden_size": 7, "return_sequences": True},
        {"kind": "LSTM", "hidden_size": 5},
    )
    before = Experiment.from_plain(
        {
            "data": {"kind": "Adding", "count": 100},
            "model": {"layers": [*layers, {"kind": "Linear", "out_features": 1}]},
            "loss": {"kind": "MSE"},
        }
    )
    found = {one.key: one for one in contrasts(before)}
    assert [key for key in found if key in ("cells", "RNN", "LSTM", "GRU")] == ["cells", "RNN", "GRU"]
    assert found["cells"].experiments == (found["RNN"].experiment, found["GRU"].experiment)
    for one in found["cells"].experiments:
        assert (one.data, one.seed, one.optimizer) == (before.data, before.seed, before.optimizer)
        assert [layer.plain() | {"kind": "LSTM"} for layer in one.model.layers[:2]] == list(layers)


def test_what_is_offered_follows_the_layers_on_screen() -> None:
    assert list(found(LENET)) == ["average", "with_dropout", "with_norm"]
    assert list(found(BEST)) == ["average", "without_dropout", "without_norm"]
    assert list(found(presets()["circle"].experiment)) == ["with_dropout", "with_norm"]
    assert found(presets()["neuron"].experiment) == {}
    assert found(LENET.with_layers((Flatten(), Linear(out_features=3)))) == {}, "what cannot be trained"


@pytest.mark.parametrize("key", list(presets()))
def test_nothing_but_the_layers_changes_and_all_can_be_trained(key: str) -> None:
    before = presets()[key].experiment
    for one in contrasts(before):
        assert one.experiment != before
        assert one.experiment.with_layers(before.model.layers) == before
        check(one.experiment)
        enforce(one.experiment)


def test_pooling_is_exchanged_window_for_window_and_back() -> None:
    layers: tuple[LayerSpec, ...] = (
        Conv2d(),
        MaxPool2d(kernel_size=3, stride=2, padding=1),
        Residual(layers=(MaxPool2d(kernel_size=3, stride=1, padding=1),)),
        Flatten(),
        Linear(out_features=10),
    )
    average = found(LENET.with_layers(layers))["average"]
    assert average.model.layers[1] == AvgPool2d(kernel_size=3, stride=2, padding=1)
    assert average.model.layers[2] == Residual(layers=(AvgPool2d(kernel_size=3, stride=1, padding=1),))
    assert found(average)["maximum"].model.layers == layers


def test_dropout_is_switched_off_where_it_stands_and_added_before_the_output() -> None:
    without = found(BEST)["without_dropout"]
    assert kinds(without) == kinds(BEST)
    assert [layer.p for layer in without.model.layers if isinstance(layer, Dropout)] == [0.0]
    assert found(without)["with_dropout"].model.layers[-2] == Dropout(p=0.5)
    assert kinds(found(LENET)["with_dropout"]) == [*kinds(LENET)[:-1], "Dropout", "Linear"]


def test_batch_norm_leaves_an_identity_and_gives_the_bias_back() -> None:
    without = found(BEST)["without_norm"]
    assert "BatchNorm2d" not in kinds(without)
    assert [kind.replace("BatchNorm2d", "Identity") for kind in kinds(BEST)] == kinds(without)
    assert all(layer.bias for layer in without.model.layers if isinstance(layer, Conv2d))
    resnet = fitted(templates()["resnet"], BEST)
    block = next(layer for layer in found(resnet)["without_norm"].model.layers if isinstance(layer, Residual))
    assert [layer.kind for layer in block.layers] == ["Conv2d", "Identity", "ReLU", "Conv2d", "Identity"]


@pytest.mark.parametrize("key", ["average", "without_dropout", "without_norm"])
def test_the_same_weights_are_there_at_the_start(key: str) -> None:
    shape = BEST.data.input_shape()
    here, there = BEST.model.init(shape, BEST.seed), found(BEST)[key].model.init(shape, BEST.seed)
    shared = here.keys() & there.keys()
    assert {name for name in here if "weight" in name and here[name].ndim > 1} <= shared
    for name in shared:
        np.testing.assert_array_equal(here[name], there[name])


def test_batch_norm_is_added_behind_convolutions_or_hidden_dense_layers() -> None:
    assert kinds(found(LENET)["with_norm"])[:3] == ["Conv2d", "BatchNorm2d", "ReLU"]
    assert kinds(found(LENET)["with_norm"]).count("BatchNorm2d") == 2
    circle = presets()["circle"].experiment
    assert kinds(found(circle)["with_norm"])[:2] == ["Linear", "BatchNorm1d"]
    assert kinds(found(circle)["with_norm"])[-2:] == kinds(circle)[-2:]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_has_a_name(lang: str) -> None:
    for preset in presets().values():
        for one in contrasts(preset.experiment):
            assert has(f"ui.contrast.{one.key}", lang)
