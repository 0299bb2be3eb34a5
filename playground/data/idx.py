"""The IDX format of MNIST's authors: a magic number, the sizes of the axes, then bytes. Knows no file and no data set.

LeCun, Cortes and Burges, "The MNIST database": two zeros, the type (8: unsigned bytes), the number of axes, then one
32-bit size for each axis, the most significant byte first.
"""

from __future__ import annotations

import math
import struct

import numpy as np
import numpy.typing as npt

from playground.spec import SpecError

UNSIGNED_BYTES = 8


def read_idx(data: bytes, shape: tuple[int, ...], place: str) -> npt.NDArray[np.uint8]:
    """Return the array (`shape`) that `data` hold.

    Args:
        data: a whole IDX file, unpacked.
        shape: what it has to hold.
        place: how a refusal calls the file.

    Raises:
        SpecError: `source.idx_magic` if it is no IDX file of bytes with so many axes, `source.idx_shape` if the sizes
            are others, `source.idx_size` if there are more or fewer bytes than the sizes say.
    """
    head = 4 + 4 * len(shape)
    magic = bytes((0, 0, UNSIGNED_BYTES, len(shape)))
    if data[:4] != magic:
        raise SpecError("source.idx_magic", place=place, value=data[:4].hex(" "), expected=magic.hex(" "))
    if len(data) < head:
        raise SpecError(
            "source.idx_size", place=place, value=len(data), expected=f"{head + math.prod(shape):,}"
        )
    found = struct.unpack(f">{len(shape)}I", data[4:head])
    if found != shape:
        wanted, there = (" × ".join(map(str, sizes)) for sizes in (shape, found))
        raise SpecError("source.idx_shape", place=place, value=there, expected=wanted)
    if len(data) != head + math.prod(shape):
        raise SpecError(
            "source.idx_size", place=place, value=len(data), expected=f"{head + math.prod(shape):,}"
        )
    return np.frombuffer(data, np.uint8, offset=head).reshape(shape)
