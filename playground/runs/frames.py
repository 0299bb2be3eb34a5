"""Frames: what came out of a run at one step, and its binary form on the wire and in the recording.

Layout of a frame (all numbers little-endian; the live stage's JavaScript reads the same bytes):

    u32 length of the header | header: JSON, padded with spaces | payload

    header = {"v": 1, "kind": "frame", "step": 1840, "epoch": 3.68, "metrics": {"loss": 0.04, "rmse": null},
              "arrays": [{"name": "w/0.weight", "dtype": "f4", "shape": [8, 2], "offset": 0}, …],
              "at": 1785000000.25}

The payload starts at a multiple of 8 and `offset` counts from there; every array starts at a multiple of 8,
and they follow each other in the order of the list without gaps. A metric is a JSON number; NaN travels as
`null` and the infinities as `"inf"` and `"-inf"`, because bare NaN is no JSON and a browser would refuse it.

This module knows no file, socket or trainer, and believes no buffer: every length is checked before its use.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass, field
from functools import lru_cache
from numbers import Integral, Real
from typing import Any, NoReturn, cast

import numpy as np
import numpy.typing as npt

__all__ = ["FrameError", "Snapshot", "decode", "encode", "is_glance"]

Array = npt.NDArray[Any]

VERSION = 1
MAX_HEADER = 1 << 20  # bytes
GLANCING = 40  # bytes: the kind stands at the beginning of a header
MAX_DIMENSIONS = 8
MAX_STEP = (1 << 63) - 1

DTYPES: dict[str, np.dtype[Any]] = {
    name: np.dtype(f"<{name}") for name in ("f2", "f4", "f8", "i1", "u1", "i2", "u2", "i4", "i8")
} | {"bool": np.dtype(np.bool_)}
names_of_dtypes = {dtype: name for name, dtype in DTYPES.items()}
length_format = struct.Struct("<I")


class FrameError(ValueError):
    """A snapshot that has no binary form, or bytes that are no frame."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What came out of a run at a step.

    `kind` is `"frame"`, `"history"` for metrics without arrays, or `"glance"` for arrays without metrics, which is only
    shown, never recorded. `at` is when it was taken, in seconds since 1970, 0 where nobody knows.
    """

    step: int
    epoch: float
    metrics: dict[str, float] = field(default_factory=dict[str, float])
    arrays: dict[str, Array] = field(default_factory=dict[str, Array])
    kind: str = "frame"
    at: float = 0.0


def encode(snapshot: Snapshot) -> bytes:
    """The binary form of `snapshot`. Raises FrameError for a dtype outside the list, a bad step or epoch."""
    entries: list[str] = []
    payload: list[bytes] = []
    offset = 0
    for name, given in snapshot.arrays.items():
        array = plain_array(name, given)
        entries.append(f"{described(name, array.dtype, array.shape)}{offset}}}")
        payload.append(array.tobytes())
        offset += array.nbytes
        if offset % 8:
            payload.append(bytes(-offset % 8))
            offset = padded(offset)
    header: dict[str, object] = {
        "v": VERSION,
        "kind": checked_text(snapshot.kind, "kind"),
        "step": checked_step(snapshot.step),
        "epoch": checked_epoch(snapshot.epoch),
        "metrics": {
            checked_text(name, "a metric"): metric_to_json(x) for name, x in snapshot.metrics.items()
        },
    }
    if snapshot.at:
        header["at"] = checked_time(snapshot.at)
    plain = json.dumps(header, allow_nan=False, separators=(",", ":"))
    text = f'{plain[:-1]},"arrays":[{",".join(entries)}]}}'.encode("ascii")
    text += b" " * (-(length_format.size + len(text)) % 8)
    if len(text) > MAX_HEADER:
        raise FrameError(f"header: {len(text)} bytes, at most {MAX_HEADER} expected")
    return b"".join((length_format.pack(len(text)), text, *payload))


def is_glance(frame: bytes) -> bool:
    """Whether a frame that `encode` has written is a glance; it is not decoded for that."""
    return b'"kind":"glance"' in frame[:GLANCING]


def decode(buffer: bytes | bytearray | memoryview) -> Snapshot:
    """The snapshot in `buffer`; its arrays are read-only views into `buffer`, nothing is copied.

    Raises FrameError for anything that `encode` cannot have written; never another exception.
    """
    data = memoryview(buffer).cast("B")
    header, start = read_header(data)
    if header.get("v") != VERSION:
        raise FrameError(f"version: {VERSION} expected, got {header.get('v')!r:.40}")
    metrics = {
        checked_text(name, "a metric"): metric_from_json(name, x)
        for name, x in checked_object(header.get("metrics"), "metrics").items()
    }
    arrays: dict[str, Array] = {}
    end = start
    for described in checked_list(header.get("arrays"), "arrays"):
        name, array = read_array(data, described, start, end)
        if name in arrays:
            raise FrameError(f"array {name!r:.80}: named twice")
        arrays[name] = array
        end += padded(array.nbytes)
    if end != len(data):
        raise FrameError(f"payload: {end - start} bytes expected, got {len(data) - start}")
    return Snapshot(
        step=checked_step(header.get("step")),
        epoch=checked_epoch(header.get("epoch")),
        metrics=metrics,
        arrays=arrays,
        kind=checked_text(header.get("kind"), "kind"),
        at=checked_time(header.get("at", 0.0)),
    )


# --- arrays ----------------------------------------------------------------------------------------------


def padded(length: int) -> int:
    return length + -length % 8


def plain_array(name: str, given: Array) -> Array:
    """`given` contiguous and little-endian."""
    if given.dtype in names_of_dtypes and given.flags.c_contiguous and given.ndim <= MAX_DIMENSIONS:
        return given
    little = given.dtype.newbyteorder("<")
    if little not in names_of_dtypes:
        raise FrameError(f"array {name!r}: one of {', '.join(DTYPES)} expected, got {given.dtype}")
    if given.ndim > MAX_DIMENSIONS:
        raise FrameError(f"array {name!r}: at most {MAX_DIMENSIONS} dimensions expected, got {given.ndim}")
    return np.asarray(given, dtype=little, order="C")


@lru_cache(maxsize=4096)
def described(name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> str:
    """An array's entry in the header up to its offset; the same arrays come in every frame of a run."""
    entry = {"name": checked_text(name, "an array"), "dtype": names_of_dtypes[dtype], "shape": list(shape)}
    return f'{json.dumps(entry, separators=(",", ":"))[:-1]},"offset":'


