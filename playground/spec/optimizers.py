"""The optimizers, with torch's formulas, names and defaults (`betas` is split into `beta1` and `beta2`)."""

from __future__ import annotations

from typing import Literal

from playground.spec.base import Kind, number


class OptimizerSpec(Kind):
    """How gradients become steps.

    `weight_decay` is added to the gradient of every parameter, as in torch (AdamW decouples it). `clip_norm` bounds the
    Euclidean norm of the whole gradient, penalty included, before the update; 0 turns it off.
    """

    lr: float = number(0.01, 1e-6, 10, log=True)
    weight_decay: float = number(0.0, 0, 1, log=True, advanced=True)
    clip_norm: float = number(0.0, 0, 1000, log=True, advanced=True)


class SGD(OptimizerSpec):
    """Stochastic gradient descent; momentum by Polyak (1964), Nesterov's variant by Sutskever et al. (2013)."""

    kind: Literal["SGD"] = "SGD"
    momentum: float = number(0.0, 0, 0.999, step=0.05)
    nesterov: bool = False


class Adagrad(OptimizerSpec):
    """Steps shrink with the sum of squared gradients. Duchi et al. (2011)."""

    kind: Literal["Adagrad"] = "Adagrad"
    eps: float = number(1e-10, 1e-16, 1, log=True, advanced=True)


class RMSprop(OptimizerSpec):
    """Steps are divided by a running root mean square. Tieleman and Hinton (2012)."""

    kind: Literal["RMSprop"] = "RMSprop"
    alpha: float = number(0.99, 0, 0.9999, step=0.01)
    eps: float = number(1e-8, 1e-16, 1, log=True, advanced=True)


class Adam(OptimizerSpec):
    """Momentum and RMSprop together, corrected for their start. Kingma and Ba (2015)."""

    kind: Literal["Adam"] = "Adam"
    lr: float = number(0.001, 1e-6, 10, log=True)
    beta1: float = number(0.9, 0, 0.9999, step=0.01, advanced=True)
    beta2: float = number(0.999, 0, 0.999999, step=0.001, advanced=True)
    eps: float = number(1e-8, 1e-16, 1, log=True, advanced=True)


class AdamW(OptimizerSpec):
    """Adam with weight decay apart from the gradient. Loshchilov and Hutter (2019)."""

    kind: Literal["AdamW"] = "AdamW"
    lr: float = number(0.001, 1e-6, 10, log=True)
    weight_decay: float = number(0.01, 0, 1, log=True)
    beta1: float = number(0.9, 0, 0.9999, step=0.01, advanced=True)
    beta2: float = number(0.999, 0, 0.999999, step=0.001, advanced=True)
    eps: float = number(1e-8, 1e-16, 1, log=True, advanced=True)
