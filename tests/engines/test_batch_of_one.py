"""Batch normalisation and the sample that is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from playground.spec import ModelSpec, SpecError
from playground.spec.layers import BatchNorm1d, Linear, Tanh
from playground.spec.losses import MSE
from playground.spec.optimizers import SGD
from tests.engines.agreement import assert_same, net
from tests.engines.rich import both_engines, exhaust


@both_engines
def test_a_lone_last_sample_is_normalised_by_the_running_statistics(engine: str) -> None:
    model = ModelSpec(layers=(BatchNorm1d(), Linear(out_features=2)))
    x, y = np.random.default_rng(0).normal(size=(5, 3)) * 3 + 1, np.zeros((5, 2))
    ours = net(engine, model, (3,), SGD())
    fit = ours.fit(MSE(), x, y, 2)
    fit.begin(np.arange(5))
    assert fit.step(0.1)
    assert fit.step(0.1)
    before, expected = ours.state(), ours.forward(x[4:])
    assert fit.step(0.1)
    assert fit.losses()[-1] == pytest.approx((expected**2).mean())
    after = ours.state()
    for name in ("running_mean", "running_var", "num_batches_tracked"):
        np.testing.assert_array_equal(after[f"0.{name}"], before[f"0.{name}"])
    assert (after["0.weight"] != before["0.weight"]).all()
    assert int(after["0.num_batches_tracked"]) == 2


def test_a_lone_last_sample_is_the_same_in_both_engines() -> None:
    model = ModelSpec(layers=(Linear(out_features=4), BatchNorm1d(), Tanh(), Linear(out_features=2)))
    x, y = np.random.default_rng(0).normal(size=(7, 3)), np.ones((7, 2))
    found = []
    for engine in ("numpy", "torch"):
        ours = net(engine, model, (3,), SGD(momentum=0.9))
        fit = ours.fit(MSE(), x, y, 3)
        for _ in range(4):
            fit.begin(np.arange(7))
            exhaust(fit, 0.05)
        found.append(ours.state())
    assert_same(found[0], found[1])


@both_engines
def test_batch_normalisation_refuses_batches_of_one(engine: str) -> None:
    ours = net(engine, ModelSpec(layers=(BatchNorm1d(),)), (3,))
    with pytest.raises(SpecError, match="batch_size"):
        ours.forward(np.zeros((1, 3)), training=True)
    with pytest.raises(SpecError, match="batch_size"):
        ours.fit(MSE(), np.zeros((4, 3)), np.zeros((4, 3)), 1)
    assert ours.forward(np.zeros((1, 3))).shape == (1, 3)
