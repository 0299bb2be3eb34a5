"""Probes of how a network does on held-back samples (on the training samples where nothing is held back)."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from playground.data import Dataset
from playground.data.targets import decide, shades
from playground.probes.registry import PERIODS, Array, Arrays, Subject, in_chunks, probe

MAX_SAMPLES = 2000
CERTAIN = 65535
PERIODS["confusion"] = PERIODS["verdicts"] = 0.2
"""Together: they share one pass over the samples."""


@probe
def confusion(subject: Subject) -> Arrays:
    """`confusion` (C, C) int64: how often a sample of the row's class was taken for the column's."""
    target = subject.dataset.target
    if target.kind != "classes":
        return {}
    _, y = held_back(subject.dataset)
    taken_for = decide(subject.experiment, _outputs(subject))
    counts = np.bincount(y * target.size + taken_for, minlength=target.size**2)
    return {"confusion": counts.reshape(target.size, target.size).astype(np.int64)}


@probe
def predictions(subject: Subject) -> Arrays:
    """The outputs for at most 2,000 held-back samples, as `shades` has them: `predictions` (N, k)."""
    return {"predictions": shades(subject.experiment, _outputs(subject)[:MAX_SAMPLES])}


@probe
def verdicts(subject: Subject) -> Arrays:
    """What the network takes each of at most 2,000 held-back samples for, and how sure it is.

    Returns:
        `verdict/class` (N,) u1 and `verdict/sure` (N,) u2, 65,535 = certain, in the order of the samples. Nothing for
        regression, nor where there are more than 256 classes.
    """
    target = subject.dataset.target
    if target.kind != "classes" or target.size > 256:
        return {}
    outputs = _outputs(subject)[:MAX_SAMPLES]
    taken_for = decide(subject.experiment, outputs)
    shown = shades(subject.experiment, outputs)
    if shown.shape[1] == 1:
        sure = 0.5 + 0.5 * np.abs(shown[:, 0])
    else:
        sure = np.take_along_axis(shown, taken_for[:, None], axis=1)[:, 0]
    sure = np.rint(CERTAIN * np.clip(np.nan_to_num(sure), 0, 1)).astype(np.uint16)
    return {"verdict/class": taken_for.astype(np.uint8), "verdict/sure": sure}


def held_back(dataset: Dataset) -> tuple[Array, Array]:
    """Return the samples that a network is judged by (N, *input), and their truth."""
    return (dataset.x_test, dataset.y_test) if len(dataset.x_test) else (dataset.x, dataset.y)


_known: WeakKeyDictionary[Subject, Array] = WeakKeyDictionary()


def _outputs(subject: Subject) -> Array:
    """Return what the network gives for them (N, k); all probes of one look share it."""
    if subject not in _known:
        _known[subject] = in_chunks(subject.net(), held_back(subject.dataset)[0])
    return _known[subject]
