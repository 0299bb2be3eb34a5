"""The state of a NumPy random generator as arrays, so that a checkpoint restores its draws exactly."""

from __future__ import annotations

import numpy as np

from engines.protocol import Array
from playground.spec.random import stream

WORD = (1 << 64) - 1


def dropout_stream(seed: int, name: str) -> np.random.Generator:
    """Return the generator of the layer called `name` in the model, `2` or `3.layers.1`: the same in every engine."""
    return stream(seed, "dropout", int(name) if name.isdigit() else name)


def generator_state(generator: np.random.Generator) -> Array:
    """Return the state of a PCG64 generator as uint64 (6,): two words of state, two of increment, what is half used."""
    whole = generator.bit_generator.state
    inner = whole["state"]
    words = [inner["state"] >> 64, inner["state"] & WORD, inner["inc"] >> 64, inner["inc"] & WORD]
    return np.array([*words, whole["has_uint32"], whole["uinteger"]], dtype=np.uint64)


def restore_generator(generator: np.random.Generator, words: Array) -> None:
    """Put a PCG64 generator into the state that `generator_state` returned."""
    high, low, inc_high, inc_low, has, half = (int(word) for word in words)
    generator.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": high << 64 | low, "inc": inc_high << 64 | inc_low},
        "has_uint32": has,
        "uinteger": half,
    }
