"""Keyframes: whole states of a run along its way, log-spaced, so that it can be forked or replayed from any step.

The same files as checkpoints, named `keyframe-<step>.safetensors`, or `keyframe-<step>-pinned.safetensors` where a command
changed the run. Bound: at most 48 files and 64 MiB a run (two states, if two alone are larger). What exceeds it is
thinned so that the rest stays log-spaced: step 0 and the newest always stay, pinned ones go last.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from playground.runs.checkpoint import Checkpoint, Tensors

MAX_FILES = 48
MAX_BYTES = 64 << 20


def save(
    folder: Path,
    step: int,
    meta: Mapping[str, object],
    state: Tensors,
    *,
    pinned: bool = False,
    max_files: int = MAX_FILES,
    max_bytes: int = MAX_BYTES,
) -> Path:
    """Write the keyframe of `step` (as durably as a checkpoint) and thin the others. Raises as checkpoint.save."""
    raise NotImplementedError


def keyframe_before(folder: Path, step: int) -> Checkpoint | None:
    """The whole keyframe with the nearest step ≤ `step`; damaged ones are passed over."""
    raise NotImplementedError


def steps(folder: Path) -> list[int]:
    """The steps of the keyframes in `folder`, ascending."""
    raise NotImplementedError


def next_step(step: int) -> int:
    """The step of the keyframe due after the one at `step`: 0, 1, 2, 3, 5, 8, 12, 18, … (half as many again)."""
    raise NotImplementedError


def cut_back(folder: Path, step: int) -> None:
    """Remove the keyframes after `step` (-1: all)."""
    raise NotImplementedError
