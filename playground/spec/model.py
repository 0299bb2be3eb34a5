"""A model: a sequence of layers. Shapes, parameter counts, cost and initial numbers, without any engine."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Annotated

import numpy as np
from pydantic import Field

from playground.spec.base import Shape, Spec, one_of
from playground.spec.errors import SpecError
from playground.spec.image_layers import Residual
from playground.spec.initialisation import TensorSpec
from playground.spec.layers import LayerSpec
from playground.spec.sequence_layers import Embedding

State = dict[str, np.ndarray]
"""Tensors by the names and in the layouts of a `torch.nn.Sequential`: `"0.weight"` is (out, in)."""

MAX_LAYERS = 64


class ModelSpec(Spec):
    """Layers, applied one after the other."""

    layers: Annotated[tuple[Annotated[LayerSpec, *one_of(LayerSpec)], ...], Field(max_length=MAX_LAYERS)] = ()

    def shapes(self, shape: Shape) -> list[Shape]:
        """Return the output shape of every layer for one sample of `shape`.

        Raises:
            SpecError: naming the first layer that cannot take what the one before gives, or an empty model.
        """
        if not self.layers:
            raise SpecError("error.empty_model", place="layers")
        shapes: list[Shape] = []
        for index, layer in enumerate(self.layers):
            try:
                if index and isinstance(layer, Embedding):
                    raise SpecError("error.embedding_first", kind=layer.kind)
                shape = layer.output(shape)
            except SpecError as error:
                raise error.at(f"layers.{index}") from None
            shapes.append(shape)
        return shapes

    def inputs(self, shape: Shape) -> list[Shape]:
        """Return the input shape of every layer, the first being `shape` itself."""
        return [shape, *self.shapes(shape)[:-1]]

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of the model's output."""
        return self.shapes(shape)[-1]

    def tensors(self, shape: Shape) -> dict[str, TensorSpec]:
        """Return every tensor by its name in the state, in the state's order."""
        return {
            f"{index}.{name}": tensor
            for index, (layer, inner) in enumerate(zip(self.layers, self.inputs(shape), strict=True))
            for name, tensor in layer.tensors(inner).items()
        }

    def parameters(self, shape: Shape) -> int:
        """Return the number of learned numbers."""
        return sum(tensor.size for tensor in self.tensors(shape).values() if tensor.trainable)

    def layer_parameters(self, shape: Shape) -> list[int]:
        """Return the number of learned numbers of each layer."""
        return [layer.parameters(at) for layer, at in zip(self.layers, self.inputs(shape), strict=True)]

    def least_batch(self, shape: Shape) -> int:
        """Return how many samples a training batch has at least."""
        return max(layer.least_batch(at) for layer, at in zip(self.layers, self.inputs(shape), strict=True))

    def penalties(self) -> dict[str, tuple[float, float]]:
        """Return the rates (l1, l2) of every tensor that is pulled on, by its name in the state."""
        return {
            f"{index}.{name}": rates
            for index, layer in enumerate(self.layers)
            for name, rates in layer.penalties().items()
        }

    def bounds(self) -> tuple[float, float]:
        """Return the least and the greatest value that can come out."""
        for layer in reversed(self.layers):
            if not layer.keeps_values:
                return layer.bounds
        return LayerSpec.bounds

    def calm(self) -> ModelSpec:
        """Return the model without what is drawn at random while training; its tensors and their names stay."""
        return ModelSpec(layers=tuple(layer.calm() for layer in self.layers))

    def activations(self, shape: Shape) -> int:
        """Return how many numbers one sample leaves behind on its way through, input included."""
        inputs = self.inputs(shape)
        return math.prod(shape) + sum(layer.kept(at) for layer, at in zip(self.layers, inputs, strict=True))

    def flops(self, shape: Shape) -> int:
        """Return the floating-point operations of a forward pass for one sample."""
        return sum(layer.flops(inner) for layer, inner in zip(self.layers, self.inputs(shape), strict=True))

    def init(self, shape: Shape, seed: int) -> State:
        """Return the initial state, float64 (counts int64), the same for every engine."""
        numbered = dict(_numbered(self.layers))
        return {
            name: tensor.draw(seed, numbered[name.rpartition(".")[0]] + "." + name.rpartition(".")[2])
            for name, tensor in self.tensors(shape).items()
        }


def _numbered(layers: Sequence[LayerSpec], prefix: str = "", counted: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name of every layer, also inside blocks, in the state and by what counts for its initial weights."""
    number = 0
    for index, layer in enumerate(layers):
        yield f"{prefix}{index}", f"{counted}{number}"
        if isinstance(layer, Residual):
            yield from _numbered(layer.layers, f"{prefix}{index}.layers.", f"{counted}{number}.layers.")
        number += layer.counted
