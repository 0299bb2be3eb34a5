"""Activations and their gradients as this engine keeps them: feature-major, with room for a row of ones.

Legend: F features of one sample (all its axes, in C order), B samples of a batch. An activation is (F, B) and lies in
an array (F + 1, B) whose last row is ones: a weight matrix with the bias as its last column then needs one product
for everything, W x + b forward, and dW with db, and dx, backward.
"""

from __future__ import annotations

import numpy as np

from engines.protocol import Array


class Block:
    """One activation or gradient.

    Attributes:
        values: (F, B).
        augmented: (F + 1, B), the same memory and the row below. In a gradient that row has no meaning.
    """

    __slots__ = ("augmented", "values")

    def __init__(self, augmented: Array) -> None:
        self.augmented = augmented
        self.values = augmented[:-1]

    @classmethod
    def empty(cls, num_features: int, batch_size: int, dtype: np.dtype) -> Block:
        """Return a block (num_features, batch_size) of undefined values above its row of ones."""
        augmented = np.empty((num_features + 1, batch_size), dtype)
        augmented[-1] = 1
        return cls(augmented)

    @classmethod
    def of_rows(cls, rows: Array, num_features: int) -> Block:
        """Return samples (B, num_features), or (B, num_features + 1) with a column of ones, seen as a block."""
        block = cls.__new__(cls)
        block.augmented = rows.T
        block.values = rows[:, :num_features].T
        return block
