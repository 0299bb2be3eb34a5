"""Softmax as a layer. Before cross-entropy it is not wanted: that loss takes logits."""

from __future__ import annotations

import numpy as np

from engines.numpy.block import Block
from engines.numpy.layer import Layer, layer
from playground.spec import layers


@layer(layers.Softmax)
class Softmax(Layer[layers.Softmax]):
    """yᵢ = e^xᵢ / Σⱼ e^xⱼ over the features of each sample, (N, F) → (N, F). The maximum is taken off first."""

    def forward(self, x: Block) -> Block:
        y = self.block(self.num_in)
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
        product, row = self.scratch(), np.empty(self.at.batch_size, self.at.dtype)
        self.emit(np.multiply, dy.values, self.y, product)
        self.emit(self.ones.dot, product, row)
        self.emit(np.subtract, dy.values, row, dy.values)
        self.emit(np.multiply, dy.values, self.y, dy.values)
        return dy
