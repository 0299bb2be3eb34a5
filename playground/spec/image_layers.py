"""The layers of images: convolution, pooling, resizing, normalisation by channel, and blocks with a way around them.

Names, defaults and tensor layouts are those of `torch.nn`; a sample is (C, H, W): channels, height, width. Windows are
square. `stride` 0 of a pool is its window's own size (torch's None). A size that comes out is ⌊…⌋, as in torch.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, Literal, cast

from pydantic import Field, field_validator

from playground.spec.base import Shape, number, one_of
from playground.spec.errors import SpecError
from playground.spec.initialisation import Initialisation, TensorSpec
from playground.spec.layers import Identity, LayerSpec, Tanh, shape_text

Padding = Literal[0, 1, 2, 3, 4, 5, 6, "same"]

MAX_INNER = 16
"""Layers of one block."""
MAX_NESTING = 3
"""Blocks within blocks."""


class Windows(LayerSpec):
    """What slides a window over an image. Subclasses have `kernel_size`, `stride`, `padding`, maybe `dilation`."""

    mixes: ClassVar[bool] = True
    group: ClassVar = "image"

    @property
    def _window(self) -> Any:
        """Return the layer itself, which has the fields that are declared in its subclass, in the form's order."""
        return self

    def step(self) -> int:
        """Return by how much the window moves."""
        return self._window.stride or self._window.kernel_size

    def reach(self) -> int:
        """Return how many rows the window reaches over, dilation included."""
        return self.spacing() * (self._window.kernel_size - 1) + 1

    def spacing(self) -> int:
        """Return the distance between the pixels that the window looks at."""
        return getattr(self, "dilation", 1)

    def margins(self) -> tuple[int, int]:
        """Return how many rows are added before and behind the image; of an odd number the last one behind."""
        padding = self._window.padding
        if padding == "same":
            total = self.reach() - 1
            return total // 2, total - total // 2
        return padding, padding

    def positions(self, size: int) -> int:
        """Return how many positions the window has along an axis of this size.

        Raises:
            SpecError: if it has none.
        """
        room = size + sum(self.margins()) - self.reach()
        if room < 0:
            raise SpecError(
                "error.window", place="kernel_size", value=self.reach(), size=size, kind=self.kind
            )
        return room // self.step() + 1

    def placed(self, shape: Shape) -> tuple[int, int]:
        """Return the positions of the window along height and width of an image (C, H, W)."""
        _, height, width = image(self.kind, shape)
        return self.positions(height), self.positions(width)


