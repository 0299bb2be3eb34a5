"""Learning-rate schedules, as a closed-form factor of the epoch: a resumed run needs to remember nothing."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Literal

from playground.spec.base import Kind, number


class ScheduleSpec(Kind):
    """How the learning rate changes while training."""

    @abstractmethod
    def factor(self, epoch: float) -> float:
        """Return what the learning rate is multiplied by after `epoch` epochs (a fraction counts)."""


class Constant(ScheduleSpec):
    """The learning rate stays."""

    kind: Literal["Constant"] = "Constant"

    def factor(self, epoch: float) -> float:
        return 1.0


class StepDecay(ScheduleSpec):
    """Multiply by gamma every so many epochs."""

    kind: Literal["StepDecay"] = "StepDecay"
    every: float = number(10.0, 0.01, 100_000, step=1, unit="epochs")
    gamma: float = number(0.5, 0.001, 1, step=0.05)

    def factor(self, epoch: float) -> float:
        return self.gamma ** math.floor(epoch / self.every + 1e-9)


class Cosine(ScheduleSpec):
    """Fall along half a cosine to `floor`, then stay there. Loshchilov and Hutter (2017), without restarts."""

    kind: Literal["Cosine"] = "Cosine"
    epochs: float = number(50.0, 0.01, 100_000, step=1, unit="epochs")
    floor: float = number(0.0, 0, 1, step=0.01)

    def factor(self, epoch: float) -> float:
        progress = min(epoch / self.epochs, 1.0)
        return self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * progress))


class WarmupDecay(ScheduleSpec):
    """Rise linearly for `warmup` epochs, then fall linearly to zero at `epochs`.

    It never starts at exactly zero: the first step of a warm-up would be lost.
    """

    kind: Literal["WarmupDecay"] = "WarmupDecay"
    warmup: float = number(1.0, 0.01, 10_000, step=0.1, unit="epochs")
    epochs: float = number(10.0, 0.02, 100_000, step=1, unit="epochs")

    def factor(self, epoch: float) -> float:
        if epoch < self.warmup:
            return max(epoch / self.warmup, 0.01)
        return max((self.epochs - epoch) / max(self.epochs - self.warmup, 1e-9), 0.0)
