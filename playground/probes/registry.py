"""What a probe looks at, and the table of probes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

import engines
from playground.data import Dataset
from playground.spec import Experiment, ModelSpec, Shape, State
from playground.spec.optimizers import SGD

if TYPE_CHECKING:
    from engines.numpy.net import Net

Array = npt.NDArray[Any]
Arrays = dict[str, Array]


@dataclass(frozen=True, eq=False)
class Subject:
    """A network at one moment, and what it is trained on.

    Attributes:
        gradients: of the last step, where they are known.
        holder: a NumPy net that holds this state already, and whose looks change nothing; None where there is none.
        outputs: (N, k) for all samples it is judged by, where they are known already.
    """

    experiment: Experiment
    dataset: Dataset
    state: State
    gradients: State = field(default_factory=dict[str, Any])
    holder: Net | None = None
    outputs: Array | None = None

    def net(self, *, to_train: bool = False) -> Net:
        """Return a NumPy net that holds this state, until the same thread asks for another subject's.

        Args:
            to_train: whether a training pass will be made, which changes the statistics of batch normalisation.
        """
        if self.holder is not None and not to_train:
            return self.holder
        thread = threading.get_ident()
        # pyright does not know that pydantic's frozen models are hashable.
        net = _net(self.experiment.model, self.dataset.x.shape[1:], thread)  # pyright: ignore[reportArgumentType]
        if _held.get(net) is not self:
            net.load(self.state)
            _held[net] = self
        if to_train:
            del _held[net]
        return net


_held: WeakKeyDictionary[Net, Subject] = WeakKeyDictionary()
"""Whose state each net holds: the probes of one look share one loading."""

Probe = Callable[[Subject], Arrays]
PROBES: dict[str, Probe] = {}
GAMES: set[str] = set()
"""The probes that look at a generator and its discriminator; the others but `EITHER` look at one network."""
EITHER = frozenset({"weights"})
PERIODS: dict[str, float] = {}
"""For probes that cost too much for every look: the seconds from one look through them to the next, at least."""

JUDGED: set[str] = set()
"""The probes that tell how well a network does: beside others it is shown with the metrics of the same moment alone."""

SHARES: dict[str, float] = {}
"""For probes that are what a page is about: the share of the time they may take where others may take less."""


def probe(function: Probe) -> Probe:
    """Enter a probe under its function's name."""
    PROBES[function.__name__] = function
    return function


def game_probe(function: Probe) -> Probe:
    """Enter a probe of a generator and its discriminator; it is asked of no other experiment."""
    GAMES.add(function.__name__)
    return probe(function)


def compute(name: str, subject: Subject) -> Arrays:
    """Return the arrays of the probe called `name`; none if it has nothing to show of such a subject."""
    _enter_all()
    game = subject.experiment.adversary is not None
    if name not in EITHER and (name in GAMES) != game:
        return {}
    return PROBES[name](subject)


def names() -> frozenset[str]:
    """Return the names of all probes."""
    _enter_all()
    return frozenset(PROBES)


@cache
def _enter_all() -> None:
    import playground.probes.adversarial.anatomy
    import playground.probes.adversarial.arena
    import playground.probes.adversarial.balance
    import playground.probes.adversarial.gallery
    import playground.probes.adversarial.spread
    import playground.probes.fields
    import playground.probes.filters
    import playground.probes.health
    import playground.probes.histograms
    import playground.probes.maps
    import playground.probes.outcomes
    import playground.probes.parameters
    import playground.probes.sequence.embedding  # noqa: F401 - the modules enter their probes


@lru_cache(maxsize=16)
def _net(model: ModelSpec, shape: Shape, thread: int) -> Net:
    """A compiled net is kept: loading a state is far cheaper than building it again. No two threads share one."""
    return cast("Net", engines.get("numpy").net(model, shape, SGD()))


def in_chunks(net: Net, x: Array, size: int = 1024) -> Array:
    """Return the outputs (N, k) for x, computed a chunk at a time so that memory stays bounded."""
    return np.concatenate([net.forward(x[start : start + size]) for start in range(0, max(len(x), 1), size)])
