"""What is particular to images: ties of a maximum, channels dropped whole, a network of everything, resumed, moved."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import torch

import engines
from playground.spec import LayerSpec, ModelSpec, SpecError
from playground.spec.image_layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout2d,
    MaxPool2d,
    Residual,
)
from playground.spec.layers import Dropout, Flatten, Linear, ReLU, Tanh
from playground.spec.losses import MSE, CrossEntropy
from playground.spec.optimizers import SGD, Adam
from tests.engines.agreement import Reference, assert_close, assert_same, net
from tests.engines.rich import both_engines, everything, exhaust
from tests.states import assert_equal

SHAPE = (2, 9, 8)
RICH = ModelSpec(
    layers=(
        Conv2d(out_channels=4, padding="same", l2=0.01),
        ReLU(),
        MaxPool2d(),
        Residual(layers=(Conv2d(out_channels=4, padding=1, l1=0.001), BatchNorm2d(), ReLU(), Dropout(p=0.2))),
        Conv2d(out_channels=6, kernel_size=2, stride=2, groups=2, bias=False),
        BatchNorm2d(),
        ReLU(),
        Dropout2d(p=0.3),
        ConvTranspose2d(out_channels=2),
        AvgPool2d(),
        Flatten(),
        Linear(out_features=3),
    )
)
COUNT = 23


def data(count: int = COUNT) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    return random.normal(size=(count, *SHAPE)), random.integers(0, 3, count)


@both_engines
@pytest.mark.parametrize(
    "pool", [MaxPool2d(), MaxPool2d(kernel_size=3, stride=2, padding=1), MaxPool2d(kernel_size=2, stride=1)]
)
@pytest.mark.parametrize("first", [True, False], ids=["alone", "behind a convolution"])
def test_of_equal_numbers_the_first_gets_the_gradient(engine: str, pool: MaxPool2d, first: bool) -> None:
    """Drawn digits have constant backgrounds: most windows are ties, and the convolution's gradient depends on them."""
    before = () if first else (Conv2d(out_channels=2, kernel_size=2), ReLU())
    ours = net(engine, ModelSpec(layers=(*before, pool)), (1, 9, 8))
    reference = Reference(ours, SGD())
    x = np.zeros((3, 1, 9, 8))
    x[1, 0, 3:6, 2:5] = 1.0
    x[2] = -1.0
    y = ours.forward(x, training=True)
    grad = np.random.default_rng(0).normal(size=y.shape)
    expected_y, expected_dx = reference.backward(x, grad)
    np.testing.assert_array_equal(y, expected_y) if first else assert_close(y, expected_y)
    assert_close(ours.backward(grad), expected_dx)
    assert_same(ours.gradients(), reference.gradients())


@pytest.mark.parametrize("middle", [(), (MaxPool2d(),), (AvgPool2d(),), (BatchNorm2d(),)])
def test_gradients_that_come_back_to_images_lie_as_the_images_do(middle: tuple[LayerSpec, ...]) -> None:
    """Where they do not, torch copies pictures to and fro in each layer below."""
    ours = net("torch", ModelSpec(layers=(Conv2d(out_channels=4), ReLU(), *middle, Flatten())), SHAPE)
    seen: list[torch.Tensor] = []
    module = cast("Any", ours).module
    for one in list(module)[:-1]:
        one.register_full_backward_hook(lambda _, __, slopes: seen.append(slopes[0]))
    random = np.random.default_rng(3)
    ours.backward(random.normal(size=ours.forward(data()[0], training=True).shape))
    assert len(seen) == 2 + len(middle)
    assert all(slope.is_contiguous(memory_format=torch.channels_last) for slope in seen)


def test_a_relu_may_run_behind_the_pooling_that_follows_it() -> None:
    """The hot path pools first; with constant backgrounds too the gradients are those of the layers in their order."""
    model = ModelSpec(layers=(Conv2d(out_channels=3), ReLU(), MaxPool2d(), Flatten(), Linear(out_features=2)))
    x = np.zeros((6, 1, 10, 10))
    x[::2, 0, 2:5, 3:8] = np.random.default_rng(0).normal(size=(3, 3, 5))
    y = np.array([0, 1, 0, 1, 0, 1])
    by_fit, by_hand = (net("numpy", model, (1, 10, 10), SGD()) for _ in range(2))
    for ours in (by_fit, by_hand):  # no bias: the background stays exactly 0, a tie in every window
        ours.load({name: values * (name != "0.bias") for name, values in ours.state().items()})
    fit = by_fit.fit(CrossEntropy(), x, y, 0)
    for _ in range(3):
        fit.begin(np.arange(6))
        assert fit.step(0.1)
        value, grad = engines.get("numpy").loss(CrossEntropy(), by_hand.forward(x, training=True), y)
        by_hand.backward(grad)
        by_hand.step(0.1)
        assert_close(fit.losses(), np.array([value]))
        assert_same(by_fit.gradients(), by_hand.gradients())
    assert [type(one).__name__ for one in hot_layers(by_fit)] == ["PooledConv2d", "ReLU", "Flatten", "Linear"]


