"""A rehearsal: a remedy is trained for a moment before it is offered, so that it is offered because it helps.

It costs a bounded number of operations. It knows no run: the rehearsed network is thrown away.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from playground.data import Dataset
from playground.runs.supervised import Supervised
from playground.spec import Experiment

STEPS = 1500
FLOPS = 400_000_000
"""What one rehearsal may cost: a few tenths of a second."""
LEAST = 100
"""Steps below which a rehearsal says nothing."""
HELPS = 0.9
"""A remedy helps if its loss comes below this part of the present one."""


@dataclass(frozen=True)
class Rehearsed:
    """How an experiment did in its first steps; `loss` is infinite where it diverged."""

    steps: int
    loss: float

    def helps(self, loss: float) -> bool:
        """Tell whether that is clearly better than a loss, or than having none."""
        return math.isfinite(self.loss) and (not math.isfinite(loss) or self.loss < HELPS * loss)


@lru_cache(maxsize=64)
def rehearse(experiment: Experiment, dataset: Dataset, most: int) -> Rehearsed | None:
    """Train an experiment from its start for a moment; None where that is too short to tell.

    Args:
        experiment: the remedied one.
        dataset: its data; what differs in scaling is computed anew.
        most: steps that would be fair: as many as the sick run had.

    Raises:
        SpecError: if it cannot be trained on this data set.
    """
    trainer = Supervised(experiment.replace("engine", "numpy").replace("device", "cpu"), dataset)
    flops = 3 * trainer.batch_size * experiment.model.flops(dataset.input_shape)
    steps = min(STEPS, most, FLOPS // max(flops, 1))
    if steps < LEAST:
        return None
    while trainer.steps < steps and trainer.status == "running":
        trainer.step()
    loss = trainer.metrics()["loss"] if trainer.status != "diverged" else math.inf
    return Rehearsed(trainer.steps, loss if math.isfinite(loss) else math.inf)
