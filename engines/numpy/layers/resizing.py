"""Layers that make an image smaller or larger by a fixed rule, the same along rows and columns, without parameters.

Such a rule is a matrix for each axis: Y = R X Cᵀ for each channel and sample, and dX = Rᵀ dY C. What distinguishes the
layers is only which matrix. Images are (C, H, W, B) here.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import numpy as np

from engines.numpy.block import Block
from engines.numpy.layer import Lasting, Layer, layer
from engines.numpy.workspace import Workspace
from engines.protocol import Array
from playground.spec import Shape, image_layers


class Resizing(Layer[Any]):
    """(N, C, H, W) → (N, C, H′, W′)."""

    def __init__(self, spec: Any, shape: Shape, lasting: Lasting, at: Workspace) -> None:
        super().__init__(spec, shape, lasting, at)
        self.shape, self.after = shape, spec.output(shape)
        self.rows, self.columns = (
            self.matrix(before, after).astype(at.dtype)
            for before, after in zip(shape[1:], self.after[1:], strict=True)
        )  # (H′, H), (W′, W)

    @abstractmethod
    def matrix(self, before: int, after: int) -> Array:
        """Return what an axis is multiplied by (after, before)."""

    def forward(self, x: Block) -> Block:
        y = self.block(math.prod(self.after))
        self._apply(self.contiguous(x), y.values, self.shape, self.after, self.rows, self.columns)
        return y

    def backward(self, dy: Block) -> Block:
        """dX = Rᵀ dY C: the same with the matrices turned."""
        dx = self.block(self.num_in)
        if self.wants_dx:
            self._apply(dy.values, dx.values, self.after, self.shape, self.rows.T, self.columns.T)
        return dx

    def _apply(self, x: Array, y: Array, before: Shape, after: Shape, rows: Array, columns: Array) -> None:
        channels, height, width = before
        batch = x.shape[1]
        between = np.empty((channels, after[1], width * batch), self.at.dtype)
        self.emit(np.matmul, rows, x.reshape(channels, height, width * batch, copy=False), between)
        lines = channels * after[1]
        self.emit(
            np.matmul,
            columns,
            between.reshape(lines, width, batch),
            y.reshape(lines, after[2], batch, copy=False),
        )


@layer(image_layers.AvgPool2d)
class AvgPool2d(Resizing):
    """y = the mean of each window of k × k pixels; zeros in the margins count."""

    def matrix(self, before: int, after: int) -> Array:
        found = np.zeros((after, before))
        for position in range(after):
            start = position * self.spec.step() - self.spec.padding
            found[position, max(start, 0) : start + self.spec.kernel_size] = 1 / self.spec.kernel_size
        return found


@layer(image_layers.AdaptiveAvgPool2d)
class AdaptiveAvgPool2d(Resizing):
    """y = the mean of each of n × n parts; part i reaches from ⌊i H / n⌋ to ⌈(i + 1) H / n⌉. Lin et al. (2014)."""

    def matrix(self, before: int, after: int) -> Array:
        found = np.zeros((after, before))
        for part in range(after):
            start, stop = part * before // after, -(-(part + 1) * before // after)
            found[part, start:stop] = 1 / (stop - start)
        return found


@layer(image_layers.Upsample)
class Upsample(Resizing):
    """Row i of the larger image comes from row ⌊i / f⌋ (nearest), or from those around (i + ½) / f − ½ (bilinear)."""

    def matrix(self, before: int, after: int) -> Array:
        found = np.zeros((after, before))
        for row in range(after):
            if self.spec.mode == "nearest":
                found[row, row // self.spec.scale_factor] = 1
                continue
            place = max((row + 0.5) / self.spec.scale_factor - 0.5, 0.0)
            lower = int(place)
            found[row, lower] += 1 - (place - lower)
            found[row, min(lower + 1, before - 1)] += place - lower
        return found
