"""A tape as bytes: one frame (playground/runs/frames.py) whose arrays have time as their first axis, compressed.

    step (T,) · epoch (T,) · metric/<name> (T,) · track/<array> (T, …)

Pictures are the live stage's own bytes, computed from each frame's weights where they were not recorded. From one frame
to the next they hardly change, so a track of bytes holds differences modulo 256 (`assets/replay/tape.js` adds them up);
large tensors are halved to 16 bits. What is too large for a file is thinned until it fits.

Legend: T frames of the tape.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.export.tape import MAX_FRAMES, Tape, chosen
from playground.live import completing
from playground.runs import frames
from playground.runs.frames import Snapshot

PROBES = {
    "diagram": ("maps", "health"),
    "plane": ("maps", "line"),
    "filters": ("filters",),
    "confusion": ("verdicts",),
    "samples": ("verdicts",),
    "agreement": ("predictions",),
}
"""What a frame holds for each view beside what it was recorded with."""
TENSORS = "w/"
FEWER = 120
"""Frames where every one of them costs a look at all samples."""
MAX_BYTES = 5_500_000
"""Of a reel: with its letters (base64) and the page around it a file stays below 8 MB."""
MAX_UNPACKED = 64_000_000
"""Of a reel once it is unpacked in a browser."""
FINE = 4096
"""Tensors of so many numbers keep all their digits; larger ones are halved to 16 bits."""
HALF = float(np.finfo(np.float16).max)

Array = npt.NDArray[Any]


def pack(tape: Tape, folder: Path, views: Sequence[str], *, max_bytes: int = MAX_BYTES) -> bytes:
    """Return the tape's frames with their pictures, compressed, in `max_bytes` at most (two frames stay in any case).

    Args:
        tape: what is played.
        folder: the data folder.
        views: what it is shown by; tensors stay only for the diagram.
        max_bytes: how large it may be.
    """
    wanted = probes(views)
    steps = np.array([frame.step for frame in tape.frames], np.int64)
    most = most_frames(views)
    shown = [_shown(tape.frames[int(place)], tape, folder, wanted) for place in chosen(steps, most)]
    if "diagram" not in views:
        shown = [replace(frame, arrays=_without_tensors(frame.arrays)) for frame in shown]
    shown = whole(shown)
    size = max(sum(x.nbytes for x in frame.arrays.values()) for frame in shown)
    count = min(len(shown), max(2, MAX_UNPACKED // max(size, 1)))
    while True:
        steps = np.array([frame.step for frame in shown], np.int64)
        kept = [shown[int(place)] for place in chosen(steps, count)]
        packed = zlib.compress(frames.encode(reel(kept)), 6)
        if len(packed) <= max_bytes or count <= 2:
            return packed
        count = max(2, min(count - 1, int(0.95 * count * max_bytes / len(packed))))


def probes(views: Sequence[str]) -> tuple[str, ...]:
    """Return what these views want of a frame, beside its tensors."""
    return tuple(dict.fromkeys(probe for view in views for probe in PROBES.get(view, ())))


def most_frames(views: Sequence[str]) -> int:
    """Return how many frames a file for these views holds, at most."""
    return MAX_FRAMES if {"verdicts", "predictions"}.isdisjoint(probes(views)) else FEWER


def reel(shown: list[Snapshot]) -> Snapshot:
    """Return one snapshot with all frames in it: see above. Arrays that some frame lacks are left out."""
    first, last = shown[0], shown[-1]
    arrays: dict[str, Array] = {
        "step": np.array([frame.step for frame in shown], np.int64),
        "epoch": np.array([frame.epoch for frame in shown], np.float64),
    }
    for name in dict.fromkeys(name for frame in shown for name in frame.metrics):
        arrays[f"metric/{name}"] = np.array([frame.metrics.get(name, np.nan) for frame in shown])
    for name, example in first.arrays.items():
        like = (example.shape, example.dtype)
        own = [frame.arrays.get(name) for frame in shown]
        if all(x is not None and (x.shape, x.dtype) == like for x in own):
            arrays[f"track/{name}"] = _track(np.stack([x for x in own if x is not None]))
    return Snapshot(last.step, last.epoch, {}, arrays)


def _track(x: Array) -> Array:
    if x.dtype == np.uint8:
        x[1:] -= x[:-1].copy()  # modulo 256
        return x
    if x.dtype == np.float32 and x[0].size > FINE:
        return np.clip(x, -HALF, HALF).astype(np.float16)
    return x


def whole(shown: list[Snapshot]) -> list[Snapshot]:
    """Return the frames that hold what most of those with pictures hold; all, where none holds any.

    A large network is recorded with pictures only while somebody looks, and those of other moments cannot be had again.
    """
    pictured = [frame for frame in shown if frame.arrays]
    held = Counter(described for frame in pictured for described in _described(frame))
    usual = {described for described, count in held.items() if 2 * count >= len(pictured)}
    kept = [frame for frame in pictured if usual <= _described(frame)]
    return kept if len(kept) >= min(2, len(shown)) else shown


def _described(frame: Snapshot) -> set[tuple[str, tuple[int, ...], str]]:
    return {(name, x.shape, x.dtype.str) for name, x in frame.arrays.items()}


def _without_tensors(arrays: dict[str, Array]) -> dict[str, Array]:
    return {name: x for name, x in arrays.items() if not name.startswith(TENSORS)}


def _shown(frame: Snapshot, tape: Tape, folder: Path, wanted: tuple[str, ...]) -> Snapshot:
    encoded = frames.encode(frame)
    lacking = completing.lacks(encoded, tape.experiment, folder, wanted)
    if not lacking:
        return frame
    with np.errstate(all="ignore"):  # the last moments of a training that diverges
        return frames.decode(completing.complete(encoded, tape.experiment, folder, lacking))
