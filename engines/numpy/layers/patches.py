"""The windows of an image as the columns of a matrix, and columns added back to where they came from.

A convolution is then a product of matrices. Images are (C, H, W, B) here, the batch innermost: a row of the matrix is
one pixel of the window at all its positions, and copying it moves whole rows of W B numbers. The positions are cut
into blocks of rows of the grid, so that the columns of a block stay in the second-level cache until they are used.

Legend: C channels in G groups, H × W pixels, B samples; windows of k × k pixels at P × Q positions; K = C/G k² pixels
of a window of one group; m = (rows of a block) Q B columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from engines.numpy.layer import Layer
from engines.protocol import Array

MOST_COLUMNS = 2048
"""Of one product. The gradient of a weight is a sum over its columns; more take OpenBLAS twice as long."""
BLOCK_ELEMENTS = 1 << 17
"""A block of columns is half a megabyte at most, if one row of positions is not more."""


@dataclass(frozen=True)
class Windows:
    """Square windows of `size` pixels, `dilation` apart, moved by `stride`, of an image with margins around it."""

    size: int
    stride: int
    dilation: int
    groups: int
    before: int
    """Rows added above, and columns to the left ..."""
    behind: int
    """... and below and to the right."""


class Patches:
    """The windows of one image at P × Q positions.

    Args:
        layer: whose calls they are.
        image: (C, H, W) without margins.
        grid: (P, Q).
        ones: whether a row of ones stands below the columns, for a bias.
        offset: where the first window begins.
        memory: other patches of the same size, whose memory is used; they are never wanted at the same time.
    """

    def __init__(
        self,
        layer: Layer[Any],
        windows: Windows,
        image: tuple[int, ...],
        grid: tuple[int, ...],
        *,
        ones: bool,
        offset: tuple[int, int] = (0, 0),
        memory: Patches | None = None,
    ) -> None:
        self.layer, self.emit = layer, layer.emit
        self.windows, self.image, self.grid = windows, image, grid
        self.batch, self.dtype = layer.at.batch_size, layer.at.dtype
        channels = image[0]
        self.per_group = channels // windows.groups
        self.height = self.per_group * windows.size**2  # K
        self._rows_of_memory = self.height + ones
        across = grid[1] * self.batch
        wanted = min(MOST_COLUMNS, BLOCK_ELEMENTS // (self.height * windows.groups))
        step = max(wanted // across, 1)
        self.blocks = [slice(start, min(start + step, grid[0])) for start in range(0, grid[0], step)]
        self._offset = offset
        self.memory: dict[tuple[str, int], Array] = memory.memory if memory else {}

    @property
    def has_margins(self) -> bool:
        return self.windows.before + self.windows.behind > 0

    def framed(self) -> tuple[Array, Array]:
        """Return zeros (C, H′, W′, B) with room for the margins, and the image's place in them."""
        channels, height, width = self.image
        before, more = self.windows.before, self.windows.before + self.windows.behind
        whole = np.zeros((channels, height + more, width + more, self.batch), self.dtype)
        return whole, whole[:, before : before + height, before : before + width]

    def frame(self, image: Array) -> Array:
        """Append what puts margins of zeros around an image (C, H, W, B), if there are any; return it with them."""
        if not self.has_margins and image.flags.c_contiguous:
            return image
        whole, inside = self.framed()
        self.emit(np.copyto, inside, image)
        return whole

    def of_grid(self, values: Array, block: slice) -> Array:
        """Return a block of numbers at the positions (c P Q, B) as the view (G, c/G, m) of a matrix product."""
        rows = values.reshape(self.windows.groups, -1, self.grid[0], self.grid[1] * self.batch, copy=False)
        part = rows[:, :, block]
        return part.reshape(*part.shape[:2], -1, copy=False)

    def gather(self, framed: Array, block: slice, *, kept: bool = False) -> Array:
        """Append what copies a block of windows of a framed image into columns; return them (G, K + ones, m).

        All blocks share their memory. With `kept` nothing is copied: the only block is still there.
        """
        columns = self._matrix(block)
        if not kept:
            size = self.windows.size
            places = columns[:, : self.height].reshape(
                self.windows.groups, self.per_group, size, size, -1, self.grid[1], self.batch, copy=False
            )
            self.emit(np.copyto, places, self._view(framed, block))
        return columns

    def products(self, block: slice) -> Array:
        """Return memory (G, K, m) for columns that `scatter` will add."""
        key = "products", (block.stop - block.start) * self.grid[1] * self.batch
        if key not in self.memory:
            self.memory[key] = np.empty((self.windows.groups, self.height, key[1]), self.dtype)
        return self.memory[key]

    def scatter(self, columns: Array, framed: Array, block: slice) -> None:
        """Append what adds a block of columns (G, K, m) to the pixels of a framed image they came from."""
        size = self.windows.size
        rows = columns.reshape(-1, size, size, block.stop - block.start, self.grid[1], self.batch, copy=False)
        for u, v, pixels in self._pixels(framed, block):
            self.emit(np.add, pixels, rows[:, u, v], pixels)

    def _matrix(self, block: slice) -> Array:
        key = "columns", (block.stop - block.start) * self.grid[1] * self.batch
        if key not in self.memory:
            self.memory[key] = np.ones((self.windows.groups, self._rows_of_memory, key[1]), self.dtype)
        return self.memory[key]

    def _view(self, framed: Array, block: slice) -> Array:
        """Return all windows of a block as a view (G, C/G, k, k, rows, Q, B)."""
        windows, (channel, row, column, sample) = self.windows, framed.strides
        return as_strided(
            framed[:, self._offset[0] + block.start * windows.stride :, self._offset[1] :],
            (
                windows.groups,
                self.per_group,
                windows.size,
                windows.size,
                block.stop - block.start,
                self.grid[1],
                self.batch,
            ),
            (
                self.per_group * channel,
                channel,
                windows.dilation * row,
                windows.dilation * column,
                windows.stride * row,
                windows.stride * column,
                sample,
            ),
        )

    def _pixels(self, framed: Array, block: slice) -> Iterator[tuple[int, int, Array]]:
        """Yield for each place (u, v) in the window its pixels in a block (C, rows, Q, B)."""
        stride, dilation = self.windows.stride, self.windows.dilation
        for u in range(self.windows.size):
            top = self._offset[0] + block.start * stride + u * dilation
            rows = slice(top, top + stride * (block.stop - block.start - 1) + 1, stride)
            for v in range(self.windows.size):
                left = self._offset[1] + v * dilation
                columns = slice(left, left + stride * (self.grid[1] - 1) + 1, stride)
                yield u, v, framed[:, rows, columns]
