"""The layers as torch modules: torch's own where it has them, so that names and layouts are torch's by themselves.

N is the number of samples. Formulas and sources stand beside the NumPy engine's layers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.registry import Registry
from engines.torch.draws import Uniform
from playground.spec import ModelSpec, Shape, layers

LAYERS: Registry[Callable[[Any, Shape], nn.Module]] = Registry()
layer = LAYERS
"""The decorator `@layer(Spec)` that enters a function (spec, input shape) → module."""


def build(model: ModelSpec, shape: Shape) -> nn.Sequential:
    """Return the modules of a model for samples of `shape`, with torch's initial numbers."""
    shapes = model.inputs(shape)
    return nn.Sequential(
        *(LAYERS[type(spec)](spec, at) for spec, at in zip(model.layers, shapes, strict=True))
    )


@layer(layers.Linear)
def _linear(spec: layers.Linear, shape: Shape) -> nn.Module:
    return nn.Linear(shape[0], spec.out_features, bias=spec.bias)


@layer(layers.Flatten)
def _flatten(spec: layers.Flatten, shape: Shape) -> nn.Module:
    return nn.Flatten()


@layer(layers.Dropout)
class Dropout(nn.Module):
    """Zero where u < p and scale the rest by 1/(1 − p); `draw` says where u comes from."""

    def __init__(self, spec: layers.Dropout, shape: Shape) -> None:
        super().__init__()
        self.p = spec.p
        self.draw: Uniform

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        mask = (self.draw(x.shape) >= self.p).to(x.dtype)
        return x * mask.mul_(1 / (1 - self.p))


@layer(layers.BatchNorm1d)
def _batch_norm(spec: layers.BatchNorm1d, shape: Shape) -> nn.Module:
    return BatchNorm1d(shape[0], eps=spec.eps, momentum=spec.momentum)


class BatchNorm1d(nn.BatchNorm1d):
    """Torch's, but a single sample left over at the end of an epoch is normalised by the running statistics."""

    def forward(self, x: Tensor) -> Tensor:
        if len(x) == 1:
            mean, variance = self.running_mean, self.running_var
            return F.batch_norm(x, mean, variance, self.weight, self.bias, training=False, eps=self.eps)
        return super().forward(x)


@layer(layers.LayerNorm)
def _layer_norm(spec: layers.LayerNorm, shape: Shape) -> nn.Module:
    return nn.LayerNorm(list(shape), eps=spec.eps)


@layer(layers.Identity)
def _identity(spec: layers.Identity, shape: Shape) -> nn.Module:
    return nn.Identity()


@layer(layers.Sigmoid)
def _sigmoid(spec: layers.Sigmoid, shape: Shape) -> nn.Module:
    return nn.Sigmoid()


@layer(layers.Tanh)
def _tanh(spec: layers.Tanh, shape: Shape) -> nn.Module:
    return nn.Tanh()


@layer(layers.ReLU)
def _relu(spec: layers.ReLU, shape: Shape) -> nn.Module:
    return nn.ReLU()


@layer(layers.LeakyReLU)
def _leaky_relu(spec: layers.LeakyReLU, shape: Shape) -> nn.Module:
    return nn.LeakyReLU(spec.negative_slope)


@layer(layers.ELU)
def _elu(spec: layers.ELU, shape: Shape) -> nn.Module:
    return nn.ELU(spec.alpha)


@layer(layers.GELU)
def _gelu(spec: layers.GELU, shape: Shape) -> nn.Module:
    return nn.GELU()


@layer(layers.SiLU)
def _silu(spec: layers.SiLU, shape: Shape) -> nn.Module:
    return nn.SiLU()


@layer(layers.Softplus)
def _softplus(spec: layers.Softplus, shape: Shape) -> nn.Module:
    return nn.Softplus(spec.beta)


@layer(layers.Softmax)
def _softmax(spec: layers.Softmax, shape: Shape) -> nn.Module:
    return nn.Softmax(dim=1)


@layer(layers.Sine)
class Sine(nn.Module):
    """The sine of each number."""

    def __init__(self, spec: layers.Sine, shape: Shape) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        return torch.sin(x)


class StraightThrough(torch.autograd.Function):
    """1 for x > 0, else 0; the gradient passes where |x| ≤ 1."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.heaviside(x, x.new_zeros(()))

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return dy * (x.abs() <= 1)


@layer(layers.Step)
class Step(nn.Module):
    """The perceptron's step, with a straight-through gradient."""

    def __init__(self, spec: layers.Step, shape: Shape) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        return StraightThrough.apply(x)
