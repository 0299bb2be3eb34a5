"""Checkpoints: the newest whole state of a run on disk, so that a killed worker goes on bit for bit.

A checkpoint is a safetensors file `checkpoint-<step>.safetensors`: the tensors, and as metadata the run's own JSON with
a SHA-256 of both. It is written beside, flushed, renamed, and its folder flushed; the previous one stays until then, and
the last two are kept. Loading believes nothing whose digest does not fit. File names come from a step, nothing else.

Knows no trainer: the state is `dict[str, ndarray]`, the meta is JSON-plain (NaN and infinities survive).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Tensors = Mapping[str, npt.NDArray[np.generic]]


class CheckpointError(ValueError):
    """A file that is no whole checkpoint, or a state that has no file form."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A state read back from `path`; the arrays are writable and belong to the caller."""

    path: Path
    step: int
    meta: dict[str, object]
    state: dict[str, npt.NDArray[np.generic]]


def save(folder: Path, step: int, meta: Mapping[str, object], state: Tensors) -> Path:
    """Write a checkpoint durably, then remove all but the last two and any later than `step`.

    Raises CheckpointError for a state or meta that cannot be written, OSError where the disk refuses (the previous
    checkpoint stays good).
    """
    raise NotImplementedError


def load(path: Path) -> Checkpoint:
    """Read and verify a checkpoint or keyframe. Raises CheckpointError for damage of any kind, OSError if unreadable."""
    raise NotImplementedError


def latest(folder: Path) -> Checkpoint | None:
    """The newest checkpoint that is whole; None if there is none."""
    raise NotImplementedError


def cut_back(folder: Path, step: int) -> None:
    """Remove the checkpoints after `step` (-1: all)."""
    raise NotImplementedError


def pause_after(cost: float) -> float:
    """Seconds to wait before the next checkpoint when the last one took `cost` seconds: at most 5 % of the time."""
    return max(1.0, 20.0 * cost)
