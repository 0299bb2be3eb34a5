"""Recordings that come with the playground, of examples whose training takes minutes: something moves at once.

A recording is a real training, made by `playground record` and shown as what it is. Its file is one xz stream of parts,
each behind its length (u32, little-endian): a header in JSON, the frames by step, and the history. To keep it small
only the last frame holds the networks' numbers, as float16; the others hold what was seen of them, generated pictures
in sixteen greys.
"""

from __future__ import annotations

import json
import lzma
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.presets import presets
from playground.runs import frames
from playground.runs.frames import Snapshot
from playground.spec import Experiment

WEIGHT = "w/"
SAMPLES = "gan/samples"
GREY = 17
"""Sixteen greys are as many as anyone sees in so small a picture."""
FOLDER = "recordings"
ENDING = ".xz"
_length = struct.Struct("<I")


@dataclass(frozen=True, eq=False)
class Shipped:
    """A recording.

    Attributes:
        facts: what its header says: `experiment` (a digest), `made` (the command), `engine`, `seconds` of training.
        steps: (P,) of the frames, ascending.
        frames: encoded.
        history: the metrics at each step, encoded as a frame of arrays.
    """

    facts: dict[str, Any]
    steps: npt.NDArray[np.int64]
    frames: tuple[bytes, ...]
    history: bytes


def pack(facts: dict[str, Any], shown: Sequence[Snapshot], history: dict[str, npt.NDArray[Any]]) -> bytes:
    """Return the file of a recording whose last frame holds the networks' tensors."""
    last = shown[-1]
    parts = [json.dumps(facts).encode()]
    parts += [frames.encode(replace(one, arrays=_light(one, whole=one is last))) for one in shown]
    parts.append(frames.encode(Snapshot(last.step, last.epoch, {}, history)))
    return lzma.compress(b"".join(_length.pack(len(part)) + part for part in parts), preset=9)


def unpack(file: bytes) -> Shipped:
    """Return the recording of a file that `pack` made."""
    stream, parts, at = lzma.decompress(file), list[bytes](), 0
    while at < len(stream):
        (size,) = _length.unpack_from(stream, at)
        at += _length.size
        parts.append(stream[at : at + size])
        at += size
    header, *shown, history = parts
    steps = np.array([frames.decode(frame).step for frame in shown], np.int64)
    return Shipped(json.loads(header), steps, tuple(shown), history)


def recording(experiment: Experiment) -> Shipped | None:
    """Return the recording of exactly this experiment, if one ships."""
    key = next((key for key, found in presets().items() if found.experiment == experiment), "")
    found = _read(key) if key else None
    return found if found is not None and found.facts["experiment"] == experiment.digest() else None


@cache
def _read(key: str) -> Shipped | None:
    file = resources.files("playground.presets") / FOLDER / f"{key}{ENDING}"
    return unpack(file.read_bytes()) if file.is_file() else None


def _light(one: Snapshot, *, whole: bool) -> dict[str, npt.NDArray[Any]]:
    found: dict[str, npt.NDArray[Any]] = {}
    for name, array in one.arrays.items():
        if name == SAMPLES:
            found[name] = (np.rint(array / GREY) * GREY).astype(np.uint8)
        elif not name.startswith(WEIGHT):
            found[name] = array
        elif whole:
            found[name] = array.astype(np.float16)
    return found
