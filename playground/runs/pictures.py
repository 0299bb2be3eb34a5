"""What a worker shows of its trainer: frames with the probes that are wished for, and the network's tensors.

A picture that cannot be made is left out from then on; it never ends a training.
"""

from __future__ import annotations

import math
import sys
import time
import traceback
from dataclasses import replace

from playground.probes.registry import PERIODS
from playground.runs import frames
from playground.runs.frames import Snapshot
from playground.runs.trainer import State, Trainer

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

    def wish(self, probes: tuple[str, ...]) -> bool:
        """Show these probes from now on; whether they are others than before."""
        changed = probes != self._probes
        self._probes = probes
        return changed

    def take(self, *, everything: bool) -> bytes:
        """Return a frame of now, with all probes or only those that have their turn."""
        wanted = self._wanted(everything=everything)
        try:
            return self._frame(wanted)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - a broken picture must not end a training
            self._find_broken(wanted)
            return self._frame(self._wanted(everything=everything))

    def _frame(self, wanted: tuple[str, ...]) -> bytes:
        return frames.encode(replace(self._trainer.snapshot(wanted), at=time.time()))

    def _wanted(self, *, everything: bool) -> tuple[str, ...]:
        now, wanted = time.monotonic(), list[str]()
        # Whoever comes when a run rests can be shown any picture, if its last frame holds what pictures are made of.
        resting = (TENSORS,) if everything else ()
        for name in dict.fromkeys((*self._probes, *resting)):
            soon = not everything and now - self._probed.get(name, -math.inf) < PERIODS.get(name, 0.0)
            if name not in self._broken and not soon:
                wanted.append(name)
                self._probed[name] = now
        return tuple(wanted)

    def _find_broken(self, wanted: tuple[str, ...]) -> None:
        for name in wanted:
            try:
                self._frame((name,))
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
