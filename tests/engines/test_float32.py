"""In float32 both engines and torch stay as close as rounding allows: the bounds the project states."""

from __future__ import annotations

import numpy as np
import pytest

from playground.spec import LayerSpec, ModelSpec
from playground.spec.image_layers import AvgPool2d, BatchNorm2d, Conv2d, Dropout2d
from playground.spec.layers import Dropout, Flatten, Linear, ReLU, Tanh
from playground.spec.losses import MSE, CrossEntropy
from playground.spec.optimizers import SGD, Adam
from playground.spec.recurrent_layers import GRU, LSTM
from tests.engines.agreement import Reference, around, given_shape, net, samples

GRADIENT = 1e-5
"""Relative to the largest number of each tensor ..."""
BEHIND_BATCH_NORM = 5e-5
LOSS = 1e-5
"""... and relative, over fifty steps."""


@pytest.mark.parametrize(
    "kind", [kind for kind in LayerSpec.catalogue().values() if kind not in (Dropout, Dropout2d)]
)
@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_gradients_are_float64s(kind: type[LayerSpec], engine: str) -> None:
    """float32 against float64 from the same numbers; both read float32 weights, so only the arithmetic differs."""
    model = around(kind(), num_in=12, num_out=5)
    shape = given_shape(kind(), 9)
    single, double = net(engine, model, shape, dtype="float32"), net("numpy", model, shape)
    double.load(single.state())
    x = samples(kind(), np.random.default_rng(0), 32, shape).astype(np.float32)
    grad = np.random.default_rng(1).normal(size=(32, 5)).astype(np.float32)
    found = [ours.forward(x, training=True) for ours in (single, double)]
    bound = BEHIND_BATCH_NORM if kind.__name__.startswith("BatchNorm") else GRADIENT
    compare(found[0], found[1], bound)
    compare(single.backward(grad), double.backward(grad), bound)
    exact = double.gradients()
    largest = max(float(np.abs(values).max()) for values in exact.values())
    for name, values in single.gradients().items():
        if (
            kind.__name__.startswith("BatchNorm") and name == "0.bias"
        ):  # exactly 0 in theory: only rounding is left
            assert np.abs(values).max() < bound * largest
        else:
            compare(values, exact[name], bound)


def compare(found: np.ndarray, expected: np.ndarray, bound: float) -> None:
    assert found.dtype == np.float32
    assert np.abs(found - expected).max() <= bound * max(float(np.abs(expected).max()), 1e-3)


def digits() -> tuple[ModelSpec, tuple[int, ...], np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    x = random.random((320, 1, 28, 28)).astype(np.float32) * (random.random((320, 1, 28, 28)) > 0.8)
    model = ModelSpec(layers=(Flatten(), Linear(out_features=32), ReLU(), Linear(out_features=10)))
    return model, (1, 28, 28), x, random.integers(0, 10, 320)


def images() -> tuple[ModelSpec, tuple[int, ...], np.ndarray, np.ndarray]:
    _, shape, x, y = digits()
    # Nothing with a kink: where two numbers are equal but for rounding, a maximum would take either way.
    layers = (
        Conv2d(out_channels=4),
        Tanh(),
        AvgPool2d(),
        Conv2d(out_channels=6, stride=2),
        BatchNorm2d(),
        Tanh(),
    )
    return ModelSpec(layers=(*layers, Flatten(), Linear(out_features=10))), shape, x, y


def points() -> tuple[ModelSpec, tuple[int, ...], np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    x = random.uniform(-1, 1, (100, 2)).astype(np.float32)
    layers = (Linear(out_features=8), Tanh(), Linear(out_features=8), Tanh(), Linear(out_features=1))
    return ModelSpec(layers=layers), (2,), x, np.sign(x[:, :1] * x[:, 1:])


def series() -> tuple[ModelSpec, tuple[int, ...], np.ndarray, np.ndarray]:
    random = np.random.default_rng(2)
    x = random.normal(size=(160, 12, 3)).astype(np.float32)
    layers = (
        LSTM(hidden_size=12, return_sequences=True),
        GRU(hidden_size=8, bidirectional=True),
        Linear(out_features=1),
    )
    return ModelSpec(layers=layers), (12, 3), x, x.mean((1, 2))[:, None]


@pytest.mark.parametrize("engine", ["numpy", "torch"])
@pytest.mark.parametrize(
    ("task", "loss", "optimizer", "batch_size"),
    [
        (points, MSE(), SGD(lr=0.1), 10),
        (points, MSE(), Adam(lr=0.01), 10),
        (digits, CrossEntropy(), Adam(), 32),
        (images, CrossEntropy(), SGD(lr=0.05), 32),
        (series, MSE(), Adam(lr=0.003), 16),
    ],
)
def test_the_loss_follows_torch_for_fifty_steps(engine: str, task, loss, optimizer, batch_size: int) -> None:
    model, shape, x, y = task()
    ours = net(engine, model, shape, optimizer, dtype="float32")
    reference = Reference(ours, optimizer)
    fit = ours.fit(loss, x, y, batch_size)
    found, expected = [], []
    for epoch in range(5):
        order = np.random.default_rng(epoch).permutation(len(x))
        fit.begin(order)
        for start in range(0, 10 * batch_size, batch_size):
            fit.step(optimizer.lr)
            batch = order[start : start + batch_size]
            expected.append(reference.step(loss, x[batch], y[batch]))
        found += fit.losses().tolist()
    np.testing.assert_allclose(found, expected, rtol=LOSS)
    assert np.ptp(found) > 0.05
