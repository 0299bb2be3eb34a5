"""Looks: they see the latest step, may be of any size, share no memory and never disturb training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import engines
from engines.numpy import net as numpy_net
from engines.protocol import Net
from playground.spec.losses import MSE, CrossEntropy
from playground.spec.optimizers import SGD
from tests.engines.agreement import assert_close
from tests.engines.rich import COUNT, RICH, SHAPE, both_engines, data, everything, rich
from tests.states import assert_equal

LOOKS: dict[str, Callable[[Net, np.ndarray], object]] = {
    "forward": lambda ours, x: ours.forward(x),
    "forward of one batch": lambda ours, x: ours.forward(x[:4]),
    "trace": lambda ours, x: ours.trace(x),
    "state": lambda ours, x: [values.fill(0) for values in ours.state().values()],
    "gradients": lambda ours, x: [values.fill(0) for values in ours.gradients().values()],
    "memory": lambda ours, x: [values.fill(0) for values in ours.optimizer_state().values()],
    "generators": lambda ours, x: [values.fill(0) for values in ours.random_state().values()],
    "penalty": lambda ours, x: ours.penalty(),
}


@both_engines
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
def test_looks_do_not_disturb_training(engine: str, look: Callable[[Net, np.ndarray], object]) -> None:
    x, y = data()
    found = []
    for looking in (False, True):
        ours = rich(engine, dtype="float32")
        fit = ours.fit(CrossEntropy(), x, y, 4)
        fit.begin(np.arange(COUNT))
        while fit.step(0.01):
            if looking:
                look(ours, x)
                fit.losses()
        outputs = ours.forward(x[:4], training=True)
        if looking:
            look(ours, x)
        dx = ours.backward(np.ones_like(outputs))
        found.append(everything(ours) | ours.gradients() | {"losses": fit.losses(), "dx": dx})
    assert_equal(found[0], found[1])


@both_engines
def test_a_look_sees_the_latest_step(engine: str) -> None:
    x, y = data()
    ours = rich(engine)
    fresh = rich(engine)
    fit = ours.fit(CrossEntropy(), x, y, 4)
    fit.begin(np.arange(COUNT))
    ours.forward(x)
    while fit.step(0.05):
        fresh.load(ours.state())
        np.testing.assert_array_equal(ours.forward(x), fresh.forward(x))
        assert_equal(dict(enumerate(ours.trace(x))), dict(enumerate(fresh.trace(x))))  # type: ignore[arg-type]


@both_engines
def test_a_trace_ends_with_the_output(engine: str) -> None:
    ours = rich(engine)
    x, _ = data()
    trace = ours.trace(x)
    assert [part.shape[1:] for part in trace] == RICH.shapes(SHAPE)
    np.testing.assert_array_equal(trace[0], x.reshape(COUNT, -1))
    np.testing.assert_array_equal(trace[-1], ours.forward(x))
    np.testing.assert_array_equal(trace[4], trace[3])  # dropout passes through


@pytest.mark.parametrize("look_elements", [1, 1 << 18], ids=["portions", "whole"])
def test_responses_are_the_trace_by_features(monkeypatch: pytest.MonkeyPatch, look_elements: int) -> None:
    monkeypatch.setattr("engines.numpy.net.LOOK_ELEMENTS", look_elements)
    ours = engines.get("numpy").net(RICH, SHAPE, SGD())
    assert isinstance(ours, numpy_net.Net)
    x, _ = data()
    for count in (0, 1, COUNT):
        trace = ours.trace(x[:count])
        responses = [values.copy() for values in ours.responses(x[:count])]
        assert_equal(dict(enumerate(responses)), dict(enumerate(y.T for y in trace)))


@both_engines
def test_looks_may_be_of_any_size(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = rich(engine)
    x = np.random.default_rng(0).normal(size=(100, *SHAPE))
    whole = ours.forward(x)
    assert ours.forward(x[:0]).shape == (0, 3)
    assert [part.shape for part in ours.trace(x[:0])][-1] == (0, 3)
    monkeypatch.setattr(__import__(f"engines.{engine}.net", fromlist=["net"]), "LOOK_ELEMENTS", 1)
    assert_close(ours.forward(x), whole)
    assert_close(ours.trace(x)[-1], whole)
    for size in range(1, 12):
        assert_close(ours.forward(x[:size]), whole[:size])


@both_engines
def test_a_net_does_not_share_memory_with_its_caller(engine: str) -> None:
    x, _ = data(MSE())
    ours = rich(engine)
    outputs = ours.forward(x[:4], training=True)
    kept = outputs.copy()
    ours.forward(x[4:8], training=True)
    np.testing.assert_array_equal(outputs, kept)
    dx = ours.backward(np.ones_like(outputs))
    kept = dx.copy()
    ours.forward(x[:4], training=True)
    ours.backward(np.zeros_like(outputs))
    np.testing.assert_array_equal(dx, kept)
    state = ours.state()
    loaded = {name: values.copy() for name, values in state.items()}
    ours.load(loaded)
    for values in loaded.values():
        values[...] = 7
    assert_equal(ours.state(), state)
