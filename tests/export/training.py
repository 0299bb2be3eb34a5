"""A short training and its tape, for the tests of this folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from playground.data import load
from playground.export.tape import Recorder, Tape
from playground.presets import preset
from playground.runs.supervised import Supervised
from playground.spec import Experiment


@cache
def taped(key: str, steps: int) -> Tape:
    """Train a preset for so many steps."""
    return recorded(preset(key).experiment.replace("training.max_steps", steps))


def recorded(experiment: Experiment) -> Tape:
    """Train an experiment to its end."""
    recorder = Recorder(Supervised(experiment, load(experiment.data, Path())))
    assert sum(recorder.run()) >= recorder.trainer.steps
    return recorder.tape
