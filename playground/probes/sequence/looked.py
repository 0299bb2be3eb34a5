"""Which sequence is looked at: a sample of the data by its number, or numbers that somebody has drawn or typed.

Numbers come from a stranger's browser: float32 in base64, step by step. A sequence of one's own may be longer or
shorter than those of the data, as far as the layers can take it.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from playground.data.targets import shades
from playground.probes.asks import Scene
from playground.probes.backprop import coded_targets
from playground.probes.registry import Array, Subject
from playground.probes.sequence.recurrence import LETTERS, Vector
from playground.probes.sequence.subject import MOST_TEXT as MOST_TYPED
from playground.probes.sequence.subject import Chosen, seen
from playground.spec import Experiment, Spec, SpecError

MOST_STEPS = 512
MOST_NUMBERS = 1 << 14
MOST_TEXT = 4 * MOST_NUMBERS * 4 // 3 + 4
MOST_FLOPS = 3e8
"""A network that needs more for one sequence is not looked into while somebody waits."""
SAMPLES = 48
"""Sequences on which it is judged what holding a gate does."""


class Sequence(Spec):
    """One sequence: its number in the training or the test set; `values` of so many `steps`, or a `text`, go first."""

    index: Annotated[int, Field(ge=0)] = 0
    test: bool = False
    values: Annotated[str, Field(max_length=MOST_TEXT)] = ""
    steps: Annotated[int, Field(ge=0, le=MOST_STEPS)] = 0
    text: Annotated[str, Field(max_length=MOST_TYPED)] | None = None


@dataclass(frozen=True, eq=False)
class Looked:
    """What the network is shown.

    Attributes:
        x: (1, T, F), or ids (1, T), float64.
        y: its answer as the data set has it, with one sample; None where nobody knows it.
    """

    x: Vector
    y: Array | None


def looked_at(scene: Scene, wanted: Sequence, *, passes: int = 1) -> Looked:
    """Return the sequence that is asked about.

    Args:
        passes: how many passes through the network the question takes, about.

    Raises:
        SpecError: if the data are no sequences, there is no such sample, the numbers do not fit, or the network is too
            large for so many passes.
    """
    dataset = scene.subject.dataset
    require_sequences(scene.subject)
    require_small(scene.subject, passes)
    if wanted.text is not None:
        read = seen(scene, Chosen(text=wanted.text))
        if not read.tokens:
            raise SpecError("text.empty", place="text", value=wanted.text)
        return Looked(np.asarray(read.x, np.float64), None)
    if wanted.values:
        return Looked(own_values(wanted, dataset.input_shape), None)
    x, y = (dataset.x_test, dataset.y_test) if wanted.test else (dataset.x, dataset.y)
    if wanted.index >= len(x):
        raise SpecError("stage.backprop.no_sample", place="index", value=wanted.index, count=len(x))
    part = slice(wanted.index, wanted.index + 1)
    return Looked(np.asarray(x[part], np.float64), y[part])


def own_values(wanted: Sequence, shape: tuple[int, ...]) -> Vector:
    """Return a visitor's own numbers as a sequence (1, T, F) or ids (1, T).

    Raises:
        SpecError: if they are no base64, not as many as the steps need, or not finite.
    """
    expected = (wanted.steps, *shape[1:])
    size = int(np.prod(expected))
    try:
        found = np.frombuffer(base64.b64decode(wanted.values, validate=True), "<f4").astype(np.float64)
    except (binascii.Error, ValueError):
        raise SpecError("stage.sequence.values", place="values", expected=size) from None
    if found.size != size or not size or not np.isfinite(found).all() or np.abs(found).max() > 1e6:
        raise SpecError("stage.sequence.values", place="values", value=found.size, expected=size)
    return found.reshape(1, *expected)


def require_sequences(subject: Subject) -> None:
    """Refuse networks that read no sequence step by step.

    Raises:
        SpecError: if there is no recurrent layer.
    """
    if not any(layer.kind in LETTERS for layer in subject.experiment.model.layers):
        raise SpecError("stage.sequence.no_recurrence")


def require_small(subject: Subject, passes: int = 1) -> None:
    """Refuse what would take too long.

    Raises:
        SpecError: if the network needs more than MOST_FLOPS for one sequence, or ten times as many for all.
    """
    flops = subject.experiment.model.flops(subject.dataset.input_shape)
    if flops > MOST_FLOPS or flops * passes > 10 * MOST_FLOPS:
        raise SpecError("stage.look.too_large", value=f"{flops / 1e6:,.0f}", bound=f"{MOST_FLOPS / 1e6:,.0f}")


def answers(experiment: Experiment, outputs: Vector) -> Array:
    """Return outputs (1, k) or (1, S, k) as they are shown, (S, K): probabilities of classes, or numbers."""
    rows = outputs.reshape(-1, outputs.shape[-1])
    found = shades(experiment, rows)
    if experiment.data.target().kind == "classes" and found.shape[1] == 1:
        sure = (found + 1) / 2
        return np.concatenate([1 - sure, sure], axis=1)
    return found


def some(subject: Subject, count: int = SAMPLES) -> tuple[Vector, Array]:
    """Return sequences to judge by and their answers: the first that are held back, or of those trained on."""
    dataset = subject.dataset
    x, y = (dataset.x_test, dataset.y_test) if len(dataset.x_test) else (dataset.x, dataset.y)
    return np.asarray(x[:count], np.float64), y[:count]


def loss_of(subject: Subject, outputs: Vector, y: Array) -> tuple[float, Any]:
    """Return the loss of outputs (N, …) against answers as the data set has them, and ∂L/∂outputs."""
    import engines

    coded = coded_targets(subject.experiment, subject.dataset, y)
    return engines.get("numpy").loss(subject.experiment.loss, outputs, coded)
