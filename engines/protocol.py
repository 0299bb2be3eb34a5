"""The contract every engine keeps: two nouns, `Engine` and `Net`, and `Fit`, a net's training set in place.

Arrays that cross this border are NumPy arrays in torch's layouts; what an engine uses inside is its own secret.
N is the number of samples, the first axis of every batch.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from playground.spec import LossSpec, ModelSpec, OptimizerSpec, Shape, State

Array = NDArray[Any]
Dtype = Literal["float32", "float64"]
Precision = Literal["float32", "bfloat16"]
"""bfloat16: products in training take bfloat16 factors (autocast); weights, sums and looks keep the net's dtype."""


class Fit(Protocol):
    """One loss on one training set, resident in the engine's own layout."""

    def begin(self, order: NDArray[np.int64]) -> None:
        """Start an epoch, or what is left of it: the samples still to come, in order."""
        ...

    def step(self, lr: float) -> bool:
        """Take one optimizer step on the next batch of the order; the last batch may be smaller.

        Returns:
            False, and nothing has happened, if the order is used up.
        """
        ...

    def losses(self) -> NDArray[np.float64]:
        """Return the data loss of each step since `begin` (steps,)."""
        ...


class Net(Protocol):
    """A model with numbers in it, and the optimizer that moves them."""

    model: ModelSpec
    input_shape: Shape

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return the output (N, *output) for x (N, *input). Without `training` nothing of the net changes."""
        ...

    def backward(self, grad: Array) -> Array:
        """Return dL/dx (N, *input) for dL/dy (N, *output) of the last training forward; keeps dL/dparameters.

        The kept gradients include those of the L1/L2 penalty.
        """
        ...

    def step(self, lr: float) -> None:
        """Clip the kept gradients if asked to and let the optimizer move the parameters."""
        ...

    def clamp(self, bound: float) -> None:
        """Cut every parameter to −bound … bound."""
        ...

    def fit(self, loss: LossSpec, x: Array, y: Array, batch_size: int) -> Fit:
        """Return the training loop of this net for x (N, *input) and coded targets y; `batch_size` 0 is all of it."""
        ...

    def trace(self, x: Array) -> list[Array]:
        """Return the output of every layer for x, in evaluation mode."""
        ...

    def penalty(self) -> float:
        """Return the L1/L2 penalty of the present weights."""
        ...

    def gradients(self) -> State:
        """Return copies of the kept gradients by parameter name."""
        ...

    def state(self) -> State:
        """Return copies of all tensors, in the net's dtype, by torch's names."""
        ...

    def load(self, state: State) -> None:
        """Take over all tensors. Raises SpecError if a name, shape or number does not fit."""
        ...

    def optimizer_state(self) -> State:
        """Return copies of the optimizer's memory, one name per quantity and parameter."""
        ...

    def load_optimizer(self, state: State) -> None:
        """Take over the optimizer's memory."""
        ...

    def random_state(self) -> State:
        """Return what restores the net's random draws (dropout) exactly."""
        ...

    def load_random(self, state: State) -> None:
        """Take over the state of the net's random draws."""
        ...

    def retune(self, model: ModelSpec, optimizer: OptimizerSpec) -> None:
        """Change what leaves every tensor's shape as it is: rates, penalties, slopes, decay, the kind of optimizer.

        Weights stay; the optimizer's memory stays if its kind does. Raises SpecError if shapes would change.
        """
        ...


class Engine(Protocol):
    """A way to carry out models."""

    name: str

    def devices(self) -> tuple[str, ...]:
        """Return the devices that are there, the default first."""
        ...

    def bfloat16_devices(self) -> tuple[str, ...]:
        """Return those of them that have hardware for products of bfloat16."""
        ...

    def net(
        self,
        model: ModelSpec,
        input_shape: Shape,
        optimizer: OptimizerSpec,
        *,
        seed: int = 0,
        device: str = "cpu",
        dtype: Dtype = "float32",
        precision: Precision = "float32",
    ) -> Net:
        """Build a net that starts from `model.init(input_shape, seed)`.

        Raises:
            SpecError: if the layers do not fit together, the device is not there or has no such precision.
        """
        ...

    def loss(self, spec: LossSpec, y: Array, target: Array) -> tuple[float, Array]:
        """Return the loss of outputs y (N, *output) against coded targets, and dL/dy of the same shape."""
        ...
