"""What every layer of the NumPy engine is: something that writes its forward and backward calls into a program.

A layer object belongs to one workspace, that is to one batch size. It keeps nothing between steps; numbers that last
(parameters, running statistics, the generator) are `Lasting` and shared by all workspaces of a net.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np

from engines.generators import dropout_stream
from engines.numpy.block import Block
from engines.protocol import Array
from engines.registry import Registry
from playground.spec import LayerSpec, Shape

if TYPE_CHECKING:
    from engines.numpy.workspace import Workspace

S = TypeVar("S", bound=LayerSpec)


@dataclass
class Lasting:
    """A layer's numbers that outlive a step.

    Attributes:
        parameters: its part of the flat parameter vector (size,).
        gradient: its part of the flat gradient (size,).
        buffers: tensors that are kept but not learned, by name.
        generator: what its random draws come from, if it makes any.
        inner: the numbers of the layers inside it, by the name they have there.
    """

    parameters: Array
    gradient: Array
    buffers: dict[str, Array] = field(default_factory=dict[str, Array])
    generator: np.random.Generator | None = None
    inner: dict[str, Lasting] = field(default_factory=dict[str, "Lasting"])

    @classmethod
    def of(
        cls, spec: LayerSpec, shape: Shape, parameters: Array, gradient: Array, seed: int, name: str
    ) -> Lasting:
        """Return the numbers of the layer called `name` in the model, zeros; the generator is seeded."""
        kind = LAYERS[type(spec)]
        found = cls(parameters, gradient)
        start = 0
        for part, one, at in kind.parts(spec, shape):
            own = slice(start, start + one.parameters(at))
            found.inner[part] = cls.of(one, at, parameters[own], gradient[own], seed, f"{name}.{part}")
            start = own.stop
        if not found.inner:
            for tensor, values in spec.tensors(shape).items():
                if not values.trainable:
                    dtype = np.int64 if values.init == "count" else parameters.dtype
                    found.buffers[tensor] = np.zeros(values.shape, dtype)
        if kind.draws:
            found.generator = dropout_stream(seed, name)
        return found

    def every(self, name: str) -> Iterator[tuple[str, Lasting]]:
        """Yield this and everything inside it, each with its name in the model, `name` being this one's."""
        yield name, self
        for part, one in self.inner.items():
            yield from one.every(f"{name}.{part}")


class Layer(ABC, Generic[S]):
    """One layer at one batch size.

    Class attributes:
        draws: the layer draws random numbers while training.
        passes_through: it hands on its input as it is, always or sometimes.
        pooled: its outputs lie next to those of its kind (see `layers/from_output.py`).
    """

    draws: ClassVar[bool] = False
    passes_through: ClassVar[bool] = False
    pooled: ClassVar[bool] = False

    def __init__(self, spec: S, shape: Shape, lasting: Lasting, at: Workspace) -> None:
        self.spec = spec
        self.num_in = math.prod(shape)
        self.lasting = lasting
        self.at = at
        self.emit = at.emit
        self.wants_dx = True

    @abstractmethod
    def forward(self, x: Block) -> Block:
        """Append the calls that make the output from x (F, B), and return it."""

    @abstractmethod
    def backward(self, dy: Block) -> Block:
        """Append the calls that make dL/dx and dL/dparameters from dL/dy, and return dL/dx.

        dL/dy may be overwritten. Where `wants_dx` is false, dL/dx need not be computed.
        """

    @classmethod
    def views(cls, spec: S, shape: Shape, flat: Array) -> dict[str, Array]:
        """Return the layer's parameters by torch's names and shapes, as views of their flat part (size,).

        Here one follows the other; `Linear` has its bias inside the weight matrix.
        """
        found: dict[str, Array] = {}
        start = 0
        for name, tensor in spec.tensors(shape).items():
            if tensor.trainable:
                found[name] = flat[start : start + tensor.size].reshape(tensor.shape)
                start += tensor.size
        return found

    @classmethod
    def wants_ones(cls, spec: S) -> bool:
        """Return whether the layer can use a row of ones below its input."""
        return False

    @classmethod
    def parts(cls, spec: S, shape: Shape) -> list[tuple[str, LayerSpec, Shape]]:
        """Return the layers inside this one: their names, what they are, and the shapes of their inputs."""
        return []

    def contiguous(self, x: Block) -> Array:
        """Return x (F, B) in C order: itself, or, of the network's input, a copy whose call is appended."""
        if x.values.flags.c_contiguous:
            return x.values
        copy = self.scratch()
        self.emit(np.copyto, copy, x.values)
        return copy

    def block(self, num_features: int) -> Block:
        """Return a new block (num_features, B) with its row of ones."""
        return Block.empty(num_features, self.at.batch_size, self.at.dtype)

    def scratch(self) -> Array:
        """Return undefined memory (F, B) of the input's size."""
        return np.empty((self.num_in, self.at.batch_size), self.at.dtype)

    def scalar(self, value: float) -> Array:
        """Return a number as a 0-d array of the net's dtype: the cheapest operand a ufunc can get."""
        return np.array(value, self.at.dtype)


LAYERS: Registry[type[Layer[Any]]] = Registry()
layer = LAYERS
"""The decorator `@layer(Spec)` that enters a layer."""
