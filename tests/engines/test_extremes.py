"""Far out nothing warns and nothing hides: a number that overflows shows in the loss, and the trainer sees it there."""

from __future__ import annotations

import numpy as np
import pytest

from playground.spec import LayerSpec, LossSpec, ModelSpec, OptimizerSpec
from playground.spec.layers import Dropout, Linear, ReLU
from playground.spec.losses import MSE, CrossEntropy
from playground.spec.optimizers import SGD
from playground.spec.sequence_layers import Embedding
from tests.engines.agreement import around, coded_targets, natural_shape, net

both_engines = pytest.mark.parametrize("engine", ["numpy", "torch"])


@both_engines
@pytest.mark.parametrize("kind", [kind for kind in LayerSpec.catalogue().values() if kind is not Embedding])
@pytest.mark.parametrize("size", [1e4, 1e18, 1e30])
def test_huge_inputs_pass_every_layer_without_a_warning(
    engine: str, kind: type[LayerSpec], size: float
) -> None:
    layer = kind(p=0.5) if kind is Dropout else kind()
    shape = natural_shape(layer)
    ours = net(engine, ModelSpec(layers=(layer,)), shape, dtype="float32")
    x = np.array([[size, -size, 0, 1], [-size, size, 1, -1], [size, size, -1, 0]], np.float32)
    x = np.resize(x, (3, *shape))
    y = ours.forward(x, training=True)
    dx = ours.backward(np.ones_like(y))
    if kind.__name__ not in (
        "BatchNorm1d",
        "BatchNorm2d",
        "LayerNorm",
    ):  # their variance overflows beyond 1e19
        assert np.isfinite(y).all()
        assert np.isfinite(dx).all()
    ours.trace(x)


@both_engines
def test_inputs_beyond_float32_become_infinite_without_a_warning(engine: str) -> None:
    ours = net(engine, ModelSpec(layers=(Linear(out_features=1, init="xavier"),)), (2,), dtype="float32")
    x = np.full((3, 2), 1e300)
    assert not np.isfinite(ours.forward(x)).any()
    ours.backward(ours.forward(x, training=True))
    fit = ours.fit(MSE(), x, np.full((3, 1), 1e300), 2)
    fit.begin(np.arange(3))
    assert fit.step(0.1)
    assert not np.isfinite(fit.losses()[0])


@both_engines
def test_bounded_layers_saturate(engine: str) -> None:
    x = np.array([[1e30, -1e30]], np.float32)
    expected = {
        "Sigmoid": [1, 0],
        "Tanh": [1, -1],
        "Softmax": [1, 0],
        "Step": [1, 0],
        "ReLU": [1e30, 0],
        "ELU": [1e30, -1],
        "Softplus": [1e30, 0],
        "GELU": [1e30, 0],
        "SiLU": [1e30, 0],
    }
    for kind, y in expected.items():
        ours = net(engine, ModelSpec(layers=(LayerSpec.catalogue()[kind](),)), (2,), dtype="float32")
        np.testing.assert_allclose(ours.forward(x), [y], rtol=1e-6, atol=1e-30, err_msg=kind)


@both_engines
@pytest.mark.parametrize("kind", LossSpec.catalogue().values())
@pytest.mark.parametrize("optimizer", [kind() for kind in OptimizerSpec.catalogue().values()], ids=repr)
def test_an_absurd_learning_rate_diverges_in_the_open(
    engine: str, kind: type[LossSpec], optimizer: OptimizerSpec
) -> None:
    """No warning, no exception: the losses say it, or the weights do."""
    loss = kind()
    ours = net(engine, around(ReLU(), num_out=3), (4,), optimizer, dtype="float32")
    random = np.random.default_rng(0)
    fit = ours.fit(loss, random.normal(size=(8, 4)), coded_targets(loss, random, 8, 3), 4)
    for _ in range(20):
        fit.begin(random.permutation(8))
        while fit.step(1e30):
            pass
        fit.losses()
    ours.forward(np.ones((2, 4)))


@both_engines
def test_divergence_shows_in_losses_and_weights(engine: str) -> None:
    ours = net(engine, ModelSpec(layers=(Linear(out_features=1),)), (1,), SGD(), dtype="float32")
    fit = ours.fit(MSE(), np.ones((4, 1)) * 10, np.ones((4, 1)), 4)
    losses = []
    for _ in range(60):
        fit.begin(np.arange(4))
        fit.step(1.0)
        losses.append(fit.losses()[0])
    assert np.isfinite(losses[0])
    assert not np.isfinite(losses[-1])
    assert not all(np.isfinite(values).all() for values in ours.state().values())


@both_engines
def test_huge_logits_train_on(engine: str) -> None:
    model = ModelSpec(layers=(Linear(out_features=3),))
    ours = net(engine, model, (2,), SGD(), dtype="float32")
    state = ours.state()
    ours.load({name: values * 1e5 for name, values in state.items()})
    random = np.random.default_rng(0)
    fit = ours.fit(CrossEntropy(), random.normal(size=(20, 2)) * 100, random.integers(0, 3, 20), 5)
    for _ in range(5):
        fit.begin(random.permutation(20))
        while fit.step(0.1):
            pass
        assert np.isfinite(fit.losses()).all()
    assert all(np.isfinite(values).all() for values in ours.state().values())


@both_engines
def test_the_callers_error_state_is_left_alone(engine: str) -> None:
    before = np.geterr()
    ours = net(engine, around(ReLU()), (4,), dtype="float32")
    fit = ours.fit(MSE(), np.full((4, 4), 1e30), np.zeros((4, 3)), 2)
    fit.begin(np.arange(4))
    fit.step(0.1)
    assert np.geterr() == before
    with pytest.warns(RuntimeWarning, match="overflow"):
        np.float32(1e30) * np.float32(1e30)
