"""The gradient check: is backpropagation's gradient the slope of the loss? Measured by moving weights a little.

For each tensor some of its numbers are moved by ±h and the loss, penalty included, is computed anew in float64 on a
batch of training samples: (L(w + h) − L(w − h)) / 2h is the slope, without any chain rule. Everything is as in
training: batch normalisation looks at the batch, and dropout drops the same every time. See Bengio, "Practical
recommendations for gradient-based training of deep architectures" (2012).

Where the loss has a kink (a ReLU that changes sides within ±h), there is no slope to compare with; such numbers are
left out and counted. `Step` has no useful slope at all and trains by an estimate of it: what lies before one is not
judged.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np

import engines
from engines.numpy.net import Net
from playground.data.targets import code
from playground.probes.asks import Answer, Nothing, Scene, ask
from playground.probes.backprop import MAX_PARAMETERS
from playground.probes.registry import Array, Subject
from playground.spec import SpecError, State, coding
from playground.spec.layers import Step
from playground.spec.random import stream

BATCH = 32
PER_TENSOR = 40
"""Of a larger tensor the numbers with the largest gradients and as many others, drawn at random."""
FLOPS = 3_000_000_000
"""What a check may cost: about a second. Batch and sample get smaller to stay below."""
STEPS = (1e-5, 1e-4, 1e-6)
"""Moves that are tried, the smallest last, relative to a weight above 1: large ones curve, small ones are inexact."""
RIGHT, CLOSE = 1e-6, 1e-4
"""Relative errors up to which a gradient counts as right, or as close."""
SMALL = 1e-5
"""Slopes below this part of the loss are compared with this instead of with each other: float64 sees no better."""

Verdict = Literal["right", "close", "wrong", "estimate", "nothing"]


@dataclass(frozen=True)
class Row:
    """One tensor's result.

    Attributes:
        tensor, layer: which.
        checked, size: how many of its numbers were compared.
        kinks: how many of those had no slope.
        error: ‖numeric − analytic‖ / (‖numeric‖ + ‖analytic‖).
        numeric, analytic: of the number that differs most.
        place: where that is.
        verdict: "right", "close" or "wrong"; "estimate" before a `Step`; "nothing" where all gradients are zero.
    """

    tensor: str
    layer: int
    checked: int
    size: int
    kinks: int
    error: float
    numeric: float
    analytic: float
    place: tuple[int, ...]
    verdict: Verdict


@ask(slow=True)
def gradient_check(scene: Scene, nothing: Nothing, lang: str) -> Answer:
    """Compare every tensor's gradient with the slope measured on a batch.

    Raises:
        SpecError: if the network is too large or its loss is not finite.
    """
    rows, batch = check(scene.subject)
    judged = [row for row in rows if row.verdict in ("right", "close", "wrong")]
    verdicts: list[Verdict] = [row.verdict for row in judged]
    plain: dict[str, Any] = {
        "step": scene.step,
        "batch": batch,
        "rows": [row.__dict__ | {"place": list(row.place)} for row in rows],
        "worst": max((row.error for row in judged), default=0.0),
        "verdict": next((v for v in ("wrong", "close", "right") if v in verdicts), "nothing"),
    }
    return Answer(plain)


def check(subject: Subject) -> tuple[list[Row], int]:
    """Return a row for each learned tensor, and how many samples were used."""
    experiment, dataset = subject.experiment, subject.dataset
    model, shape = experiment.model, dataset.input_shape
    parameters = model.parameters(shape)
    if parameters > MAX_PARAMETERS:
        raise SpecError("stage.backprop.too_large", value=f"{parameters:,}", bound=f"{MAX_PARAMETERS:,}")
    names = [name for name, tensor in model.tensors(shape).items() if tensor.trainable]
    batch, count = _affordable(model.flops(shape), len(names), len(dataset.x))
    made = engines.get("numpy").net(model, shape, experiment.optimizer, seed=experiment.seed, dtype="float64")
    net = cast("Net", made)
    net.load(subject.state)
    objective = _objective(subject, net, batch)
    loss, gradients = objective(gradient=True)
    if not math.isfinite(loss) or not all(np.isfinite(g).all() for g in gradients.values()):
        raise SpecError("stage.backprop.not_finite")
    last_step = max((i for i, layer in enumerate(model.layers) if isinstance(layer, Step)), default=-1)
    tensors = net.layout.tensors(net.parameters)  # views: a number is moved in place
    rows = [_row(name, tensors[name], gradients[name], objective, loss, count, last_step) for name in names]
    return rows, batch


Objective = Callable[..., tuple[float, State]]


def _objective(subject: Subject, net: Net, batch: int) -> Objective:
    """Return the function () → (loss with penalty, gradients if asked for) of the net's present numbers."""
    experiment, dataset = subject.experiment, subject.dataset
    x, y = dataset.x[:batch], dataset.y[:batch]
    width = experiment.model.output_shape(dataset.input_shape)[-1]
    coded = code(y, coding(experiment.loss, experiment.model, dataset.target), width)
    engine, draws = engines.get("numpy"), net.random_state()

    def objective(*, gradient: bool = False) -> tuple[float, State]:
        net.load_random(draws)
        outputs = net.forward(x, training=True)
        loss, slope = engine.loss(experiment.loss, outputs, coded)
        if gradient:
            net.backward(slope)
        return loss + net.penalty(), net.gradients() if gradient else {}

    return objective


