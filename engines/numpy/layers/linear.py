"""The fully connected layer.

Legend: I inputs, O outputs, B samples, T steps; x̃ is x with a row of ones, W̃ = [W b] is the weight with the bias as
its last column, so that the layer is one product and its gradients are two.
"""

from __future__ import annotations

import numpy as np

from engines.numpy.block import Block
from engines.numpy.layer import Lasting, layer
from engines.numpy.layers.weighted import Weighted
from engines.numpy.workspace import Workspace
from engines.protocol import Array
from playground.spec import Shape, layers


@layer(layers.Linear)
class Linear(Weighted[layers.Linear]):
    """y = x Wᵀ + b, (N, I) → (N, O), as torch.nn.Linear writes it; here y = W̃ x̃, (I + 1, B) → (O, B).

    Parameters: W (O, I), b (O,); kept as W̃ (O, I + 1). Of a sequence (N, T, I) → (N, T, O), each step alone.
    """

    def __init__(self, spec: layers.Linear, shape: Shape, lasting: Lasting, at: Workspace) -> None:
        super().__init__(spec, shape, lasting, at)
        self.length = shape[0] if len(shape) == 2 else 0  # T; 0 where there are no steps
        self.num_inputs = shape[-1]
        self.weight = lasting.parameters.reshape(spec.out_features, -1)  # (O, I + 1), or (O, I) without bias
        self.gradient = lasting.gradient.reshape(spec.out_features, -1)

    def forward(self, x: Block) -> Block:
        if self.length:
            return self._forward_steps(x)
        self.x = x.augmented if self.spec.bias else x.values
        y = self.block(self.spec.out_features)
        self.emit(self.weight.dot, self.x, y.values)
        return y

    def backward(self, dy: Block) -> Block:
        """dW̃ = dy x̃ᵀ, dx̃ = W̃ᵀ dy; the last row of dx̃ belongs to the ones and is ignored."""
        if self.length:
            return self._backward_steps(dy)
        self.emit(dy.values.dot, self.x.T, self.gradient)
        self.penalise(self.weight, self.gradient, self.num_in)
        dx = self.block(self.num_in)
        if self.wants_dx:
            self.emit(self.weight.T.dot, dy.values, dx.augmented if self.spec.bias else dx.values)
        return dx

    def _forward_steps(self, x: Block) -> Block:
        """One product for each step, all in one call: (T, I, B) → (T, O, B)."""
        self.x = x.values.reshape(self.length, self.num_inputs, -1, copy=False)
        y = self.block(self.length * self.spec.out_features)
        values = y.values.reshape(self.length, self.spec.out_features, -1, copy=False)
        self.emit(np.matmul, self.weight[:, : self.num_inputs], self.x, values)
        if self.spec.bias:
            self.emit(np.add, values, self.weight[:, -1:], values)
        return y

    def _backward_steps(self, dy: Block) -> Block:
        """dW̃ is one product over all steps and samples, for which both are spread out: (O, T B) and (I + 1, T B)."""
        slopes = dy.values.reshape(self.length, self.spec.out_features, -1, copy=False)
        columns = self.length * self.at.batch_size
        inputs = np.ones((self.weight.shape[1], columns), self.at.dtype)
        outputs = np.empty((self.spec.out_features, columns), self.at.dtype)
        for spread, steps in ((inputs[: self.num_inputs], self.x), (outputs, slopes)):
            by_step = spread.reshape(len(spread), self.length, -1, copy=False).transpose(1, 0, 2)
            self.emit(np.copyto, by_step, steps)
        self.emit(np.matmul, outputs, inputs.T, self.gradient)
        self.penalise(self.weight, self.gradient, self.num_inputs)
        dx = self.block(self.num_in)
        if self.wants_dx:
            into = dx.values.reshape(self.length, self.num_inputs, -1, copy=False)
            self.emit(np.matmul, self.weight[:, : self.num_inputs].T, slopes, into)
        return dx

    @classmethod
    def views(cls, spec: layers.Linear, shape: Shape, flat: Array) -> dict[str, Array]:
        whole = flat.reshape(spec.out_features, -1)
        found = {"weight": whole[:, : shape[-1]]}
        if spec.bias:
            found["bias"] = whole[:, shape[-1]]
        return found

    @classmethod
    def wants_ones(cls, spec: layers.Linear) -> bool:
        return spec.bias
