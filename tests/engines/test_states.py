"""Weights, memories and generators go out and come back; what does not fit is refused in a sentence."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from playground.spec import LayerSpec, ModelSpec, OptimizerSpec, SpecError
from playground.spec.layers import BatchNorm1d, Dropout, Flatten, Linear
from playground.spec.losses import MSE
from playground.spec.optimizers import SGD, Adam
from tests.engines.agreement import LAYERS, around, assert_close, given_shape, net, samples
from tests.states import assert_equal

both_engines = pytest.mark.parametrize("engine", ["numpy", "torch"])
MODEL = ModelSpec(
    layers=(Linear(out_features=4), BatchNorm1d(), Dropout(p=0.5), Linear(out_features=2, bias=False))
)
NAMES = [
    "0.weight",
    "0.bias",
    "1.weight",
    "1.bias",
    "1.running_mean",
    "1.running_var",
    "1.num_batches_tracked",
    "3.weight",
]


@both_engines
def test_a_net_starts_from_the_models_numbers(engine: str) -> None:
    for dtype in ("float32", "float64"):
        ours = net(engine, MODEL, (3,), dtype=dtype, seed=7)
        initial = MODEL.init((3,), 7)
        assert list(ours.state()) == list(initial) == NAMES
        assert_equal(
            ours.state(), {n: v.astype(dtype if v.dtype.kind == "f" else v.dtype) for n, v in initial.items()}
        )
        assert not any(values.any() for values in ours.gradients().values())


@both_engines
@pytest.mark.parametrize("kind", LayerSpec.catalogue().values())
def test_torch_can_load_our_states_by_name(engine: str, kind: type[LayerSpec]) -> None:
    model = around(kind())
    given = given_shape(kind(), 3)
    ours = net(engine, model, given)
    modules = [LAYERS[s.kind](s, shape) for s, shape in zip(model.layers, model.inputs(given), strict=True)]
    theirs = torch.nn.Sequential(*modules).double().eval()
    theirs.load_state_dict(
        {name: torch.from_numpy(values) for name, values in ours.state().items()}, strict=True
    )
    x = samples(kind(), np.random.default_rng(0), 4, given)
    assert_close(ours.forward(x), theirs(torch.from_numpy(x)).detach().numpy())


@both_engines
@pytest.mark.parametrize("kind", OptimizerSpec.catalogue().values())
def test_memories_come_back_as_they_went(engine: str, kind: type[OptimizerSpec]) -> None:
    optimizer = kind(momentum=0.9) if kind is SGD else kind()
    first, second = net(engine, MODEL, (3,), optimizer), net(engine, MODEL, (3,), optimizer)
    random = np.random.default_rng(0)
    fit = first.fit(MSE(), random.normal(size=(9, 3)), random.normal(size=(9, 2)), 3)
    fit.begin(np.arange(9))
    while fit.step(0.01):
        pass
    state = first.optimizer_state()
    assert any(values.any() for values in state.values())
    second.load_optimizer(state)
    assert_equal(second.optimizer_state(), state)
    for values in state.values():
        values[...] = 0
    assert any(values.any() for values in second.optimizer_state().values())


@both_engines
def test_generators_go_on_where_they_stood(engine: str) -> None:
    model = ModelSpec(layers=(Dropout(p=0.5), Flatten(), Dropout(p=0.2)))
    first, second = net(engine, model, (50,), seed=1), net(engine, model, (50,), seed=2)
    x = np.ones((3, 50))
    first.forward(x, training=True)
    kept = first.random_state()
    assert list(kept) == ["dropout/0", "dropout/2"]
    expected = [first.forward(x, training=True) for _ in range(3)]
    assert not np.array_equal(second.forward(x, training=True), expected[0])
    second.load_random(kept)
    for y in expected:
        np.testing.assert_array_equal(second.forward(x, training=True), y)


@both_engines
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"0.bias": None}, "lack 0.bias"),
        ({"9.weight": np.zeros(2)}, "have 9.weight"),
        ({"0.weight": np.zeros((3, 4))}, r"0.weight: .*\(3, 4\).*\(4, 3\)"),
        ({"0.bias": np.array([0, 0, np.nan, 0])}, "0.bias: .*nan"),
        ({"0.bias": np.array([0, 0, np.inf, 0])}, "0.bias: .*inf"),
        ({"0.bias": np.array([0, 0, 1e39, 0])}, r"0.bias: .*1e\+39"),
        ({"0.bias": np.array(["a", "b", "c", "d"])}, "0.bias"),
        ({"1.running_mean": np.zeros(4, complex)}, "1.running_mean"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_whole(engine: str, change: dict, message: str) -> None:
    ours = net(engine, MODEL, (3,), dtype="float32")
    before = ours.state()
    state = {name: values + 1 for name, values in before.items()} | change
    with pytest.raises(SpecError, match=message):
        ours.load({name: values for name, values in state.items() if values is not None})
    assert_equal(ours.state(), before)


@both_engines
def test_memories_and_generators_that_do_not_fit_are_refused(engine: str) -> None:
    ours = net(engine, MODEL, (3,), Adam())
    memory = ours.optimizer_state()
    for wrong in (
        {},
        {**memory, "sgd.momentum_buffer/0.weight": np.zeros((4, 3))},
        {**memory, "adam.exp_avg/0.weight": np.zeros((3, 4))},
        {**memory, "adam.step": np.array([1, 2])},
        {**memory, "adam.step": np.array(-1)},
        {**memory, "adam.step": np.array(np.nan)},
        net(engine, MODEL, (3,), SGD(momentum=0.5)).optimizer_state(),
    ):
        with pytest.raises(SpecError):
            ours.load_optimizer(wrong)
        assert_equal(ours.optimizer_state(), memory)
    for wrong in ({}, {"dropout/2": np.zeros(3, np.uint64)}, {"dropout/0": ours.random_state()["dropout/2"]}):
        with pytest.raises(SpecError):
            ours.load_random(wrong)


@both_engines
def test_inputs_of_another_shape_are_refused(engine: str) -> None:
    ours = net(engine, MODEL, (3,))
    for wrong in (np.zeros((2, 4)), np.zeros(3), np.zeros((2, 3, 1)), np.float64(1)):
        for look in (ours.forward, ours.trace, lambda x: ours.forward(x, training=True)):
            with pytest.raises(SpecError, match=r"^x: .*expected \(N, 3\)"):
                look(wrong)
        with pytest.raises(SpecError, match=r"^x: "):
            ours.fit(MSE(), wrong, np.zeros((2, 2)), 2)


@both_engines
def test_the_penalty_is_what_the_specification_says(engine: str) -> None:
    model = ModelSpec(layers=(Linear(out_features=2, l1=0.5), Linear(out_features=1, l2=3.0, l1=0.1)))
    ours = net(engine, model, (2,))
    ours.load(
        {
            "0.weight": np.array([[1.0, -2.0], [0.0, 3.0]]),
            "0.bias": np.array([100.0, 100.0]),
            "1.weight": np.array([[2.0, -1.0]]),
            "1.bias": np.array([100.0]),
        }
    )
    assert ours.penalty() == pytest.approx(0.5 * 6 + 1.5 * 5 + 0.1 * 3)
    assert net(engine, MODEL, (3,)).penalty() == 0


@both_engines
def test_the_penalty_pulls_on_weights_only(engine: str) -> None:
    model = ModelSpec(layers=(Linear(out_features=2, l1=0.5, l2=0.25),))
    ours = net(engine, model, (2,))
    state = {"0.weight": np.array([[1.0, -2.0], [0.0, 3.0]]), "0.bias": np.array([5.0, -5.0])}
    ours.load(state)
    ours.forward(np.zeros((3, 2)), training=True)
    ours.backward(np.zeros((3, 2)))
    gradients = ours.gradients()
    np.testing.assert_allclose(gradients["0.weight"], [[0.75, -1.0], [0.0, 1.25]])
    np.testing.assert_array_equal(gradients["0.bias"], [0.0, 0.0])
