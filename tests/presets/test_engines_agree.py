"""A preset has one curve: the same losses from either engine, whatever a machine chooses."""

from __future__ import annotations

import pytest

from playground.data import load
from playground.presets import preset
from playground.runs.supervised import Supervised


def compare(key: str, *, dtype: str, steps: int, within: float) -> None:
    """Train a preset with both engines and compare the losses along the way."""
    experiment = preset(key).experiment
    if experiment.data.kind == "Mnist5k":
        experiment = experiment.replace("data.count", 500)
    dataset = load(experiment.data)
    ours, theirs = (
        Supervised(experiment.replace("engine", name), dataset, dtype=dtype)  # type: ignore[arg-type]
        for name in ("numpy", "torch")
    )
    for step in range(1, steps + 1):
        ours.step()
        theirs.step()
        if step % (steps // 2) == 0:
            one, other = ours.metrics(), theirs.metrics()
            assert one["loss"] == pytest.approx(other["loss"], abs=within), step


@pytest.mark.parametrize("key", ["xor", "spiral", "digits-mlp", "digits-cnn"])
def test_both_engines_give_the_same_curve_in_float32(key: str) -> None:
    compare(key, dtype="float32", steps=100, within=1e-3)


@pytest.mark.parametrize("key", ["lenet-5", "digits-best"])
def test_both_engines_give_the_same_curve_to_ten_digits_in_float64(key: str) -> None:
    compare(key, dtype="float64", steps=6, within=1e-10)
