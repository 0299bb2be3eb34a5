"""How a training has gone so far: its vitals and its history, and the few judgements that every diagnosis rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from playground.probes.asks import Scene
from playground.probes.registry import Array
from playground.probes.vitals import Vitals

LEARNED_ACCURACY, LEARNED_R2 = 0.95, 0.9
"""From here on a task counts as learned."""
SETTLED = 3.0
"""Epochs that a training is given before anything is said about how it goes."""
PLATEAU = 0.02
"""The part of its value that a loss must still lose in the second half of a training to count as falling."""


@dataclass(frozen=True, eq=False)
class Course:
    """How a training went: the vitals, and the history."""

    vitals: Vitals

    @property
    def scene(self) -> Scene:
        return self.vitals.scene

    @property
    def lr(self) -> float:
        """The learning rate now, by the schedule."""
        experiment = self.vitals.experiment
        return experiment.optimizer.lr * experiment.schedule.factor(self.scene.epoch)

    @property
    def diverged(self) -> bool:
        """Whether the numbers have left every bound."""
        return self.scene.status == "diverged" or not self.finite

    @property
    def finite(self) -> bool:
        """Whether the network can still be computed with."""
        return all(np.isfinite(v).all() for v in self.scene.subject.state.values())

    @property
    def settled(self) -> bool:
        """Whether there has been time to learn."""
        return self.scene.epoch >= SETTLED and self.scene.step >= 10

    @property
    def struggles(self) -> bool:
        """Whether the task is not learned, as far as the history tells."""
        if self.scene.subject.dataset.target.kind == "classes":
            accuracy = self.last("accuracy")
            return math.isnan(accuracy) or accuracy < LEARNED_ACCURACY
        r2 = self.last("r2")
        return math.isnan(r2) or r2 < LEARNED_R2

    def series(self, name: str) -> tuple[Array, Array]:
        """Return the finite values of a metric and their epochs, both (P,)."""
        values = self.scene.history.get(name)
        epochs = self.scene.history.get("epoch")
        if values is None or epochs is None:
            return np.zeros(0), np.zeros(0)
        known = np.isfinite(values)
        return np.asarray(values)[known], np.asarray(epochs)[known]

    def last(self, name: str) -> float:
        """Return the newest value of a metric; NaN where there is none."""
        values, _ = self.series(name)
        return float(values[-1]) if len(values) else math.nan

    def first(self, name: str) -> float:
        """Return the oldest value of a metric; NaN where there is none."""
        values, _ = self.series(name)
        return float(values[0]) if len(values) else math.nan

    def level(self, name: str, since: float, until: float) -> float:
        """Return the median of a metric between two epochs; NaN where it was not measured."""
        values, epochs = self.series(name)
        inside = values[(epochs >= since) & (epochs <= until)]
        return float(np.median(inside)) if len(inside) else math.nan

    @property
    def stalls(self) -> bool:
        """Whether the loss has hardly fallen in the second half."""
        end = self.scene.epoch
        middle, late = self.level("loss", 0.4 * end, 0.6 * end), self.level("loss", 0.85 * end, end)
        return late > (1 - PLATEAU) * middle
