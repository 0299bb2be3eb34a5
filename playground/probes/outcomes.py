"""Probes of how a network does on held-back samples (on the training samples where nothing is held back)."""

from __future__ import annotations

import numpy as np

from playground.data import Dataset
from playground.data.targets import decide, shades
from playground.probes.registry import JUDGED, PERIODS, Array, Arrays, Subject, in_chunks, probe
from playground.spec.losses import IGNORED

MAX_SAMPLES = 2000
MAX_CLASSES = 256
CERTAIN = 65535
PERIODS["verdicts"] = 0.2
JUDGED.update(("predictions", "verdicts"))


@probe
def predictions(subject: Subject) -> Arrays:
    """The outputs for at most 2,000 held-back samples, as `shades` has them: `predictions` (N, k)."""
    return {"predictions": shades(subject.experiment, _outputs(subject)[:MAX_SAMPLES])}


@probe
def verdicts(subject: Subject) -> Arrays:
    """What the network takes the held-back samples for, and how sure it is: the matrix and each of its samples.

    Returns:
        `confusion` (C, C) i8: how often a sample of the row's class was taken for the column's. Of the first 2,000
        samples, in order, `verdict/class` (N,) u1 and `verdict/sure` (N,) u2, 65,535 = certain, where there are at most
        256 classes and one answer for each sample; of answers at every step those that are judged are counted. Nothing
        for regression.
    """
    target = subject.dataset.target
    if target.kind != "classes":
        return {}
    outputs = _outputs(subject)
    found: Arrays = {"confusion": _counted(subject, outputs)}
    if target.size > MAX_CLASSES or target.steps:
        return found
    outputs = outputs[:MAX_SAMPLES]
    taken_for = decide(subject.experiment, outputs)
    shown = shades(subject.experiment, outputs)
    if shown.shape[1] == 1:
        sure = 0.5 + 0.5 * np.abs(shown[:, 0])
    else:
        sure = np.take_along_axis(shown, taken_for[:, None], axis=1)[:, 0]
    sure = np.rint(CERTAIN * np.clip(np.nan_to_num(sure), 0, 1)).astype(np.uint16)
    return found | {"verdict/class": taken_for.astype(np.uint8), "verdict/sure": sure}


def held_back(dataset: Dataset) -> tuple[Array, Array]:
    """Return the samples that a network is judged by (N, *input), and their truth."""
    return (dataset.x_test, dataset.y_test) if len(dataset.x_test) else (dataset.x, dataset.y)


def _counted(subject: Subject, outputs: Array) -> Array:
    """Return how often a class (row) was taken for another (C, C), from the outputs for all samples."""
    size = subject.dataset.target.size
    taken_for, truth = decide(subject.experiment, outputs), held_back(subject.dataset)[1]
    judged = truth != IGNORED
    counts = np.bincount(truth[judged] * size + taken_for[judged], minlength=size**2)
    return counts.reshape(size, size).astype(np.int64)


def _outputs(subject: Subject) -> Array:
    x, _ = held_back(subject.dataset)
    known = subject.outputs
    return in_chunks(subject.net(), x) if known is None or len(known) != len(x) else known
