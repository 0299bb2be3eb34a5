"""Batch and layer normalisation.

Both are x̂ = (x − μ) / √(σ² + ε), y = w x̂ + b with the biased variance σ², and differ in what they average over.
With ⟨·⟩ that average and dx̂ = w dy: dx = (dx̂ − ⟨dx̂⟩ − x̂ ⟨dx̂ x̂⟩) / √(σ² + ε).

Legend: F features, B samples; everything here is feature-major, (F, B). A statistic is (F, 1) for batch and (1, B)
for layer normalisation. Of images the C channels are the features, and every pixel counts as a sample: (C, H W B).
Of sequences every step counts as a sample: (F, T B), which is copied out of (T F, B) and back.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, TypeVar

import numpy as np

from engines.numpy.block import Block
from engines.numpy.layer import Lasting, Layer, layer
from engines.numpy.workspace import Workspace
from engines.protocol import Array
from playground.spec import Shape, image_layers, layers

N = TypeVar("N", layers.BatchNorm1d, layers.LayerNorm)


class Norm(Layer[N]):
    """What both share. Parameters: w (F,), b (F,)."""

    constant_statistics = False  # whether x has no part in the statistics

    def __init__(self, spec: N, shape: Shape, lasting: Lasting, at: Workspace) -> None:
        super().__init__(spec, shape, lasting, at)
        self.weight, self.bias = lasting.parameters.reshape(2, -1, 1)  # (F, 1) each
        self.dweight, self.dbias = lasting.gradient.reshape(2, -1)  # (F,) each
        self.count = self.num_in * at.batch_size // len(self.weight)  # B, or H W B
        self.ones = np.ones(self.count, at.dtype)

    def rows(self, x: Block) -> Array:
        """Return x (F, B) as this layer sees it."""
        return x.values

    def room(self) -> Array:
        """Return undefined memory (F, B) as this layer sees it."""
        return np.empty((len(self.weight), self.count), self.at.dtype)

    @abstractmethod
    def average(self, values: Array) -> Array:
        """Append the average of values (F, B) and return it, shaped to be broadcast against them."""

    def normalise(self, x: Block) -> Block:
        """Append x̂ and y by the statistics of x itself."""
        y = self.block(self.num_in)
        self.normalise_rows(self.rows(x), self.rows(y))
        return y

    def normalise_rows(self, values: Array, y: Array | None = None) -> Array:
        """Append x̂ and y of rows (F, B) by their own statistics; return y, which is made if it is not given."""
        self.normal, self.work = self.room(), self.room()  # x̂, and room
        self.mean = self.average(values)
        self.emit(np.subtract, values, self.mean, self.normal)
        self.emit(np.multiply, self.normal, self.normal, self.work)
        self.variance = self.average(self.work)
        y = self.room() if y is None else y
        self.scale(self.variance, y)
        return y

    def scale(self, variance: Array, y: Array) -> None:
        """Append x̂ = (x − μ) / √(σ² + ε), where x − μ stands already, and y = w x̂ + b."""
        self.inverse = np.empty_like(variance)  # 1 / √(σ² + ε)
        self.emit(np.add, variance, self.scalar(self.spec.eps), self.inverse)
        self.emit(np.sqrt, self.inverse, self.inverse)
        self.emit(np.divide, self.scalar(1), self.inverse, self.inverse)
        self.emit(np.multiply, self.normal, self.inverse, self.normal)
        self.emit(np.multiply, self.normal, self.weight, y)
        self.emit(np.add, y, self.bias, y)

    def backward(self, dy: Block) -> Block:
        """db = Σ dy, dw = Σ dy x̂ over the samples; dx as above."""
        self.backward_rows(self.rows(dy))
        return dy

    def backward_rows(self, dx: Array) -> None:
        """Append dw, db, and dL/dx in place of dL/dy (F, B)."""
        self.emit(dx.dot, self.ones, self.dbias)
        self.emit(np.multiply, dx, self.normal, self.work)
        self.emit(self.work.dot, self.ones, self.dweight)
        if not self.wants_dx:
            return
        self.emit(np.multiply, dx, self.weight, dx)
        if not self.constant_statistics:
            self._through_statistics(dx)
        self.emit(np.multiply, dx, self.inverse, dx)

    def _through_statistics(self, dx: Array) -> None:
        """dx̂ ← dx̂ − ⟨dx̂⟩ − x̂ ⟨dx̂ x̂⟩."""
        average = self.average(dx)
        self.emit(np.multiply, dx, self.normal, self.work)
        together = self.average(self.work)
        self.emit(np.subtract, dx, average, dx)
        self.emit(np.multiply, self.normal, together, self.work)
        self.emit(np.subtract, dx, self.work, dx)


@layer(layers.BatchNorm1d)
class BatchNorm1d(Norm[Any]):
    """Normalise each feature over the batch. (N, F) → (N, F).

    Parameters: w (F,), b (F,). Kept: running mean (F,) and unbiased running variance (F,), which take over
    `momentum` of each batch while training and stand for μ and σ² otherwise, and the number of batches.
    A single sample has no variance: where it is left over as the last batch of an epoch, it is normalised by the
    running statistics and leaves them as they are. (Batches of one throughout are refused, as torch does.)
    Ioffe and Szegedy, "Batch Normalization" (2015), with torch's conventions.
    """

    def forward(self, x: Block) -> Block:
        if not self.at.training or self.at.frozen or self.count == 1:
            return self._by_running(x)
        y = self.normalise(x)
        self._follow("running_mean", self.mean, 1)
        self._follow("running_var", self.variance, self.count / (self.count - 1))
        count = self.lasting.buffers["num_batches_tracked"]
        self.emit(np.add, count, np.ones_like(count), count)
        return y

    def average(self, values: Array) -> Array:
        share = np.full(self.count, 1 / self.count, self.at.dtype)
        average = np.empty(len(self.weight), self.at.dtype)
        self.emit(values.dot, share, average)
        return average[:, None]

    def _follow(self, name: str, news: Array, correction: float) -> None:
        """running = (1 − momentum) running + momentum · correction · news."""
        running = self.lasting.buffers[name]
        part = np.empty_like(running)
        self.emit(np.multiply, running, self.scalar(1 - self.spec.momentum), running)
        self.emit(np.multiply, news[:, 0], self.scalar(self.spec.momentum * correction), part)
        self.emit(np.add, running, part, running)

    def _by_running(self, x: Block) -> Block:
        self.constant_statistics = True
        self.normal, self.work = self.room(), self.room()
        self.emit(np.subtract, self.rows(x), self.lasting.buffers["running_mean"][:, None], self.normal)
        y = self.block(self.num_in)
        self.scale(self.lasting.buffers["running_var"][:, None], self.rows(y))
        return y


@layer(image_layers.BatchNorm2d)
class BatchNorm2d(BatchNorm1d):
    """Normalise each channel over the batch and all pixels. (N, C, H, W) stays; w and b are (C,).

    One sample is enough where it has more than one pixel.
    """

    def rows(self, x: Block) -> Array:
        return self.contiguous(x).reshape(len(self.weight), -1, copy=False)


@layer(layers.LayerNorm)
class LayerNorm(Norm[layers.LayerNorm]):
    """Normalise each sample over its features, in training and outside alike. (N, F) → (N, F).

    Parameters: w (F,), b (F,). Of a sequence (N, T, F) each step alone.
    Ba, Kiros and Hinton, "Layer Normalization" (2016).
    """

    def __init__(self, spec: layers.LayerNorm, shape: Shape, lasting: Lasting, at: Workspace) -> None:
        super().__init__(spec, shape, lasting, at)
        self.length = shape[0] if len(shape) == 2 else 0  # T; 0 where there are no steps

    def forward(self, x: Block) -> Block:
        if not self.length:
            return self.normalise(x)
        apart = self.room()
        self.emit(np.copyto, self._by_step(apart), self._steps(x.values))
        self.together = self.normalise_rows(apart)
        y = self.block(self.num_in)
        self.emit(np.copyto, self._steps(y.values), self._by_step(self.together))
        return y

    def backward(self, dy: Block) -> Block:
        if not self.length:
            return super().backward(dy)
        apart, steps = self.together, self._steps(dy.values)  # what was handed on is not needed any more
        self.emit(np.copyto, self._by_step(apart), steps)
        self.backward_rows(apart)
        self.emit(np.copyto, steps, self._by_step(apart))
        return dy

    def average(self, values: Array) -> Array:
        share = np.full(len(self.weight), 1 / len(self.weight), self.at.dtype)
        average = np.empty(self.count, self.at.dtype)
        self.emit(share.dot, values, average)
        return average[None, :]

    def _steps(self, values: Array) -> Array:
        """Return (T F, B) as (T, F, B)."""
        return values.reshape(self.length, len(self.weight), -1, copy=False)

    def _by_step(self, values: Array) -> Array:
        """Return (F, T B) as (T, F, B)."""
        return values.reshape(len(self.weight), self.length, -1, copy=False).transpose(1, 0, 2)
