"""The layers of sequences that keep no state: embedding, convolution and pooling over time.

Names, defaults and tensor layouts are those of `torch.nn`; but a sample is (T, F), steps before features, as recurrent
layers with `batch_first` have it. Tokens are (T,), whole numbers.

Padding: text is padded on the left with id 0. Where it has not begun yet nothing counts: recurrent layers keep their
state 0, convolutions see zeros, pooling takes the maximum or mean of what has begun, and what comes out of a window
that has seen no text yet counts as padding again (a pooled 0). A 0 inside the text is a token like any other, whose
vector is 0 and stays so.
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal

from playground.spec.base import Shape, number
from playground.spec.errors import SpecError
from playground.spec.image_layers import Windows
from playground.spec.initialisation import Initialisation, TensorSpec
from playground.spec.layers import LayerSpec, shape_text

TimePadding = Literal[0, 1, 2, 3, 4, 5, 6, "same", "causal"]


class Embedding(LayerSpec):
    """y[t] = weight[x[t]]: a learned vector for each token. (T,) → (T, embedding_dim). Bengio et al. (2003).

    weight (num_embeddings, embedding_dim), begins as a standard normal; row 0 belongs to the padding, is 0 and stays 0
    (torch's `padding_idx=0`). It is the first layer of a model: only there are inputs token ids.
    """

    kind: Literal["Embedding"] = "Embedding"
    group: ClassVar = "sequence"
    mixes: ClassVar[bool] = True
    num_embeddings: int = number(1000, 2, 50_000, step=1, unit="tokens")
    embedding_dim: int = number(16, 1, 512, step=1)

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise SpecError("error.needs_tokens", value=shape_text(shape), kind=self.kind)
        return (*shape, self.embedding_dim)

    def tensors(self, shape: Shape) -> dict[str, TensorSpec]:
        return {"weight": TensorSpec((self.num_embeddings, self.embedding_dim), "embedding")}

    def flops(self, shape: Shape) -> int:
        return 0

    def kept(self, shape: Shape) -> int:
        return 3 * math.prod(shape) * self.embedding_dim


class TimeWindows(Windows):
    """What slides a window over time; see `image_layers.Windows`."""

    group: ClassVar = "sequence"

    def margins(self) -> tuple[int, int]:
        if self._window.padding == "causal":
            return self.reach() - 1, 0
        return super().margins()

    def newest(self, position: int, length: int) -> int:
        """Return the last step that a window sees of a sequence of `length`; below 0 if it lies before them all."""
        return min(position * self.step() - self.margins()[0] + self.reach() - 1, length - 1)


class Conv1d(TimeWindows):
    """y[t, o] = b[o] + Σ w[o, f, u] x[t s + u d − p, f] over f, u. Time delays: Waibel et al. (1989).

    (T, F) → (T′, out_channels), T′ = ⌊(T + p + p′ − d (k − 1) − 1) / s⌋ + 1. weight (out_channels, F, k), bias
    (out_channels,). `padding="same"` keeps the length and wants stride 1; with `"causal"` no step sees a later one:
    van den Oord et al. (2016).
    """

    kind: Literal["Conv1d"] = "Conv1d"
    regularised: ClassVar[bool] = True
    out_channels: int = number(16, 1, 1024, step=1)
    kernel_size: int = number(3, 1, 31, step=1)
    stride: int = number(1, 1, 8, step=1)
    padding: TimePadding = 0
    dilation: int = number(1, 1, 64, step=1, advanced=True)
    bias: bool = True
    init: Initialisation = "uniform"
    l1: float = number(0.0, 0, 10, step=0.0001, log=True, advanced=True)
    l2: float = number(0.0, 0, 10, step=0.0001, log=True, advanced=True)

    def output(self, shape: Shape) -> Shape:
        length, _ = steps(self.kind, shape)
        if self.padding == "same" and self.stride != 1:
            raise SpecError("error.same_stride", place="stride", value=self.stride)
        return (self.positions(length), self.out_channels)

    def tensors(self, shape: Shape) -> dict[str, TensorSpec]:
        weight = (self.out_channels, shape[1], self.kernel_size)
        fan_in, fan_out = shape[1] * self.kernel_size, self.out_channels * self.kernel_size
        tensors = {"weight": TensorSpec(weight, self.init, fan_in=fan_in, fan_out=fan_out)}
        if self.bias:
            start: Initialisation = "uniform" if self.init == "uniform" else "zeros"
            tensors["bias"] = TensorSpec((self.out_channels,), start, fan_in=fan_in, fan_out=fan_out)
        return tensors

    def flops(self, shape: Shape) -> int:
        return 2 * shape[1] * self.kernel_size * math.prod(self.output(shape))

    def kept(self, shape: Shape) -> int:
        length, width = self.output(shape)
        return length * (2 * width + shape[1] * self.kernel_size) + math.prod(shape)


class MaxPool1d(TimeWindows):
    """y = the largest number in each window of steps, feature by feature; of equal ones the first. (T, F) → (T′, F)."""

    kind: Literal["MaxPool1d"] = "MaxPool1d"
    keeps_values: ClassVar[bool] = True
    kernel_size: int = number(2, 1, 31, step=1)
    stride: int = number(0, 0, 31, step=1)
    padding: int = number(0, 0, 15, step=1)

    def output(self, shape: Shape) -> Shape:
        return _pooled(self, shape)

    def flops(self, shape: Shape) -> int:
        return self.kernel_size * math.prod(self.output(shape))

    def kept(self, shape: Shape) -> int:
        return (2 + self.kernel_size) * math.prod(self.output(shape)) + math.prod(shape)


class AvgPool1d(TimeWindows):
    """y = the mean of each window of steps, feature by feature, the zeros of `padding` counted. (T, F) → (T′, F)."""

    kind: Literal["AvgPool1d"] = "AvgPool1d"
    kernel_size: int = number(2, 1, 31, step=1)
    stride: int = number(0, 0, 31, step=1)
    padding: int = number(0, 0, 15, step=1)

    def output(self, shape: Shape) -> Shape:
        return _pooled(self, shape)

    def flops(self, shape: Shape) -> int:
        return self.kernel_size * math.prod(self.output(shape))

    def kept(self, shape: Shape) -> int:
        return math.prod(self.output(shape)) + math.prod(shape)


class GlobalMaxPool1d(LayerSpec):
    """y = the largest number of each feature over all steps, of equal ones the first. (T, F) → (F,)."""

    kind: Literal["GlobalMaxPool1d"] = "GlobalMaxPool1d"
    group: ClassVar = "sequence"
    keeps_values: ClassVar[bool] = True
    mixes: ClassVar[bool] = True

    def output(self, shape: Shape) -> Shape:
        return (steps(self.kind, shape)[1],)

    def kept(self, shape: Shape) -> int:
        return 2 * math.prod(shape)


class GlobalAvgPool1d(LayerSpec):
    """y = the mean of each feature over all steps. (T, F) → (F,)."""

    kind: Literal["GlobalAvgPool1d"] = "GlobalAvgPool1d"
    group: ClassVar = "sequence"
    mixes: ClassVar[bool] = True

    def output(self, shape: Shape) -> Shape:
        return (steps(self.kind, shape)[1],)

    def kept(self, shape: Shape) -> int:
        return 2 * math.prod(shape)


def steps(kind: str, shape: Shape) -> tuple[int, int]:
    """Return the shape of a sequence (T, F).

    Raises:
        SpecError: if it is none.
    """
    if len(shape) != 2:
        raise SpecError("error.needs_sequence", value=shape_text(shape), kind=kind)
    return shape


def _pooled(pool: MaxPool1d | AvgPool1d, shape: Shape) -> Shape:
    length, width = steps(pool.kind, shape)
    if pool.padding > pool.kernel_size // 2:
        bound = pool.kernel_size // 2
        raise SpecError("error.pool_padding", place="padding", value=pool.padding, bound=bound)
    return (pool.positions(length), width)
