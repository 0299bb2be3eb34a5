"""Every optimizer of the catalogue moves as torch's does, with every setting, in one block and in many."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from engines.numpy import optimizers as numpy_optimizers
from playground.spec import ModelSpec, OptimizerSpec
from playground.spec.layers import Flatten, Linear, Tanh
from playground.spec.losses import MSE
from playground.spec.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop
from tests.engines.agreement import OPTIMIZERS, Reference, assert_close, assert_same, net

KINDS = OptimizerSpec.catalogue()
SHARED = [{}, {"weight_decay": 0.1}, {"clip_norm": 0.05}, {"weight_decay": 0.2, "clip_norm": 0.3}]
OWN = {
    "SGD": [
        {},
        {"momentum": 0.9},
        {"momentum": 0.8, "nesterov": True},
        {"momentum": 0.8, "nesterov": True, "weight_decay": 0.3, "clip_norm": 0.1},
    ],
    "Adagrad": [{}, {"eps": 1e-3}],
    "RMSprop": [{}, {"alpha": 0.5, "eps": 1e-4}],
    "Adam": [{}, {"beta1": 0.0}, {"beta1": 0.5, "beta2": 0.9, "eps": 1e-3}],
    "AdamW": [{}, {"weight_decay": 0.0}, {"beta1": 0.5, "beta2": 0.9, "eps": 1e-3}],
}
CASES = [
    kind(**{**own, **shared})
    for name, kind in KINDS.items()
    for own, shared in [(own, {}) for own in OWN.get(name, [{}])] + [({}, shared) for shared in SHARED]
]
MODEL = ModelSpec(
    layers=(
        Linear(out_features=5, l1=0.01, l2=0.1),
        Tanh(),
        Linear(out_features=3, l2=0.05),
        Tanh(),
        Linear(out_features=2),
    )
)

every_case = pytest.mark.parametrize("optimizer", CASES, ids=repr)


@pytest.fixture(params=[False, True], ids=["whole", "blocks"])
def _blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the NumPy engine move the parameters as a whole, or in blocks of 7 with broadcast rates."""
    if request.param:
        monkeypatch.setattr(numpy_optimizers, "BLOCK", 7)
        monkeypatch.setattr(numpy_optimizers, "WRITTEN_OUT", 0)


def batches(count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    random = np.random.default_rng(8)
    for _ in range(count):
        yield random.normal(size=(6, 4)), random.normal(size=(6, 2))


def test_every_optimizer_has_a_reference() -> None:
    assert set(OPTIMIZERS) == set(KINDS)


@every_case
@pytest.mark.parametrize("engine", ["numpy", "torch"])
@pytest.mark.usefixtures("_blocks")
def test_three_steps_are_torchs(optimizer: OptimizerSpec, engine: str) -> None:
    ours = net(engine, MODEL, (4,), optimizer)
    reference = Reference(ours, optimizer)
    for x, y in batches(3):
        fit = ours.fit(MSE(), x, y, 0)
        fit.begin(np.arange(6))
        assert fit.step(optimizer.lr)
        expected = reference.step(MSE(), x, y)
        assert_close(fit.losses(), np.array([expected]))
        assert_same(ours.state(), reference.state())


@every_case
def test_a_hundred_steps_agree_between_engines(optimizer: OptimizerSpec) -> None:
    nets = [net(engine, MODEL, (4,), optimizer) for engine in ("numpy", "torch")]
    x, y = next(batches(1))
    for ours in nets:
        fit = ours.fit(MSE(), x, y, 4)
        for epoch in range(50):
            fit.begin(np.random.default_rng(epoch).permutation(6))
            while fit.step(optimizer.lr * (1 - epoch / 50)):
                pass
    assert_same(nets[0].state(), nets[1].state(), within=1e-9)
    memories = [ours.optimizer_state() for ours in nets]
    assert_same(memories[0], memories[1], within=1e-9)


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_memory_has_torchs_names(engine: str) -> None:
    model = ModelSpec(layers=(Linear(out_features=2), Linear(out_features=1, bias=False)))
    expected = {
        SGD(): [],
        SGD(momentum=0.9): ["sgd.momentum_buffer"],
        Adagrad(): ["adagrad.sum"],
        RMSprop(): ["rmsprop.square_avg"],
        Adam(): ["adam.exp_avg", "adam.exp_avg_sq"],
        AdamW(): ["adamw.exp_avg", "adamw.exp_avg_sq"],
    }
    for optimizer, names in expected.items():
        state = net(engine, model, (3,), optimizer).optimizer_state()
        tensors = [f"{name}/{tensor}" for name in names for tensor in ("0.weight", "0.bias", "1.weight")]
        counts = [name for name in state if name.endswith(".step")]
        assert [*counts, *tensors] == list(state)
        assert counts == ([f"{optimizer.kind.lower()}.step"] if optimizer.kind.startswith("Adam") else [])
        assert {name: values.shape for name, values in state.items() if "weight" in name} == {
            f"{name}/{tensor}": shape
            for name in names
            for tensor, shape in (("0.weight", (2, 3)), ("1.weight", (1, 2)))
        }
        assert not any(values.any() for values in state.values())


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_the_kept_gradient_is_the_unclipped_one(engine: str) -> None:
    x, y = next(batches(1))
    found = []
    for clip_norm in (0.0, 1e-3):
        ours = net(engine, MODEL, (4,), SGD(clip_norm=clip_norm, weight_decay=0.1))
        fit = ours.fit(MSE(), x, y, 0)
        fit.begin(np.arange(6))
        fit.step(0.1)
        found.append(ours.gradients())
    assert_same(found[1], found[0])


@every_case
@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_a_model_without_parameters_trains_to_nothing(optimizer: OptimizerSpec, engine: str) -> None:
    ours = net(engine, ModelSpec(layers=(Flatten(), Tanh())), (2, 2), optimizer)
    x, y = np.random.default_rng(0).normal(size=(5, 2, 2)), np.zeros((5, 4))
    fit = ours.fit(MSE(), x, y, 2)
    fit.begin(np.arange(5))
    assert [fit.step(0.1) for _ in range(4)] == [True, True, True, False]
    assert fit.losses().mean() == pytest.approx(
        np.mean([(np.tanh(x[i : i + 2]) ** 2).mean() for i in (0, 2, 4)])
    )
    assert ours.state() == ours.gradients() == {}
    ours.load_optimizer(ours.optimizer_state())
