"""The losses as torch computes them: functions (y, target) → scalar.

One answer for a sample: y (N, k), target (N, k) or class indices (N,). One at each of T steps: y (N, T, k), target
(N, T k) or class indices (N, T). There NaN, and `IGNORED` in place of a class, are not judged, and the mean is over
what is; it is 0 where nothing is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from engines.registry import Registry
from playground.spec import LossSpec, losses
from playground.spec.losses import IGNORED

LOSSES: Registry[Callable[[Any, Tensor, Tensor], Tensor]] = Registry()
loss = LOSSES
"""The decorator `@loss(Spec)` that enters a function (spec, y, target) → the loss of each number."""


def mean_loss(spec: LossSpec, y: Tensor, target: Tensor) -> Tensor:
    """Return the mean loss, a scalar."""
    each = LOSSES[type(spec)]
    if spec.targets == "classes":
        if y.ndim == 2:
            return each(spec, y, target).mean()
        found = each(spec, y.flatten(0, 1), target.flatten())
        return found.sum() / (target != IGNORED).sum().clamp(min=1)
    if y.ndim != 3:
        return each(spec, y.flatten(1), target).mean()
    judged = ~target.isnan()
    found = each(spec, y.flatten(1), target.masked_fill(~judged, 0))
    return found.masked_fill(~judged, 0).sum() / judged.sum().clamp(min=1)


@loss(losses.MSE)
def _mse(spec: losses.MSE, y: Tensor, target: Tensor) -> Tensor:
    return F.mse_loss(y, target, reduction="none")


@loss(losses.MAE)
def _mae(spec: losses.MAE, y: Tensor, target: Tensor) -> Tensor:
    return F.l1_loss(y, target, reduction="none")


@loss(losses.Huber)
def _huber(spec: losses.Huber, y: Tensor, target: Tensor) -> Tensor:
    return F.huber_loss(y, target, delta=spec.delta, reduction="none")


class BinaryCrossEntropy(torch.autograd.Function):
    """Torch's binary cross-entropy, but without its refusal of values outside 0..1.

    A diverging run has NaN there; it should show in the loss, and on a GPU torch's refusal ends the process.
    """

    @staticmethod
    def forward(ctx: Any, y: Tensor, target: Tensor) -> Tensor:
        ctx.save_for_backward(y, target)
        yes, no = y.log().clamp(min=-100), (-y).log1p().clamp(min=-100)
        return -target * yes - (1 - target) * no

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        y, target = ctx.saved_tensors
        return grad * (y - target) / (y * (1 - y)).clamp(min=1e-12), None


@loss(losses.BCE)
def _bce(spec: losses.BCE, y: Tensor, target: Tensor) -> Tensor:
    return BinaryCrossEntropy.apply(y, target)


@loss(losses.BCEWithLogits)
def _bce_with_logits(spec: losses.BCEWithLogits, y: Tensor, target: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(y, target, reduction="none")


@loss(losses.CrossEntropy)
def _cross_entropy(spec: losses.CrossEntropy, y: Tensor, target: Tensor) -> Tensor:
    return F.cross_entropy(y, target, ignore_index=IGNORED, reduction="none")


@loss(losses.Hinge)
def _hinge(spec: losses.Hinge, y: Tensor, target: Tensor) -> Tensor:
    return torch.relu(1 - target * y)
