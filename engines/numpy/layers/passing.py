"""Layers that hand on their input as it is. They cost nothing: no call, no memory."""

from __future__ import annotations

from typing import ClassVar

from engines.numpy.block import Block
from engines.numpy.layer import Layer, layer
from playground.spec import image_layers, layers


@layer(layers.Flatten)
class Flatten(Layer[layers.Flatten]):
    """(N, ...) → (N, product), in C order as torch.nn.Flatten; here features are flat all the time."""

    passes_through: ClassVar[bool] = True

    def forward(self, x: Block) -> Block:
        return x

    def backward(self, dy: Block) -> Block:
        return dy


@layer(image_layers.Unflatten)
class Unflatten(Layer[image_layers.Unflatten]):
    """(N, C · H · W) → (N, C, H, W), in C order as torch.nn.Unflatten; here features are flat all the time."""

    passes_through: ClassVar[bool] = True

    def forward(self, x: Block) -> Block:
        return x

    def backward(self, dy: Block) -> Block:
        return dy


@layer(layers.Identity)
class Identity(Layer[layers.Identity]):
    """y = x, dL/dx = dL/dy. Shapes stay."""

    passes_through: ClassVar[bool] = True

    def forward(self, x: Block) -> Block:
        return x

    def backward(self, dy: Block) -> Block:
        return dy
