"""Where each tensor of a model lies in the flat parameter vector; gradients and optimizer memory are laid out alike."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from engines.numpy.layer import LAYERS
from engines.protocol import Array
from playground.spec import ModelSpec, Shape


class Layout:
    """The plan of a model's flat vectors.

    Attributes:
        size: P, the number of learned numbers.
    """

    def __init__(self, model: ModelSpec, shape: Shape) -> None:
        self._model = model
        self._shapes = model.inputs(shape)
        ends = np.cumsum([0, *model.layer_parameters(shape)]).tolist()
        self._parts = [slice(start, end) for start, end in pairwise(ends)]
        self.size: int = ends[-1]

    def part(self, flat: Array, index: int) -> Array:
        """Return what layer `index` has of a flat vector (P,), as a view."""
        return flat[self._parts[index]]

    def tensors(self, flat: Array) -> dict[str, Array]:
        """Return a flat vector (P,) as views by torch's names and in torch's shapes."""
        return {
            f"{index}.{name}": view
            for index, (spec, shape) in enumerate(zip(self._model.layers, self._shapes, strict=True))
            for name, view in LAYERS[type(spec)].views(spec, shape, self.part(flat, index)).items()
        }

    def copies(self, flat: Array) -> dict[str, Array]:
        """Return a flat vector (P,) as contiguous copies by torch's names and in torch's shapes."""
        return {name: view.copy(order="C") for name, view in self.tensors(flat).items()}
