"""Costs are closed forms, and caps hold before anything is allocated."""

from __future__ import annotations

import tracemalloc

import pytest

from playground.spec import Experiment, Limits, SpecError, enforce, estimate


def wide(width: int, batch: int = 10) -> Experiment:
    layers = [
        {"kind": "Linear", "out_features": width},
        {"kind": "Tanh"},
        {"kind": "Linear", "out_features": width},
    ]
    return Experiment.from_plain({"model": {"layers": layers}, "training": {"batch_size": batch}})


def test_parameters_are_counted_exactly() -> None:
    assert estimate(wide(100)).parameters == 2 * 100 + 100 + 100 * 100 + 100


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        (Limits(parameters=100), "parameters"),
        (Limits(step_flops=1000), "floating-point"),
        (Limits(memory=1000), "memory"),
    ],
)
def test_each_cap_is_named_when_it_is_exceeded(limits: Limits, name: str) -> None:
    with pytest.raises(SpecError, match=name):
        enforce(wide(64), limits)


def test_an_absurd_network_is_refused_without_allocating_it() -> None:
    tracemalloc.start()
    with pytest.raises(SpecError):
        enforce(wide(8192, 100_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000


def test_caps_come_from_the_environment() -> None:
    assert Limits.from_environment({"PLAYGROUND_MAX_PARAMETERS": "12"}).parameters == 12
    for bad in ("-1", "many", "1e9", "0"):
        with pytest.raises(SpecError, match="PLAYGROUND_MAX_MEMORY"):
            Limits.from_environment({"PLAYGROUND_MAX_MEMORY": bad})
