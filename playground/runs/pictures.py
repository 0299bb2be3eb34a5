"""What a worker shows of its trainer: frames with the probes that are wished for, and the network's tensors.

A picture that cannot be made is left out from then on; it never ends a training.
"""

from __future__ import annotations

import math
import sys
import time
import traceback

from playground.probes.registry import JUDGED, PERIODS, SHARES
from playground.runs import frames
from playground.runs.frames import Snapshot
from playground.runs.trainer import State, Trainer

MEASURING = 0.025
"""The share of the time that frames with metrics may take; between two of them there are glances, which have none."""
EAGER, EAGER_SECONDS = 0.1, 10.0
"""What comes to that share at the beginning, when most is learned, and in how long it fades to a third."""
BURST = 0.15
"""The seconds of the processor that they may take at once: most happens in the first moments."""
SPARE = 10
"""Runs side by side measure at common moments, and in between what costs less than such a part of what is left."""
LOOKING = 0.005
"""The share of the time that each probe may take in glances, unless it is among SHARES."""
BYTES = 2e6
"""What one probe may send in a second of glances."""
OPTIMIZER = "optimizer/"
"""How a trainer's checkpoint names what the optimizer remembers."""
TENSORS = "weights"
"""The probe that shows the network's tensors."""


class Pictures:
    """The probes somebody wishes for, and whose turn it is."""

    def __init__(self, trainer: Trainer, probes: tuple[str, ...]) -> None:
        self._trainer = trainer
        self._probes = probes
        self._broken: set[str] = set()
        self._probed: dict[str, float] = {}  # when each probe was last looked through
        self._pauses: dict[str, float] = {}  # seconds between two glances that hold it: it is dear, or large
        self._purse, self._counted = BURST, time.monotonic()  # seconds of the processor left for measuring
        self._began = self._counted
        self._price = math.inf  # of the last measurement, in such seconds; nobody knows yet
        self.measuring = 0.0  # seconds of the processor that the last frame has cost of these
        self.metrics: dict[str, float] = {}  # of the last frame; empty for a glance

    def wish(self, probes: tuple[str, ...]) -> bool:
        """Show these probes from now on; whether they are others than before."""
        changed = probes != self._probes
        self._probes = probes
        return changed

    def lose(self, seconds: float) -> None:
        """Leave out of the time that may be shared what other processes have taken of it."""
        self._counted += seconds

    def affords(self) -> bool:
        """Tell whether there is time to spare for measuring."""
        self._count()
        return self._purse > 0

    def take(self, *, everything: bool, watched: bool = False, beside: bool | None = None) -> bytes:
        """Return a frame of now, with all probes or only those that have their turn.

        Args:
            everything: the run rests, and whoever comes is to find all.
            watched: somebody waits for it.
            beside: of runs side by side, whether all measure at this moment; None for a run alone.

        Where the metrics are dear, because the network or the data set is large, somebody who watches is given glances
        between two measurements: nobody waits for numbers to see the pictures move. Frames with metrics are recorded:
        they hold the tensors, of which any picture can be made later, or else every picture.
        """
        self._count()
        self.measuring = 0.0
        if beside is None:
            measured = everything or not watched or self._purse > 0
        else:
            measured = everything or beside or self._purse > SPARE * self._price
        judged = measured or beside is None
        try:
            return self._frame(
                self._wanted(resting=everything, measured=measured, judged=judged), measured=measured
            )
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - a broken picture must not end a training
            self._find_broken(self._wanted(resting=True, measured=True))
            return self._frame(
                self._wanted(resting=everything, measured=measured, judged=judged), measured=measured
            )

    def _count(self) -> None:
        """Put into the purse what the time since has brought."""
        now = time.monotonic()
        eager = EAGER * math.exp((self._began - now) / EAGER_SECONDS)
        self._purse = min(BURST, self._purse + (MEASURING + eager) * (now - self._counted))
        self._counted = now

    def _frame(self, wanted: tuple[str, ...], *, measured: bool) -> bytes:
        trainer = self._trainer
        began = time.thread_time()
        # First, since pictures of how it does can be made of what is measured.
        self.metrics = metrics = trainer.metrics() if measured else {}
        spent = time.thread_time() - began
        arrays = self._arrays(wanted, measured=measured)
        if measured:
            self.measuring = spent if TENSORS in self._probes else time.thread_time() - began
            self._purse -= self.measuring
            self._price = self.measuring
        kind = "frame" if measured else "glance"
        return frames.encode(Snapshot(trainer.steps, trainer.epoch, metrics, arrays, kind, time.time()))

    def _arrays(self, wanted: tuple[str, ...], *, measured: bool) -> State:
        arrays: State = {}
        began = time.thread_time()
        for name, found in self._trainer.look(wanted):
            arrays |= found
            now, size = time.thread_time(), sum(array.nbytes for array in found.values())
            # Beside a measurement some cost less than they would in a glance.
            before = self._pauses.get(name, 0.0) if measured else 0.0
            self._pauses[name] = max((now - began) / SHARES.get(name, LOOKING), size / BYTES, before)
            began = now
        return arrays

    def _wanted(self, *, resting: bool, measured: bool, judged: bool = True) -> tuple[str, ...]:
        now, wanted = time.monotonic(), list[str]()
        everything = resting or (measured and TENSORS not in self._probes)
        # Whoever comes when a run rests can be shown any picture, if its last frame holds what pictures are made of.
        tensors = (TENSORS,) if resting else ()
        for name in dict.fromkeys((*self._probes, *tensors)):
            period = max(PERIODS.get(name, 0.0), 0.0 if measured else self._pauses.get(name, 0.0))
            soon = not everything and now - self._probed.get(name, -math.inf) < period
            if name not in self._broken and not soon and (judged or name not in JUDGED):
                wanted.append(name)
                self._probed[name] = now
        return tuple(wanted)

    def _find_broken(self, wanted: tuple[str, ...]) -> None:
        for name in wanted:
            try:
                self._arrays((name,), measured=True)
            except MemoryError:
                raise
            except Exception:  # noqa: BLE001 - see above
                traceback.print_exc(file=sys.stderr)
                self._broken.add(name)


def pack_tensors(trainer: Trainer, *, memory: bool) -> bytes:
    """Return the network's tensors, encoded; with `memory` also what the optimizer remembers, as `memory/<name>`."""
    tensors: State = dict(trainer.state())
    if memory:
        for name, tensor in trainer.checkpoint()[1].items():
            if name.startswith(OPTIMIZER):
                tensors[f"memory/{name.removeprefix(OPTIMIZER)}"] = tensor
    return frames.encode(Snapshot(trainer.steps, trainer.epoch, {}, tensors))
