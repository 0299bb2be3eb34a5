"""What moves when somebody opens the page: a training of the network on show, recorded in this process a moment ago.

Nothing is made up. It is trained once in each process, for as long as the example takes to be learned or a second and
a half allows, and kept: every visitor sees the same recording, and trains a network of their own afterwards. Of what
takes minutes a recording ships (`shipped.py`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from playground.data import load
from playground.live import shipped
from playground.live.completing import small
from playground.runs import frames
from playground.runs.adversarial import Adversarial
from playground.runs.frames import Snapshot
from playground.runs.supervised import Supervised
from playground.runs.trainer import trainer_of
from playground.spec import Experiment, estimate

EPOCHS = 100
MOST_STEPS = 5000
FRAMES = 240
MOST_FLOPS = 2e9
"""What a training to the end may cost here: a few tenths of a second."""
SECONDS = 1.5
"""So long a dearer one is followed: it does not come to its end."""
MOST_BYTES = 24e6
FEWEST = 24
"""A recording of fewer frames than this does not move."""


@dataclass(frozen=True)
class Tape:
    """A recording in memory: frames with all tensors at ascending `steps`, and the metrics at each of them."""

    steps: npt.NDArray[np.int64]
    frames: tuple[bytes, ...]
    history: bytes

    def at(self, step: int) -> bytes | None:
        """Return the frame at the nearest step that is not later; None if there is none."""
        index = int(np.searchsorted(self.steps, step, side="right")) - 1
        return self.frames[index] if index >= 0 else None


EMPTY = Tape(np.zeros(0, np.int64), (), frames.encode(Snapshot(0, 0.0, {}, {})))
_one_at_a_time = threading.Lock()


def tape(experiment: Experiment, folder: Path) -> Tape:
    """Return the recording of an experiment; empty where it takes too long to be made here."""
    with _one_at_a_time:
        return _made(experiment.to_json(), folder)


@cache
def _made(text: str, folder: Path) -> Tape:
    experiment = Experiment.from_json(text)
    found = shipped.recording(experiment)
    if found is not None:
        return Tape(found.steps, found.frames, found.history)
    if not small(experiment):
        return EMPTY
    steps = _steps(experiment)
    whole = _cost(experiment, steps[-1]) <= MOST_FLOPS
    most = min(FRAMES, int(MOST_BYTES / (4 * max(1, estimate(experiment).parameters))))
    # Pictures are asked about for every frame: a film of them would keep the server busy for nothing.
    if not whole and (most < FEWEST or experiment.data.nature == "pictures"):
        return EMPTY
    trainer = trainer_of(experiment, load(experiment.data, folder))
    shown = list(_to_the_end(trainer, steps) if whole else _for_a_while(trainer, most))
    names = sorted({name for one in shown for name in one.metrics})
    history = {
        "step": np.array([one.step for one in shown], np.int64),
        "epoch": np.array([one.epoch for one in shown]),
        **{name: np.array([one.metrics.get(name, np.nan) for one in shown]) for name in names},
    }
    last = shown[-1]
    return Tape(
        history["step"],
        tuple(frames.encode(one) for one in shown),
        frames.encode(Snapshot(last.step, last.epoch, {}, history)),
    )


def _to_the_end(trainer: Supervised | Adversarial, steps: list[int]) -> Iterator[Snapshot]:
    """Train, and give a frame of each of `steps`."""
    for step in steps:
        while trainer.steps < step and trainer.status == "running":
            trainer.step()
        yield trainer.snapshot(("weights",))
        if trainer.status != "running":
            return


def _for_a_while(trainer: Supervised | Adversarial, most: int) -> Iterator[Snapshot]:
    """Train for some time of the processor, and give at most `most` frames, about equally far apart in it."""
    began = time.thread_time()
    for number in range(1, most + 1):
        yield trainer.snapshot(("weights",))
        if trainer.status != "running" or time.thread_time() - began >= SECONDS:
            return
        trainer.step()
        while trainer.status == "running" and time.thread_time() - began < number / most * SECONDS:
            trainer.step()


@cache
def learned(experiment: str, folder: Path, epochs: int) -> bytes | None:
    """Return the frame of an experiment (JSON) after so many epochs; None where that takes too long to be done here."""
    known = Experiment.from_json(experiment)
    last = min(MOST_STEPS, epochs * _epoch(known))
    if not small(known) or _cost(known, last) > MOST_FLOPS:
        return None
    with _one_at_a_time:
        trainer = trainer_of(known, load(known.data, folder))
        while trainer.steps < last and trainer.status == "running":
            trainer.step()
        return frames.encode(trainer.snapshot(("maps",)))


def _steps(experiment: Experiment) -> list[int]:
    """Return the steps to show: close together at first, when most is learned."""
    last = min(MOST_STEPS, EPOCHS * _epoch(experiment))
    return sorted({round(last * part**2) for part in np.linspace(0.0, 1.0, FRAMES)})


def _cost(experiment: Experiment, steps: int) -> float:
    """Estimate the floating-point operations of so many steps: forward once, backward twice as much."""
    train, _ = experiment.data.num_samples()
    batch = experiment.training.batch_size or train
    if experiment.adversary is not None:
        return float(estimate(experiment).step_flops) * steps
    return 3.0 * experiment.model.flops(experiment.data.input_shape()) * batch * steps


def _epoch(experiment: Experiment) -> int:
    """Return the steps of an epoch."""
    train, _ = experiment.data.num_samples()
    return -(-train // (experiment.training.batch_size or train))
