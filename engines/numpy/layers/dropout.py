"""Dropout."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from engines.numpy.block import Block
from engines.numpy.layer import Layer, layer
from playground.spec import layers


@layer(layers.Dropout)
class Dropout(Layer[layers.Dropout]):
    """y = x m / (1 − p) with m = 1 where u ≥ p, else 0, and u uniform in [0, 1); y = x outside training. Shapes stay.

    u is drawn as float32 (F, B), features first, whatever the net's dtype: the same masks in every engine that is
    asked for them. Srivastava et al., "Dropout" (2014), in torch's inverted form.
    """

    draws: ClassVar[bool] = True
    passes_through: ClassVar[bool] = True

    def forward(self, x: Block) -> Block:
        if not self.at.training or self.spec.p == 0:
            self.mask = None
            return x
        assert self.lasting.generator is not None
        uniform = np.empty((self.num_in, self.at.batch_size), np.float32)
        kept = np.empty(uniform.shape, np.bool_)
        self.mask = self.scratch()  # m / (1 − p)
        y = self.block(self.num_in)
        self.emit(self.lasting.generator.random, None, np.float32, uniform)
        self.emit(np.greater_equal, uniform, np.array(self.spec.p, np.float32), kept)
        self.emit(np.multiply, kept, self.scalar(1 / (1 - self.spec.p)), self.mask)
        self.emit(np.multiply, x.values, self.mask, y.values)
        return y

    def backward(self, dy: Block) -> Block:
        """dx = dy m / (1 − p)."""
        if self.mask is not None:
            self.emit(np.multiply, dy.values, self.mask, dy.values)
        return dy
