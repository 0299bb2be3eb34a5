"""The curve of a training, for scripts: what is measured at steps spread evenly over it, the same ones everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playground.runs.adversarial import Adversarial
    from playground.runs.supervised import Supervised

    AnyTrainer = Supervised | Adversarial

POINTS = 20


def planned_steps(trainer: AnyTrainer) -> int:
    """Return how many steps a trainer will take, unless it stops before."""
    training = trainer.experiment.training
    epochs = training.max_epochs * trainer.steps_per_epoch
    return min(training.max_steps, epochs) if training.max_steps and epochs else training.max_steps or epochs


class Curve:
    """Points of a curve: `step`, `epoch` and the metrics there.

    Attributes:
        points: so far, at most 20 beside the last one.
    """

    def __init__(self, trainer: AnyTrainer) -> None:
        """Begin before the first step."""
        self.points: list[dict[str, float]] = []
        self._every = max(1, -(-planned_steps(trainer) // POINTS))
        self._next = self._every

    def ahead(self, trainer: AnyTrainer) -> int:
        """Return how many steps it is to the next point."""
        return max(1, self._next - trainer.steps)

    def go_on(self, trainer: AnyTrainer) -> None:
        """Add a point if this is its step."""
        if trainer.steps >= self._next:
            self._next = trainer.steps + self._every
            self._add(trainer, trainer.metrics())

    def end(self, trainer: AnyTrainer, metrics: dict[str, float]) -> list[dict[str, float]]:
        """Return all points, with that of the last step, where `metrics` were measured."""
        if trainer.steps and (not self.points or self.points[-1]["step"] != trainer.steps):
            self._add(trainer, metrics)
        return self.points

    def _add(self, trainer: AnyTrainer, metrics: dict[str, float]) -> None:
        self.points.append({"step": trainer.steps, "epoch": trainer.epoch, **metrics})
