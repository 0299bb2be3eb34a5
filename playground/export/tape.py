"""A tape: frames of a run from its first step to its last, few enough for a file, and the curves.

It comes from a run that the service knows, or from a training that is done here and now. Knows no page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from playground.runs.adversarial import Adversarial
from playground.runs.client import Client
from playground.runs.frames import Snapshot
from playground.runs.supervised import Supervised
from playground.runs.thinning import spread
from playground.spec import Experiment

MAX_FRAMES = 300
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tape:
    """What is played.

    Attributes:
        experiment: as it stood at the end.
        frames: by step, with the tensors `w/…` where the network is small enough for that.
        history: `{"step": (P,), "epoch": (P,), <metric>: (P,)}`.
    """

    experiment: Experiment
    frames: tuple[Snapshot, ...]
    history: dict[str, Floats]


def of_run(client: Client, owner: str, run: str) -> Tape:
    """Return the tape of a run, as far as it has come.

    Raises:
        SpecError: if the service has no such run, or cannot be reached.
    """
    view = client.poll(owner, run, history=True)
    steps = client.steps(owner, run)
    kept = steps[chosen(steps, MAX_FRAMES)]
    found = [client.frame_at(owner, run, int(step)) for step in kept]
    # While it trains a recording may be thinned between two questions: then two answers can be the same frame.
    frames = {frame.step: frame for frame in found if frame is not None}
    experiment = Experiment.from_json(view.experiment)
    return Tape(experiment, tuple(frames[step] for step in sorted(frames)), dict(view.history or {}))


def chosen(steps: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.int64]:
    """Return the places of at most `most` of the ascending `steps` (n,): the first, the last, many early ones."""
    if not len(steps):
        return np.zeros(0, np.int64)
    return spread(steps, np.zeros(len(steps), np.int64), most, 1)


class Recorder:
    """Makes a tape while a trainer trains: call `run`, then take `tape`.

    Args:
        trainer: at the step from which on it is recorded.
        wanted: the probes that every frame holds; what the weights tell can be had from these afterwards.
        most: how many frames there are in the end, at most.
    """

    def __init__(
        self, trainer: Supervised | Adversarial, wanted: Sequence[str] = ("weights",), most: int = MAX_FRAMES
    ) -> None:
        self.trainer = trainer
        self._wanted, self._most = tuple(wanted), most
        self._frames = [trainer.snapshot(self._wanted)]

    def run(self) -> Iterator[int]:
        """Train to the end; yields the number of steps taken since the last look."""
        trainer = self.trainer
        before = trainer.steps
        while trainer.status == "running":
            trainer.step()
            ended = trainer.status != "running"
            # Frames lie ever further apart, so that a training of any length costs a few hundred looks.
            apart = max(1, trainer.steps // self._most)
            if not ended and trainer.steps - self._frames[-1].step < apart:
                continue
            self._take()
            yield max(0, trainer.steps - before)
            before = trainer.steps

    @property
    def tape(self) -> Tape:
        """What has been recorded so far."""
        self._take()
        names = dict.fromkeys(name for frame in self._frames for name in frame.metrics)
        history = {
            name: np.array([frame.metrics.get(name, np.nan) for frame in self._frames]) for name in names
        }
        history["step"] = np.array([frame.step for frame in self._frames], np.float64)
        history["epoch"] = np.array([frame.epoch for frame in self._frames])
        return Tape(self.trainer.experiment, tuple(self._thinned(self._most)), history)

    def _take(self) -> None:
        # A training that diverged has gone back to the last step that was sound.
        self._frames = [frame for frame in self._frames if frame.step <= self.trainer.steps]
        if self._frames[-1].step < self.trainer.steps:
            self._frames.append(self.trainer.snapshot(self._wanted))
        if len(self._frames) > 8 * self._most:
            self._frames = self._thinned(4 * self._most)

    def _thinned(self, most: int) -> list[Snapshot]:
        steps = np.array([frame.step for frame in self._frames], np.int64)
        return [self._frames[int(place)] for place in chosen(steps, most)]
