"""In bfloat16 products are coarser, and nothing else: weights, looks and what is learned stay."""

from __future__ import annotations

import numpy as np
import pytest

import engines
from playground.data import load
from playground.presets import preset
from playground.runs.supervised import Supervised
from playground.spec import SpecError
from playground.spec.optimizers import SGD

DIGITS = preset("lenet-5").experiment.replace("data", {"kind": "Digits8x8"}).replace("training.max_steps", 0)
LAYERS = [
    {"kind": "Conv2d", "out_channels": 8, "padding": "same"},
    {"kind": "BatchNorm2d"},
    {"kind": "ReLU"},
    {"kind": "Flatten"},
    {"kind": "Linear", "out_features": 10},
]
EXPERIMENT = DIGITS.replace("model.layers", LAYERS).replace("engine", "torch")


def test_coarse_products_learn_what_exact_ones_learn() -> None:
    dataset = load(EXPERIMENT.data)
    exact = Supervised(EXPERIMENT.replace("precision", "float32"), dataset)
    coarse = Supervised(EXPERIMENT.replace("precision", "bfloat16"), dataset)
    for _ in range(120):
        exact.step()
        coarse.step()
    one, other = exact.metrics(), coarse.metrics()
    assert one["loss"] != other["loss"]
    assert other["test_accuracy"] == pytest.approx(one["test_accuracy"], abs=0.03)
    assert {tensor.dtype for tensor in coarse.state().values()} == {np.dtype("f4"), np.dtype("i8")}


def test_a_look_is_exact() -> None:
    torch = engines.get("torch")
    x = np.random.default_rng(0).normal(size=(5, 1, 8, 8)).astype("f4")
    exact = torch.net(EXPERIMENT.model, (1, 8, 8), SGD())
    coarse = torch.net(EXPERIMENT.model, (1, 8, 8), SGD(), precision="bfloat16")
    np.testing.assert_array_equal(exact.forward(x), coarse.forward(x))
    assert not np.array_equal(exact.forward(x, training=True), coarse.forward(x, training=True))


def test_float64_has_no_coarse_products() -> None:
    with pytest.raises(SpecError, match="precision"):
        engines.get("torch").net(EXPERIMENT.model, (1, 8, 8), SGD(), dtype="float64", precision="bfloat16")
