"""Frames: what came out of a run at one step, and its binary form on the wire and in the recording.

Layout of a frame (all numbers little-endian; the live stage's JavaScript reads the same bytes):

    u32 length of the header | header: JSON, padded with spaces to a multiple of 8 | payload

    header = {"v": 1, "kind": "frame", "step": 1840, "epoch": 3.68, "metrics": {"loss": 0.04, "rmse": null},
              "arrays": [{"name": "w/0.weight", "dtype": "f4", "shape": [8, 2], "offset": 0}, …]}

`offset` counts from the start of the payload, which itself starts at a multiple of 8; every array starts at a
multiple of 8 and they follow each other in the order of the list. A metric is a JSON number; NaN travels as `null`,
the infinities as `"inf"` and `"-inf"`, because bare NaN is no JSON and a browser would refuse the whole frame.

This module knows no file, socket or trainer, and believes no buffer: every length is checked before it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["FrameError", "Snapshot", "decode", "encode"]

type_names = ("f2", "f4", "f8", "i1", "u1", "i2", "i4", "i8", "bool")


class FrameError(ValueError):
    """A snapshot that has no binary form, or bytes that are no frame."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What came out of a run at a step. `kind` is `"frame"`, or `"history"` for metrics without arrays."""

    step: int
    epoch: float
    metrics: dict[str, float] = field(default_factory=dict[str, float])
    arrays: dict[str, npt.NDArray[np.generic]] = field(default_factory=dict[str, npt.NDArray[np.generic]])
    kind: str = "frame"


def encode(snapshot: Snapshot) -> bytes:
    """The binary form of `snapshot`. Raises FrameError for a dtype outside the list or a bad step, epoch or name."""
    raise NotImplementedError


def decode(buffer: bytes | bytearray | memoryview) -> Snapshot:
    """The snapshot in `buffer`; its arrays are read-only views into `buffer`, nothing is copied.

    Raises FrameError for anything that `encode` cannot have written; never another exception.
    """
    raise NotImplementedError
