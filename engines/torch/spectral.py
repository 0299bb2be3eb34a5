"""Spectral normalisation: a layer whose weight is divided by its largest singular value. Miyato et al. (2018).

The value is computed exactly, from the eigenvalues of a Gram matrix, where the paper follows it by power iteration: so
there is no memory to restore, and a look sees the function that is trained. Small networks can afford it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Spectral:
    """What a dense or convolutional layer does instead; its parameters keep their names and their numbers."""

    def __init__(self, layer: nn.Linear | nn.Conv2d) -> None:
        self._layer = layer

    def __call__(self, x: Tensor) -> Tensor:
        """Return the layer's output for x with W / σ(W) in the place of W."""
        layer = self._layer
        weight = layer.weight / largest_singular_value(layer.weight)
        if isinstance(layer, nn.Linear):
            return F.linear(x, weight, layer.bias)
        return F.conv2d(x, weight, layer.bias, layer.stride, layer.padding, layer.dilation, layer.groups)


def largest_singular_value(weight: Tensor) -> Tensor:
    """Return σ of a weight (O, ...) seen as a matrix (O, the rest), with its gradient u vᵀ. A zero weight has σ 1."""
    matrix = weight.flatten(1)
    with torch.no_grad():
        wide = matrix if len(matrix) <= matrix.shape[1] else matrix.T
        gram = wide @ wide.T
        # In float64, which MPS does not have.
        _, vectors = torch.linalg.eigh((gram.cpu() if gram.device.type == "mps" else gram).double())
        u = vectors[:, -1].to(matrix)
        v = wide.T @ u
        length = v.norm()
        v = v / length.clamp(min=1e-12)
        first, second = (u, v) if wide is matrix else (v, u)
    found = first @ matrix @ second  # σ = uᵀ W v, and dσ/dW = u vᵀ
    return torch.where(length > 0, found, torch.ones_like(found))
