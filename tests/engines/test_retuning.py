"""Settings may change in the middle of an epoch; what would change a tensor's shape is refused."""

from __future__ import annotations

import numpy as np
import pytest

from playground.spec import ModelSpec, SpecError
from playground.spec.layers import Dropout, Flatten, Linear, Sigmoid, Tanh
from playground.spec.losses import CrossEntropy
from playground.spec.optimizers import SGD, Adam, RMSprop
from tests.engines.agreement import net
from tests.engines.rich import COUNT, RICH, SHAPE, both_engines, data, everything, exhaust, rich
from tests.states import assert_equal


@both_engines
def test_retuning_goes_on_where_the_epoch_stands(engine: str) -> None:
    """Half an epoch, other settings, the rest: the same as a new net with those settings that starts from there."""
    x, y = data()
    order = np.random.default_rng(1).permutation(COUNT)
    layers = list(RICH.layers)
    layers[1] = Linear(out_features=6, l2=0.5, l1=0.1)
    layers[4] = Dropout(p=0.6)
    layers[3] = Sigmoid()
    other = ModelSpec(layers=tuple(layers))
    optimizer = Adam(lr=0.01, beta1=0.5, weight_decay=0.1)
    ours = rich(engine)
    fit = ours.fit(CrossEntropy(), x, y, 4)
    fit.begin(order)
    assert all(fit.step(0.01) for _ in range(2))
    kept = everything(ours)
    ours.retune(other, optimizer)
    assert_equal(everything(ours), kept)
    assert exhaust(fit, 0.03) == 4
    assert len(fit.losses()) == 6
    fresh = net(engine, other, SHAPE, optimizer)
    for part, take in {
        "net": fresh.load,
        "optimizer": fresh.load_optimizer,
        "random": fresh.load_random,
    }.items():
        take({name.removeprefix(f"{part}/"): v for name, v in kept.items() if name.startswith(f"{part}/")})
    rest = fresh.fit(CrossEntropy(), x, y, 4)
    rest.begin(order[8:])
    exhaust(rest, 0.03)
    assert_equal(everything(ours), everything(fresh))
    assert ours.model == other


@both_engines
def test_another_kind_of_optimizer_starts_with_an_empty_memory(engine: str) -> None:
    ours = rich(engine)
    fit = ours.fit(CrossEntropy(), *data(), 4)
    fit.begin(np.arange(COUNT))
    exhaust(fit)
    weights = ours.state()
    ours.retune(RICH, RMSprop())
    assert_equal(ours.state(), weights)
    assert not any(values.any() for values in ours.optimizer_state().values())
    ours.retune(RICH, SGD(momentum=0.9))
    fit.begin(np.arange(COUNT))
    assert exhaust(fit) == 6
    memory = ours.optimizer_state()
    ours.retune(RICH, SGD(momentum=0.5))
    assert_equal(ours.optimizer_state(), memory)
    ours.retune(RICH, SGD())
    assert ours.optimizer_state() == {}


@both_engines
@pytest.mark.parametrize(
    "layers",
    [
        (Flatten(), Linear(out_features=7), Tanh(), Linear(out_features=3)),
        (Flatten(), Linear(out_features=6, bias=False), Tanh(), Linear(out_features=3)),
        (Flatten(), Linear(out_features=6), Tanh()),
        (Flatten(), Linear(out_features=6), Linear(out_features=3)),
    ],
)
def test_retuning_keeps_every_shape_or_is_refused(engine: str, layers: tuple) -> None:
    model = ModelSpec(layers=(Flatten(), Linear(out_features=6), Tanh(), Linear(out_features=3)))
    ours = net(engine, model, SHAPE)
    before = ours.state()
    with pytest.raises(SpecError):
        ours.retune(ModelSpec(layers=layers), SGD())
    assert ours.model == model
    assert_equal(ours.state(), before)
