"""Checkpoints: the newest whole states of a run on disk, so that a killed worker goes on bit for bit.

A checkpoint is a state file (statefile.py) named `checkpoint-<step>.safetensors`. It is written beside,
flushed, renamed, and its folder flushed; the previous one stays until then, and the last two are kept. File
names come from a step and from nothing else.

One writer per folder. Knows no trainer: the state is `dict[str, ndarray]`, the meta is JSON-plain (NaN and
infinities survive, tuples come back as lists).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from playground.runs.statefile import (
    MAX_STEP,
    Checkpoint,
    CheckpointError,
    Tensors,
    load,
    newest_whole,
    write,
)

__all__ = ["Checkpoint", "CheckpointError", "Tensors", "cut_back", "latest", "load", "pause_after", "save"]

KEPT = 2
file_name = re.compile(r"checkpoint-(\d{1,19})\.safetensors", re.ASCII)


def save(folder: Path, step: int, meta: Mapping[str, object], state: Tensors) -> Path:
    """Write a checkpoint durably, then remove all but the last two and any later than `step`.

    Raises CheckpointError for a state or meta that has no file form, OSError where the disk refuses (the
    previous checkpoint stays good).
    """
    path = folder / f"checkpoint-{step}.safetensors"
    write(path, folder / "checkpoint.tmp", step, meta, state)
    found = files(folder)
    # A later file belongs to a future that a resume has given up; it must not push out a good one.
    kept = sorted(known for known in found if known <= step)[-KEPT:]
    for known in found.keys() - set(kept):
        found[known].unlink(missing_ok=True)
    return path


def latest(folder: Path) -> Checkpoint | None:
    """The newest checkpoint that is whole; None if there is none."""
    return newest_whole(files(folder), MAX_STEP)


def cut_back(folder: Path, step: int) -> None:
    """Remove the checkpoints after `step` (-1: all)."""
    for known, path in files(folder).items():
        if known > step:
            path.unlink(missing_ok=True)


def pause_after(cost: float) -> float:
    """Seconds until the next checkpoint when the last took `cost` seconds: below 5 % of the time goes
    there."""
    return max(1.0, 20.0 * cost)


def files(folder: Path) -> dict[int, Path]:
    """The checkpoints in `folder`, whole or not, by step."""
    if not folder.is_dir():
        return {}
    named = ((file_name.fullmatch(path.name), path) for path in folder.iterdir())
    return {int(match[1]): path for match, path in named if match}
