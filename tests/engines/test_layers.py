"""Every layer of the catalogue is torch's layer, and its gradient is the slope."""

from __future__ import annotations

import numpy as np
import pytest

from playground.spec import LayerSpec, ModelSpec, Shape, SpecError
from playground.spec.image_layers import Conv2d
from playground.spec.layers import Dropout, Flatten, Linear
from playground.spec.optimizers import SGD
from tests.engines.agreement import (
    LAYERS,
    Reference,
    around,
    assert_close,
    assert_same,
    given_shape,
    natural_shape,
    net,
    samples,
)

KINDS = LayerSpec.catalogue()
SETTINGS = {
    "Linear": [{}, {"bias": False}, {"l1": 0.03, "l2": 0.2}, {"bias": False, "l2": 0.1}, {"init": "zeros"}],
    "BatchNorm1d": [{}, {"eps": 1e-3, "momentum": 0.7}, {"momentum": 0.0}],
    "LayerNorm": [{}, {"eps": 1e-2}],
    "LeakyReLU": [{}, {"negative_slope": 0.3}, {"negative_slope": 0.0}, {"negative_slope": 1.0}],
    "ELU": [{}, {"alpha": 2.5}],
    "Softplus": [{}, {"beta": 20.0}, {"beta": 0.1}],
    "Dropout": [{"p": 0.0}],
    "Dropout2d": [{"p": 0.0}],
    "Conv2d": [
        {},
        {"out_channels": 3, "kernel_size": 3, "stride": 2},
        {"out_channels": 3, "kernel_size": 2, "dilation": 2, "padding": 1},
        {"out_channels": 6, "padding": "same", "groups": 2, "l1": 0.03, "l2": 0.2},
        {"out_channels": 3, "kernel_size": 4, "padding": "same"},
        {"out_channels": 3, "kernel_size": 2, "dilation": 3, "padding": "same", "bias": False},
        {"out_channels": 8, "kernel_size": 5, "stride": 3, "padding": 4, "groups": 4},
        {"out_channels": 4, "kernel_size": 1, "groups": 4, "bias": False, "l2": 0.1},
        {"out_channels": 2, "kernel_size": 7, "padding": 6, "dilation": 2, "stride": 2},
    ],
    "ConvTranspose2d": [
        {},
        {"out_channels": 3, "kernel_size": 3, "padding": 1, "output_padding": 1},
        {"out_channels": 4, "kernel_size": 3, "stride": 1, "dilation": 2, "padding": 2, "groups": 2},
        {"out_channels": 4, "kernel_size": 1, "stride": 3, "output_padding": 2, "bias": False, "l1": 0.1},
        {"out_channels": 4, "kernel_size": 4, "stride": 2, "groups": 4, "l2": 0.3},
    ],
    "MaxPool2d": [
        {},
        {"kernel_size": 3, "stride": 2, "padding": 1},
        {"kernel_size": 2, "stride": 1},
        {"kernel_size": 2, "stride": 1, "dilation": 3, "padding": 1},
        {"kernel_size": 2, "stride": 4},
        {"kernel_size": 1, "stride": 2},
    ],
    "AvgPool2d": [{}, {"kernel_size": 3, "stride": 2, "padding": 1}, {"kernel_size": 2, "stride": 3}],
    "AdaptiveAvgPool2d": [{}, {"output_size": 3}, {"output_size": 9}],
    "Unflatten": [{}, {"channels": 2, "height": 2}],
    "Upsample": [{}, {"scale_factor": 3, "mode": "bilinear"}, {"mode": "bilinear"}],
    "BatchNorm2d": [{}, {"eps": 1e-3, "momentum": 0.7}, {"momentum": 0.0}],
    "Embedding": [{"num_embeddings": 6, "embedding_dim": 3}, {"num_embeddings": 2, "embedding_dim": 1}],
    "RNN": [
        {"hidden_size": 3},
        {"hidden_size": 3, "nonlinearity": "relu", "return_sequences": True},
        {"hidden_size": 2, "num_layers": 3, "bidirectional": True},
        {"hidden_size": 1, "num_layers": 2, "bidirectional": True, "return_sequences": True},
        {"hidden_size": 3, "num_layers": 2, "truncate": 3, "return_sequences": True},
    ],
    "LSTM": [
        {"hidden_size": 3},
        {"hidden_size": 2, "return_sequences": True, "forget_bias": 0.0},
        {"hidden_size": 2, "num_layers": 3, "bidirectional": True},
        {"hidden_size": 3, "num_layers": 2, "bidirectional": True, "return_sequences": True},
        {"hidden_size": 3, "truncate": 2},
        {"hidden_size": 2, "num_layers": 2, "truncate": 1, "return_sequences": True},
    ],
    "GRU": [
        {"hidden_size": 3},
        {"hidden_size": 2, "return_sequences": True},
        {"hidden_size": 2, "num_layers": 3, "bidirectional": True},
        {"hidden_size": 1, "num_layers": 2, "bidirectional": True, "return_sequences": True},
        {"hidden_size": 3, "num_layers": 2, "truncate": 5},
    ],
    "Conv1d": [
        {"out_channels": 3},
        {"out_channels": 2, "kernel_size": 4, "padding": "same", "l1": 0.03, "l2": 0.2},
        {"out_channels": 3, "kernel_size": 3, "stride": 2, "padding": "causal", "dilation": 2},
        {"out_channels": 2, "kernel_size": 2, "padding": 3, "stride": 3, "bias": False},
        {"out_channels": 2, "kernel_size": 1, "init": "zeros"},
    ],
    "MaxPool1d": [{}, {"kernel_size": 3, "stride": 1, "padding": 1}, {"kernel_size": 2, "stride": 4}],
    "AvgPool1d": [{}, {"kernel_size": 3, "stride": 2, "padding": 1}, {"kernel_size": 2, "stride": 3}],
    "Residual": [
        {},
        {
            "layers": [
                {"kind": "Linear", "out_features": 4, "l2": 0.2},
                {"kind": "ReLU"},
                {"kind": "BatchNorm1d"},
            ]
        },
        {
            "layers": [
                {"kind": "Conv2d", "out_channels": 4, "padding": 1, "l2": 0.1},
                {"kind": "BatchNorm2d"},
                {"kind": "Tanh"},
                {"kind": "Residual", "layers": [{"kind": "Conv2d", "out_channels": 4, "padding": "same"}]},
            ]
        },
    ],
}
CASES = [kind(**fields) for name, kind in KINDS.items() for fields in SETTINGS.get(name, [{}])]