def hot_layers(ours: object) -> list[object]:
    """Return the layers of the hot path."""
    return ours.workspace(6, ours.rows(6), training=True, unseen=True).layers  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "layers",
    [
        (Conv2d(out_channels=3, padding=1), MaxPool2d()),
        (Conv2d(out_channels=4, stride=2, groups=2), ReLU(), MaxPool2d(kernel_size=2)),
        (Conv2d(out_channels=3, dilation=2, padding="same"), MaxPool2d(kernel_size=3, stride=3), ReLU()),
        (Conv2d(out_channels=3, bias=False), BatchNorm2d(), ReLU(), MaxPool2d(kernel_size=2, stride=1)),
        (
            Conv2d(out_channels=3),
            MaxPool2d(kernel_size=1),
            Conv2d(out_channels=2, kernel_size=2),
            MaxPool2d(),
        ),
    ],
    ids=repr,
)
def test_shortcuts_change_nothing(layers: tuple[LayerSpec, ...]) -> None:
    """Sizes that pooling does not divide, strides, groups, as the first layer and behind another."""
    model = ModelSpec(layers=(Tanh(), *layers, Flatten(), Linear(out_features=3)))
    for given in (model, ModelSpec(layers=model.layers[1:])):
        x, y = np.random.default_rng(0).normal(size=(11, 2, 13, 12)), np.arange(11) % 3
        by_fit, by_hand = (net("numpy", given, (2, 13, 12), SGD(momentum=0.5)) for _ in range(2))
        fit = by_fit.fit(CrossEntropy(), x, y, 4)
        fit.begin(np.arange(11))
        for start in range(0, 11, 4):
            chosen = slice(start, start + 4)
            _, grad = engines.get("numpy").loss(
                CrossEntropy(), by_hand.forward(x[chosen], training=True), y[chosen]
            )
            by_hand.backward(grad)
            by_hand.step(0.1)
            assert fit.step(0.1)
            assert_same(by_fit.gradients(), by_hand.gradients())
        assert_same(everything(by_fit), everything(by_hand))


def test_channels_fall_as_a_whole_and_alike_in_both_engines() -> None:
    model = ModelSpec(layers=(Dropout2d(p=0.4), Residual(layers=(Dropout2d(p=0.4), Dropout(p=0.4)))))
    nets = [net(engine, model, (5, 3, 2), seed=4) for engine in ("numpy", "torch")]
    found = [ours.forward(np.ones((40, 5, 3, 2)), training=True) for ours in nets]
    assert_close(found[0], found[1])
    assert_equal(nets[0].random_state(), nets[1].random_state())
    assert list(nets[0].random_state()) == ["dropout/0", "dropout/1.layers.0", "dropout/1.layers.1"]
    alone = net("numpy", ModelSpec(layers=(Dropout2d(p=0.4),)), (50, 3, 2))
    y = alone.forward(np.ones((40, 50, 3, 2)), training=True)
    assert (y == y[:, :, :1, :1]).all()
    assert (y == 0).mean() == pytest.approx(0.4, abs=0.03)
    assert np.isin(y, [0, 1 / 0.6]).all()
    grad = np.random.default_rng(0).normal(size=y.shape)
    np.testing.assert_array_equal(alone.backward(grad), grad * y)


@both_engines
def test_a_fit_takes_the_steps_of_forward_loss_backward_step(engine: str) -> None:
    x, y = data()
    order = np.random.default_rng(0).permutation(COUNT)
    by_fit, by_hand = (net(engine, RICH, SHAPE, Adam(lr=0.01, clip_norm=1.0)) for _ in range(2))
    fit = by_fit.fit(CrossEntropy(), x, y, 5)
    fit.begin(order)
    for start in range(0, COUNT, 5):
        chosen = order[start : start + 5]
        _, grad = engines.get(engine).loss(
            CrossEntropy(), by_hand.forward(x[chosen], training=True), y[chosen]
        )
        by_hand.backward(grad)
        by_hand.step(0.01)
        assert fit.step(0.01)
        assert_same(by_fit.gradients(), by_hand.gradients())
    # A bias before a norm has no slope but rounding, and Adam makes steps of it: equal gradients are the promise.
    assert_same(everything(by_fit), everything(by_hand), within=1e-7)
    np.testing.assert_allclose(by_fit.penalty(), by_hand.penalty())


