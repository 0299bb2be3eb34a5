"""Convolution and pooling over time: windows of k steps, of which some lie beside the sequence, in its margins.

Legend: T steps, F features, B samples, k steps of a window, T′ positions of it; a sequence is (T, F, B) here, one with
margins a frame.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Any, TypeVar

import numpy as np
from numpy.lib.stride_tricks import as_strided

from engines.numpy.block import Block
from engines.numpy.layer import Lasting, Layer, layer
from engines.numpy.layers.max_pool import largest, winners
from engines.numpy.layers.weighted import Weighted
from engines.numpy.workspace import Workspace
from engines.protocol import Array
from playground.spec import Shape
from playground.spec import sequence_layers as specs

W = TypeVar("W", bound=specs.TimeWindows)


class Windowed(Layer[W]):
    """(N, T, F) → (N, T′, F′)."""

    def __init__(self, spec: W, shape: Shape, lasting: Lasting, at: Workspace) -> None:
        super().__init__(spec, shape, lasting, at)
        self.shape, self.after = shape, spec.output(shape)
        self.size: int = self.spec_fields.kernel_size

    @property
    def spec_fields(self) -> Any:
        """The specification, whose fields its kind declares."""
        return self.spec

    def framed(self, x: Block, margin: float, padding: float) -> Array:
        """Append what puts margins around the input, and `padding` where a text has not begun; return the frame."""
        self.padding = self.at.padding
        whole, inside = self.frame(margin)
        self.emit(np.copyto, inside, x.values.reshape(*self.shape, -1, copy=False))
        if self.padding is not None:
            nothing = self.padding.nothing(self.emit)
            self.emit(np.copyto, inside, self.scalar(padding), "same_kind", nothing)
            self.at.padding = self.padding.behind(self.emit, self.spec, self.after[0])
        return whole

    def frame(self, margin: float) -> tuple[Array, Array]:
        """Return a frame (T + margins, F, B), filled, and the place in it without margins."""
        before, behind = self.spec.margins()
        length, width = self.shape
        whole = np.full((length + before + behind, width, self.at.batch_size), margin, self.at.dtype)
        return whole, whole[before : before + length]

    def places(self, frame: Array) -> list[Array]:
        """Return for each step of the window what it sees at all positions (T′, F, B)."""
        step, spacing, count = self.spec.step(), self.spec.spacing(), self.after[0]
        starts = range(0, self.size * spacing, spacing)
        return [frame[start : start + step * (count - 1) + 1 : step] for start in starts]

    def unframed(self, inside: Array) -> Block:
        """Append what makes dL/dx of the gradient inside a frame (T, F, B)."""
        dx = self.block(self.num_in)
        into = dx.values.reshape(*self.shape, -1, copy=False)
        if self.padding is None:
            self.emit(np.copyto, into, inside)
        else:
            self.emit(np.multiply, inside, self.padding.factor, into)
        return dx

    def scattered(self, parts: Iterable[Array]) -> Block:
        """Append what adds each part (T′, F, B) to the steps that this place of the window sees; return dL/dx."""
        whole, inside = self.frame(0)
        self.emit(whole.fill, 0)
        for place, part in zip(self.places(whole), parts, strict=True):
            self.emit(np.add, place, part, place)
        return self.unframed(inside)

    def output(self) -> tuple[Block, Array]:
        """Return a block for the output, and the same as a sequence (T′, F′, B)."""
        y = self.block(math.prod(self.after))
        return y, y.values.reshape(*self.after, -1, copy=False)


@layer(specs.Conv1d)
class Conv1d(Windowed[specs.Conv1d], Weighted[specs.Conv1d]):
    """y[t, o] = b[o] + Σ W[o, f, u] x[t s + u d − p, f]; here y = W̃ x̃ with the windows as the columns x̃.

    (N, T, F) → (N, T′, O). Parameters: W (O, F, k), b (O,); kept as W̃ (O, F k + 1). Waibel et al. (1989).
    """

    def __init__(self, spec: specs.Conv1d, shape: Shape, lasting: Lasting, at: Workspace) -> None:
        super().__init__(spec, shape, lasting, at)
        self.weight = lasting.parameters.reshape(
            spec.out_channels, -1
        )  # (O, F k + 1), or (O, F k) without bias
        self.gradient = lasting.gradient.reshape(spec.out_channels, -1)
        self.num_weights = shape[1] * spec.kernel_size

    def forward(self, x: Block) -> Block:
        count, outputs = self.after
        whole = self.framed(x, 0, 0)
        self.columns = np.ones((self.weight.shape[1], count * self.at.batch_size), self.at.dtype)
        step, feature, sample = whole.strides
        windows = as_strided(
            whole,
            (self.shape[1], self.size, count, self.at.batch_size),
            (feature, self.spec.dilation * step, self.spec.stride * step, sample),
        )
        self.emit(np.copyto, self.columns[: self.num_weights].reshape(windows.shape, copy=False), windows)
        products = np.empty((outputs, count * self.at.batch_size), self.at.dtype)
        self.emit(np.matmul, self.weight, self.columns, products)
        y, values = self.output()
        self.emit(np.copyto, values, self._by_step(products))
        return y

    def backward(self, dy: Block) -> Block:
        """dW̃ = dy x̃ᵀ; the columns of dx are Wᵀ dy, each added to the step it came from."""
        count, outputs = self.after
        slopes = np.empty((outputs, count * self.at.batch_size), self.at.dtype)
        self.emit(np.copyto, self._by_step(slopes), dy.values.reshape(*self.after, -1, copy=False))
        self.emit(np.matmul, slopes, self.columns.T, self.gradient)
        self.penalise(self.weight, self.gradient, self.num_weights)
        if not self.wants_dx:
            return self.block(self.num_in)
        products = np.empty((self.num_weights, slopes.shape[1]), self.at.dtype)
        self.emit(np.matmul, self.weight[:, : self.num_weights].T, slopes, products)
        parts = products.reshape(self.shape[1], self.size, count, -1, copy=False)
        return self.scattered(parts.transpose(1, 2, 0, 3))

    def _by_step(self, values: Array) -> Array:
        """Return (O, T′ B) as (T′, O, B)."""
        return values.reshape(len(values), self.after[0], -1, copy=False).transpose(1, 0, 2)

    @classmethod
    def views(cls, spec: specs.Conv1d, shape: Shape, flat: Array) -> dict[str, Array]:
        whole = flat.reshape(spec.out_channels, -1)
        count = whole.shape[1] - spec.bias
        found = {"weight": whole[:, :count].reshape(-1, shape[1], spec.kernel_size, copy=False)}
        if spec.bias:
            found["bias"] = whole[:, count]
        return found


@layer(specs.MaxPool1d)
class MaxPool1d(Windowed[specs.MaxPool1d]):
    """y = the largest number of each window; margins and what has not begun never win, 0 where nothing has."""

    def forward(self, x: Block) -> Block:
        self.seen = self.places(self.framed(x, -math.inf, -math.inf))
        y, self.y = self.output()
        largest(self, self.seen, self.y)
        if self.at.padding is not None:
            nothing = self.at.padding.nothing(self.emit)
            self.emit(np.copyto, self.y, self.scalar(0), "same_kind", nothing)
        return y

    def backward(self, dy: Block) -> Block:
        """dx = dy where x is the first of its window that equals y."""
        if not self.wants_dx:
            return self.block(self.num_in)
        slope = dy.values.reshape(*self.after, -1, copy=False)
        part = np.empty_like(self.y)

        def parts() -> Iterator[Array]:
            for won in winners(self, self.seen, self.y):
                self.emit(np.multiply, slope, won, part)
                yield part

        return self.scattered(parts())


@layer(specs.AvgPool1d)
class AvgPool1d(Windowed[specs.AvgPool1d]):
    """y = the mean of each window, the zeros of its margins counted, what has not begun not; 0 where nothing has."""

    def forward(self, x: Block) -> Block:
        seen = self.places(self.framed(x, 0, 0))
        y, values = self.output()
        self.share = self._shares()
        self.emit(np.copyto, values, seen[0])
        for place in seen[1:]:
            self.emit(np.add, values, place, values)
        self.emit(np.multiply, values, self.share, values)
        return y

    def backward(self, dy: Block) -> Block:
        if not self.wants_dx:
            return self.block(self.num_in)
        slope = dy.values.reshape(*self.after, -1, copy=False)
        self.emit(np.multiply, slope, self.share, slope)
        return self.scattered(repeat(slope, self.size))

    def _shares(self) -> Array:
        """Append what each number of a window weighs: 1/k, or 1/n for the n that have begun or lie in a margin."""
        if self.padding is None or self.at.padding is None:
            return self.scalar(1 / self.size)
        before, behind = self.spec.margins()
        length, batch = self.padding.counts.shape
        whole = np.ones((length + before + behind, batch), self.at.dtype)
        self.emit(np.copyto, whole[before : before + length], self.padding.counts)
        first, *others = self.places(whole)
        found = np.empty((self.after[0], 1, batch), self.at.dtype)
        self.emit(np.copyto, found[:, 0], first)
        for place in others:
            self.emit(np.add, found[:, 0], place, found[:, 0])
        self.emit(np.maximum, found, self.scalar(1), out=found)
        self.emit(np.divide, self.at.padding.factor, found, found)
        return found


@layer(specs.GlobalMaxPool1d)
class GlobalMaxPool1d(Layer[specs.GlobalMaxPool1d]):
    """y = the largest number of each feature, of equal ones the first: (N, T, F) → (N, F). 0 of an empty text."""

    def __init__(self, spec: specs.GlobalMaxPool1d, shape: Shape, lasting: Lasting, at: Workspace) -> None:
        super().__init__(spec, shape, lasting, at)
        self.shape = shape

    def forward(self, x: Block) -> Block:
        self.padding, self.at.padding = self.at.padding, None
        values = x.values.reshape(*self.shape, -1, copy=False)
        y = self.block(self.shape[1])
        if self.padding is not None:
            begun = np.empty(values.shape, self.at.dtype)
            self.emit(np.copyto, begun, values)
            self.emit(np.copyto, begun, self.scalar(-math.inf), "same_kind", self.padding.nothing(self.emit))
            values = begun
        self.steps = np.empty((1, *values.shape[1:]), np.int64)
        self.emit(np.argmax, values, 0, self.steps[0])
        self.emit(np.maximum.reduce, values, 0, None, y.values)
        if self.padding is not None:
            empty = np.empty(self.at.batch_size, np.bool_)
            self.emit(np.equal, self.padding.counts[-1], 0, empty)
            self.emit(np.copyto, y.values, self.scalar(0), "same_kind", empty)
        return y

    def backward(self, dy: Block) -> Block:
        dx = self.block(self.num_in)
        if self.wants_dx:
            if self.padding is not None:
                self.emit(np.multiply, dy.values, self.padding.counts[-1], dy.values)
            into = dx.values.reshape(*self.shape, -1, copy=False)
            self.emit(into.fill, 0)
            self.emit(np.put_along_axis, into, self.steps, dy.values[None], 0)
        return dx


@layer(specs.GlobalAvgPool1d)
class GlobalAvgPool1d(Layer[specs.GlobalAvgPool1d]):
    """y = the mean of each feature over the steps that count: (N, T, F) → (N, F). 0 of an empty text."""

    def __init__(self, spec: specs.GlobalAvgPool1d, shape: Shape, lasting: Lasting, at: Workspace) -> None:
        super().__init__(spec, shape, lasting, at)
        self.shape = shape

    def forward(self, x: Block) -> Block:
        padding, self.at.padding = self.at.padding, None
        values = x.values.reshape(*self.shape, -1, copy=False)
        self.share = np.full(
            (self.shape[0], 1, 1), 1 / self.shape[0], self.at.dtype
        )  # (T, 1, B) or (T, 1, 1)
        if padding is not None:
            self.share = np.empty((self.shape[0], 1, self.at.batch_size), self.at.dtype)
            count = np.empty(self.at.batch_size, self.at.dtype)
            self.emit(np.add.reduce, padding.counts, 0, None, count)
            self.emit(np.maximum, count, self.scalar(1), out=count)
            self.emit(np.divide, padding.factor, count, self.share)
        parts = np.empty(values.shape, self.at.dtype)
        y = self.block(self.shape[1])
        self.emit(np.multiply, values, self.share, parts)
        self.emit(np.add.reduce, parts, 0, None, y.values)
        return y

    def backward(self, dy: Block) -> Block:
        dx = self.block(self.num_in)
        if self.wants_dx:
            self.emit(np.multiply, dy.values, self.share, dx.values.reshape(*self.shape, -1, copy=False))
        return dx
