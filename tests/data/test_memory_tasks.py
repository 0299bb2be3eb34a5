"""Memory tasks: every answer follows from its sequence by the rule, and the split is what was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from playground.data import load
from playground.data.brackets import balanced, possible, spoiled
from playground.spec import DataSpec, SpecError
from playground.spec.memory_data import Adding, Brackets, CopyDelay, Echo, Memory, Parity

TASKS = [
    Adding(length=20),
    CopyDelay(),
    CopyDelay(delay=0, symbols=1),
    Parity(),
    Parity(shape="many-to-one"),
    Brackets(),
    Brackets(shape="many-to-many", length=5),
    Echo(),
    Echo(shape="sequence-to-sequence", length=9),
]


@pytest.mark.parametrize("spec", TASKS, ids=lambda spec: " ".join(str(v) for v in spec.plain().values()))
def test_a_task_has_the_shapes_and_the_numbers_it_promises(spec: Memory) -> None:
    data, target = load(spec), spec.target()
    assert data.x.shape[1:] == spec.input_shape()
    assert len(data.feature_names) == spec.input_shape()[1]
    assert (len(data.x), len(data.x_test)) == spec.num_samples()
    assert data.target == target
    if target.kind == "classes":
        assert len(data.class_names) == target.size
        assert data.y.shape[1:] == ((target.steps,) if target.steps else ())
        assert set(np.unique(data.y)) <= {-100, *range(target.size)}
    assert np.array_equal(load(spec.model_copy(update={"seed": 0})).x, data.x)
    assert not np.array_equal(load(spec.model_copy(update={"seed": 1})).x, data.x)
    assert spec.pattern() in ("many-to-one", "many-to-many", "sequence-to-sequence")


def test_the_sum_is_that_of_the_two_marked_numbers_one_in_each_half() -> None:
    data = load(Adding(length=30))
    numbers, marks = data.x[..., 0], data.x[..., 1]
    assert np.array_equal(marks[:, :15].sum(axis=1), np.ones(len(marks)))
    assert np.array_equal(marks[:, 15:].sum(axis=1), np.ones(len(marks)))
    assert np.allclose((numbers * marks).sum(axis=1), data.y[:, 0], atol=1e-6)
    assert ((data.y - 1) ** 2).mean() == pytest.approx(1 / 6, abs=0.01)


def test_what_is_copied_is_what_was_said_before_the_silence() -> None:
    spec = CopyDelay(delay=7, symbols=4, alphabet=5)
    data = load(spec)
    assert np.array_equal(data.x[:, :4, :5].argmax(axis=2), data.y[:, -4:])
    assert not data.x[:, 4:-4].any()
    assert data.x[:, -4:, -1].all()
    assert (data.y[:, :-4] == -100).all()


@pytest.mark.parametrize("delay", [0, 1, 5])
def test_an_echo_comes_delay_steps_later(delay: int) -> None:
    data = load(Echo(delay=delay, length=12))
    said = data.x.argmax(axis=2)
    assert np.array_equal(data.y[:, delay:], said[:, : 12 - delay])
    assert (data.y[:, :delay] == -100).all()


def test_sequence_to_sequence_hears_all_before_it_says_all() -> None:
    data = load(Echo(shape="sequence-to-sequence", length=10))
    assert np.array_equal(data.y[:, 5:], data.x[:, :5, :4].argmax(axis=2))
    assert data.x[:, 5:, -1].all()
    assert not data.x[:, 5:, :4].any()


def test_parity_counts_ones() -> None:
    every, last = load(Parity(length=9)), load(Parity(length=9, shape="many-to-one"))
    assert np.array_equal(every.y, every.x[..., 0].cumsum(axis=1) % 2)
    assert np.array_equal(last.y, last.x[..., 0].sum(axis=1) % 2)


def right(string: str) -> bool:
    before = None
    while before != string:
        before, string = string, string.replace("()", "").replace("[]", "")
    return not string


@pytest.mark.parametrize("length", [2, 4, 6, 16])
def test_brackets_are_right_exactly_where_crossing_pairs_out_leaves_nothing(length: int) -> None:
    random = np.random.default_rng(length)
    good = balanced(400, length, random)
    bad = spoiled(good, random)
    for strings, truth in ((good, True), (bad, False)):
        for row in strings:
            assert right("".join("()[]"[i] for i in row)) is truth
    assert possible(good)[:, -1].all()
    assert not possible(bad)[:, -1].any()
    every = random.integers(0, 4, (2000, length))
    judged = possible(every)
    assert [right("".join("()[]"[i] for i in row)) for row in every] == judged[:, -1].tolist()
    assert (judged[:, 1:] <= judged[:, :-1]).all(), "what is wrong stays wrong"


def test_all_shapes_of_balanced_brackets_are_equally_likely() -> None:
    strings = balanced(14_000, 6, np.random.default_rng(0)) % 2  # Catalan(3) = 5 shapes
    _, counts = np.unique(strings, axis=0, return_counts=True)
    assert len(counts) == 5
    assert counts.min() > 2600
    assert counts.max() < 3000


def test_half_of_the_brackets_are_right_and_counting_does_not_tell_them_apart() -> None:
    data = load(Brackets(count=4000))
    assert data.y.mean() == pytest.approx(0.5, abs=0.02)
    counts = data.x.sum(axis=1)
    even = (counts[:, 0] == counts[:, 1]) & (counts[:, 2] == counts[:, 3])
    assert (even == (data.y == 1)).mean() < 0.8


def test_a_delay_as_long_as_the_sequence_is_refused() -> None:
    with pytest.raises(SpecError) as caught:
        DataSpec.of({"kind": "Echo", "length": 4, "delay": 4})
    assert caught.value.key == "series.delay"
    assert DataSpec.of({"kind": "Echo", "length": 4, "delay": 4, "shape": "sequence-to-sequence"})
