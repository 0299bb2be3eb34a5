"""Which samples of a training set come next: in every epoch all of them, in an order of its own. Knows no goal.

Everything is decided by the seed: a training that was left and found again goes on with the same samples.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from engines.protocol import Array, Fit, Net
from playground.data.augmentation import Augmenter
from playground.spec import Experiment
from playground.spec.random import stream

PORTION = 512
"""So many pictures are changed at once: it takes some hundredths of a second, and nothing else happens meanwhile."""


def shuffled(seed: int, turn: int, count: int) -> npt.NDArray[np.int64]:
    """Return the order (count,) in which all samples are seen for the `turn`-th time, which counts from 0."""
    return stream(seed, "shuffle", turn).permutation(count)


class Feed:
    """The samples of a training on their way into its net."""

    def __init__(self, seed: int, x: Array) -> None:
        """Stand before the first of the samples x (N, ...)."""
        self._seed, self._x = seed, x
        self._turn = 0  # epochs that are complete
        self._order = shuffled(seed, 0, len(x))
        self._began = 0  # the step at which the present fit began
        self._consumed = 0  # samples of the present order used before that
        self._fed = 0  # samples of the present order that the fits have been given
        self._batch_size = 1

    def lay_out(self, experiment: Experiment, net: Net, coded: Array, batch_size: int, step: int) -> Fit:
        """Lay the samples out for the present settings and return what goes on with the rest of the present order.

        Args:
            experiment: loss and augmentation.
            net: what is to learn.
            coded: (N, ...) the answers as the loss wants them.
            batch_size: samples of a step.
            step: the present one.
        """
        self._consumed = self.used(step)
        self._net, self._loss, self._coded, self._batch_size = net, experiment.loss, coded, batch_size
        spec = experiment.training.augmentation
        changing = spec.active and self._x.ndim == 4
        self._augmenter = Augmenter(spec, self._seed, self._x) if changing else None
        if self._augmenter is None:
            self._fit = net.fit(self._loss, self._x, coded, batch_size)
        return self._begin(step)

    def go_on(self, step: int) -> Fit:
        """Return what trains on the next samples: what is left of this epoch, or the next one."""
        self._consumed = self._fed
        if self._fed == len(self._x):
            self._turn += 1
            self._order = shuffled(self._seed, self._turn, len(self._x))
            self._consumed = 0
        return self._begin(step)

    def used(self, step: int) -> int:
        """Return how many samples of the present order have been used."""
        return min(self._consumed + (step - self._began) * self._batch_size, len(self._x))

    def epoch(self, step: int) -> float:
        """Return how many epochs have been trained; a fraction counts the samples used of the present one."""
        return self._turn + self.used(step) / len(self._x)

    def step_at(self, epoch: int, step: int) -> int:
        """Return the step at which so many epochs are complete."""
        left = math.ceil((len(self._x) - self.used(step)) / self._batch_size)
        whole = math.ceil(len(self._x) / self._batch_size)
        return step + left + (epoch - self._turn - 1) * whole

    def plain(self, step: int) -> dict[str, Any]:
        """Return where the feed stands, as JSON has it."""
        return {"shuffles": self._turn, "consumed": self.used(step)}

    def restore(self, plain: dict[str, Any], step: int) -> None:
        """Stand where `plain` was taken; the samples are still to be laid out."""
        self._turn, self._consumed, self._began = plain["shuffles"], plain["consumed"], step
        self._order = shuffled(self._seed, self._turn, len(self._x))

    def _begin(self, step: int) -> Fit:
        """Give the fit what is left of the present order; of changed pictures a portion, which is made now."""
        self._began, start, whole = step, self._consumed, len(self._order)
        if self._augmenter is None:
            self._fed = whole
            self._fit.begin(self._order[start:])
            return self._fit
        size = max(PORTION // self._batch_size, 1) * self._batch_size
        # A fit has a batch's samples at least, as every epoch has: a last sample alone is the rest of a portion.
        self._fed = start + size if whole - start >= size + self._batch_size else whole
        first = max(0, min(start, self._fed - self._batch_size))
        x = self._augmenter.part(self._turn, self._order, first, self._fed)
        y = self._coded[self._order[first : self._fed]]
        self._fit = self._net.fit(self._loss, x, y, self._batch_size)
        self._fit.begin(np.arange(start - first, self._fed - first))
        return self._fit
