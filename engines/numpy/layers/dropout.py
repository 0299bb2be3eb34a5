"""Dropout."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from engines.numpy.block import Block
from engines.numpy.layer import Lasting, Layer, layer
from engines.numpy.workspace import Workspace
from engines.protocol import Array
from playground.spec import Shape, image_layers, layers


@layer(layers.Dropout)
class Dropout(Layer[Any]):
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
        uniform = np.empty((self.num_masks, self.at.batch_size), np.float32)
        kept = np.empty(uniform.shape, np.bool_)
        self.mask = np.empty(uniform.shape, self.at.dtype)  # m / (1 − p)
        y = self.block(self.num_in)
        self.emit(self.lasting.generator.random, None, np.float32, uniform)
        self.emit(np.greater_equal, uniform, np.array(self.spec.p, np.float32), kept)
        self.emit(np.multiply, kept, self.scalar(1 / (1 - self.spec.p)), self.mask)
        self._apply(x.values, y.values)
        return y

    def backward(self, dy: Block) -> Block:
        """dx = dy m / (1 − p)."""
        if self.mask is not None:
            self._apply(dy.values, dy.values)
        return dy

    @property
    def num_masks(self) -> int:
        """How many numbers of a sample fall or stay independently."""
        return self.num_in

    def _apply(self, values: Array, result: Array) -> None:
        """Append result = values m / (1 − p)."""
        assert self.mask is not None
        mask = self.mask[:, None]
        shape = self.num_masks, -1, self.at.batch_size
        self.emit(np.multiply, values.reshape(shape, copy=False), mask, result.reshape(shape, copy=False))


@layer(image_layers.Dropout2d)
class Dropout2d(Dropout):
    """As Dropout with one u for each channel of each sample, (C, B). (N, C, H, W) stays. Tompson et al. (2015)."""

    def __init__(self, spec: Any, shape: Shape, lasting: Lasting, at: Workspace) -> None:
        super().__init__(spec, shape, lasting, at)
        self.channels = shape[0]

    @property
    def num_masks(self) -> int:
        return self.channels
