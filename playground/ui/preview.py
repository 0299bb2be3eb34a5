"""What a network answers before it has learned anything: step 0, computed here so that every change shows at once.

Nothing is trained in the app's process; the same trainer that the worker uses is only looked at.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from playground.data import Dataset, load
from playground.runs.frames import Snapshot
from playground.runs.trainer import trainer_of
from playground.spec import Experiment, estimate

MOST_FLOPS = 2e10
"""Beyond this the first picture waits for the worker."""


def dataset(experiment: Experiment, folder: Path) -> Dataset:
    """Return the arrays of the experiment's data.

    Raises:
        SpecError: if a source is missing or damaged.
    """
    return load(experiment.data, folder)


def at_start(experiment: Experiment, folder: Path, wanted: tuple[str, ...]) -> Snapshot:
    """Return metrics and pictures of the untrained network; empty where it is too large to look at here.

    Raises:
        SpecError: if the experiment cannot be trained.
    """
    here = experiment.model_copy(update={"engine": "numpy", "device": "cpu"})
    train, test = here.data.num_samples()
    places = 3600 if len(here.data.input_shape()) == 1 else 0
    flops = here.model.flops(here.input_shape()) * (min(train, 10_000) + min(test, 10_000) + places)
    if flops > MOST_FLOPS or estimate(here).parameters > 2_000_000:
        return Snapshot(0, 0.0, {}, {})
    return _looked_at(here.to_json(), folder, wanted)


@lru_cache(maxsize=32)
def _looked_at(text: str, folder: Path, wanted: tuple[str, ...]) -> Snapshot:
    here = Experiment.from_json(text)
    return trainer_of(here, dataset(here, folder)).snapshot(wanted)
