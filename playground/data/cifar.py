"""CIFAR-10's binary version: an archive of six files, each 10,000 records of a class and 3 × 32 × 32 pixels.

Krizhevsky, "The CIFAR-10 dataset", binary version: the label's byte, then 1,024 bytes of red, green and blue, row by
row. Nothing is unpacked to disk: the members are read by their exact names and sizes, whatever else the archive holds.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from playground.data.prepared import Raw
from playground.data.published import Published, verified
from playground.data.splitting import mixed
from playground.spec import SpecError

CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SHAPE = (3, 32, 32)
RECORD = 1 + 3 * 32 * 32
FILES = (
    *(f"cifar-10-batches-bin/data_batch_{number}.bin" for number in range(1, 6)),
    "cifar-10-batches-bin/test_batch.bin",
)
MAX_MEMBERS = 50


def read(published: Published, folder: Path | None) -> Raw:
    """Return the pictures of the archive in the data folder, those to train on mixed, their classes taking turns.

    Raises:
        SpecError: if the archive is missing, damaged or holds something else.
    """
    path, _ = verified(published, published.files[0], folder)
    parts = read_archive(path, published.num_test)
    pixels, classes = (np.concatenate(each) for each in zip(*parts[:-1], strict=True))
    order = mixed(classes, published.kind)
    return Raw(pixels[order], classes[order], *parts[-1])


def read_archive(path: Path, records: int) -> list[tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]]:
    """Return pixels (N, 3, 32, 32) and classes (N,) of the six files in their order.

    Args:
        path: the archive, `.tar.gz`.
        records: how many each file holds.

    Raises:
        SpecError: `source.archive` if it cannot be read, or a file is missing, is none, or has another size;
            `source.idx_class` if a class is not 0 to 9.
    """
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r|gz") as archive:
            for number, member in enumerate(archive):
                if number >= MAX_MEMBERS or len(found) == len(FILES):
                    break
                if member.name in FILES and member.isreg() and member.size == records * RECORD:
                    content = archive.extractfile(member)
                    assert content is not None, "a regular file has content"
                    found[member.name] = content.read(member.size)
    except (tarfile.TarError, EOFError, OSError):
        raise SpecError("source.archive", value=str(path), expected=", ".join(FILES)) from None
    if set(found) != set(FILES) or any(len(data) != records * RECORD for data in found.values()):
        raise SpecError("source.archive", value=str(path), expected=", ".join(FILES))
    return [_records(found[name], name) for name in FILES]


def _records(data: bytes, name: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    table = np.frombuffer(data, np.uint8).reshape(-1, RECORD)
    classes = table[:, 0].astype(np.int64)
    if classes.max() > 9:
        raise SpecError("source.idx_class", place=name, value=int(classes.max()))
    return table[:, 1:].reshape(-1, *SHAPE), classes
