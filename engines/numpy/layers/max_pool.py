"""Max pooling. Images are (C, H, W, B) here, windows k × k at P × Q positions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from engines.numpy.block import Block
from engines.numpy.layer import Lasting, Layer, layer
from engines.numpy.workspace import Workspace
from engines.protocol import Array
from playground.spec import Shape, image_layers


@layer(image_layers.MaxPool2d)
class MaxPool2d(Layer[image_layers.MaxPool2d]):
    """y = the largest number of each window, (N, C, H, W) → (N, C, P, Q). Margins never win: they are −∞.

    The k² places in the window are k² views of the image; their maximum is k² − 1 calls.
    """

    def __init__(self, spec: image_layers.MaxPool2d, shape: Shape, lasting: Lasting, at: Workspace) -> None:
        super().__init__(spec, shape, lasting, at)
        self.shape, self.after = shape, spec.output(shape)
        rows, columns = self.after[1:]
        reach = spec.dilation * (spec.kernel_size - 1) + 1
        self.overlaps = spec.step() < reach
        self.covers = (  # each pixel lies in one window
            not self.overlaps
            and spec.padding == 0
            and spec.step() == spec.kernel_size
            and (rows * spec.step(), columns * spec.step()) == tuple(shape[1:])
        )

    def forward(self, x: Block) -> Block:
        self.y = self.block(math.prod(self.after))
        y = self.y.values.reshape(*self.after, -1, copy=False)
        whole, inside = self._framed(-math.inf)
        image = x.values.reshape(*self.shape, -1, copy=False)
        if self.spec.padding or not image.flags.c_contiguous:
            self.emit(np.copyto, inside, image)
            image = whole
        self.places = self._places(image)
        largest(self, self.places, y)
        return self.y

    def backward(self, dy: Block) -> Block:
        """dx = dy where x is the first of its window, row by row, that equals y; else 0."""
        dx = self.block(self.num_in)
        if not self.wants_dx:
            return dx
        y, slope = (block.values.reshape(*self.after, -1, copy=False) for block in (self.y, dy))
        inside = dx.values.reshape(*self.shape, -1, copy=False)
        whole, place = self._framed(0) if self.spec.padding else (inside, inside)
        if not self.covers:
            self.emit(whole.fill, 0)
        part = np.empty_like(y)
        for won, target in zip(winners(self, self.places, y), self._places(whole), strict=True):
            if self.overlaps:
                self.emit(np.multiply, slope, won, part)
                self.emit(np.add, target, part, target)
            else:
                self.emit(np.multiply, slope, won, target)
        if self.spec.padding:
            self.emit(np.copyto, inside, place)
        return dx

    def _framed(self, margin: float) -> tuple[Array, Array]:
        """Return an image with margins (C, H′, W′, B), filled, and the place in it without them."""
        channels, height, width = self.shape
        p = self.spec.padding
        whole = np.full((channels, height + 2 * p, width + 2 * p, self.at.batch_size), margin, self.at.dtype)
        return whole, whole[:, p : p + height, p : p + width]

    def _places(self, image: Array) -> list[Array]:
        """Return for each place in the window its pixels at all positions (C, P, Q, B), row by row."""
        step, dilation = self.spec.step(), self.spec.dilation
        _, rows, columns = self.after

        def along(place: int, count: int) -> slice:
            start = place * dilation
            return slice(start, start + step * (count - 1) + 1, step)

        size = range(self.spec.kernel_size)
        return [image[:, along(u, rows), along(v, columns)] for u in size for v in size]


def largest(layer: Layer[Any], places: Sequence[Array], y: Array) -> None:
    """Append what makes y the largest of the numbers in `places`, arrays of its shape."""
    first, *others = places
    if not others:
        layer.emit(np.copyto, y, first)
    for place in others:
        layer.emit(np.maximum, first, place, out=y)
        first = y


def winners(layer: Layer[Any], places: Sequence[Array], y: Array) -> list[Array]:
    """Append what tells for each place whether its number is the one that counts, the first of those that equal y."""
    seen = np.empty(y.shape, np.bool_)
    found: list[Array] = []
    for place in places[:-1]:
        won = np.empty_like(seen)
        layer.emit(np.equal, place, y, won)
        if found:
            layer.emit(np.greater, won, seen, won)  # equal, and nobody before
            layer.emit(np.logical_or, seen, won, seen)
        else:
            layer.emit(np.copyto, seen, won)
        found.append(won)
    if not found:
        layer.emit(seen.fill, False)
    last = np.empty_like(seen)
    layer.emit(np.logical_not, seen, last)
    return [*found, last]
