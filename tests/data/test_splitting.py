"""Splits: disjoint, complete, stratified, decided by the stream."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from playground.data.splitting import split, stratified_split
from playground.spec.random import stream


@given(st.integers(1, 200), st.floats(0, 1), st.integers(0, 99))
def test_a_split_is_a_partition(count: int, fraction: float, seed: int) -> None:
    train, test = split(count, round(count * fraction), stream(seed))
    assert len(train) == round(count * fraction)
    assert sorted([*train, *test]) == list(range(count))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=80), st.floats(0, 1), st.integers(0, 99))
def test_a_stratified_split_is_a_partition_of_the_wanted_size(
    y: list[int], fraction: float, seed: int
) -> None:
    num_train = round(len(y) * fraction)
    train, test = stratified_split(np.array(y), num_train, stream(seed))
    assert len(train) == num_train
    assert sorted([*train, *test]) == list(range(len(y)))


@given(st.lists(st.integers(2, 40), min_size=1, max_size=8), st.floats(0, 1), st.integers(0, 99))
def test_every_class_gives_its_share(sizes: list[int], fraction: float, seed: int) -> None:
    y = np.repeat(np.arange(len(sizes)), sizes)
    num_train = round(len(y) * fraction)
    train, test = stratified_split(y, num_train, stream(seed))
    taken = np.bincount(y[train], minlength=len(sizes))
    exact = np.array(sizes) * num_train / len(y)
    if min(num_train, len(y) - num_train) >= len(sizes):
        assert set(y[train]) == set(y[test]) == set(range(len(sizes)))
        assert (np.abs(taken - exact) < len(sizes) + 1).all()
    else:
        assert (np.abs(taken - exact) < 1).all()


def test_one_rare_class_stands_in_both_parts() -> None:
    y = np.array([0] * 98 + [1] * 2)
    for seed in range(10):
        train, test = stratified_split(y, 90, stream(seed))
        assert set(y[train]) == set(y[test]) == {0, 1}


def test_the_stream_decides() -> None:
    y = np.arange(100) % 3
    first, again, other = (stratified_split(y, 70, stream(seed))[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
