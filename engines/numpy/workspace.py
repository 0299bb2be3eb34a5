"""One batch size of one net: the memory of a pass, and the programs that fill it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from engines.numpy.block import Block
from engines.numpy.layer import LAYERS, Lasting, Layer
from engines.numpy.padding import Padding
from engines.numpy.program import Program
from engines.numpy.shortcuts import Part, placed, shortened
from engines.protocol import Array
from playground.spec import LayerSpec, ModelSpec, Shape

POOL_ELEMENTS = 1 << 16
"""Up to this size the outputs of one kind of activation lie side by side; above it they would leave the cache."""


class Pool:
    """The outputs of all activations of one kind, side by side, so that one pass gives the slopes of all."""

    def __init__(self, num_rows: int, batch_size: int, dtype: np.dtype) -> None:
        self.y = np.ones((num_rows, batch_size), dtype)
        self.slope = np.empty_like(self.y)
        self.has_slope = False
        self._used = 0

    def take(self, num_features: int) -> tuple[Block, Array]:
        """Return the next output block (num_features, B) and its slope (num_features, B)."""
        start, self._used = self._used, self._used + num_features + 1
        return Block(self.y[start : self._used]), self.slope[start : self._used - 1]


class Workspace:
    """The layers of a net at one batch size.

    Args:
        model: the layers' specifications.
        shape: of one sample.
        lasting: the numbers that the layers share with other workspaces, in the order of the layers.
        batch_size: B.
        training: whether dropout drops and batch normalisation looks at the batch.
        rows: where the input lies: (B, F), or (B, F + 1) with a column of ones if `takes_ones(model.layers)`.
        frozen: batch normalisation takes its running statistics, and leaves them as they are.
        unseen: nobody looks at what lies between the layers: they may run in another order with the same results.

    Attributes:
        outputs: the output of every layer.
        program: what is appended to now.
        padding: which steps count of what the layer that is being written reads; None where all do.
    """

    def __init__(
        self,
        model: ModelSpec,
        shape: Shape,
        lasting: Sequence[Lasting],
        batch_size: int,
        training: bool,
        rows: Array,
        *,
        frozen: bool = False,
        unseen: bool = False,
    ) -> None:
        self.batch_size = batch_size
        self.training = training
        self.frozen = frozen
        self.dtype = rows.dtype
        self.rows = rows
        self.program = Program()
        self.padding: Padding | None = None
        parts = [
            Part(LAYERS[type(spec)], spec, numbers)
            for spec, numbers in zip(model.layers, lasting, strict=True)
        ]
        if unseen:
            parts = shortened(parts)
        self._pools = _pools(placed(parts, shape), batch_size, self.dtype)
        self.layers: list[Layer[Any]] = [
            part.kind(part.spec, inner, part.lasting, self) for part, inner in placed(parts, shape)
        ]
        block = Block.of_rows(rows, self.layers[0].num_in)
        self.outputs: list[Block] = []
        for one in self.layers:
            block = one.forward(block)
            self.outputs.append(block)
        self.forward = self.program
        self.y = block

    def emit(self, function: Any, *arguments: object, **options: object) -> None:
        """Append a call to the program that is being written."""
        self.program.emit(function, *arguments, **options)

    def backward(self, dy: Block, *, wants_dx: bool) -> tuple[Program, Block]:
        """Return the program from dL/dy to all gradients, and the block of dL/dx, which is undefined unless wanted.

        Without `wants_dx` the program ends at the first layer that has parameters.
        """
        self.program = Program()
        learns = [one.lasting.parameters.size > 0 for one in self.layers]
        first = 0 if wants_dx else learns.index(True) if any(learns) else len(learns)
        for index in reversed(range(first, len(self.layers))):
            self.layers[index].wants_dx = wants_dx or index > first
            dy = self.layers[index].backward(dy)
        return self.program, dy

    def pool(self, kind: type, num_features: int) -> Pool:
        """Return the pool for an output of this kind of layer: the shared one, or one of its own."""
        return self._pools.get(kind) or Pool(num_features + 1, self.batch_size, self.dtype)


def takes_ones(layers: Sequence[LayerSpec]) -> bool:
    """Return whether the input should carry a column of ones: whether the first layer that works on it wants one."""
    for spec in layers:
        kind = LAYERS[type(spec)]
        if not kind.passes_through:
            return kind.wants_ones(spec)
    return False


def _pools(layers: Sequence[tuple[Part, Shape]], batch_size: int, dtype: np.dtype) -> dict[type, Pool]:
    rows: Counter[type] = Counter()
    for part, at in layers:
        for kind, shape in _every(part.kind, part.spec, at):
            if kind.pooled:
                rows[kind] += int(np.prod(shape)) + 1
    return {
        kind: Pool(num_rows, batch_size, dtype)
        for kind, num_rows in rows.items()
        if num_rows * batch_size <= POOL_ELEMENTS
    }


def _every(kind: type[Layer[Any]], spec: Any, shape: Shape) -> Iterator[tuple[type[Layer[Any]], Shape]]:
    """Yield how a layer is done and the shape of its input, and the same of the layers inside it."""
    yield kind, shape
    for _, inner, at in kind.parts(spec, shape):
        yield from _every(LAYERS[type(inner)], inner, at)