def is_a_slope(layer: LayerSpec) -> bool:
    """Tell whether the layer's gradient is one: not an estimate by definition, nor cut off."""
    return layer.kind != "Step" and not getattr(layer, "truncate", 0)


SPREADS = (0.5, 30.0)
"""Of the inputs: where activations bend, and far out, where exponentials would overflow."""

every_case = pytest.mark.parametrize("layer", CASES, ids=repr)


def inputs(
    shape: Shape = (5,), *, count: int = 7, spread: float = 1.0, layer: LayerSpec | None = None
) -> np.ndarray:
    layer = layer or Flatten()
    x = samples(layer, np.random.default_rng(1), count, shape)
    if layer.kind != "Embedding":
        x *= spread
        x.flat[:3] = 0.0, -1.0, 1.0  # where a kink may be
    return x


def test_every_layer_has_a_reference() -> None:
    assert set(LAYERS) == set(KINDS)


@every_case
@pytest.mark.parametrize("engine", ["numpy", "torch"])
@pytest.mark.parametrize("spread", SPREADS)
def test_forward_backward_and_evaluation_are_torchs(layer: LayerSpec, engine: str, spread: float) -> None:
    shape = given_shape(layer)
    ours = net(engine, around(layer), shape)
    reference = Reference(ours, SGD())
    x, grad = inputs(shape, spread=spread, layer=layer), np.random.default_rng(2).normal(size=(7, 3))
    y = ours.forward(x, training=True)
    dx = ours.backward(grad)
    expected_y, expected_dx = reference.backward(x, grad)
    assert_close(y, expected_y)
    assert_close(dx, expected_dx)
    assert_same(ours.gradients(), reference.gradients())
    assert_same(ours.state(), reference.state())
    assert_close(ours.forward(x), reference.forward(x))


@every_case
def test_the_layer_alone_is_torchs(layer: LayerSpec) -> None:
    """As the first and only layer it reads the input where it lies, in another order of axes."""
    shape = natural_shape(layer)
    ours = net("numpy", ModelSpec(layers=(layer,)), shape)
    reference = Reference(ours, SGD())
    x = inputs(shape, layer=layer)
    grad = np.random.default_rng(2).normal(size=ours.forward(x).shape)
    y = ours.forward(x, training=True)
    dx = ours.backward(grad)
    expected_y, expected_dx = reference.backward(x, grad)
    assert_close(y, expected_y)
    assert_close(dx, expected_dx)
    assert_same(ours.gradients(), reference.gradients())


