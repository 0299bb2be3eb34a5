"""Keyframes: whole states of a run along its way, log-spaced, to fork or replay it from any step.

The same files as checkpoints, named `keyframe-<step>.safetensors`, or `keyframe-<step>-pinned.safetensors`
where a command changed the run. Bound: at most 48 files and 64 MiB a run (two states, if two alone are
larger). What exceeds it is thinned so that the rest stays log-spaced: the first (step 0) and the newest
always stay, pinned ones go last.

One writer per folder. Knows no trainer and no command.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from playground.runs.statefile import Checkpoint, Tensors, newest_whole, write

MAX_FILES = 48
MAX_BYTES = 64 << 20
file_name = re.compile(r"keyframe-(\d{1,19})(-pinned)?\.safetensors", re.ASCII)


@dataclass(frozen=True)
class Stored:
    """A keyframe on disk, whole or not; `size` in bytes."""

    step: int
    pinned: bool
    path: Path
    size: int


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
    """Write the keyframe of `step`, remove those of later steps, and thin the others.

    What was pinned stays pinned. As durable as a checkpoint, and raises as checkpoint.save does.
    """
    known = stored(folder)
    pinned = pinned or any(other.step == step and other.pinned for other in known)
    path = folder / f"keyframe-{step}{'-pinned' if pinned else ''}.safetensors"
    write(path, folder / "keyframe.tmp", step, meta, state)
    for other in known:
        if other.step >= step and other.path != path:
            other.path.unlink(missing_ok=True)
    thin(stored(folder), max_files, max_bytes)
    return path


def keyframe_before(folder: Path, step: int) -> Checkpoint | None:
    """The whole keyframe with the nearest step ≤ `step`; damaged ones are passed over."""
    return newest_whole({known.step: known.path for known in stored(folder)}, step)


def keyframe_at(folder: Path, step: int) -> Checkpoint | None:
    """The whole keyframe of exactly that `step`."""
    return newest_whole({known.step: known.path for known in stored(folder) if known.step == step}, step)


def steps(folder: Path) -> list[int]:
    """The steps of the keyframes in `folder`, ascending."""
    return [known.step for known in stored(folder)]


def next_step(step: int) -> int:
    """The step of the keyframe due after the one at `step`, half as many again: 0, 1, 2, 3, 4, 6, 9, 13, …"""
    return step + max(1, step // 2)


def cut_back(folder: Path, step: int) -> None:
    """Remove the keyframes after `step` (-1: all)."""
    for known in stored(folder):
        if known.step > step:
            known.path.unlink(missing_ok=True)


def stored(folder: Path) -> list[Stored]:
    """The keyframes in `folder` by step; of two of one step (a writer was killed in between) the pinned
    one."""
    if not folder.is_dir():
        return []
    found: dict[int, Stored] = {}
    for path in sorted(folder.iterdir()):
        match = file_name.fullmatch(path.name)
        if match:
            step, pinned = int(match[1]), match[2] is not None
            if step not in found or pinned:
                with suppress(FileNotFoundError):  # its writer may be thinning while another process looks
                    found[step] = Stored(step, pinned, path, path.stat().st_size)
    return [found[step] for step in sorted(found)]


def thin(known: list[Stored], max_files: int, max_bytes: int) -> None:
    """Remove keyframes until both bounds hold: each time the one whose neighbours are nearest in
    log(step)."""
    while len(known) > max_files or sum(keyframe.size for keyframe in known) > max_bytes:
        between = range(1, len(known) - 1)
        free = [i for i in between if not known[i].pinned] or list(between)
        if not free:
            return
        tightest = min(free, key=lambda i: math.log((known[i + 1].step + 1) / (known[i - 1].step + 1)))
        known.pop(tightest).path.unlink(missing_ok=True)
