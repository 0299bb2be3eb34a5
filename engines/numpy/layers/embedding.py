"""The embedding of tokens, and where texts begin.

Legend: T tokens, E numbers of a vector, V vectors, B samples; a sequence is (T, E, B) here.
"""

from __future__ import annotations

import numpy as np

from engines.numpy.block import Block
from engines.numpy.layer import Lasting, Layer, layer
from engines.numpy.padding import Padding
from engines.numpy.workspace import Workspace
from engines.protocol import Array
from playground.spec import Shape, sequence_layers


@layer(sequence_layers.Embedding)
class Embedding(Layer[sequence_layers.Embedding]):
    """y[t] = W[x[t]], (N, T) → (N, T, E). Parameters: W (V, E); row 0 gets no gradient. Bengio et al. (2003)."""

    def __init__(
        self, spec: sequence_layers.Embedding, shape: Shape, lasting: Lasting, at: Workspace
    ) -> None:
        super().__init__(spec, shape, lasting, at)
        self.weight = lasting.parameters.reshape(-1, spec.embedding_dim)
        self.gradient = lasting.gradient.reshape(-1, spec.embedding_dim)

    def forward(self, x: Block) -> Block:
        length, width, batch = self.num_in, self.spec.embedding_dim, self.at.batch_size
        self.ids = np.empty((length, batch), np.int64)
        there = np.empty((length, batch), np.bool_)
        counts = np.empty((length, batch), self.at.dtype)
        rows = np.empty((length, batch, width), self.at.dtype)
        y = self.block(length * width)
        self.emit(np.copyto, self.ids, x.values, "unsafe")
        self.emit(np.not_equal, self.ids, 0, there)
        self.emit(np.logical_or.accumulate, there, 0, None, there)
        self.emit(np.copyto, counts, there)
        self.emit(np.take, self.weight, self.ids, 0, rows, "clip")
        self.emit(np.copyto, y.values.reshape(length, width, batch, copy=False), rows.transpose(0, 2, 1))
        self.at.padding = Padding(counts)
        return y

    def backward(self, dy: Block) -> Block:
        """dW[v] = Σ dy[t] over all t where x[t] = v; dx = 0, since a token is no number."""
        width = self.spec.embedding_dim
        rows = np.empty((self.num_in, self.at.batch_size, width), self.at.dtype)
        sequence = dy.values.reshape(self.num_in, width, self.at.batch_size, copy=False)
        self.emit(np.copyto, rows, sequence.transpose(0, 2, 1))
        self.emit(_add_rows, self.gradient, self.ids.reshape(-1), rows.reshape(-1, width))
        dx = self.block(self.num_in)
        if self.wants_dx:
            self.emit(dx.values.fill, 0)
        return dx


def _add_rows(total: Array, ids: Array, rows: Array) -> None:
    """Make total[v] the sum of the rows whose id is v, and that of id 0 zero.

    Sorted by id, the rows of one are neighbours, and `add.reduceat` sums them; ids that fit in 16 bits are sorted by
    counting.
    """
    small = ids.astype(np.uint16) if len(total) <= 1 << 16 else ids
    order = small.argsort(kind="stable")
    ids = ids.take(order)
    starts = np.flatnonzero(ids[1:] != ids[:-1]) + 1
    starts = np.concatenate([[0], starts])
    total.fill(0)
    total[ids.take(starts)] = np.add.reduceat(rows.take(order, axis=0), starts, axis=0)
    total[0] = 0
