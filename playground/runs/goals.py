"""When a training is over: at a number of steps or epochs, at a goal, or on a plateau. Knows no network."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from playground.spec import TrainingSpec

SLACK = 1e-4
"""A loss that falls by less than this share has not fallen."""


def limit(training: TrainingSpec, steps: int, epoch: float) -> str:
    """Return the i18n key of the limit that has been reached; "" if none."""
    if training.max_steps and steps >= training.max_steps:
        return "run.reached_steps"
    if training.max_epochs and epoch >= training.max_epochs - 1e-9:
        return "run.reached_epochs"
    return ""


def watched(training: TrainingSpec) -> bool:
    """Tell whether the network must be judged to know whether the training is over."""
    return bool(training.target_loss or training.target_accuracy or training.plateau_epochs)


class Goals:
    """Judges a network now and then, and remembers since when its loss has not fallen."""

    def __init__(self) -> None:
        self._lowest, self._epoch = math.inf, 0.0

    def reached(
        self,
        training: TrainingSpec,
        epoch: float,
        found: dict[str, float],
        held_back: Callable[[], dict[str, float]],
    ) -> str:
        """Return the i18n key of the goal that has been reached; "" if none.

        Args:
            training: the goals.
            epoch: epochs trained.
            found: loss and quality on the training samples.
            held_back: returns those on the samples held back; asked only if the accuracy is a goal.
        """
        if training.target_loss and found["loss"] <= training.target_loss:
            return "run.reached_loss"
        of_classes = training.target_accuracy and "accuracy" in found
        if of_classes and held_back()["accuracy"] >= training.target_accuracy:
            return "run.reached_accuracy"
        if training.plateau_epochs:
            if found["loss"] < self._lowest * (1 - SLACK):
                self._lowest, self._epoch = found["loss"], epoch
            elif epoch - self._epoch >= training.plateau_epochs:
                return "run.reached_plateau"
        return ""

    def plain(self) -> list[Any]:
        """Return what is remembered as JSON has it: the lowest loss, null before the first, and its epoch."""
        return [None if math.isinf(self._lowest) else self._lowest, self._epoch]

    def restore(self, plain: list[Any]) -> None:
        """Remember what `plain` returned."""
        lowest, self._epoch = plain
        self._lowest = math.inf if lowest is None else lowest
