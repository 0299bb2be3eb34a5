"""Named random streams: the same seed and name give the same numbers, everywhere and for ever."""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return the generator that belongs to `seed` and a path of names.

    Streams with different names are independent, so a new layer never changes the numbers of another.

    Args:
        seed: a non-negative integer.
        names: for example `("init", "0.weight")` or `("shuffle", epoch)`.
    """
    path = [name if isinstance(name, int) else zlib.crc32(name.encode()) for name in names]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *path])))
