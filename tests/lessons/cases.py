"""Trainings to be diagnosed: a run as a worker would record it, and experiments that are made to be ill."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from playground.data import load
from playground.presets import preset
from playground.probes import Subject
from playground.probes.asks import Scene
from playground.runs.supervised import Supervised
from playground.spec import Experiment

POINTS = 60
"""Points of the history; a worker records more."""


def scenes(experiment: Experiment, epochs: float, marks: Sequence[float] = ()) -> Iterator[Scene]:
    """Train, and yield the run as a doctor sees it at the marks (in epochs) and at the end."""
    dataset = load(experiment.data)
    trainer = Supervised(experiment, dataset)
    history: dict[str, list[float]] = {}

    def record() -> None:
        for name, value in {**trainer.metrics(), "step": trainer.steps, "epoch": trainer.epoch}.items():
            history.setdefault(name, []).append(value)

    total = max(1, round(epochs * trainer.steps_per_epoch))
    every, waiting = max(1, total // POINTS), sorted(marks)
    record()
    while trainer.steps < total and trainer.status == "running":
        trainer.step()
        if trainer.steps % every == 0:
            record()
        if waiting and trainer.epoch >= waiting[0] - 1e-9 and trainer.status == "running":
            waiting.pop(0)
            record()
            yield _scene(trainer, history)
    record()
    yield _scene(trainer, history)


def _scene(trainer: Supervised, history: dict[str, list[float]]) -> Scene:
    _, state = trainer.checkpoint()
    prefix = "optimizer/"
    memory = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
    longest = max(map(len, history.values()))
    curves = {name: np.array([np.nan] * (longest - len(v)) + v) for name, v in history.items()}
    subject = Subject(trainer.experiment, trainer.dataset, trainer.state())
    return Scene(subject, trainer.steps, trainer.epoch, memory, curves, trainer.status)


def dense(
    data: dict[str, Any],
    widths: Sequence[int],
    activation: str,
    optimizer: dict[str, Any],
    *,
    loss: str = "BCEWithLogits",
    **linear: Any,
) -> Experiment:
    """An experiment with hidden layers of these widths and one output."""
    layers: list[dict[str, Any]] = []
    for width in widths:
        layers += [{"kind": "Linear", "out_features": width, **linear}, {"kind": activation}]
    layers.append({"kind": "Linear", "out_features": 1, **linear})
    return Experiment.from_plain(
        {"data": data, "model": {"layers": layers}, "loss": {"kind": loss}, "optimizer": optimizer}
    )


@dataclass(frozen=True)
class Case:
    """A sick experiment, how long it is trained, what must be found first, and the remedy that is offered."""

    experiment: Experiment
    epochs: float
    name: str
    remedy: str
    also: tuple[str, ...] = ()


def sgd(lr: float, **more: Any) -> dict[str, Any]:
    return {"kind": "SGD", "lr": lr, **more}


def adam(lr: float) -> dict[str, Any]:
    return {"kind": "Adam", "lr": lr}


CIRCLES, MOONS, SPIRAL = {"kind": "Circles"}, {"kind": "Moons", "noise": 0.1}, {"kind": "Spiral"}
HILLS = {"kind": "MultiGaussian"}

CASES = {
    "dead ReLUs": Case(dense(CIRCLES, [4, 4, 4, 4], "ReLU", adam(0.3)), 30, "dead_relu", "lr"),
    "dead ReLUs of a spiral": Case(dense(SPIRAL, [16, 16], "ReLU", sgd(2.0)), 40, "dead_relu", "lr"),
    "saturation": Case(dense(SPIRAL, [16, 16], "Tanh", sgd(5.0)), 40, "saturated", "lr"),
    "vanishing gradients": Case(dense(CIRCLES, [8] * 6, "Sigmoid", sgd(0.03)), 30, "vanishing", "activation"),
    "exploding gradients": Case(
        dense(HILLS, [32] * 8, "ReLU", sgd(0.03), loss="MSE", init="kaiming"), 30, "exploding", "clip"
    ),
    "a learning rate too high": Case(
        preset("regression-plane").experiment.replace("optimizer.lr", 0.3), 30, "lr_high", "lr"
    ),
    "a learning rate that leaps": Case(
        preset("spiral").experiment.replace("optimizer.lr", 0.5), 25, "lr_high", "lr", ("saturated",)
    ),
    "a learning rate that jumps": Case(dense(SPIRAL, [16, 16], "ReLU", sgd(0.7)), 40, "lr_high", "schedule"),
    "a learning rate too low": Case(
        preset("circle").experiment.replace("optimizer.lr", 0.0001), 30, "lr_low", "lr"
    ),
    "Adam too slow": Case(preset("moons").experiment.replace("optimizer.lr", 1e-5), 20, "lr_low", "lr"),
    "equal neurons": Case(dense(MOONS, [8], "Tanh", adam(0.03), init="zeros"), 20, "symmetry", "random"),
    "two layers of equal neurons": Case(
        dense(CIRCLES, [4, 2], "Tanh", sgd(0.03), init="zeros"), 60, "symmetry", "random"
    ),
    "overfitting": Case(preset("overfit").experiment, 150, "overfitting", "weight_decay"),
    "one neuron for XOR": Case(preset("xor-single-neuron").experiment, 500, "too_small", "hidden"),
    "a line through circles": Case(dense(CIRCLES, [], "Tanh", sgd(0.03)), 60, "too_small", "hidden"),
    "large inputs": Case(
        dense({"kind": "Circles", "features": ["x1^2", "x2^2"]}, [8], "Tanh", sgd(0.3), loss="MSE"),
        30,
        "unscaled",
        "scaling",
    ),
    "Adam in the wilderness": Case(
        dense(HILLS, [16], "LeakyReLU", adam(0.2), loss="MSE"), 30, "not_learning", "lr"
    ),
}
