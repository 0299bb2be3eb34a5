"""A block of layers with a way around them."""

from __future__ import annotations

import numpy as np

from engines.numpy.block import Block
from engines.numpy.layer import LAYERS, Lasting, Layer, layer
from engines.numpy.workspace import Workspace, takes_ones
from engines.protocol import Array
from playground.spec import LayerSpec, Shape, image_layers


@layer(image_layers.Residual)
class Residual(Layer[image_layers.Residual]):
    """y = x + f(x), f the layers inside one after the other. Shapes stay. He et al. (2016)."""

    def __init__(self, spec: image_layers.Residual, shape: Shape, lasting: Lasting, at: Workspace) -> None:
        super().__init__(spec, shape, lasting, at)
        self.layers = [
            LAYERS[type(one)](one, inner, lasting.inner[name], at)
            for name, one, inner in self.parts(spec, shape)
        ]

    def forward(self, x: Block) -> Block:
        y, inner = self.block(self.num_in), x
        for one in self.layers:
            inner = one.forward(inner)
        self.emit(np.add, x.values, inner.values, y.values)
        return y

    def backward(self, dy: Block) -> Block:
        """dx = dy + f's. The layers inside may overwrite dy, so it is copied before."""
        kept = self.scratch()
        self.emit(np.copyto, kept, dy.values)
        for number, one in reversed(list(enumerate(self.layers))):
            one.wants_dx = self.wants_dx or number > 0
            dy = one.backward(dy)
        if self.wants_dx:
            self.emit(np.add, dy.values, kept, dy.values)
        return dy

    @classmethod
    def parts(cls, spec: image_layers.Residual, shape: Shape) -> list[tuple[str, LayerSpec, Shape]]:
        shapes = spec.inputs(shape)[:-1]
        return [
            (f"layers.{index}", one, inner)
            for index, (one, inner) in enumerate(zip(spec.layers, shapes, strict=True))
        ]

    @classmethod
    def views(cls, spec: image_layers.Residual, shape: Shape, flat: Array) -> dict[str, Array]:
        found: dict[str, Array] = {}
        start = 0
        for name, one, inner in cls.parts(spec, shape):
            stop = start + one.parameters(inner)
            views = LAYERS[type(one)].views(one, inner, flat[start:stop])
            found |= {f"{name}.{tensor}": view for tensor, view in views.items()}
            start = stop
        return found

    @classmethod
    def wants_ones(cls, spec: image_layers.Residual) -> bool:
        return takes_ones(spec.layers)
