"""Softmax as a layer. Before cross-entropy it is not wanted: that loss takes logits."""

from __future__ import annotations

import numpy as np

from engines.numpy.block import Block
from engines.numpy.layer import Lasting, Layer, layer
from engines.numpy.workspace import Workspace
from engines.protocol import Array
from playground.spec import Shape, layers


@layer(layers.Softmax)
class Softmax(Layer[layers.Softmax]):
    """yᵢ = e^xᵢ / Σⱼ e^xⱼ over the features of each sample, (N, F) → (N, F). The maximum is taken off first.

    Of a sequence (N, T, F) over the features of each step.
    """

    def __init__(self, spec: layers.Softmax, shape: Shape, lasting: Lasting, at: Workspace) -> None:
        super().__init__(spec, shape, lasting, at)
        self.steps = (shape[0], shape[1], at.batch_size) if len(shape) == 2 else None  # (T, F, B)

    def forward(self, x: Block) -> Block:
        y = self.block(self.num_in)
        if self.steps:
            self._forward_steps(
                x.values.reshape(self.steps, copy=False), y.values.reshape(self.steps, copy=False)
            )
            return y
        self.y = y.values
        row = np.empty(self.at.batch_size, self.at.dtype)  # the maximum, then the sum of each sample (B,)
        self.ones = np.ones(self.num_in, self.at.dtype)
        self.emit(np.maximum.reduce, x.values, 0, None, row)
        self.emit(np.subtract, x.values, row, self.y)
        self.emit(np.exp, self.y, self.y)
        self.emit(self.ones.dot, self.y, row)
        self.emit(np.divide, self.y, row, self.y)
        return y

    def backward(self, dy: Block) -> Block:
        """dxᵢ = yᵢ (dyᵢ − Σⱼ dyⱼ yⱼ), from ∂yⱼ/∂xᵢ = yⱼ (δᵢⱼ − yᵢ)."""
        if self.steps:
            self._backward_steps(dy.values.reshape(self.steps, copy=False))
            return dy
        product, row = self.scratch(), np.empty(self.at.batch_size, self.at.dtype)
        self.emit(np.multiply, dy.values, self.y, product)
        self.emit(self.ones.dot, product, row)
        self.emit(np.subtract, dy.values, row, dy.values)
        self.emit(np.multiply, dy.values, self.y, dy.values)
        return dy

    def _forward_steps(self, x: Array, y: Array) -> None:
        self.y = y
        row = np.empty((len(x), 1, self.at.batch_size), self.at.dtype)
        self.emit(np.maximum.reduce, x, 1, None, row[:, 0])
        self.emit(np.subtract, x, row, y)
        self.emit(np.exp, y, y)
        self.emit(np.add.reduce, y, 1, None, row[:, 0])
        self.emit(np.divide, y, row, y)

    def _backward_steps(self, dy: Array) -> None:
        product, row = np.empty_like(self.y), np.empty((len(dy), 1, self.at.batch_size), self.at.dtype)
        self.emit(np.multiply, dy, self.y, product)
        self.emit(np.add.reduce, product, 1, None, row[:, 0])
        self.emit(np.subtract, dy, row, dy)
        self.emit(np.multiply, dy, self.y, dy)