@both_engines
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_resumed_run_is_the_undisturbed_one_bit_for_bit(engine: str, dtype: str) -> None:
    x, y = data()
    order = np.random.default_rng(1).permutation(COUNT)

    def train(ours: object, left: np.ndarray, steps: int) -> None:
        fit = ours.fit(CrossEntropy(), x, y, 4)  # type: ignore[attr-defined]
        fit.begin(left)
        for _ in range(steps):
            assert fit.step(0.02)

    made = [net(engine, RICH, SHAPE, Adam(lr=0.01), dtype=dtype, seed=seed) for seed in (0, 0, 9)]  # type: ignore[arg-type]
    undisturbed, first, second = made
    train(undisturbed, order, 6)
    train(first, order, 2)
    second.load(first.state())
    second.load_optimizer(first.optimizer_state())
    second.load_random(first.random_state())
    train(second, order[8:], 4)
    assert_equal(everything(second), everything(undisturbed))


@pytest.mark.parametrize("optimizer", [Adam(lr=0.01, eps=1e-3), SGD(lr=0.05, momentum=0.9)], ids=repr)
def test_a_run_may_change_engines_with_its_memory(optimizer: Adam | SGD) -> None:
    x, y = data()
    alone, travelling = (net("numpy", RICH, SHAPE, optimizer) for _ in range(2))
    for number, engine in enumerate(("torch", "numpy", "torch")):
        arrived = net(engine, RICH, SHAPE, optimizer, seed=3)
        arrived.load(travelling.state())
        arrived.load_optimizer(travelling.optimizer_state())
        arrived.load_random(travelling.random_state())
        assert_equal(everything(arrived), everything(travelling))
        travelling = arrived
        for ours in (alone, travelling):
            fit = ours.fit(CrossEntropy(), x, y, 6)
            fit.begin(np.random.default_rng(number).permutation(COUNT))
            exhaust(fit, 0.02)
    assert_same(everything(travelling), everything(alone))


@both_engines
def test_looks_see_every_layer_in_torchs_shape(engine: str) -> None:
    x, _ = data()
    ours = net(engine, RICH, SHAPE)
    reference = Reference(ours, SGD())
    trace = ours.trace(x)
    assert [part.shape[1:] for part in trace] == RICH.shapes(SHAPE)
    assert_close(trace[-1], reference.forward(x))
    assert (trace[1] >= 0).all()


@both_engines
def test_one_image_has_statistics_but_one_pixel_has_none(engine: str) -> None:
    x = np.random.default_rng(0).normal(size=(5, 2, 3, 3))
    ours = net(engine, ModelSpec(layers=(BatchNorm2d(),)), (2, 3, 3))
    reference = Reference(ours, SGD())
    y = ours.forward(x[:1], training=True)
    assert_close(y, reference.backward(x[:1], np.ones_like(y))[0])
    assert_same(ours.state(), reference.state())
    pixel = ModelSpec(layers=(Residual(layers=(BatchNorm2d(),)), Flatten(), Linear(out_features=2)))
    ours = net(engine, pixel, (2, 1, 1))
    with pytest.raises(SpecError, match="batch_size"):
        ours.forward(np.zeros((1, 2, 1, 1)), training=True)
    fit = ours.fit(MSE(), x[:, :, :1, :1], np.zeros((5, 2)), 2)
    fit.begin(np.arange(5))
    assert exhaust(fit, 0.1) == 3
    assert int(ours.state()["0.layers.0.num_batches_tracked"]) == 2


@both_engines
def test_retuning_keeps_the_weights_of_images(engine: str) -> None:
    ours = net(engine, RICH, SHAPE, Adam())
    before = everything(ours)
    layers = list(RICH.layers)
    layers[1], layers[2] = Tanh(), AvgPool2d()
    layers[0] = Conv2d(out_channels=4, padding="same", l2=0.5)
    ours.retune(ModelSpec(layers=tuple(layers)), Adam(beta1=0.5))
    assert_equal(everything(ours), before)
    weight = before["net/0.weight"]
    assert ours.penalty() > 0.25 * float((weight**2).sum())
    with pytest.raises(SpecError, match="model"):
        ours.retune(ModelSpec(layers=(*layers[:-1], Linear(out_features=4))), Adam())