def _affordable(flops: int, num_tensors: int, num_samples: int) -> tuple[int, int]:
    """Return how many samples and how many numbers of each tensor a check can afford."""
    batch, count = min(BATCH, num_samples), PER_TENSOR
    while batch > 4 and 2 * batch * count * num_tensors * flops > FLOPS:
        batch //= 2
    while count > 4 and 2 * batch * count * num_tensors * flops > FLOPS:
        count //= 2
    return batch, count


def _row(
    name: str, tensor: Array, gradient: Array, objective: Objective, loss: float, count: int, last_step: int
) -> Row:
    places = _places(name, gradient, count)
    floor = SMALL * max(abs(loss), 1e-3)
    numeric, analytic, kept = [], [], []
    for place in places:
        expected = float(gradient[place])
        found = _slope(tensor, place, objective, loss, expected, floor)
        if found is not None:
            numeric.append(found)
            analytic.append(expected)
            kept.append(place)
    n, a = np.array(numeric), np.array(analytic)
    layer = int(name.partition(".")[0])
    size = max(float(np.linalg.norm(n) + np.linalg.norm(a)), floor * math.sqrt(max(len(n), 1)))
    error = float(np.linalg.norm(n - a)) / size
    worst = int(np.abs(n - a).argmax()) if len(n) else 0
    return Row(
        tensor=name,
        layer=layer,
        checked=len(places),
        size=int(gradient.size),
        kinks=len(places) - len(kept),
        error=error,
        numeric=float(n[worst]) if len(n) else 0.0,
        analytic=float(a[worst]) if len(n) else 0.0,
        place=kept[worst] if kept else places[0],
        verdict=_verdict(error, n, a, before_step=layer < last_step),
    )


def _verdict(error: float, numeric: Array, analytic: Array, *, before_step: bool) -> Verdict:
    if before_step:
        return "estimate"
    if not len(numeric) or max(np.abs(numeric).max(), np.abs(analytic).max()) < 1e-12:
        return "nothing"
    return "right" if error <= RIGHT else "close" if error <= CLOSE else "wrong"


def _places(name: str, gradient: Array, count: int) -> list[tuple[int, ...]]:
    """Return which numbers of a tensor are compared: all, or half the largest gradients and half at random."""
    if gradient.size <= count:
        chosen = np.arange(gradient.size)
    else:
        by_size = np.argsort(-np.abs(gradient.reshape(-1)), kind="stable")
        others = stream(0, "gradient check", name).choice(
            by_size[count // 2 :], count - count // 2, replace=False
        )
        chosen = np.sort(np.concatenate([by_size[: count // 2], others]))
    return [tuple(int(i) for i in np.unravel_index(flat, gradient.shape)) for flat in chosen]


def _slope(
    tensor: Array, place: tuple[int, ...], objective: Objective, here: float, expected: float, floor: float
) -> float | None:
    """Return the slope of the objective along one number; None where it has none.

    Of several moves the one counts that agrees best with backpropagation: a wrong gradient agrees with none of them.
    """
    old, best, above, below = float(tensor[place]), math.inf, 0.0, 0.0
    for relative in STEPS:
        h = relative * max(1.0, abs(old))
        right, left = (_moved(tensor, place, old, value, objective) for value in (old + h, old - h))
        above, below = (right - here) / h, (here - left) / h
        central = (right - left) / (2 * h)
        if abs(central - expected) < abs(best - expected):
            best = central
        if abs(best - expected) <= RIGHT * max(abs(best) + abs(expected), floor):
            return best
    # At the smallest move the slopes to both sides meet, unless there is a kink; then backpropagation's lies between.
    low, high = sorted((above, below))
    noise = floor / 1000
    return None if high - low > noise and low - noise <= expected <= high + noise else best


def _moved(tensor: Array, place: tuple[int, ...], old: float, value: float, objective: Objective) -> float:
    """Return the objective with one number moved; the number is put back."""
    tensor[place] = value
    try:
        return objective()[0]
    finally:
        tensor[place] = old
