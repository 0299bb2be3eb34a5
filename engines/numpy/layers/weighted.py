"""What layers with a weight have in common: the pull of the L1/L2 penalty on it."""

from __future__ import annotations

from typing import Any

import numpy as np

from engines.numpy.layer import Layer, S
from engines.protocol import Array


class Weighted(Layer[S]):
    """A layer whose spec has `l1` and `l2`: the objective gets l2/2 Σ W² + l1 Σ |W|, biases left out."""

    spec: Any

    def penalise(self, weight: Array, gradient: Array, num_weights: int) -> None:
        """Append dW += l2 W + l1 sign W; of each row (the last axis) only the first `num_weights` are weights."""
        for rate, slope in ((self.spec.l2, np.positive), (self.spec.l1, np.sign)):
            if rate:
                rates = np.full_like(weight, rate)
                rates[..., num_weights:] = 0
                push = np.empty_like(weight)
                self.emit(slope, weight, push)
                self.emit(np.multiply, push, rates, push)
                self.emit(np.add, gradient, push, gradient)
