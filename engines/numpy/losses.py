"""The losses: calls that make dL/dy, and the mean loss of many batches at once, from what each batch left behind.

Legend: k outputs, B samples, S batches; inside the engine outputs y, targets t and gradients are (k, B). A loss is the
mean over all kB numbers (over the B samples for CrossEntropy), so its gradient carries that 1/n.

In the hot loop a loss only leaves `terms` (k, B) in a buffer (S, k, B); its value is computed from them once for many
steps, in float64.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from engines.numpy.program import Program
from engines.protocol import Array
from engines.registry import Registry
from playground.spec import LossSpec, losses

L = TypeVar("L", bound=LossSpec)


class Loss(ABC, Generic[L]):
    """One loss at one batch size.

    Args:
        spec: which one, and its settings.
        shape: (k, B).
        emit: what the calls are appended with.

    Class attributes:
        per_sample: the mean is over samples instead of numbers.
    """

    per_sample: ClassVar[bool] = False

    def __init__(self, spec: L, shape: tuple[int, int], dtype: np.dtype, program: Program) -> None:
        self.spec = spec
        self.shape = shape
        self.dtype = dtype
        self.emit = program.emit
        self.share = 1 / (shape[1] if self.per_sample else shape[0] * shape[1])  # 1/n

    @abstractmethod
    def backward(self, y: Array, t: Array, terms: Array, dy: Array) -> None:
        """Append the calls that make dL/dy and the terms from y and t; all are (k, B)."""

    @staticmethod
    @abstractmethod
    def values(spec: L, terms: Array, t: Array) -> Array:
        """Return the loss of each number (S, k, B), float64, from the terms (S, k, B) and the targets (S, k, B)."""

    def scalar(self, value: float) -> Array:
        """Return a number as a 0-d array of the net's dtype."""
        return np.array(value, self.dtype)


LOSSES: Registry[type[Loss[Any]]] = Registry()
loss = LOSSES
"""The decorator `@loss(Spec)` that enters a loss."""


def mean_losses(spec: LossSpec, terms: Array, t: Array) -> Array:
    """Return the loss of each batch (S,), float64, from terms and targets (S, k, B)."""
    kind = LOSSES[type(spec)]
    with np.errstate(all="ignore"):
        values = kind.values(spec, terms.astype(np.float64), t)
        number = values.shape[2] if kind.per_sample else values.shape[1] * values.shape[2]
        return values.sum(axis=(1, 2)) / number


def coded(spec: LossSpec, targets: Array, columns: Array) -> None:
    """Write targets of whole batches, class indices (S B,) or numbers (S B, k), into columns (S, k, B).

    A class index becomes a column with a single one.
    """
    num_batches, num_outputs, batch_size = columns.shape
    if spec.targets != "classes":
        with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite
            np.copyto(columns, targets.reshape(num_batches, batch_size, num_outputs).transpose(0, 2, 1))
        return
    columns.fill(0)
    batch, sample = np.ogrid[:num_batches, :batch_size]
    columns[batch, targets.reshape(num_batches, batch_size), sample] = 1


@loss(losses.MSE)
class MSE(Loss[losses.MSE]):
    """L = (y − t)², dL/dy = 2 (y − t)."""

    def backward(self, y: Array, t: Array, terms: Array, dy: Array) -> None:
        self.emit(np.subtract, y, t, terms)
        self.emit(np.multiply, terms, self.scalar(2 * self.share), dy)

    @staticmethod
    def values(spec: losses.MSE, terms: Array, t: Array) -> Array:
        return np.square(terms)


@loss(losses.MAE)
class MAE(Loss[losses.MAE]):
    """L = |y − t|, dL/dy = sign(y − t), 0 at 0."""

    def backward(self, y: Array, t: Array, terms: Array, dy: Array) -> None:
        self.emit(np.subtract, y, t, terms)
        self.emit(np.sign, terms, dy)
        self.emit(np.multiply, dy, self.scalar(self.share), dy)

    @staticmethod
    def values(spec: losses.MAE, terms: Array, t: Array) -> Array:
        return np.abs(terms)