class Conv2d(Windows):
    """y[o, i, j] = b[o] + Σ w[o, c, u, v] x[c, i s + u d − p, j s + v d − p] over c, u, v. LeCun et al. (1989).

    (C, H, W) → (out_channels, H′, W′), H′ = ⌊(H + 2p − d (k − 1) − 1) / s⌋ + 1.
    weight (out_channels, C / groups, k, k), bias (out_channels,). In `groups` each group of outputs sees its own group
    of channels. `padding="same"` keeps the size and wants stride 1.
    """

    kind: Literal["Conv2d"] = "Conv2d"
    regularised: ClassVar[bool] = True
    out_channels: int = number(8, 1, 1024, step=1)
    kernel_size: int = number(3, 1, 15, step=1)
    stride: int = number(1, 1, 8, step=1)
    padding: Padding = 0
    dilation: int = number(1, 1, 8, step=1, advanced=True)
    groups: int = number(1, 1, 1024, step=1, advanced=True)
    bias: bool = True
    init: Initialisation = "uniform"
    l1: float = number(0.0, 0, 10, step=0.0001, log=True, advanced=True)
    l2: float = number(0.0, 0, 10, step=0.0001, log=True, advanced=True)

    def output(self, shape: Shape) -> Shape:
        channels = image(self.kind, shape)[0]
        if self.padding == "same" and self.stride != 1:
            raise SpecError("error.same_stride", place="stride", value=self.stride)
        _divide(self.groups, channels, self.out_channels)
        return (self.out_channels, *self.placed(shape))

    def tensors(self, shape: Shape) -> dict[str, TensorSpec]:
        weight = (self.out_channels, shape[0] // self.groups, self.kernel_size, self.kernel_size)
        return _weights(weight, self.out_channels, self.init, bias=self.bias)

    def flops(self, shape: Shape) -> int:
        return 2 * shape[0] // self.groups * self.kernel_size**2 * math.prod(self.output(shape))

    def kept(self, shape: Shape) -> int:
        return math.prod(self.output(shape)) + (math.prod(shape) if self.padding else 0)


class ConvTranspose2d(Windows):
    """What Conv2d does to gradients: y[o, i s + u d − p, j s + v d − p] += w[c, o, u, v] x[c, i, j], and b[o].

    (C, H, W) → (out_channels, H′, W′), H′ = (H − 1) s − 2p + d (k − 1) + output_padding + 1.
    weight (C, out_channels / groups, k, k), bias (out_channels,). Zeiler et al. (2010).
    """

    kind: Literal["ConvTranspose2d"] = "ConvTranspose2d"
    regularised: ClassVar[bool] = True
    out_channels: int = number(8, 1, 1024, step=1)
    kernel_size: int = number(2, 1, 15, step=1)
    stride: int = number(2, 1, 8, step=1)
    padding: int = number(0, 0, 7, step=1)
    output_padding: int = number(0, 0, 7, step=1, advanced=True)
    dilation: int = number(1, 1, 8, step=1, advanced=True)
    groups: int = number(1, 1, 1024, step=1, advanced=True)
    bias: bool = True
    init: Initialisation = "uniform"
    l1: float = number(0.0, 0, 10, step=0.0001, log=True, advanced=True)
    l2: float = number(0.0, 0, 10, step=0.0001, log=True, advanced=True)

    def output(self, shape: Shape) -> Shape:
        channels, *sizes = image(self.kind, shape)
        _divide(self.groups, channels, self.out_channels)
        if self.output_padding >= max(self.stride, self.dilation):
            raise SpecError("error.output_padding", place="output_padding", value=self.output_padding)
        spread = [self.spread(size) for size in sizes]
        for size, found in zip(sizes, spread, strict=True):
            if found < 1:
                raise SpecError(
                    "error.nothing_left", place="padding", value=self.padding, size=size, kind=self.kind
                )
        return (self.out_channels, *spread)

    def spread(self, size: int) -> int:
        """Return what comes of an axis of this size."""
        return (size - 1) * self.stride + self.reach() - 2 * self.padding + self.output_padding

    def tensors(self, shape: Shape) -> dict[str, TensorSpec]:
        weight = (shape[0], self.out_channels // self.groups, self.kernel_size, self.kernel_size)
        return _weights(weight, self.out_channels, self.init, bias=self.bias)

    def flops(self, shape: Shape) -> int:
        return 2 * math.prod(shape) * self.out_channels // self.groups * self.kernel_size**2

    def kept(self, shape: Shape) -> int:
        return 2 * math.prod(self.output(shape))


class MaxPool2d(Windows):
    """y = the largest number in each window, channel by channel; of equal ones the first, row by row.

    (C, H, W) → (C, H′, W′).
    """

    kind: Literal["MaxPool2d"] = "MaxPool2d"
    keeps_values: ClassVar[bool] = True
    kernel_size: int = number(2, 1, 15, step=1)
    stride: int = number(0, 0, 15, step=1)
    padding: int = number(0, 0, 7, step=1)
    dilation: int = number(1, 1, 8, step=1, advanced=True)

    def output(self, shape: Shape) -> Shape:
        channels = image(self.kind, shape)[0]
        _half(self.padding, self.kernel_size)
        return (channels, *self.placed(shape))

    def flops(self, shape: Shape) -> int:
        return self.kernel_size**2 * math.prod(self.output(shape))

    def kept(self, shape: Shape) -> int:
        whole = math.prod(self.output(shape))
        return 2 * whole + self.kernel_size**2 * whole // 4 + (math.prod(shape) if self.padding else 0)


class AvgPool2d(Windows):
    """y = the mean of each window, channel by channel, the zeros of the padding counted. (C, H, W) → (C, H′, W′)."""

    kind: Literal["AvgPool2d"] = "AvgPool2d"
    kernel_size: int = number(2, 1, 15, step=1)
    stride: int = number(0, 0, 15, step=1)
    padding: int = number(0, 0, 7, step=1)

    def output(self, shape: Shape) -> Shape:
        channels = image(self.kind, shape)[0]
        _half(self.padding, self.kernel_size)
        return (channels, *self.placed(shape))

    def flops(self, shape: Shape) -> int:
        return self.kernel_size**2 * math.prod(self.output(shape))

    def kept(self, shape: Shape) -> int:
        return math.prod(self.output(shape)) + math.prod(shape)


class AdaptiveAvgPool2d(LayerSpec):
    """y = the mean of each of n × n parts of the image, n = output_size. (C, H, W) → (C, n, n).

    Part i reaches from ⌊i H / n⌋ to ⌈(i + 1) H / n⌉. With n = 1 it is global average pooling: Lin et al. (2014).
    """

    kind: Literal["AdaptiveAvgPool2d"] = "AdaptiveAvgPool2d"
    group: ClassVar = "image"
    mixes: ClassVar[bool] = True
    output_size: int = number(1, 1, 64, step=1)

    def output(self, shape: Shape) -> Shape:
        return (image(self.kind, shape)[0], self.output_size, self.output_size)

    def kept(self, shape: Shape) -> int:
        return math.prod(self.output(shape)) + math.prod(shape)


class Unflatten(LayerSpec):
    """(C · H · W,) → (C, H, W), in C order: the way back from Flatten, where a row of numbers becomes a picture.

    `channels` C and `height` H are said, the width W is what is left.
    """

    kind: Literal["Unflatten"] = "Unflatten"
    keeps_values: ClassVar[bool] = True
    channels: int = number(1, 1, 1024, step=1)
    height: int = number(1, 1, 64, step=1, unit="pixels")

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise SpecError("error.needs_vector", value=shape_text(shape), kind=self.kind)
        width, rest = divmod(shape[0], self.channels * self.height)
        if rest:
            raise SpecError("error.unflatten", value=shape[0], channels=self.channels, height=self.height)
        return (self.channels, self.height, width)

    def flops(self, shape: Shape) -> int:
        return 0


class Upsample(LayerSpec):
    """Enlarge the image `scale_factor` times: by repeating pixels, or by straight lines between their centres.

    (C, H, W) → (C, H f, W f). Bilinear as torch's `align_corners=False`.
    """

    kind: Literal["Upsample"] = "Upsample"
    group: ClassVar = "image"
    mixes: ClassVar[bool] = True
    scale_factor: int = number(2, 1, 8, step=1)
    mode: Literal["nearest", "bilinear"] = "nearest"

    def output(self, shape: Shape) -> Shape:
        channels, height, width = image(self.kind, shape)
        return (channels, height * self.scale_factor, width * self.scale_factor)

    def flops(self, shape: Shape) -> int:
        return 4 * math.prod(self.output(shape))

    def kept(self, shape: Shape) -> int:
        return 2 * math.prod(self.output(shape))


class BatchNorm2d(LayerSpec):
    """Normalise each channel over the batch and all its pixels, then scale and shift: Ioffe and Szegedy (2015).

    (C, H, W) → (C, H, W). weight, bias, running_mean and running_var are (C,); the running variance is unbiased.
    """

    kind: Literal["BatchNorm2d"] = "BatchNorm2d"
    counted: ClassVar[bool] = False
    group: ClassVar = "image"
    eps: float = number(1e-5, 1e-12, 1, log=True, advanced=True)
    momentum: float = number(0.1, 0, 1, step=0.05, advanced=True)

    def output(self, shape: Shape) -> Shape:
        return image(self.kind, shape)

    def tensors(self, shape: Shape) -> dict[str, TensorSpec]:
        channels = shape[:1]
        return {
            "weight": TensorSpec(channels, "ones"),
            "bias": TensorSpec(channels, "zeros"),
            "running_mean": TensorSpec(channels, "zeros", trainable=False),
            "running_var": TensorSpec(channels, "ones", trainable=False),
            "num_batches_tracked": TensorSpec((), "count", trainable=False),
        }

    def flops(self, shape: Shape) -> int:
        return 8 * math.prod(shape)

    def kept(self, shape: Shape) -> int:
        return 3 * math.prod(shape)

    def least_batch(self, shape: Shape) -> int:
        return 1 if math.prod(shape[1:]) > 1 else 2


class Dropout2d(LayerSpec):
    """Zero whole channels with probability p while training and scale the rest by 1/(1 − p). Tompson et al. (2015)."""

    kind: Literal["Dropout2d"] = "Dropout2d"
    counted: ClassVar[bool] = False
    group: ClassVar = "image"
    keeps_values: ClassVar[bool] = True
    p: float = number(0.5, 0, 0.95, step=0.05)

    def output(self, shape: Shape) -> Shape:
        return image(self.kind, shape)

    def calm(self) -> LayerSpec:
        return Identity()


class Residual(LayerSpec):
    """y = x + f(x), f the layers inside, which keep the shape: He et al. (2016). Any shape stays.

    Tensors are called as a torch module with `self.layers = nn.Sequential(...)` would call them: `layers.0.weight`.
    """

    kind: Literal["Residual"] = "Residual"
    group: ClassVar = "any"
    mixes: ClassVar[bool] = True
    layers: Annotated[
        tuple[Annotated[LayerSpec, *one_of(LayerSpec)], ...], Field(min_length=1, max_length=MAX_INNER)
    ] = (Tanh(),)

    @field_validator("layers", mode="before")
    @classmethod
    def _not_too_deep(cls, value: object) -> object:
        if _depth(value) > MAX_NESTING:
            raise SpecError("error.nesting", bound=MAX_NESTING)
        return value

    def inputs(self, shape: Shape) -> list[Shape]:
        """Return the input shape of every layer inside and, last, the shape that comes out.

        Raises:
            SpecError: naming the first layer inside that cannot take what it gets.
        """
        shapes = [shape]
        for index, layer in enumerate(self.layers):
            try:
                shapes.append(layer.output(shapes[-1]))
            except SpecError as error:
                raise error.at(f"layers.{index}") from None
        return shapes

    def output(self, shape: Shape) -> Shape:
        found = self.inputs(shape)[-1]
        if found != shape:
            raise SpecError(
                "error.residual", place="layers", value=shape_text(found), expected=shape_text(shape)
            )
        return shape

    def tensors(self, shape: Shape) -> dict[str, TensorSpec]:
        return {
            f"layers.{index}.{name}": tensor
            for index, (layer, inner) in enumerate(self._placed(shape))
            for name, tensor in layer.tensors(inner).items()
        }

    def flops(self, shape: Shape) -> int:
        return math.prod(shape) + sum(layer.flops(inner) for layer, inner in self._placed(shape))

    def kept(self, shape: Shape) -> int:
        return 2 * math.prod(shape) + sum(layer.kept(inner) for layer, inner in self._placed(shape))

    def least_batch(self, shape: Shape) -> int:
        return max(layer.least_batch(inner) for layer, inner in self._placed(shape))

    def penalties(self) -> dict[str, tuple[float, float]]:
        return {
            f"layers.{index}.{name}": rates
            for index, layer in enumerate(self.layers)
            for name, rates in layer.penalties().items()
        }

    def calm(self) -> LayerSpec:
        return self.model_copy(update={"layers": tuple(layer.calm() for layer in self.layers)})

    def _placed(self, shape: Shape) -> list[tuple[LayerSpec, Shape]]:
        return list(zip(self.layers, self.inputs(shape)[:-1], strict=True))


def image(kind: str, shape: Shape) -> tuple[int, int, int]:
    """Return the shape of an image (C, H, W).

    Raises:
        SpecError: if it is none.
    """
    if len(shape) != 3:
        raise SpecError("error.needs_image", value=shape_text(shape), kind=kind)
    return shape


def _weights(weight: Shape, outputs: int, init: Initialisation, *, bias: bool) -> dict[str, TensorSpec]:
    """Return weight and bias of a convolution, with the fans that torch computes from the weight's shape."""
    area = math.prod(weight[2:])
    fan_in, fan_out = weight[1] * area, weight[0] * area
    tensors = {"weight": TensorSpec(weight, init, fan_in=fan_in, fan_out=fan_out)}
    if bias:
        start: Initialisation = "uniform" if init == "uniform" else "zeros"
        tensors["bias"] = TensorSpec((outputs,), start, fan_in=fan_in, fan_out=fan_out)
    return tensors


def _divide(groups: int, channels: int, outputs: int) -> None:
    for name, value in (("in_channels", channels), ("out_channels", outputs)):
        if value % groups:
            raise SpecError("error.groups", place="groups", value=groups, name=name, count=value)


def _half(padding: int, kernel_size: int) -> None:
    if padding > kernel_size // 2:
        raise SpecError("error.pool_padding", place="padding", value=padding, bound=kernel_size // 2)


def _depth(value: object) -> int:
    """Return how deep blocks are nested in what may become the layers of one, without recursion."""
    deepest, waiting = 0, [(value, 1)]
    while waiting and deepest <= MAX_NESTING:
        layers, depth = waiting.pop()
        deepest = max(deepest, depth)
        if not isinstance(layers, list | tuple):
            continue
        for layer in cast("list[Any]", layers):
            if isinstance(layer, Residual):
                waiting.append((layer.layers, depth + 1))
            elif isinstance(layer, dict) and cast("dict[str, Any]", layer).get("kind") == "Residual":
                waiting.append((cast("dict[str, Any]", layer).get("layers"), depth + 1))
    return deepest
