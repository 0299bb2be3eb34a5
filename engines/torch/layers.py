"""The layers as torch modules: torch's own where it has them, so that names and layouts are torch's by themselves.

N is the number of samples. Formulas and sources stand beside the NumPy engine's layers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.registry import Registry
from engines.torch.draws import Uniform
from playground.spec import LayerSpec, ModelSpec, Shape, image_layers, layers

LAYERS: Registry[Callable[[Any, Shape], nn.Module]] = Registry()
layer = LAYERS
"""The decorator `@layer(Spec)` that enters a function (spec, input shape) → module."""


def build(model: ModelSpec, shape: Shape) -> nn.Sequential:
    """Return the modules of a model for samples of `shape`, with torch's initial numbers."""
    return _sequence(model.layers, model.inputs(shape))


def _sequence(specs: Sequence[LayerSpec], shapes: Sequence[Shape]) -> nn.Sequential:
    return nn.Sequential(*(LAYERS[type(spec)](spec, at) for spec, at in zip(specs, shapes, strict=True)))


@layer(layers.Linear)
def _linear(spec: layers.Linear, shape: Shape) -> nn.Module:
    return nn.Linear(shape[-1], spec.out_features, bias=spec.bias)


@layer(layers.Flatten)
class Flatten(nn.Flatten):
    """Torch's; what comes back to images that lie channels last is laid like them, or each layer below converts it."""

    def __init__(self, spec: layers.Flatten, shape: Shape) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        laid = x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last)
        return super().forward(cast("Tensor", LaidBack.apply(x)) if laid else x)


class LaidBack(torch.autograd.Function):
    """The same numbers (N, C, H, W); the gradient lies channels last, too."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> Tensor:
        return dy.contiguous(memory_format=torch.channels_last)


@layer(image_layers.Unflatten)
def _unflatten(spec: image_layers.Unflatten, shape: Shape) -> nn.Module:
    return nn.Unflatten(1, spec.output(shape))


class Drawing(nn.Module):
    """A module that draws while training; `draw` says where its numbers come from."""

    draw: Uniform


@layer(layers.Dropout)
class Dropout(Drawing):
    """Zero where u < p and scale the rest by 1/(1 − p)."""

    def __init__(self, spec: layers.Dropout | image_layers.Dropout2d, shape: Shape) -> None:
        super().__init__()
        self.p = spec.p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        mask = (self.draw(self.masks(x.shape)) >= self.p).to(x.dtype)
        return x * mask.mul_(1 / (1 - self.p))

    def masks(self, shape: Sequence[int]) -> Sequence[int]:
        """Return the shape of what falls or stays independently, for inputs of this shape."""
        return shape


@layer(layers.BatchNorm1d)
def _batch_norm(spec: layers.BatchNorm1d, shape: Shape) -> nn.Module:
    return BatchNorm1d(shape[0], eps=spec.eps, momentum=spec.momentum)


class BatchNorm1d(nn.BatchNorm1d):
    """Torch's, but a single sample left over at the end of an epoch is normalised by the running statistics."""

    def forward(self, x: Tensor) -> Tensor:
        return _by_running(self, x) if len(x) == 1 else super().forward(x)


@layer(image_layers.BatchNorm2d)
def _batch_norm_2d(spec: image_layers.BatchNorm2d, shape: Shape) -> nn.Module:
    return BatchNorm2d(shape[0], eps=spec.eps, momentum=spec.momentum)


class BatchNorm2d(nn.BatchNorm2d):
    """Torch's, but a single pixel left over at the end of an epoch is normalised by the running statistics."""

    def forward(self, x: Tensor) -> Tensor:
        return _by_running(self, x) if x.numel() == x.shape[1] else super().forward(x)


def _by_running(norm: BatchNorm1d | BatchNorm2d, x: Tensor) -> Tensor:
    mean, variance = norm.running_mean, norm.running_var
    return F.batch_norm(x, mean, variance, norm.weight, norm.bias, training=False, eps=norm.eps)


@layer(layers.LayerNorm)
def _layer_norm(spec: layers.LayerNorm, shape: Shape) -> nn.Module:
    return nn.LayerNorm(shape[-1], eps=spec.eps)


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
    return nn.Softmax(dim=-1)


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


@layer(image_layers.Dropout2d)
class Dropout2d(Dropout):
    """As Dropout, whole channels at a time."""

    def masks(self, shape: Sequence[int]) -> Sequence[int]:
        return *shape[:2], 1, 1


@layer(image_layers.Conv2d)
class Conv2d(nn.Conv2d):
    """Torch's; of a padding "same" that is not the same on both sides, torch would warn that it copies the input."""

    def __init__(self, spec: image_layers.Conv2d, shape: Shape) -> None:
        before, behind = spec.margins()
        super().__init__(
            shape[0],
            spec.out_channels,
            spec.kernel_size,
            stride=spec.stride,
            padding=before,
            dilation=spec.dilation,
            groups=spec.groups,
            bias=spec.bias,
        )
        self.more = behind - before

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(F.pad(x, (0, self.more, 0, self.more)) if self.more else x)


@layer(image_layers.ConvTranspose2d)
def _conv_transpose(spec: image_layers.ConvTranspose2d, shape: Shape) -> nn.Module:
    return nn.ConvTranspose2d(
        shape[0],
        spec.out_channels,
        spec.kernel_size,
        stride=spec.stride,
        padding=spec.padding,
        output_padding=spec.output_padding,
        groups=spec.groups,
        bias=spec.bias,
        dilation=spec.dilation,
    )


@layer(image_layers.MaxPool2d)
def _max_pool(spec: image_layers.MaxPool2d, shape: Shape) -> nn.Module:
    return nn.MaxPool2d(spec.kernel_size, spec.step(), spec.padding, spec.dilation)


@layer(image_layers.AvgPool2d)
def _avg_pool(spec: image_layers.AvgPool2d, shape: Shape) -> nn.Module:
    return nn.AvgPool2d(spec.kernel_size, spec.step(), spec.padding)


@layer(image_layers.AdaptiveAvgPool2d)
def _adaptive_avg_pool(spec: image_layers.AdaptiveAvgPool2d, shape: Shape) -> nn.Module:
    return nn.AdaptiveAvgPool2d(spec.output_size)


@layer(image_layers.Upsample)
def _upsample(spec: image_layers.Upsample, shape: Shape) -> nn.Module:
    return nn.Upsample(scale_factor=spec.scale_factor, mode=spec.mode)


@layer(image_layers.Residual)
class Residual(nn.Module):
    """What came in and what the layers inside make of it."""

    def __init__(self, spec: image_layers.Residual, shape: Shape) -> None:
        super().__init__()
        self.layers = _sequence(spec.layers, spec.inputs(shape)[:-1])

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)
