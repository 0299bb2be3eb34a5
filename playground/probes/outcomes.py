"""Probes of how a network does on held-back samples (on the training samples where nothing is held back)."""

from __future__ import annotations

import numpy as np

from playground.data.targets import decide, shades
from playground.probes.registry import Array, Arrays, Subject, in_chunks, probe

MAX_SAMPLES = 2000


@probe
def confusion(subject: Subject) -> Arrays:
    """`confusion` (C, C) int64: how often a sample of the row's class was taken for the column's."""
    target = subject.dataset.target
    if target.kind != "classes":
        return {}
    _, y = _held_back(subject)
    taken_for = decide(subject.experiment, _outputs(subject))
    counts = np.bincount(y * target.size + taken_for, minlength=target.size**2)
    return {"confusion": counts.reshape(target.size, target.size).astype(np.int64)}


@probe
def predictions(subject: Subject) -> Arrays:
    """The outputs for at most 2,000 held-back samples, as `shades` has them: `predictions` (N, k)."""
    return {"predictions": shades(subject.experiment, _outputs(subject)[:MAX_SAMPLES])}


def _held_back(subject: Subject) -> tuple[Array, Array]:
    dataset = subject.dataset
    return (dataset.x_test, dataset.y_test) if len(dataset.x_test) else (dataset.x, dataset.y)


def _outputs(subject: Subject) -> Array:
    return in_chunks(subject.net(), _held_back(subject)[0])