def read_array(data: memoryview, described: object, start: int, expected: int) -> tuple[str, Array]:
    """The array that a header's entry describes; it must begin at byte `expected` of `data`."""
    entry = checked_object(described, "array")
    name = checked_text(entry.get("name"), "an array")
    dtype = DTYPES.get(checked_text(entry.get("dtype"), "a dtype"))
    if dtype is None:
        raise FrameError(f"array {name!r:.80}: unknown dtype")
    shape = checked_list(entry.get("shape"), "shape")
    if len(shape) > MAX_DIMENSIONS or not all(type(n) is int and 0 <= n < 1 << 31 for n in shape):
        raise FrameError(f"array {name!r:.80}: bad shape")
    sizes = cast("list[int]", shape)
    length = math.prod(sizes) * dtype.itemsize
    if type(entry.get("offset")) is not int or entry["offset"] != expected - start:
        raise FrameError(f"array {name!r:.80}: bad offset")
    if padded(length) > len(data) - expected:
        raise FrameError(f"array {name!r:.80}: {length} bytes expected, got {len(data) - expected}")
    # An empty array may still have dimensions whose product overflows inside NumPy.
    if length == 0 and math.prod(n for n in sizes if n) > MAX_HEADER:
        raise FrameError(f"array {name!r:.80}: bad shape")
    array: Array = np.frombuffer(data[expected : expected + length], dtype=dtype).reshape(sizes)
    if dtype == np.bool_ and array.size and array.view(np.uint8).max() > 1:
        raise FrameError(f"array {name!r:.80}: a bool is 0 or 1")
    array.flags.writeable = False
    return name, array


# --- header ----------------------------------------------------------------------------------------------


def read_header(data: memoryview) -> tuple[dict[str, Any], int]:
    """The header's object and where the payload begins."""
    if len(data) < length_format.size:
        raise FrameError(f"{length_format.size} bytes at least expected, got {len(data)}")
    (length,) = length_format.unpack_from(data)
    start = length_format.size + length
    if length > MAX_HEADER or start > len(data) or start % 8:
        raise FrameError(f"header: a length of {length} does not fit")
    try:
        header = json.loads(
            str(data[length_format.size : start], "utf-8"),
            parse_constant=refuse_constant,
            object_pairs_hook=without_twins,
        )
    except (ValueError, RecursionError) as error:
        raise FrameError(f"header: {str(error)[:200]}") from None
    return checked_object(header, "header"), start


def refuse_constant(name: str) -> NoReturn:
    raise FrameError(f"{name} is no JSON")


def without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise FrameError("a name stands twice")
    return found


def checked_object(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FrameError(f"{place}: an object expected")
    return cast("dict[str, Any]", value)


def checked_list(value: object, place: str) -> list[Any]:
    if not isinstance(value, list):
        raise FrameError(f"{place}: a list expected")
    return cast("list[Any]", value)


def checked_text(value: object, place: str) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise FrameError(f"{place}: a text without NUL expected, got {value!r:.80}")
    return value


def checked_step(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral) or not 0 <= int(value) <= MAX_STEP:
        raise FrameError("step: a whole number from 0 below 2^63 expected")
    return int(value)


def checked_epoch(value: object) -> float:
    number = checked_number(value, "epoch")
    if not math.isfinite(number):
        raise FrameError(f"epoch: a finite number expected, got {number}")
    return number


def checked_time(value: object) -> float:
    number = checked_number(value, "at")
    if not 0 <= number < math.inf:
        raise FrameError(f"at: seconds since 1970 expected, got {number}")
    return number


def checked_number(value: object, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise FrameError(f"{place}: a number expected, got {value!r:.80}")
    try:
        return float(value)
    except OverflowError:
        raise FrameError(f"{place}: the number is too large") from None


def metric_to_json(value: float) -> float | str | None:
    number = checked_number(value, "a metric")
    if math.isfinite(number):
        return number
    return None if math.isnan(number) else "inf" if number > 0 else "-inf"


def metric_from_json(name: str, value: object) -> float:
    if value is None:
        return math.nan
    if isinstance(value, str) and value in ("inf", "-inf"):
        return float(value)
    number = checked_number(value, f"metric {name!r:.80}")
    if not math.isfinite(number):  # 1e999 is JSON, and infinite in Python
        raise FrameError(f"metric {name!r:.80}: an infinity travels as a text")
    return number
