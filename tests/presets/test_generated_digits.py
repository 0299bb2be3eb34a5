"""Generated digits are recognised by a classifier that has never seen any, and was trained here, on real ones."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from playground.data import Dataset, load
from playground.presets import preset
from playground.probes.adversarial import coverage, latents
from playground.runs.evaluation import outputs
from playground.runs.generating import generated
from playground.runs.trainer import trainer_of
from playground.spec import DataSpec, Experiment, State

LAYERS = [
    {"kind": "Conv2d", "out_channels": 16, "padding": "same"},
    "ReLU",
    {"kind": "Conv2d", "out_channels": 32, "padding": "same"},
    "ReLU",
    "MaxPool2d",
    "Flatten",
    {"kind": "Linear", "out_features": 64},
    "ReLU",
    {"kind": "Linear", "out_features": 10},
]


@cache
def classifier(data: DataSpec) -> tuple[Experiment, State]:
    """Return a convolutional network trained on the real digits; it is right on those held back, and sure."""
    experiment = Experiment.from_plain(
        {
            "data": data.plain(),
            "model": {"layers": LAYERS},
            "loss": {"kind": "CrossEntropy"},
            "optimizer": {"kind": "Adam", "lr": 0.003},
            "training": {"batch_size": 32, "max_epochs": 30},
            "seed": 99,
            "engine": "numpy",
        }
    )
    dataset = load(data)
    trainer = trainer_of(experiment, dataset)
    while trainer.status == "running":
        trainer.step()
    real = probabilities((experiment, trainer.state()), dataset.x_test)
    assert (real.argmax(1) == dataset.y_test).mean() > 0.97
    assert coverage.recognised(real)["quality"] > 0.95
    return experiment, trainer.state()


def probabilities(known: tuple[Experiment, State], x: np.ndarray) -> np.ndarray:
    logits = outputs(*known, x).astype(np.float64)
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def samples(key: str, engine: str, count: int) -> tuple[np.ndarray, np.ndarray, Dataset]:
    """Train an example with an engine and return new samples of it, and the classes that were asked for."""
    found = preset(key)
    experiment = found.experiment.replace("engine", engine).replace("training.max_epochs", found.epochs)
    dataset = load(experiment.data)
    trainer = trainer_of(experiment, dataset)
    while trainer.status == "running":
        trainer.step()
    metrics = trainer.metrics()
    assert all(goal.reached(metrics) for goal in found.goals), metrics
    assert experiment.adversary is not None
    z = latents.drawn(experiment.adversary, count, np.random.default_rng(11))
    y = np.arange(count) % 10
    return generated(experiment, trainer.state(), dataset, z, y), y, dataset


@pytest.mark.long
@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_digits_of_8x8_are_recognised(engine: str) -> None:
    x, _, dataset = samples("gan-digits-8x8", engine, 1000)
    assert x.shape == (1000, 1, 8, 8)
    assert 0 <= x.min() < x.max() <= 1
    seen = coverage.recognised(probabilities(classifier(preset("gan-digits-8x8").experiment.data), x))
    assert seen["quality"] >= 0.8
    assert seen["classes"] == 10
    assert seen["reverse_kl"] < 0.15
    copied = (np.abs(x[:, None] - dataset.x[None, :200]).max((2, 3, 4)) < 0.01).any(1)
    assert copied.mean() < 0.05, "they are no copies"


@pytest.mark.long
def test_a_conditional_generator_writes_the_digit_that_is_asked_for() -> None:
    x, y, _ = samples("gan-conditional", "numpy", 500)
    seen = probabilities(classifier(preset("gan-conditional").experiment.data), x)
    assert (seen.argmax(1) == y).mean() >= 0.9
    assert coverage.recognised(seen)["quality"] >= 0.8
    assert coverage.recognised(seen)["classes"] == 10