@loss(losses.Huber)
class Huber(Loss[losses.Huber]):
    """With e = y − t: L = ½ e² where |e| ≤ δ, else δ (|e| − ½ δ); dL/dy = e cut to ±δ. Huber (1964)."""

    def backward(self, y: Array, t: Array, terms: Array, dy: Array) -> None:
        self.emit(np.subtract, y, t, terms)
        self.emit(np.minimum, terms, self.scalar(self.spec.delta), out=dy)
        self.emit(np.maximum, dy, self.scalar(-self.spec.delta), out=dy)
        self.emit(np.multiply, dy, self.scalar(self.share), dy)

    @staticmethod
    def values(spec: losses.Huber, terms: Array, t: Array) -> Array:
        size = np.abs(terms)
        return np.where(size <= spec.delta, size * size / 2, spec.delta * (size - spec.delta / 2))


@loss(losses.BCE)
class BCE(Loss[losses.BCE]):
    """L = −t ln y − (1 − t) ln(1 − y), logarithms cut at −100; dL/dy = (y − t) / max(y (1 − y), 10⁻¹²), as torch."""

    def backward(self, y: Array, t: Array, terms: Array, dy: Array) -> None:
        spread = np.empty(self.shape, self.dtype)
        self.emit(np.copyto, terms, y)
        self.emit(np.subtract, self.scalar(1), y, spread)
        self.emit(np.multiply, spread, y, spread)
        self.emit(np.maximum, spread, self.scalar(1e-12), out=spread)
        self.emit(np.subtract, y, t, dy)
        self.emit(np.divide, dy, spread, dy)
        self.emit(np.multiply, dy, self.scalar(self.share), dy)

    @staticmethod
    def values(spec: losses.BCE, terms: Array, t: Array) -> Array:
        yes, no = np.maximum(np.log(terms), -100), np.maximum(np.log1p(-terms), -100)
        return -t * yes - (1 - t) * no


@loss(losses.BCEWithLogits)
class BCEWithLogits(Loss[losses.BCEWithLogits]):
    """L = max(y, 0) − y t + ln(1 + e^(−|y|)), which is BCE of σ(y) without its overflow; dL/dy = σ(y) − t."""

    def backward(self, y: Array, t: Array, terms: Array, dy: Array) -> None:
        self.emit(np.copyto, terms, y)
        self.emit(np.negative, y, dy)
        self.emit(np.exp, dy, dy)
        self.emit(np.add, dy, self.scalar(1), dy)
        self.emit(np.divide, self.scalar(1), dy, dy)
        self.emit(np.subtract, dy, t, dy)
        self.emit(np.multiply, dy, self.scalar(self.share), dy)

    @staticmethod
    def values(spec: losses.BCEWithLogits, terms: Array, t: Array) -> Array:
        return np.maximum(terms, 0) - terms * t + np.log1p(np.exp(-np.abs(terms)))


@loss(losses.CrossEntropy)
class CrossEntropy(Loss[losses.CrossEntropy]):
    """L = −Σᵢ tᵢ ln sᵢ with s = softmax(y) and t a column with a single one; dL/dy = s − t.

    The terms are ln sᵢ = yᵢ − max y − ln Σⱼ e^(yⱼ − max y).
    """

    per_sample: ClassVar[bool] = True

    def backward(self, y: Array, t: Array, terms: Array, dy: Array) -> None:
        row = np.empty(self.shape[1], self.dtype)
        ones = np.ones(self.shape[0], self.dtype)
        self.emit(np.maximum.reduce, y, 0, None, row)
        self.emit(np.subtract, y, row, terms)
        self.emit(np.exp, terms, dy)
        self.emit(ones.dot, dy, row)
        self.emit(np.divide, dy, row, dy)
        self.emit(np.log, row, row)
        self.emit(np.subtract, terms, row, terms)
        self.emit(np.subtract, dy, t, dy)
        self.emit(np.multiply, dy, self.scalar(self.share), dy)

    @staticmethod
    def values(spec: losses.CrossEntropy, terms: Array, t: Array) -> Array:
        return np.where(t == 1, -terms, 0.0)


@loss(losses.Hinge)
class Hinge(Loss[losses.Hinge]):
    """L = max(0, 1 − t y), dL/dy = −t where t y < 1, else 0. Cortes and Vapnik (1995)."""

    def backward(self, y: Array, t: Array, terms: Array, dy: Array) -> None:
        self.emit(np.multiply, t, y, terms)
        self.emit(np.subtract, self.scalar(1), terms, terms)
        self.emit(np.heaviside, terms, self.scalar(0), dy)
        self.emit(np.multiply, dy, t, dy)
        self.emit(np.multiply, dy, self.scalar(-self.share), dy)

    @staticmethod
    def values(spec: losses.Hinge, terms: Array, t: Array) -> Array:
        return np.maximum(terms, 0)
