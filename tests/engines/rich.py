"""A model with a bit of everything, its data, and how it is trained: what the tests of the training loop share."""

from __future__ import annotations

import numpy as np
import pytest

from engines.protocol import Fit, Net
from playground.spec import LossSpec, ModelSpec
from playground.spec.layers import BatchNorm1d, Dropout, Flatten, LayerNorm, Linear, ReLU, Tanh
from playground.spec.losses import CrossEntropy
from playground.spec.optimizers import Adam
from tests.engines.agreement import coded_targets, net

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
