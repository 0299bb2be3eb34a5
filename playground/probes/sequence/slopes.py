"""How far back a network learns: the norm of ∂loss/∂h at every step of time, and of ∂loss/∂c, level by level.

Each sequence's own loss, of several answers that of the last one; norms are averaged over sequences. Where the norms of
early steps are next to nothing beside those of late ones, what came early cannot teach it: the gradient vanishes.
Bengio et al. (1994), Pascanu et al. (2013).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from playground.probes.asks import Answer, Scene, ask
from playground.probes.registry import Arrays
from playground.probes.sequence.looked import Sequence, looked_at, loss_of
from playground.probes.sequence.recurrence import Vector
from playground.probes.sequence.theatre import about
from playground.probes.sequence.unrolled import blamed, levels, unrolled
from playground.spec import Spec

SEQUENCES = 16
VANISHED, EXPLODED = 1e-4, 1e3
"""Of the slope at the step where it enters: below, and above, it is said to vanish, and to explode."""


class Batch(Spec):
    """Nothing is chosen: the first sequences of the training set are asked about."""


@ask(Batch)
def through_time(scene: Scene, wanted: Batch, lang: str) -> Answer:
    """Return how the slope of the loss goes back through time.

    Returns:
        plain: `steps` T, `samples`, and `levels`: of each its facts, `first` and `last` (the norms at the two ends of
        the way; it begins at `last`), `ratio` and `verdict`: "vanishing", "exploding", "fine" or "zero".
        Arrays: `h/<level>` and `c/<level>` (T,) f8, mean norms.
    """
    subject = scene.subject
    x, y = _batch(scene)
    done = unrolled(subject, x)
    _, slope = loss_of(subject, done.outputs[-1], y)
    slope = np.asarray(slope, np.float64) * len(x)
    if slope.ndim == 3:
        slope[:, :-1] = 0  # of the last answer alone: how far back does it reach?
    found = blamed(subject, done, slope)
    plain: dict[str, Any] = {
        "steps": x.shape[1],
        "samples": len(x),
        "levels": [],
    }
    arrays: Arrays = {}
    for level in levels(subject.experiment.model):
        slopes = found[level.key]
        norms = _norms(slopes.h, done.present)
        arrays[f"h/{level.key}"] = norms
        if slopes.c is not None:
            arrays[f"c/{level.key}"] = _norms(slopes.c, done.present)
        here = norms[done.present.any(0)]  # of texts of different lengths the longest decides
        plain["levels"].append(about(level) | judged(here[::-1] if level.reverse else here))
    return Answer(plain, arrays)


def judged(norms: Vector) -> dict[str, Any]:
    """Return how a slope (T,), in the order in which the level reads, fares on its way back."""
    first, strongest = float(norms[0]), float(norms[-1])
    if not math.isfinite(first) or not math.isfinite(strongest):
        return {"first": None, "last": None, "ratio": None, "verdict": "exploding"}
    if strongest <= 0:
        return {"first": first, "last": strongest, "ratio": None, "verdict": "zero"}
    ratio = first / strongest
    verdict = "vanishing" if ratio < VANISHED else "exploding" if ratio > EXPLODED else "fine"
    return {"first": first, "last": strongest, "ratio": ratio, "verdict": verdict}


def _batch(scene: Scene) -> tuple[Vector, Any]:
    dataset = scene.subject.dataset
    looked_at(scene, Sequence(), passes=4 * SEQUENCES)
    return np.asarray(dataset.x[:SEQUENCES], np.float64), dataset.y[:SEQUENCES]


def _norms(slopes: Vector, present: Any) -> Vector:
    """Return the norm at each step (T,), averaged over the sequences (N, T, H) that have this step."""
    norms = np.sqrt(np.square(slopes).sum(axis=tuple(range(2, slopes.ndim))))
    return (norms * present).sum(0) / np.maximum(present.sum(0), 1)
