"""Which steps of a batch count: texts are padded on the left, and where one has not begun nothing does.

What belongs to a batch travels beside the activations: the layer that knows where texts begin (`Embedding`) sets it in
the workspace, those behind read it, and one that ends the sequence or changes its length replaces it.

Legend: T steps, B samples.
"""

from __future__ import annotations

from dataclasses import dataclass

from engines.protocol import Array


@dataclass(frozen=True)
class Padding:
    """Where texts begin.

    Attributes:
        counts: (T, B) of the net's dtype, 0 before a text begins and 1 from there on; filled while a program runs.
    """

    counts: Array

    @property
    def length(self) -> int:
        """T."""
        return len(self.counts)
