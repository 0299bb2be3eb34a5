"""How far a training is and how long it will take, where it has an end. Pure; knows no clock: the rate is given.

The end is the first of what is set: steps or epochs. A goal (a loss, an accuracy, a plateau) ends a training too, but
nobody can tell when.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from playground.spec import Experiment


@dataclass(frozen=True)
class Progress:
    """How far it is.

    Attributes:
        unit: what its end is counted in; "" where it has none.
        done: of these, fractions of an epoch included.
        total: of these, at the end; 0 without one.
        seconds: until the end at the present rate; None without a rate or an end.
        goal: whether something else may end it sooner.
    """

    unit: str
    done: float
    total: int
    seconds: float | None
    goal: bool

    @property
    def part(self) -> float:
        """The share that is done, 0 … 1; 0 without an end."""
        return min(1.0, self.done / self.total) if self.total else 0.0


def progress(experiment: Experiment, step: int, epoch: float, rate: float) -> Progress:
    """Return how far a training of `experiment` is.

    Args:
        step: steps taken.
        epoch: epochs trained.
        rate: steps per second; 0 where it rests or nobody knows.
    """
    training = experiment.training
    train, _ = experiment.data.num_samples()
    each = math.ceil(train / min(training.batch_size or train, train))
    goal = bool(training.target_loss or training.target_accuracy or training.plateau_epochs)
    left: list[tuple[float, str]] = []
    if training.max_steps:
        left.append((training.max_steps - step, "steps"))
    if training.max_epochs:
        left.append(((training.max_epochs - epoch) * each, "epochs"))
    if not left:
        return Progress("", epoch, 0, None, goal)
    steps, unit = min(left)
    seconds = max(0.0, steps) / rate if rate > 0 else None
    if unit == "steps":
        return Progress(unit, step, training.max_steps, seconds, goal)
    return Progress(unit, epoch, training.max_epochs, seconds, goal)


def clock(seconds: float) -> str:
    """Write a time down as people read clocks: `00:42`, `12:05`, `3:07:30`; rounded up, so that 0 is the end."""
    whole = math.ceil(seconds)
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"
