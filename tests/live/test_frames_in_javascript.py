"""The browser reads every frame as Python wrote it, and refuses what Python refuses."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from playground.live.assets import FOLDER
from playground.live.envelope import with_fields
from playground.runs import frames
from playground.runs.frames import DTYPES, FrameError, Snapshot
from tests.live.node import said


def read_in_javascript(messages: list[bytes], folder: Path) -> list[dict[str, Any]]:
    """Return what frame.js makes of each message."""
    script = folder / "frame.mjs"  # node takes .mjs for a module without being told
    script.write_text((FOLDER / "frame.js").read_text())
    paths = []
    for number, message in enumerate(messages):
        path = folder / f"{number}.bin"
        path.write_bytes(message)
        paths.append(path)
    found = [json.loads(line, parse_int=float) for line in said("decode.mjs", script, *paths).splitlines()]
    return [line | ({"arrays": sorted(line["arrays"])} if "arrays" in line else {}) for line in found]


def plain(value: float) -> float | str:
    if math.isnan(value):
        return "NaN"
    return value if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"


def as_python_reads(message: bytes) -> dict[str, Any]:
    found = frames.decode(message)
    arrays = [
        [
            name,
            str(array.dtype.str[1:]).replace("b1", "bool"),
            list(array.shape),
            [plain(float(x)) for x in array.ravel()],
        ]
        for name, array in found.arrays.items()
    ]
    return {
        "kind": found.kind,
        "step": found.step,
        "epoch": found.epoch,
        "metrics": {name: plain(value) for name, value in found.metrics.items()},
        "arrays": sorted(arrays),
        "at": found.at,
    }


def examples() -> list[bytes]:
    random = np.random.default_rng(0)
    every = {
        dtype: (random.normal(0, 50, (3, 5)) if kind.kind == "f" else random.integers(0, 2, (3, 5))).astype(
            kind
        )
        for dtype, kind in DTYPES.items()
    }
    edges = {
        "tiny": np.array([5e-324, 1e-45, 6e-8, 65504, -0.0], "f8"),
        "half": np.array([6e-8, 6.1e-5, 65504, np.inf, -np.inf, np.nan, -1.5], "f2"),
        "single": np.array([1e-45, np.inf, -np.inf, np.nan, 3.4e38], "f4"),
        "long": np.array([-(2**53), 2**53 - 1, 0], "i8"),
        "nothing": np.zeros((0, 7), "u1"),
        "point": np.array(7, "i4"),
        "odd": np.arange(13, dtype="u1"),
        "deep": np.zeros((1, 2, 1, 2, 1, 2, 1, 2), "u2"),
        "größe/α": np.ones(1, "f4"),
    }
    metrics = {"loss": 0.25, "none": math.nan, "up": math.inf, "down": -math.inf, "准确率": 1e-300}
    return [
        frames.encode(Snapshot(0, 0.0)),
        frames.encode(Snapshot(1840, 3.68, metrics, every)),
        frames.encode(Snapshot(2**53 - 1, 1e9, {}, edges, "history", at=1785000000.125)),
        with_fields(frames.encode(Snapshot(3, 0.5, {"a": 1.0}, every)), id=12, setup={"a": [1, None, "ü"]}),
    ]


def test_every_frame_is_read_as_it_was_written(tmp_path: Path):
    messages = examples()
    assert read_in_javascript(messages, tmp_path) == [as_python_reads(message) for message in messages]


def test_a_frame_that_is_cut_short_is_refused(tmp_path: Path):
    whole = examples()[1]
    cut = [whole[:length] for length in range(0, len(whole), 61)] + [whole + bytes(8)]
    assert all("error" in read for read in read_in_javascript(cut, tmp_path))


def test_a_damaged_frame_is_read_alike_by_both_or_refused_by_both(tmp_path: Path):
    whole = examples()[1]
    random = np.random.default_rng(1)
    damaged = []
    for _ in range(300):
        broken = bytearray(whole)
        broken[int(random.integers(0, len(whole)))] ^= 1 << int(random.integers(0, 8))
        damaged.append(bytes(broken))
    for message, read in zip(damaged, read_in_javascript(damaged, tmp_path), strict=True):
        try:
            expected = as_python_reads(message)
        except FrameError:
            expected = None
        assert ("error" in read) if expected is None else different(read, expected) == []


def different(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Return the names of the parts that are not the same."""
    return [name for name in one.keys() | other.keys() if one.get(name) != other.get(name)]
