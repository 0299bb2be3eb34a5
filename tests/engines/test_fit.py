"""The training loop: the same numbers as the steps taken one by one, resumable anywhere, undisturbed by looks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import engines
from engines.numpy import fit as numpy_fit
from engines.numpy import net as numpy_net
from engines.protocol import Fit, Net
from playground.spec import LossSpec, ModelSpec, SpecError
from playground.spec.layers import (
    BatchNorm1d,
    Dropout,
    Flatten,
    LayerNorm,
    Linear,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from playground.spec.losses import MSE, CrossEntropy
from playground.spec.optimizers import SGD, Adam, RMSprop
from tests.engines.agreement import assert_close, assert_equal, assert_same, coded_targets, net

both_engines = pytest.mark.parametrize("engine", ["numpy", "torch"])

RICH = ModelSpec(
    layers=(
        Flatten(),
        Linear(out_features=6, l2=0.01),
        BatchNorm1d(),
        Tanh(),
        Dropout(p=0.3),
        Linear(out_features=5, l1=0.001),
        LayerNorm(),
        ReLU(),
        Linear(out_features=4),
        Tanh(),
        Linear(out_features=3),
    )
)
SHAPE = (1, 2, 3)
COUNT = 23


def data(loss: LossSpec | None = None, count: int = COUNT) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    return random.normal(size=(count, *SHAPE)), coded_targets(loss or CrossEntropy(), random, count, 3)


def rich(engine: str, **options: object) -> Net:
    return net(engine, RICH, SHAPE, Adam(lr=0.01, clip_norm=1.0), **options)  # type: ignore[arg-type]


def exhaust(fit: Fit, lr: float = 0.01) -> int:
    count = 0
    while fit.step(lr):
        count += 1
    return count


def everything(ours: Net) -> dict[str, np.ndarray]:
    parts = {"net": ours.state(), "optimizer": ours.optimizer_state(), "random": ours.random_state()}
    return {f"{part}/{name}": values for part, state in parts.items() for name, values in state.items()}


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
