"""What holds on every device: the CPU's numbers in float32, and an exact continuation."""

from __future__ import annotations

import numpy as np
import pytest

import engines
from engines.torch import TorchEngine
from engines.torch.net import Net
from playground.spec import LayerSpec, ModelSpec, OptimizerSpec, SpecError
from playground.spec.layers import BatchNorm1d, Dropout, Flatten, Linear, ReLU, Tanh
from playground.spec.losses import CrossEntropy
from playground.spec.optimizers import SGD, Adam
from tests.engines.agreement import around, assert_same, given_shape, samples
from tests.engines.rich import exhaust
from tests.states import assert_equal

found = engines.get("torch")
assert isinstance(found, TorchEngine)
engine: TorchEngine = found
ACCELERATORS = engine.devices()[1:]
MODEL = ModelSpec(
    layers=(
        Flatten(),
        Linear(out_features=16, l2=0.01),
        BatchNorm1d(),
        Tanh(),
        Dropout(p=0.3),
        Linear(out_features=4),
    )
)
SHAPE = (1, 4, 4)

each_accelerator = pytest.mark.parametrize(
    "device",
    [pytest.param(name, marks=pytest.mark.gpu) for name in ACCELERATORS]
    or [
        pytest.param("", marks=[pytest.mark.gpu, pytest.mark.skip(reason="torch finds no accelerator here")])
    ],
)


def train(net: Net, *, epochs: int = 2, lr: float = 0.01) -> np.ndarray:
    random = np.random.default_rng(0)
    fit = net.fit(CrossEntropy(), random.normal(size=(37, *SHAPE)), random.integers(0, 4, 37), 8)
    losses = []
    for epoch in range(epochs):
        fit.begin(np.random.default_rng(epoch).permutation(37))
        while fit.step(lr):
            pass
        losses.append(fit.losses())
    return np.concatenate(losses)


@each_accelerator
@pytest.mark.parametrize("optimizer", [kind() for kind in OptimizerSpec.catalogue().values()], ids=repr)
def test_an_accelerator_computes_what_the_cpu_computes(device: str, optimizer: OptimizerSpec) -> None:
    one = engine.net(MODEL, SHAPE, optimizer)
    other = engine.net(MODEL, SHAPE, optimizer, device=device, masks="numpy")
    np.testing.assert_allclose(train(one), train(other), rtol=1e-4)
    assert_same(other.state(), one.state(), within=1e-4)
    other.load_optimizer(one.optimizer_state())
    assert_equal(other.optimizer_state(), one.optimizer_state())


@each_accelerator
@pytest.mark.parametrize("kind", LayerSpec.catalogue().values())
def test_every_layer_computes_there_what_it_computes_here(device: str, kind: type[LayerSpec]) -> None:
    model, shape, random = (
        around(kind(), num_in=12, num_out=5),
        given_shape(kind(), 9),
        np.random.default_rng(0),
    )
    x = samples(kind(), random, 32, shape).astype(np.float32)
    slopes, answers = random.normal(size=(32, 5)).astype(np.float32), random.integers(0, 5, 32)
    nets = [engine.net(model, shape, Adam(), device=name, masks="numpy") for name in ("cpu", device)]
    found = []
    for net in nets:
        seen = {
            "looked": net.forward(x),
            "trained": net.forward(x, training=True),
            "back": net.backward(slopes),
        }
        seen |= net.gradients()
        fit = net.fit(CrossEntropy(), x, answers, 8)
        fit.begin(np.arange(32))
        exhaust(fit)
        found.append(seen | {"losses": fit.losses()})
    here, there = found
    for name, values in here.items():
        assert np.abs(there[name] - values).max() <= 1e-4 * max(float(np.abs(values).max()), 1e-2), name


@each_accelerator
def test_an_accelerator_continues_exactly(device: str) -> None:
    continues_exactly(device)


def test_draws_on_the_device_continue_exactly() -> None:
    continues_exactly("cpu")


def continues_exactly(device: str) -> None:
    undisturbed = engine.net(MODEL, SHAPE, Adam(clip_norm=1.0), device=device, masks="device")
    first = engine.net(MODEL, SHAPE, Adam(clip_norm=1.0), device=device, masks="device")
    train(undisturbed)
    train(undisturbed)
    train(first)
    second = engine.net(MODEL, SHAPE, Adam(clip_norm=1.0), device=device, masks="device", seed=3)
    second.load(first.state())
    second.load_optimizer(first.optimizer_state())
    second.load_random(first.random_state())
    train(second)
    assert_equal(second.state(), undisturbed.state())
    assert_equal(second.random_state(), undisturbed.random_state())


def test_draws_on_the_device_keep_the_share() -> None:
    net = engine.net(ModelSpec(layers=(Dropout(p=0.25),)), (50,), SGD(), masks="device")
    y = net.forward(np.ones((400, 50)), training=True)
    assert (y == 0).mean() == pytest.approx(0.25, abs=0.01)
    assert np.isin(y, [0, np.float32(1 / 0.75)]).all()
    assert not np.array_equal(net.forward(np.ones((400, 50)), training=True), y)


def test_a_state_of_another_kind_of_generator_is_refused() -> None:
    model = ModelSpec(layers=(Linear(), ReLU(), Dropout()))
    there, here = (engine.net(model, (2,), SGD(), masks=masks) for masks in ("device", "numpy"))
    with pytest.raises(SpecError, match="dropout/2"):
        here.load_random(there.random_state())
