"""Networks that are shown before there is a run: what the form says now, at step 0.

A page puts an experiment here and gets a name for it, which stands in the token in the place of a run's. The most
recent ones are kept; a page whose name is forgotten asks for a fresh token and puts it here again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from playground.spec import Experiment

PREFIX = "still-"
RECORDED = "still-recorded-"
"""Networks of which a recording is shown (`opening.py`)."""
MAX_KEPT = 512


class Stills:
    """Experiments by name; the same experiment has the same name. Safe between threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Experiment] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, experiment: Experiment, *, recorded: bool = False) -> str:
        """Keep an experiment and return its name; with `recorded`, its training is shown too."""
        name = (RECORDED if recorded else PREFIX) + experiment.digest()
        with self._lock:
            self._kept[name] = experiment
            self._kept.move_to_end(name)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return name

    def experiment(self, name: str) -> Experiment:
        """Return the experiment of that name. Raises KeyError if it is not kept."""
        with self._lock:
            return self._kept[name]

    def __contains__(self, name: str) -> bool:
        with self._lock:
            return name in self._kept


class Still:
    """The source of a socket that shows a network without a run: one picture, and nothing to wait for."""

    def __init__(self, experiment: Experiment) -> None:
        self.view: dict[str, Any] = {
            "run": "",
            "status": "ready",
            "reason": "",
            "notice": "",
            "rests": False,
            "position": 0,
            "attempt": 1,
            "step": 0,
            "epoch": 0.0,
            "rate": 0.0,
            "pace": 0.0,
            "parent": "",
            "parent_step": 0,
            "experiment": experiment.to_json(),
            "together": None,
        }
        self.numbers: bytes | None = None
        self.gone = self.lost = False

    def join(self, watcher: Any) -> None:
        """Begin to watch."""
        watcher.wake()

    def leave(self, watcher: Any) -> None:
        """End watching."""

    def rewatch(self) -> None:
        """Other probes are wanted: whoever takes the next picture gets them."""

    def take(self) -> bytes | None:
        """Return no frame: the untrained network is shown until the first one comes."""
        return None


stills = Stills()
"""Those of this process."""
