"""Whether units still learn: which are dead or saturated on the training samples, and how large the gradients are.

Legend: U units of a column, N samples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np

from playground.data import Dataset
from playground.probes.columns import Column, columns
from playground.probes.registry import PERIODS, Array, Arrays, Subject, probe

MAX_SAMPLES = 500
FINE, DEAD, SATURATED = 0, 1, 2
PERIODS["health"] = 0.2
SQUASHING = ("Sigmoid", "Tanh")
STILL = 1e-6
"""A unit that can be silent is dead if no sample moves it by more than this."""
NEAR_BOUND = 0.03
"""A bounded unit is saturated at a sample if it lies within this part of its range from a bound."""
MOST = 0.95
"""A unit is saturated if it is so at this share of the samples."""


@probe
def health(subject: Subject) -> Arrays:
    """Return what is wrong with each unit, and the size of the last step's gradients.

    A unit of a rectifier (its least value is 0 and it has no greatest) is dead if it gives 0 for every sample: no
    gradient passes, and only its inputs can revive it. A unit that squashes (Sigmoid, Tanh) is saturated if it lies at
    a bound for nearly every sample: hardly any gradient passes. The output's column is left out: there it is certainty.

    Returns:
        `health/<last layer>` (U,) u1 for each column but the last: 0 fine, 1 dead, 2 saturated.
        `gradient/<tensor>` (1,) f4: the Euclidean norm of each tensor's gradient in the last step, where it is known.
    """
    found: Arrays = {}
    hidden = columns(subject.experiment.model, subject.dataset.input_shape)[:-1]
    if hidden:
        layers = subject.net().responses(_samples(subject.dataset))
        for alike in _alike(hidden):
            # Columns of one kind are judged together: that is three calls for all of them.
            flags = judge(alike[0], np.concatenate([layers[column.until] for column in alike]))
            ends = np.cumsum([column.units for column in alike])
            for column, own in zip(alike, np.split(flags, ends[:-1]), strict=True):
                found[f"health/{column.until}"] = own
    for name, gradient in subject.gradients.items():
        norm = math.sqrt(float(np.vdot(gradient, gradient)))
        found[f"gradient/{name}"] = np.array([norm], np.float32)
    return found


def _alike(hidden: Sequence[Column]) -> list[list[Column]]:
    """Return the columns gathered by what they can give."""
    found: dict[tuple[str, float, float], list[Column]] = {}
    for column in hidden:
        found.setdefault((column.activation, column.low, column.high), []).append(column)
    return list(found.values())


def judge(column: Column, responses: Array) -> Array:
    """Return FINE, DEAD or SATURATED for each unit of a column from its responses (U, N), as u1."""
    flags = np.full(len(responses), FINE, np.uint8)
    if column.low == 0 and math.isinf(column.high):
        flags[responses.max(axis=1) <= STILL] = DEAD
    elif column.activation in SQUASHING and math.isfinite(column.high - column.low):
        middle, half = (column.low + column.high) / 2, (column.high - column.low) / 2
        near = np.abs(responses - np.float32(middle)) > np.float32(half * (1 - 2 * NEAR_BOUND))
        flags[np.count_nonzero(near, axis=1) >= MOST * responses.shape[1]] = SATURATED
    return flags


_known: WeakKeyDictionary[Dataset, Array] = WeakKeyDictionary()


def _samples(dataset: Dataset) -> Array:
    """Return at most 500 training samples, evenly spread over the set."""
    if dataset not in _known:
        every = max(1, math.ceil(len(dataset.x) / MAX_SAMPLES))
        _known[dataset] = np.ascontiguousarray(dataset.x[::every])
    return _known[dataset]
