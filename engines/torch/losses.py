"""The losses as torch computes them: functions (y, target) → scalar. y (N, k); target (N, k) or class indices (N,)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from engines.registry import Registry
from playground.spec import losses

LOSSES: Registry[Callable[[Any, Tensor, Tensor], Tensor]] = Registry()
loss = LOSSES
"""The decorator `@loss(Spec)` that enters a function (spec, y, target) → scalar."""


@loss(losses.MSE)
def _mse(spec: losses.MSE, y: Tensor, target: Tensor) -> Tensor:
    return F.mse_loss(y, target)


@loss(losses.MAE)
def _mae(spec: losses.MAE, y: Tensor, target: Tensor) -> Tensor:
    return F.l1_loss(y, target)


@loss(losses.Huber)
def _huber(spec: losses.Huber, y: Tensor, target: Tensor) -> Tensor:
    return F.huber_loss(y, target, delta=spec.delta)


class BinaryCrossEntropy(torch.autograd.Function):
    """Torch's binary cross-entropy, but without its refusal of values outside 0..1.

    A diverging run has NaN there; it should show in the loss, and on a GPU torch's refusal ends the process.
    """

    @staticmethod
    def forward(ctx: Any, y: Tensor, target: Tensor) -> Tensor:
        ctx.save_for_backward(y, target)
        yes, no = y.log().clamp(min=-100), (-y).log1p().clamp(min=-100)
        return (-target * yes - (1 - target) * no).mean()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        y, target = ctx.saved_tensors
        return grad * (y - target) / (y * (1 - y)).clamp(min=1e-12) / y.numel(), None


@loss(losses.BCE)
def _bce(spec: losses.BCE, y: Tensor, target: Tensor) -> Tensor:
    return BinaryCrossEntropy.apply(y, target)


@loss(losses.BCEWithLogits)
def _bce_with_logits(spec: losses.BCEWithLogits, y: Tensor, target: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(y, target)


@loss(losses.CrossEntropy)
def _cross_entropy(spec: losses.CrossEntropy, y: Tensor, target: Tensor) -> Tensor:
    return F.cross_entropy(y, target)


@loss(losses.Hinge)
def _hinge(spec: losses.Hinge, y: Tensor, target: Tensor) -> Tensor:
    return torch.relu(1 - target * y).mean()
