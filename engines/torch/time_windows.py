"""Convolution and pooling over time as torch modules, for sequences (N, T, F), and with texts that begin late.

Torch has them for (N, F, T). Where a text has not begun convolutions see zeros, and pooling leaves it out.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.torch.layers import layer
from engines.torch.sequences import Timed
from playground.spec import Shape
from playground.spec import sequence_layers as specs


class Windowed(Timed):
    """A window moved over time."""

    newest: Tensor

    def __init__(self, spec: specs.TimeWindows, shape: Shape) -> None:
        super().__init__()
        self.spec = spec
        count = spec.output(shape)[0]
        newest = [spec.newest(position, shape[0]) for position in range(count)]
        self.register_buffer("newest", torch.tensor(newest), persistent=False)  # goes where the module goes

    def framed(self, x: Tensor, margin: float, padding: float) -> Tensor:
        """Return x (N, T, F) as (N, F, T + margins), with `padding` where a text has not begun."""
        if self.padding.counts is not None:
            x = x.masked_fill(~self.padding.counts[..., None], padding)
        return F.pad(x.transpose(1, 2), self.spec.margins(), value=margin)

    def move_on(self) -> Tensor | None:
        """Say what counts behind the windows, and return it (N, T′)."""
        counts = self.padding.counts
        if counts is not None:
            self.padding.counts = counts[:, self.newest.clamp(min=0)] & (self.newest >= 0)
        return self.padding.counts


@layer(specs.Conv1d)
class Conv1d(Windowed):
    """Torch's, with zeros where a text has not begun."""

    def __init__(self, spec: specs.Conv1d, shape: Shape) -> None:
        super().__init__(spec, shape)
        self.weight = nn.Parameter(torch.empty(spec.out_channels, shape[1], spec.kernel_size))
        self.bias = nn.Parameter(torch.empty(spec.out_channels)) if spec.bias else None
        self.stride, self.dilation = spec.stride, spec.dilation

    def forward(self, x: Tensor) -> Tensor:
        frame = self.framed(x, 0, 0)
        self.move_on()
        return F.conv1d(frame, self.weight, self.bias, self.stride, 0, self.dilation).transpose(1, 2)


@layer(specs.MaxPool1d)
class MaxPool1d(Windowed):
    """Torch's, of what has begun."""

    def forward(self, x: Tensor) -> Tensor:
        size = self.spec.reach()
        y = F.max_pool1d(self.framed(x, -math.inf, -math.inf), size, self.spec.step()).transpose(1, 2)
        counts = self.move_on()
        return y if counts is None else y.masked_fill(~counts[..., None], 0)


@layer(specs.AvgPool1d)
class AvgPool1d(Windowed):
    """Torch's mean, divided by the share of the window that has begun or lies in a margin."""

    def forward(self, x: Tensor) -> Tensor:
        size, step = self.spec.reach(), self.spec.step()
        frame, before = self.framed(x, 0, 0), self.padding.counts
        y = F.avg_pool1d(frame, size, step).transpose(1, 2)
        counts = self.move_on()
        if before is None or counts is None:
            return y
        begun = F.pad(before[:, None].to(x.dtype), self.spec.margins(), value=1)
        share = F.avg_pool1d(begun, size, step).transpose(1, 2)
        return (y / share.clamp(min=0.5 / size)).masked_fill(~counts[..., None], 0)


@layer(specs.GlobalMaxPool1d)
class GlobalMaxPool1d(Timed):
    """The maximum over the steps that count."""

    def __init__(self, spec: specs.GlobalMaxPool1d, shape: Shape) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        counts, self.padding.counts = self.padding.counts, None
        if counts is None:
            return x.max(1).values
        y = x.masked_fill(~counts[..., None], -math.inf).max(1).values
        return y.masked_fill(~counts[:, -1:], 0)


@layer(specs.GlobalAvgPool1d)
class GlobalAvgPool1d(Timed):
    """The mean over the steps that count."""

    def __init__(self, spec: specs.GlobalAvgPool1d, shape: Shape) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        counts, self.padding.counts = self.padding.counts, None
        if counts is None:
            return x.mean(1)
        begun = counts[..., None].to(x.dtype)
        return (x * begun).sum(1) / begun.sum(1).clamp(min=1)
