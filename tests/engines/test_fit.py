"""The training loop: the same numbers as the steps taken one by one, resumable anywhere."""

from __future__ import annotations

import numpy as np
import pytest

import engines
from engines.numpy import fit as numpy_fit
from engines.protocol import Net
from playground.spec import LossSpec, ModelSpec, SpecError
from playground.spec.layers import Linear, Softmax
from playground.spec.losses import MSE, CrossEntropy
from tests.engines.agreement import assert_close, assert_same, net
from tests.engines.rich import COUNT, both_engines, data, everything, exhaust, rich
from tests.states import assert_equal


@both_engines
@pytest.mark.parametrize("loss", [CrossEntropy(), MSE()], ids=repr)
@pytest.mark.parametrize("batch_size", [2, 5, 23, 0, 100])
def test_a_fit_takes_the_steps_of_forward_loss_backward_step(
    engine: str, loss: LossSpec, batch_size: int
) -> None:
    x, y = data(loss)
    order = np.random.default_rng(0).permutation(COUNT)
    by_fit, by_hand = rich(engine), rich(engine)
    fit = by_fit.fit(loss, x, y, batch_size)
    size = min(batch_size or COUNT, COUNT)
    if COUNT % size == 1:
        order = order[:-1]
    fit.begin(order)
    values = []
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        value, grad = engines.get(engine).loss(loss, by_hand.forward(x[chosen], training=True), y[chosen])
        by_hand.backward(grad)
        by_hand.step(0.01)
        values.append(value)
        assert fit.step(0.01)
        assert_same(by_fit.state(), by_hand.state())
        assert_same(by_fit.gradients(), by_hand.gradients())
    assert not fit.step(0.01)
    assert_close(fit.losses(), np.array(values))
    assert_same(everything(by_fit), everything(by_hand))


@both_engines
def test_a_finished_epoch_changes_nothing(engine: str) -> None:
    ours = rich(engine)
    fit = ours.fit(CrossEntropy(), *data(), 5)
    assert not fit.step(0.1)
    assert len(fit.losses()) == 0
    fit.begin(np.arange(COUNT))
    assert exhaust(fit) == 5
    before = everything(ours)
    assert not fit.step(0.1)
    assert_equal(everything(ours), before)
    assert len(fit.losses()) == 5


@both_engines
def test_chunks_make_no_difference(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = __import__(f"engines.{engine}.fit", fromlist=["CHUNK_BYTES"])
    found = []
    for chunk_bytes in (1, 800, 1 << 20):
        monkeypatch.setattr(module, "CHUNK_BYTES", chunk_bytes)
        ours = rich(engine)
        fit = ours.fit(CrossEntropy(), *data(), 4)
        for epoch in range(3):
            fit.begin(np.random.default_rng(epoch).permutation(COUNT))
            assert exhaust(fit) == 6
        found.append(everything(ours) | {"losses": fit.losses()})
    assert_equal(found[0], found[1])
    assert_equal(found[0], found[2])


@both_engines
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("stopped_at", [1, 3, 5, 6])
def test_a_resumed_run_is_the_undisturbed_one_bit_for_bit(engine: str, dtype: str, stopped_at: int) -> None:
    x, y = data()
    order = np.random.default_rng(1).permutation(COUNT)

    def train(ours: Net, left: np.ndarray, steps: int) -> None:
        fit = ours.fit(CrossEntropy(), x, y, 4)
        fit.begin(left)
        for _ in range(steps):
            assert fit.step(0.02)

    undisturbed = rich(engine, dtype=dtype)
    train(undisturbed, order, 6)
    train(undisturbed, order[::-1], 6)
    first = rich(engine, dtype=dtype)
    train(first, order, stopped_at)
    second = rich(engine, dtype=dtype, seed=9)
    second.load(first.state())
    second.load_optimizer(first.optimizer_state())
    second.load_random(first.random_state())
    if stopped_at < 6:
        train(second, order[4 * stopped_at :], 6 - stopped_at)
    train(second, order[::-1], 6)
    assert_equal(everything(second), everything(undisturbed))


@both_engines
def test_an_order_may_be_part_of_the_set_and_repeat(engine: str) -> None:
    ours = rich(engine)
    fit = ours.fit(CrossEntropy(), *data(), 4)
    fit.begin(np.array([3, 3, 3, 3, 1, 2, 1, 2, 9, 9]))
    assert exhaust(fit) == 3
    for wrong in ([0, COUNT], [-1, 0]):
        with pytest.raises(SpecError, match=r"^order: "):
            fit.begin(np.array(wrong))


@both_engines
def test_backward_may_be_asked_twice(engine: str) -> None:
    ours = rich(engine)
    x, _ = data()
    outputs = ours.forward(x, training=True)
    one, gradients = ours.backward(np.ones_like(outputs)), ours.gradients()
    np.testing.assert_array_equal(ours.backward(np.ones_like(outputs)), one)
    assert_equal(ours.gradients(), gradients)
    with pytest.raises(SpecError, match="grad"):
        ours.backward(np.ones((2, 3)))
    with pytest.raises(SpecError, match="forward"):
        rich(engine).backward(np.ones((2, 3)))


def test_every_slot_has_its_own_program() -> None:
    """The hot path of the NumPy engine: as many batches as fit are gathered at once, within the stated memory."""
    ours = net("numpy", ModelSpec(layers=(Linear(out_features=3), Softmax())), (2,), dtype="float32")
    fit = ours.fit(MSE(), np.zeros((1000, 2)), np.zeros((1000, 3)), 2)
    assert isinstance(fit, numpy_fit.Fit)
    slots = fit._full
    assert len(slots.programs) == len(slots.rows) == numpy_fit.MAX_SLOTS
    ours = net("numpy", ModelSpec(layers=(Linear(out_features=3),)), (784,), dtype="float32")
    fit = ours.fit(MSE(), np.zeros((600, 784)), np.zeros((600, 3)), 32)
    assert isinstance(fit, numpy_fit.Fit)
    assert fit._full.rows.nbytes <= numpy_fit.CHUNK_BYTES
