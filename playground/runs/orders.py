"""How far a run is to go: what it has to repeat first, the visitor's goal, and the leash of those beside it.

Knows the trainer's step and epoch, no clock and no pipe.
"""

from __future__ import annotations

import math
from collections import deque

from playground.runs import commands
from playground.runs.commands import Go, Goal
from playground.runs.trainer import Trainer

CLOSE = 1e-9
"""Epochs are sums of fractions: what is so near to one is there."""


class Orders:
    """What the worker has been told to do with its trainer.

    Attributes:
        goal: where to pause.
        known: the last step that had been shown before; up to there the run is repeated.
        script: changes that were applied before, to be applied again at their steps.
        silent: nothing is shown while it repeats.
        leash: the epoch at which it waits for the others; None without any.
        judged: whether metrics are measured there.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.goal = Goal()
        self.known = 0
        self.script: deque[commands.Scripted] = deque()
        self.silent = False
        self.leash: float | None = None
        self.judged = False

    def begin(self, go: Go) -> None:
        """Take what the service says at the start."""
        self.goal, self.known, self.silent, self.leash = go.goal, go.known, go.silent, go.leash
        self.judged = go.judged
        self.script.extend(go.script)

    def take(self, command: commands.Command) -> bool:
        """Take a command that says how far to go; False if it says something else."""
        trainer = self.trainer
        match command:
            case commands.Play():
                self.goal = Goal()
            case commands.Pause(epoch=epoch):
                ahead = epoch is not None and epoch > trainer.epoch + CLOSE
                self.goal = Goal(epoch=epoch) if ahead else Goal(step=trainer.steps)
            case commands.Step(n=n):
                self.goal = Goal(step=trainer.steps + n)
            case commands.Epoch():
                self.goal = Goal(epoch=math.floor(trainer.epoch + CLOSE) + 1)
            case _:
                return False
        return True

    @property
    def repeating(self) -> bool:
        """Whether the run does again what it has done before."""
        return bool(self.script) or self.trainer.steps < self.known

    @property
    def hushed(self) -> bool:
        """Whether nothing is to be shown."""
        return self.silent and self.repeating

    @property
    def paused(self) -> bool:
        """Whether the goal has been reached."""
        goal = self.goal
        return not self.repeating and (
            (goal.step is not None and self.trainer.steps >= goal.step)
            or (goal.epoch is not None and self.trainer.epoch >= goal.epoch - CLOSE)
        )

    @property
    def playing(self) -> bool:
        """Whether there are steps to be taken."""
        return self.trainer.status == "running" and not self.paused

    @property
    def held(self) -> bool:
        """Whether others must catch up first."""
        return self.leash is not None and not self.repeating and self.trainer.epoch >= self.leash - CLOSE

    def stops(self) -> list[int]:
        """Return the steps at which something is to be done."""
        stops = [self.script[0].step if self.script else None, self.known, self.goal.step]
        return [stop for stop in stops if stop is not None]

    def end(self) -> float | None:
        """Return the epoch at which to stop; None if there is none."""
        ends = [self.goal.epoch, None if self.repeating else self.leash]
        return min((epoch for epoch in ends if epoch is not None), default=None)
