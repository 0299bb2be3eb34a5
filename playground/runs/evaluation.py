"""How good a network is on samples, in evaluation mode; knows no step and no trainer.

Legend: N samples, k outputs.
"""

from __future__ import annotations

import math

import numpy as np

import engines
from engines.choice import place_of
from engines.protocol import Array, Engine, Net
from playground.data.targets import decide
from playground.spec import Experiment, ModelSpec, Shape, State
from playground.spec.losses import IGNORED

CHUNK = 1024
"""Samples that go through the network at once, so that memory stays bounded."""
MAX_SAMPLES = 10_000
MAX_NUMBERS, MAX_FLOPS = 4_000_000, 1e9
"""So much of the training part is looked through; all of a test part is, and training waits for both."""


def evaluate(
    experiment: Experiment,
    engine: Engine,
    outputs: Array,
    y: Array,
    coded: Array,
    *,
    unit: float = 1.0,
) -> dict[str, float]:
    """Return the loss, and accuracy or rmse and r2.

    Args:
        outputs: of the first N samples, (N, k).
        y: class indices (N,), or numbers (N, k); (N, S) and (N, S, k) with an answer at each of S steps; may be longer.
        coded: the same as the loss wants them.
        unit: what 1 is in the units in which errors are to be told.

    Returns:
        `loss` with `accuracy` of what is judged for classes, else with `rmse` and, where y varies, `r2`, the share of
        it explained. For text that is to be continued also `perplexity`, how many tokens the network hesitates
        between, and `bits`, the loss to base 2: what a token would cost in a file compressed with its help.
    """
    y, coded = y[: len(outputs)], coded[: len(outputs)]
    loss, _ = engine.loss(experiment.loss, outputs, coded)
    target = experiment.data.target()
    if target.kind == "classes":
        judged = y != IGNORED
        right = (decide(experiment, outputs) == y)[judged]
        found = {"loss": loss} | ({"accuracy": float(right.mean())} if right.size else {})
        if experiment.data.num_tokens() and target.steps and experiment.loss.kind == "CrossEntropy":
            found |= {"perplexity": math.exp(min(loss, 700.0)), "bits": loss / math.log(2)}
        return found
    mean_square = float(((outputs.astype(np.float64) - y) ** 2).mean())
    spread = float(((y - y.mean(axis=0)) ** 2).mean())
    found = {"loss": loss, "rmse": unit * math.sqrt(mean_square)}
    return found | {"r2": 1 - mean_square / spread} if spread > 0 else found


def share(model: ModelSpec, shape: Shape) -> int:
    """Return how many training samples of `shape` are enough to tell how well they are known: 1,000 at least."""
    numbers = max(math.prod(shape), math.prod(model.output_shape(shape)), 1)
    few = min(MAX_NUMBERS // numbers, int(MAX_FLOPS / max(model.flops(shape), 1)))
    return min(MAX_SAMPLES, max(1000, few))


def forward(net: Net, x: Array) -> Array:
    """Return the outputs (N, k) for x (N, *input), a chunk at a time."""
    return np.concatenate([net.forward(x[i : i + CHUNK]) for i in range(0, max(len(x), 1), CHUNK)])


def outputs(experiment: Experiment, state: State, x: Array) -> Array:
    """Return what the experiment's network makes of x (N, *input) with the tensors of `state`: (N, k)."""
    there = place_of(experiment)
    net = engines.get(there.engine).net(
        experiment.model, experiment.data.input_shape(), experiment.optimizer, device=there.device
    )
    net.load(state)
    return forward(net, x)
