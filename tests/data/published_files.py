"""A small data set in MNIST's format, as its authors might publish one: real files and checksums, 40 + 20 pictures."""

from __future__ import annotations

import gzip
import hashlib
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np

from playground.data.published import MNIST, Published, PublishedFile

NUM_TRAIN, NUM_TEST = 40, 20


def idx(values: np.ndarray) -> bytes:
    head = bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape)
    return head + values.astype(np.uint8).tobytes()


def arrays(seed: int = 0) -> tuple[np.ndarray, ...]:
    random = np.random.default_rng(seed)
    return tuple(
        part
        for count in (NUM_TRAIN, NUM_TEST)
        for part in (random.integers(0, 256, (count, 28, 28)), np.arange(count) % 10)
    )


def packed(seed: int = 0) -> dict[str, bytes]:
    """Return the four files by name."""
    names = (file.name for file in MNIST.files)
    return {name: gzip.compress(idx(part), mtime=0) for name, part in zip(names, arrays(seed), strict=True)}


def published(files: dict[str, bytes], **changes: object) -> Published:
    """Return the description of these files."""
    described = []
    for name, data in files.items():
        plain = gzip.decompress(data)
        sums = (hashlib.sha256(part).hexdigest() for part in (data, plain))
        described.append(PublishedFile(name, len(data), next(sums), len(plain), next(sums)))
    small = replace(MNIST, files=tuple(described), num_train=NUM_TRAIN, num_test=NUM_TEST)
    return replace(small, **changes)  # type: ignore[arg-type]


def put(described: Published, files: dict[str, bytes], folder: Path) -> Path:
    """Put the files where they belong in a data folder, and return that place."""
    place = described.folder(folder)
    place.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (place / name).write_bytes(data)
    return place
