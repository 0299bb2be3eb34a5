"""The fully connected layer.

Legend: I inputs, O outputs, B samples; x̃ is x with a row of ones, W̃ = [W b] is the weight with the bias as its last
column, so that the layer is one product and its gradients are two.
"""

from __future__ import annotations

from engines.numpy.block import Block
from engines.numpy.layer import Lasting, layer
from engines.numpy.layers.weighted import Weighted
from engines.numpy.workspace import Workspace
from engines.protocol import Array
from playground.spec import Shape, layers


@layer(layers.Linear)
class Linear(Weighted[layers.Linear]):
    """y = x Wᵀ + b, (N, I) → (N, O), as torch.nn.Linear writes it; here y = W̃ x̃, (I + 1, B) → (O, B).

    Parameters: W (O, I), b (O,); kept as W̃ (O, I + 1).
    """

    def __init__(self, spec: layers.Linear, shape: Shape, lasting: Lasting, at: Workspace) -> None:
        super().__init__(spec, shape, lasting, at)
        self.weight = lasting.parameters.reshape(spec.out_features, -1)  # (O, I + 1), or (O, I) without bias
        self.gradient = lasting.gradient.reshape(spec.out_features, -1)

    def forward(self, x: Block) -> Block:
        self.x = x.augmented if self.spec.bias else x.values
        y = self.block(self.spec.out_features)
        self.emit(self.weight.dot, self.x, y.values)
        return y

    def backward(self, dy: Block) -> Block:
        """dW̃ = dy x̃ᵀ, dx̃ = W̃ᵀ dy; the last row of dx̃ belongs to the ones and is ignored."""
        self.emit(dy.values.dot, self.x.T, self.gradient)
        self.penalise(self.weight, self.gradient, self.num_in)
        dx = self.block(self.num_in)
        if self.wants_dx:
            self.emit(self.weight.T.dot, dy.values, dx.augmented if self.spec.bias else dx.values)
        return dx

    @classmethod
    def views(cls, spec: layers.Linear, shape: Shape, flat: Array) -> dict[str, Array]:
        whole = flat.reshape(spec.out_features, -1)
        found = {"weight": whole[:, : shape[0]]}
        if spec.bias:
            found["bias"] = whole[:, shape[0]]
        return found

    @classmethod
    def wants_ones(cls, spec: layers.Linear) -> bool:
        return spec.bias
