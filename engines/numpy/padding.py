"""Which steps of a batch count: texts are padded on the left, and where one has not begun nothing does.

What belongs to a batch travels beside the activations: the layer that knows where texts begin (`Embedding`) sets it in
the workspace, those behind read it, and one that ends the sequence or changes its length replaces it.

Legend: T steps, F features, B samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engines.protocol import Array
from playground.spec.sequence_layers import TimeWindows


@dataclass(frozen=True)
class Padding:
    """Where texts begin.

    Attributes:
        counts: (T, B) of the net's dtype, 0 before a text begins and 1 from there on; filled while a program runs.
    """

    counts: Array

    @property
    def factor(self) -> Array:
        """`counts` as what a sequence (T, F, B) is multiplied with: (T, 1, B)."""
        return self.counts[:, None]

    def nothing(self, emit: Any) -> Array:
        """Append what tells where nothing counts, and return it: (T, 1, B) bool."""
        found = np.empty(self.counts.shape, np.bool_)
        emit(np.equal, self.counts, 0, found)
        return found[:, None]

    def behind(self, emit: Any, windows: TimeWindows, positions: int) -> Padding:
        """Append what counts of the outputs of windows, and return it: whatever has seen a step that counts."""
        newest = np.array([windows.newest(position, len(self.counts)) for position in range(positions)])
        found = np.empty((positions, self.counts.shape[1]), self.counts.dtype)
        emit(np.take, self.counts, newest, 0, found, "clip")
        if newest[0] < 0:  # the first windows lie in the margin alone
            emit(found[: int((newest < 0).sum())].fill, 0)
        return Padding(found)
