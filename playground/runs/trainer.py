"""What the worker asks of whatever trains, and where trainers come from.

The worker drives a trainer by steps and knows nothing else about it. A family of trainers is a module with two
functions, `validate` and `build`; this module is the playground's own. It picks the trainer's class late: validating
what a visitor sent must not load an engine.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from playground.data import Dataset
    from playground.runs.adversarial import Adversarial
    from playground.runs.supervised import Supervised
    from playground.spec import Experiment

State = dict[str, npt.NDArray[np.generic]]


class Plan(Protocol):
    """An experiment, as far as a run needs to know it."""

    def to_json(self) -> str:
        """Return the experiment as JSON."""
        ...


class Trainer(Protocol):
    """Something that trains one step at a time; knows no thread, clock, queue or screen.

    The same experiment takes the same steps, however often it is looked at, left and restored.
    """

    @property
    def experiment(self) -> Plan:
        """The experiment with every change made since the start."""
        ...

    @property
    def steps(self) -> int:
        """Steps taken."""
        ...

    @property
    def epoch(self) -> float:
        """Epochs trained, with fractions."""
        ...

    @property
    def status(self) -> str:
        """`"running"`, `"finished"` or `"diverged"`."""
        ...

    @property
    def reason(self) -> str:
        """The i18n key of the sentence that says why it is not running; empty while it is."""
        ...

    def step(self) -> None:
        """Take one step."""
        ...

    def look(self, wanted: Sequence[str]) -> Iterator[tuple[str, State]]:
        """Give the arrays of each probe in `wanted`, with its name, one after the other; training is not disturbed."""
        ...

    def metrics(self) -> dict[str, float]:
        """Return how good the network is; it may take a pass over all samples."""
        ...

    def state(self) -> State:
        """Return the network's tensors."""
        ...

    def set(self, path: str, value: object) -> None:
        """Change one setting. Raises SpecError, and changes nothing, where it does not fit."""
        ...

    def set_weight(self, name: str, index: Sequence[int], value: float) -> None:
        """Change one number of one tensor. Raises SpecError, and changes nothing, where it does not fit."""
        ...

    def checkpoint(self) -> tuple[dict[str, Any], State]:
        """Return everything a new trainer needs to go on exactly from here: JSON-plain values, and arrays."""
        ...

    def restore(self, meta: dict[str, Any], state: State) -> None:
        """Go to where `checkpoint` was taken."""
        ...


@dataclass(frozen=True)
class Validated:
    """An experiment that can be trained: its JSON, and a digest of it."""

    experiment: str
    digest: str


class Trainers(Protocol):
    """A module that offers trainers."""

    def validate(self, experiment: str) -> Validated:
        """Check an experiment from a stranger, before anything is allocated. Raises SpecError."""
        ...

    def build(self, experiment: str, data_folder: Path) -> Trainer:
        """Build the trainer at step 0. Raises SpecError if, say, its data cannot be found."""
        ...


def trainers(module: str) -> Trainers:
    """Return the module of that name, which offers `validate` and `build`."""
    return cast("Trainers", importlib.import_module(module))


def validate(experiment: str) -> Validated:
    """Check an experiment as the playground reads it: known words, layers that fit together, within the limits.

    Raises:
        SpecError: naming the place, the value and the expectation.
    """
    from playground.spec import Experiment, check, enforce

    found = Experiment.from_json(experiment)
    check(found)
    enforce(found)
    return Validated(found.to_json(), found.digest())


def build(experiment: str, data_folder: Path) -> Trainer:
    """Load the data and build the network at step 0.

    Args:
        experiment: JSON.
        data_folder: where uploads and downloaded data sets lie.

    Raises:
        SpecError: if the experiment or its data cannot be used.
    """
    from playground.data import load
    from playground.spec import Experiment

    found = Experiment.from_json(experiment)
    return trainer_of(found, load(found.data, data_folder))


def trainer_of(experiment: Experiment, dataset: Dataset) -> Supervised | Adversarial:
    """Return the trainer of an experiment at step 0: of one network, or of a generator and its adversary.

    Raises:
        SpecError: if the experiment cannot be trained on this data set.
    """
    if experiment.adversary is not None:
        from playground.runs.adversarial import Adversarial

        return Adversarial(experiment, dataset)
    from playground.runs.supervised import Supervised

    return Supervised(experiment, dataset)