@pytest.mark.parametrize("layer", [case for case in CASES if is_a_slope(case)], ids=repr)
def test_gradient_is_the_slope(layer: LayerSpec) -> None:
    if len(natural_shape(layer)) == 3:
        before = Conv2d(out_channels=4, kernel_size=2, padding="same", init="xavier")
        model, shape = ModelSpec(layers=(before, layer, Flatten(), Linear(out_features=2))), (1, 5, 4)
    else:
        end = Linear(out_features=2, init="xavier")
        model, shape = around(layer, num_out=2), given_shape(layer)
        model = ModelSpec(layers=(*model.layers[:-1], end))
        if model.layers[0].kind == "Linear":
            model, shape = (
                ModelSpec(layers=(Linear(out_features=4, init="xavier"), *model.layers[1:])),
                (*shape[:-1], 3),
            )
    ours = net("numpy", model, shape, seed=3)
    random = np.random.default_rng(4)
    count = 6 if len(shape) == 1 else 3
    x, grad = samples(layer, random, count, shape), random.normal(size=(count, 2))
    ours.forward(x, training=True)
    dx = ours.backward(grad)
    gradients, state = ours.gradients(), ours.state()

    def objective(at: np.ndarray) -> float:
        return float((ours.forward(at, training=True) * grad).sum()) + ours.penalty()

    def slope(values: np.ndarray, index: tuple[int, ...], at: np.ndarray, name: str = "") -> float:
        heights = []
        for push in (1e-6, -1e-6):
            moved = values.copy()
            moved[index] += push
            if name:
                ours.load({**state, name: moved})
            heights.append(objective(at if name else moved))
        ours.load(state)
        return (heights[0] - heights[1]) / 2e-6

    for index in () if layer.kind == "Embedding" else np.ndindex(x.shape):  # a token cannot be moved a little
        assert slope(x, index, x) == pytest.approx(dx[index], abs=1e-6, rel=1e-5)
    for name, gradient in gradients.items():
        for index in np.ndindex(gradient.shape):
            if layer.kind == "Embedding" and name == "0.weight" and index[0] == 0:
                assert gradient[index] == 0, "the padding's vector stays 0"
                continue
            assert slope(state[name], index, x, name) == pytest.approx(gradient[index], abs=1e-6, rel=1e-5), (
                name
            )


def takes_images(layer: LayerSpec) -> bool:
    try:
        return layer.output((2, 3, 4)) == (2, 3, 4)
    except SpecError:
        return False


@pytest.mark.parametrize("layer", [case for case in CASES if takes_images(case)], ids=repr)
def test_shape_free_layers_take_images(layer: LayerSpec) -> None:
    ours = net("numpy", ModelSpec(layers=(layer, Flatten(), Linear(out_features=2))), (2, 3, 4))
    reference = Reference(ours, SGD())
    x, grad = inputs((2, 3, 4)), np.random.default_rng(2).normal(size=(7, 2))
    y = ours.forward(x, training=True)
    expected_y, expected_dx = reference.backward(x, grad)
    assert_close(y, expected_y)
    assert_close(ours.backward(grad), expected_dx)
    assert [part.shape for part in ours.trace(x)] == [(7, 2, 3, 4), (7, 24), (7, 2)]


def test_dropout_keeps_the_share_and_the_mean() -> None:
    for engine in ("numpy", "torch"):
        ours = net(engine, ModelSpec(layers=(Dropout(p=0.25),)), (50,))
        y = ours.forward(np.ones((400, 50)), training=True)
        assert np.isin(y, [0, 1 / 0.75]).all()
        assert (y == 0).mean() == pytest.approx(0.25, abs=0.01)
        grad = np.random.default_rng(0).normal(size=y.shape)
        np.testing.assert_array_equal(ours.backward(grad), grad * y)
        np.testing.assert_array_equal(ours.forward(np.ones((3, 50))), np.ones((3, 50)))


def test_dropout_draws_the_same_in_both_engines() -> None:
    model = ModelSpec(layers=(Dropout(p=0.3), Linear(out_features=6), Dropout(p=0.6)))
    one, other = (net(engine, model, (2,), seed=5) for engine in ("numpy", "torch"))
    x, grad = np.random.default_rng(0).normal(size=(8, 2)), np.random.default_rng(1).normal(size=(8, 6))
    for _ in range(3):
        assert_close(one.forward(x, training=True), other.forward(x, training=True))
        assert_close(one.backward(grad), other.backward(grad))
        assert_same(one.gradients(), other.gradients())


def test_dropout_layers_draw_apart() -> None:
    ours = net("numpy", ModelSpec(layers=(Dropout(p=0.5), Dropout(p=0.5))), (2000,))
    kept = ours.forward(np.ones((1, 2000)), training=True) > 0
    assert kept.mean() == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize("engine", ["numpy", "torch"])
@pytest.mark.parametrize("beta", [0.5, 1.0, 20.0])
def test_softplus_is_a_straight_line_above_twenty(engine: str, beta: float) -> None:
    ours = net(engine, ModelSpec(layers=(LayerSpec.catalogue()["Softplus"](beta=beta),)), (4,))
    x = np.array([[19.9, 20.1, 25.0, 800.0]]) / beta
    y = ours.forward(x, training=True)
    np.testing.assert_array_equal(y[0, 1:], x[0, 1:])
    assert y[0, 0] > x[0, 0]
    np.testing.assert_array_equal(ours.backward(np.ones_like(y))[0, 1:], 1)
