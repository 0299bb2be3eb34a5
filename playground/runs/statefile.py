"""One state of a run as a safetensors file: tensors, the run's own JSON beside them, and a SHA-256 of both.

The metadata of the file has two texts: `run`, the JSON of `{"step": …, "meta": …}`, and `sha256`. Loading
believes nothing whose digest does not fit, so a changed byte gives either the same state or a
CheckpointError.

Knows no trainer and no choice of file names: checkpoint.py and keyframes.py decide which files there are.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, cast

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy

from playground.runs.durable import write_whole

Array = npt.NDArray[Any]
Tensors = Mapping[str, npt.NDArray[Any]]

MAX_STEP = (1 << 63) - 1
dtypes = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BOOL": "|b1",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1",
}  # fmt: skip


class CheckpointError(ValueError):
    """A file that is no whole state, or a state that has no file form."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A state read back from `path`; the arrays are writable and belong to the caller."""

    path: Path
    step: int
    meta: dict[str, object]
    state: dict[str, Array]


class StoredTensor(TypedDict):
    """What safetensors.deserialize gives for one tensor; `data` is a copy of its own."""

    dtype: str
    shape: list[int]
    data: bytearray


def write(path: Path, temporary: Path, step: int, meta: Mapping[str, object], state: Tensors) -> None:
    """Write one state to `path`, durably.

    Raises CheckpointError for a state or meta that has no file form, OSError where the disk refuses.
    """
    if type(step) is not int or not 0 <= step <= MAX_STEP:
        raise CheckpointError(f"step: a whole number from 0 expected, got {step!r}")
    tensors = {name: plain(name, array) for name, array in state.items()}
    try:
        text = json.dumps(to_plain({"step": step, "meta": dict(meta)}), allow_nan=False, sort_keys=True)
        metadata = {"run": text, "sha256": digest(text, tensors)}
        content = safetensors.numpy.save(dict(tensors), metadata)
    except (TypeError, ValueError, RecursionError, safetensors.SafetensorError) as error:
        raise CheckpointError(f"meta or state: {error}") from None
    write_whole(path, temporary, lambda file: file.write(content))


def load(path: Path) -> Checkpoint:
    """Read and verify one state. Raises CheckpointError for damage of any kind, OSError if it cannot be
    read."""
    content = path.read_bytes()
    try:
        tensors = dict(read_tensors(content))
        metadata = read_metadata(content)
        text = metadata["run"]
        if metadata["sha256"] != digest(text, tensors):
            raise CheckpointError("the digest does not fit")
        run = from_plain(json.loads(text))
        return Checkpoint(path, run["step"], run["meta"], tensors)
    except (
        ValueError,
        KeyError,
        TypeError,
        RecursionError,
        struct.error,
        safetensors.SafetensorError,
    ) as error:
        raise CheckpointError(f"{path.name}: {error}") from None


def newest_whole(found: Mapping[int, Path], step: int) -> Checkpoint | None:
    """The whole file with the nearest step ≤ `step` among `found` (by step); damaged ones are passed over."""
    for known in sorted((known for known in found if known <= step), reverse=True):
        try:
            checkpoint = load(found[known])
        except (CheckpointError, OSError):
            continue
        if checkpoint.step == known:
            return checkpoint
    return None


# --- tensors and digest -------------------------------------------------------------------------------


def read_tensors(content: bytes) -> Iterator[tuple[str, Array]]:
    """Name and array of each tensor in a file's content."""
    deserialize = cast("Any", safetensors).deserialize
    stored = cast("list[tuple[str, StoredTensor]]", deserialize(content))
    for name, tensor in stored:
        dtype = dtypes.get(tensor["dtype"])
        if dtype is None:
            raise CheckpointError(f"tensor {name!r}: unknown dtype {tensor['dtype']}")
        yield name, np.frombuffer(tensor["data"], dtype=dtype).reshape(tensor["shape"])


def read_metadata(content: bytes) -> dict[str, str]:
    """The texts beside the tensors."""
    # The library reads metadata from a path only, and a second read could see another file.
    (length,) = struct.unpack_from("<Q", content)
    return json.loads(content[8 : 8 + length])["__metadata__"]


def digest(text: str, tensors: Tensors) -> str:
    """SHA-256 over the metadata and over every tensor's name, dtype, shape and bytes."""
    sha = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    for name in sorted(tensors):
        array = tensors[name]
        sha.update(f"\0{name}\0{array.dtype.str}\0{array.shape}\0".encode("utf-8", "surrogatepass"))
        sha.update(array.data if array.size else b"")
    return sha.hexdigest()


def plain(name: str, given: Array) -> Array:
    """`given` contiguous, little-endian, of a dtype that safetensors and NumPy share."""
    little = given.dtype.newbyteorder("<")
    if name == "__metadata__":
        raise CheckpointError(f"tensor {name!r}: the format needs this name for itself")
    if little.str not in dtypes.values():
        raise CheckpointError(f"tensor {name!r}: no file form for {given.dtype}")
    return np.asarray(given, dtype=little, order="C")


# --- JSON that keeps NaN ------------------------------------------------------------------------------


def to_plain(value: object) -> object:
    """Strict JSON: NaN and infinities become `{"$float": "nan"}`. Raises CheckpointError for other names
    than text."""
    match value:
        case float() if not math.isfinite(value):
            return {"$float": str(float(value))}
        case dict():
            entries = cast("dict[object, object]", value)
            if "$float" in entries or not all(isinstance(key, str) for key in entries):
                raise CheckpointError("names must be texts other than '$float'")
            return {key: to_plain(entry) for key, entry in entries.items()}
        case list() | tuple():
            return [to_plain(entry) for entry in cast("list[object]", value)]
        case _:
            return value


def from_plain(value: Any) -> Any:
    """What to_plain was given, lists for tuples."""
    match value:
        case {"$float": str(text)}:
            return float(text)
        case dict():
            return {key: from_plain(entry) for key, entry in cast("dict[str, Any]", value).items()}
        case list():
            return [from_plain(entry) for entry in cast("list[Any]", value)]
        case _:
            return value
