"""Convolution and its transpose, as products with the columns that `patches` makes.

Legend: see `patches`; I channels in, O channels out. x̃ are the columns of a block with a row of ones, W̃ = [W b].
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from engines.numpy.block import Block
from engines.numpy.layer import Lasting, layer
from engines.numpy.layers.max_pool import largest, winners
from engines.numpy.layers.patches import Patches, Windows
from engines.numpy.layers.weighted import Weighted
from engines.numpy.workspace import Workspace
from engines.protocol import Array
from playground.spec import Shape, image_layers

Pair = tuple[image_layers.Conv2d, image_layers.MaxPool2d]


@layer(image_layers.Conv2d)
class Conv2d(Weighted[image_layers.Conv2d]):
    """y[o, i, j] = b[o] + Σ W[o, c, u, v] x[c, i s + u d − p, j s + v d − p]; here y = W̃ x̃ for each group.

    (N, I, H, W) → (N, O, P, Q). Parameters: W (O, I/G, k, k), b (O,); kept as W̃ (G, O/G, K + 1).
    LeCun et al. (1989); as a product: Chellapilla, Puri and Simard (2006).
    """

    def __init__(self, spec: image_layers.Conv2d, shape: Shape, lasting: Lasting, at: Workspace) -> None:
        super().__init__(spec, shape, lasting, at)
        self.shape = shape
        windows = Windows(spec.kernel_size, spec.stride, spec.dilation, spec.groups, *spec.margins())
        self.patches = Patches(self, windows, shape, spec.placed(shape), ones=spec.bias)
        self.planes = [self.patches]
        per_group = spec.groups, spec.out_channels // spec.groups, self.patches.height + spec.bias
        self.weight = lasting.parameters.reshape(per_group)  # (G, O/G, K + 1), or (G, O/G, K) without bias
        self.gradient = lasting.gradient.reshape(per_group)

    def forward(self, x: Block) -> Block:
        y = self.block(self.spec.out_channels * math.prod(self.patches.grid))
        self.convolve(x, [y.values])
        return y

    def backward(self, dy: Block) -> Block:
        """dW̃ = Σ dy x̃ᵀ over the blocks; the columns of dx are Wᵀ dy, each added to the pixels it came from."""
        return self.gradients([dy.values])

    def convolve(self, x: Block, planes: list[Array]) -> None:
        """Append the calls that make the output (O P Q, B) of each plane of positions."""
        self.x = self.patches.frame(x.values.reshape(*self.shape, -1, copy=False))
        for patches, y in zip(self.planes, planes, strict=True):
            for block in patches.blocks:
                self.product(self.weight, patches.gather(self.x, block), patches.of_grid(y, block))

    def gradients(self, planes: list[Array]) -> Block:
        """Append the calls that make the gradients from dL/dy (O P Q, B) of each plane; return dL/dx."""
        patches, dx = self.patches, self.block(self.num_in)
        steps = [
            (each, dy, block) for each, dy in zip(self.planes, planes, strict=True) for block in each.blocks
        ]
        part = np.empty_like(self.gradient)
        weight = self.weight[:, :, : patches.height].swapaxes(1, 2)  # (G, K, O/G)
        if self.wants_dx:
            inside = dx.values.reshape(*self.shape, -1, copy=False)
            framed, place = patches.framed() if patches.has_margins else (inside, inside)
            self.emit(framed.fill, 0)
        for number, (each, dy, block) in enumerate(steps):
            slope = each.of_grid(dy, block)  # (G, O/G, m)
            columns = each.gather(self.x, block, kept=len(steps) == 1)
            self.product(slope, columns.swapaxes(1, 2), part if number else self.gradient)
            if number:
                self.emit(np.add, self.gradient, part, self.gradient)
            if self.wants_dx:
                products = each.products(block)
                self.product(weight, slope, products)
                each.scatter(products, framed, block)
        if self.wants_dx and patches.has_margins:
            self.emit(np.copyto, inside, place)
        self.penalise(self.weight, self.gradient, patches.height)
        return dx

    def product(self, one: Array, other: Array, out: Array) -> None:
        """Append out = one · other of every group; the axis of a single group is left out, which is cheaper."""
        if self.spec.groups == 1:
            one, other, out = one[0], other[0], out[0]
        self.emit(np.matmul, one, other, out)

    @classmethod
    def views(cls, spec: image_layers.Conv2d, shape: Shape, flat: Array) -> dict[str, Array]:
        tensors = spec.tensors(shape)
        whole = flat.reshape(spec.out_channels, -1)
        num_weights = whole.shape[1] - spec.bias
        found = {"weight": whole[:, :num_weights].reshape(tensors["weight"].shape, copy=False)}
        if spec.bias:
            found["bias"] = whole[:, num_weights]
        return found


class PooledConv2d(Conv2d):
    """A convolution and the max pooling of k × k behind it, at once.

    The output is never put together: each of the k² places in the pooling's window is a plane of its own, a convolution
    with k times the stride. Maxima and their winners are then calls on whole planes, and what no window covers is not
    computed.
    """

    def __init__(self, both: Pair, shape: Shape, lasting: Lasting, at: Workspace) -> None:
        spec, pool = both
        super().__init__(spec, shape, lasting, at)
        self.after = pool.output(spec.output(shape))
        step, first = spec.stride * pool.kernel_size, self.patches
        windows = replace(first.windows, stride=step)
        places = range(0, step, spec.stride)
        self.planes: list[Patches] = []
        for offset in ((u, v) for u in places for v in places):
            memory = self.planes[0] if self.planes else None
            plane = Patches(
                self, windows, shape, self.after[1:], ones=spec.bias, offset=offset, memory=memory
            )
            self.planes.append(plane)

    def forward(self, x: Block) -> Block:
        self.y = self.block(math.prod(self.after))
        self.values = [np.empty_like(self.y.values) for _ in self.planes]
        self.convolve(x, self.values)
        largest(self, self.values, self.y.values)
        return self.y

    def backward(self, dy: Block) -> Block:
        """The slope of each plane is dy where its number is the first of its window that equals y; else 0."""
        won = winners(self, self.values, self.y.values)
        for slope, mask in zip(self.values, won, strict=True):  # the values are not needed any more
            self.emit(np.multiply, dy.values, mask, slope)
        return self.gradients(self.values)


@layer(image_layers.ConvTranspose2d)
class ConvTranspose2d(Weighted[image_layers.ConvTranspose2d]):
    """y[o, i s + u d − p, j s + v d − p] += W[c, o, u, v] x[c, i, j], from b[o]: the columns of y are Wᵀ x.

    (N, I, P, Q) → (N, O, H, W). Parameters: W (I, O/G, k, k), b (O,); K = O/G k² here. Zeiler et al. (2010).
    """

    def __init__(
        self, spec: image_layers.ConvTranspose2d, shape: Shape, lasting: Lasting, at: Workspace
    ) -> None:
        super().__init__(spec, shape, lasting, at)
        self.shape, self.after = shape, spec.output(shape)
        # A row that only `output_padding` adds lies behind the last window.
        windows = Windows(
            spec.kernel_size, spec.stride, spec.dilation, spec.groups, spec.padding, spec.padding
        )
        self.patches = Patches(self, windows, self.after, shape[1:], ones=False)
        size = shape[0] * self.patches.height
        per_group = spec.groups, shape[0] // spec.groups, self.patches.height
        self.weight, self.gradient = (
            flat[:size].reshape(per_group) for flat in (lasting.parameters, lasting.gradient)
        )  # (G, I/G, K)
        self.bias, self.dbias = lasting.parameters[size:], lasting.gradient[size:]

    def forward(self, x: Block) -> Block:
        patches, weight = self.patches, self.weight.swapaxes(1, 2)
        self.x = self.contiguous(x)
        y = self.block(int(np.prod(self.after)))
        inside = y.values.reshape(*self.after, -1, copy=False)
        framed, place = patches.framed() if patches.has_margins else (inside, inside)
        start = self.bias[:, None, None, None] if self.spec.bias else np.zeros(1, self.at.dtype)
        self.emit(np.copyto, framed, start)
        for block in patches.blocks:
            products = patches.products(block)
            self.emit(np.matmul, weight, patches.of_grid(self.x, block), products)
            patches.scatter(products, framed, block)
        if patches.has_margins:
            self.emit(np.copyto, inside, place)
        return y

    def backward(self, dy: Block) -> Block:
        """With the columns of dy: dW = Σ x dyᵀ, dx = W dy; db = Σ dy over pixels and samples."""
        patches, dx = self.patches, self.block(self.num_in)
        part = np.empty_like(self.gradient)
        slopes = patches.frame(dy.values.reshape(*self.after, -1, copy=False))
        for number, block in enumerate(patches.blocks):
            columns = patches.gather(slopes, block)  # (G, K, m)
            x = patches.of_grid(self.x, block)
            self.emit(np.matmul, x, columns.swapaxes(1, 2), part if number else self.gradient)
            if number:
                self.emit(np.add, self.gradient, part, self.gradient)
            if self.wants_dx:
                self.emit(np.matmul, self.weight, columns, patches.of_grid(dx.values, block))
        if self.spec.bias:
            rows = dy.values.reshape(self.after[0], -1, copy=False)
            self.emit(rows.dot, np.ones(rows.shape[1], self.at.dtype), self.dbias)
        self.penalise(self.weight, self.gradient, patches.height)
        return dx
