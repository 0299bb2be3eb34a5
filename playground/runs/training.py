"""What every trainer here is: an experiment on a data set, where it stands, how it is left and found again.

How a step is made, and what a network is, the two kinds say: `supervised.py` and `adversarial.py`. Everything is
decided by the experiment: the same one takes the same steps, however often it is interrupted or looked at.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from engines.choice import place_of
from engines.protocol import Array
from playground import probes
from playground.data import Dataset
from playground.runs.changes import require_live
from playground.runs.frames import Snapshot
from playground.runs.soundness import put_number
from playground.spec import Experiment, SpecError, State, check, enforce


class Training(ABC):
    """A trainer; see `runs.trainer.Trainer`.

    Attributes:
        experiment: with every change made since the start.
        dataset: what it trains on.
        steps: steps taken.
        status: `"running"`, `"finished"` (a stop condition) or `"diverged"`.
        reason: the i18n key of the sentence that says why it is not running; empty while it is.
        place: the engine and the device where it stands, chosen where the experiment leaves them open.
    """

    def __init__(self, experiment: Experiment, dataset: Dataset) -> None:
        """Stand at step 0.

        Raises:
            SpecError: if the experiment cannot be trained on this data set or exceeds a limit.
        """
        check(experiment)
        enforce(experiment)
        if dataset.x.shape[1:] != experiment.data.input_shape() or dataset.target != experiment.data.target():
            raise SpecError("error.other_data", place="data", value=experiment.data.kind)
        self.experiment = experiment
        self.dataset = dataset
        self.steps: int = 0
        self.status: str = "running"
        self.reason: str = ""
        self.place = place_of(experiment, wait=True)

    # --- training ---------------------------------------------------------------------------------------------

    @abstractmethod
    def step(self) -> None:
        """Take one step; does nothing unless the status is running."""

    @property
    @abstractmethod
    def epoch(self) -> float:
        """Epochs trained, with fractions."""

    @property
    def batch_size(self) -> int:
        """Samples of the training set in a step."""
        return min(self.experiment.training.batch_size or len(self.dataset.x), len(self.dataset.x))

    @property
    def steps_per_epoch(self) -> int:
        """Steps in an epoch, rounded up."""
        return math.ceil(len(self.dataset.x) / self.batch_size)

    # --- looking ----------------------------------------------------------------------------------------------

    def snapshot(self, wanted: Sequence[str] = ()) -> Snapshot:
        """Return the metrics now, and the arrays of the probes in `wanted`. Training is not disturbed by it."""
        metrics = self.metrics()
        arrays = {name: array for _, found in self.look(wanted) for name, array in found.items()}
        return Snapshot(self.steps, self.epoch, metrics, arrays)

    def look(self, wanted: Sequence[str]) -> Iterator[tuple[str, dict[str, Array]]]:
        """Give the arrays of each probe in `wanted`, with its name, computed as they are asked for.

        Training is not disturbed by it; between two of them it must not go on.
        """
        if not wanted:
            return
        subject = self._subject()
        for name in wanted:
            yield name, probes.compute(name, subject)

    @abstractmethod
    def metrics(self) -> dict[str, float]:
        """Return how the training stands, by the names of what is measured."""

    @abstractmethod
    def judged(self) -> dict[str, float]:
        """Return what tells how good the network is."""

    @abstractmethod
    def state(self) -> State:
        """Return copies of all tensors by their names."""

    # --- changing ---------------------------------------------------------------------------------------------

    def set(self, path: str, value: object) -> None:
        """Change one setting and go on training with the same weights.

        Raises:
            SpecError: if there is no such setting, the value does not fit, or the change needs a new start; nothing
                has changed then.
        """
        changed = self.experiment.replace(path, value)
        require_live(self.experiment, changed, self.place.engine)
        check(changed)
        enforce(changed)
        self._take_up(changed)
        if self.status == "finished":
            self.status, self.reason = "running", ""
        self._anchor_here()

    def set_weight(self, name: str, index: Sequence[int], value: float) -> None:
        """Set one number of one tensor by hand.

        Raises:
            SpecError: if there is no such number or the value is not finite.
        """
        state = self.state()
        put_number(state, name, index, value)
        self._load(state)
        self._anchor_here()

    # --- leaving and coming back ------------------------------------------------------------------------------

    def checkpoint(self) -> tuple[dict[str, Any], State]:
        """Return everything a new trainer needs to go on exactly from here: plain values, and arrays."""
        meta: dict[str, Any] = {
            "experiment": _plain(self.experiment),  # pyright: ignore[reportArgumentType]  (frozen models are hashable)
            "steps": self.steps,
            "status": self.status,
            "reason": self.reason,
        }
        parts = self._parts()
        arrays = {f"{part}/{name}": x for part, found in parts.items() for name, x in found.items()}
        return meta | self._standing(), arrays

    def restore(self, meta: dict[str, Any], state: State) -> None:
        """Go to where `checkpoint` was taken.

        Raises:
            SpecError: if the checkpoint belongs to another experiment.
        """
        experiment = Experiment.from_plain(meta["experiment"])
        if experiment.data != self.experiment.data or experiment.seed != self.experiment.seed:
            raise SpecError("error.other_experiment", place="checkpoint")
        require_live(self.experiment, experiment, self.place.engine)
        self.experiment = experiment
        self.steps, self.status, self.reason = meta["steps"], meta["status"], meta["reason"]
        parts: dict[str, State] = {"net": {}, "optimizer": {}, "random": {}}
        for name, value in state.items():
            part, _, inner = name.partition("/")
            parts[part][inner] = value
        self._resume(meta, parts)
        self._anchor, self._anchored = (meta, state), self.steps

    # --- what the two kinds say ------------------------------------------------------------------------------

    @abstractmethod
    def _subject(self) -> probes.Subject:
        """Return what probes look at."""

    @abstractmethod
    def _take_up(self, changed: Experiment) -> None:
        """Go on with a changed experiment."""

    @abstractmethod
    def _load(self, state: State) -> None:
        """Take over all tensors."""

    @abstractmethod
    def _standing(self) -> dict[str, Any]:
        """Return what a checkpoint says besides, as JSON has it."""

    @abstractmethod
    def _parts(self) -> dict[str, State]:
        """Return a checkpoint's arrays: of the net, the optimizer and what is drawn at random."""

    @abstractmethod
    def _resume(self, meta: dict[str, Any], parts: dict[str, State]) -> None:
        """Stand where `_standing` and `_parts` were taken, with the experiment that is there already."""

    # --- inside -----------------------------------------------------------------------------------------------

    def _anchor_here(self) -> None:
        """Keep a state that is known to be good."""
        self._anchor: tuple[dict[str, Any], State] = self.checkpoint()
        self._anchored: int = self.steps


@lru_cache(maxsize=32)
def _plain(experiment: Experiment) -> dict[str, Any]:
    """An experiment seldom changes while it trains, and turning it into plain values takes a dozen steps' time."""
    return {"version": Experiment.VERSION, **experiment.plain()}
