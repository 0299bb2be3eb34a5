"""What a probe looks at, and the table of probes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

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
    """A network at one moment, and what it is trained on; `gradients` are the last step's, where they are known."""

    experiment: Experiment
    dataset: Dataset
    state: State
    gradients: State = field(default_factory=dict[str, Any])

    def net(self) -> Net:
        """Return a NumPy net that holds this state, for evaluation only."""
        # pyright does not know that pydantic's frozen models are hashable.
        net = _net(self.experiment.model, self.dataset.x.shape[1:])  # pyright: ignore[reportArgumentType]
        net.load(self.state)
        return net


Probe = Callable[[Subject], Arrays]
PROBES: dict[str, Probe] = {}
PERIODS: dict[str, float] = {}
"""For probes that cost too much for every look: the seconds from one look through them to the next, at least."""


def probe(function: Probe) -> Probe:
    """Enter a probe under its function's name."""
    PROBES[function.__name__] = function
    return function


def compute(name: str, subject: Subject) -> Arrays:
    """Return the arrays of the probe called `name`; none if it has nothing to show of such a subject."""
    _enter_all()
    return PROBES[name](subject)


def names() -> frozenset[str]:
    """Return the names of all probes."""
    _enter_all()
    return frozenset(PROBES)


def _enter_all() -> None:
    import playground.probes.fields
    import playground.probes.health
    import playground.probes.histograms
    import playground.probes.maps
    import playground.probes.outcomes
    import playground.probes.parameters  # noqa: F401 - the modules enter their probes


@lru_cache(maxsize=8)
def _net(model: ModelSpec, shape: Shape) -> Net:
    """A compiled net is kept: loading a state is far cheaper than building the program again."""
    return cast("Net", engines.get("numpy").net(model, shape, SGD()))


def in_chunks(net: Net, x: Array, size: int = 1024) -> Array:
    """Return the outputs (N, k) for x, computed a chunk at a time so that memory stays bounded."""
    return np.concatenate([net.forward(x[start : start + size]) for start in range(0, max(len(x), 1), size)])
