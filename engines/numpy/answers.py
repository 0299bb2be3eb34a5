"""Where the right answers of batches lie, and what a loss makes of them: the calls of a step, and the mean loss.

One answer for a sample, or one at each step of a sequence; all of them judged, or some not. The common case, everything
judged, costs nothing for the others' sake.

Legend: S batches (slots), B samples, k outputs; of sequences T steps and C classes, so that k = T C.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from engines.numpy.block import Block
from engines.numpy.losses import LOSSES, coded, mean_losses
from engines.numpy.program import Program, run
from engines.protocol import Array
from playground.spec import LossSpec, Shape
from playground.spec.losses import IGNORED


class Answers(ABC):
    """The answers of S batches of B samples for one loss.

    Attributes:
        held: the arrays of all batches (S, ...); calls that work on the first can work on any.
    """

    held: tuple[Array, ...]

    def __init__(
        self, loss: LossSpec, output: Shape, num_slots: int, batch_size: int, dtype: np.dtype
    ) -> None:
        self.loss, self.output, self.dtype = loss, output, dtype
        self.num_slots, self.batch_size = num_slots, batch_size

    @abstractmethod
    def write(self, program: Program, y: Array, dy: Array) -> None:
        """Append the calls that make dL/dy of the first batch from y, both (k, B)."""

    @abstractmethod
    def fill(self, targets: Array, num_slots: int) -> None:
        """Lay out the coded targets of the first batches, one after the other (num_slots B, ...)."""

    @abstractmethod
    def losses(self, num_slots: int) -> Array:
        """Return the losses of the first batches (num_slots,), float64, after their calls have run."""


class Every(Answers):
    """Every answer is judged: numbers (N, k) or classes (N,). Targets and terms are (S, k, B)."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        size = int(np.prod(self.output))
        self.targets = np.zeros((self.num_slots, size, self.batch_size), self.dtype)
        self.terms = np.zeros_like(self.targets)
        self.held = self.targets, self.terms

    def write(self, program: Program, y: Array, dy: Array) -> None:
        kind = LOSSES[type(self.loss)]
        kind(self.loss, y.shape, self.dtype, program).backward(y, self.targets[0], self.terms[0], dy)

    def fill(self, targets: Array, num_slots: int) -> None:
        coded(self.loss, targets, self.targets[:num_slots])

    def losses(self, num_slots: int) -> Array:
        return mean_losses(self.loss, self.terms[:num_slots], self.targets[:num_slots])


class SomeNumbers(Every):
    """Numbers (N, k) of which NaN is not judged. Weights (S, k, B) are 1/n for the n that are, and 0."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.weights = np.zeros_like(self.targets)
        self.held = self.targets, self.terms, self.weights

    def write(self, program: Program, y: Array, dy: Array) -> None:
        loss = LOSSES[type(self.loss)](self.loss, y.shape, self.dtype, program)
        loss.share = 1.0
        loss.backward(y, self.targets[0], self.terms[0], dy)
        program.emit(np.multiply, dy, self.weights[0], dy)

    def fill(self, targets: Array, num_slots: int) -> None:
        super().fill(targets, num_slots)
        there, weights = self.targets[:num_slots], self.weights[:num_slots]
        judged = ~np.isnan(there)
        there[~judged] = 0
        weights[...] = judged / np.maximum(judged.sum(axis=(1, 2), keepdims=True), 1)

    def losses(self, num_slots: int) -> Array:
        kind, weights = LOSSES[type(self.loss)], self.weights[:num_slots].astype(np.float64)
        with np.errstate(all="ignore"):
            values = kind.values(
                self.loss, self.terms[:num_slots].astype(np.float64), self.targets[:num_slots]
            )
            return np.where(weights > 0, values * weights, 0).sum(axis=(1, 2))


class Tokens(Answers):
    """A class at each step (N, T), of which `IGNORED` is not judged; for CrossEntropy over outputs (T, C).

    L = −Σ w ln s with s the softmax's part of the right class and w = 1/n for the n that are judged, else 0;
    dL/dy = w (softmax − 1 at the right class). What is kept of a step is where its class stands among the k B outputs,
    and ln s: no columns with a single one, which for hundreds of characters would be most of the work.
    """

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        shape = self.num_slots, self.output[0], self.batch_size
        self.places = np.zeros(shape, np.int64)
        self.weights = np.zeros(shape, self.dtype)
        self.terms = np.zeros(shape, self.dtype)  # ln s
        self.held = self.places, self.weights, self.terms

    def write(self, program: Program, y: Array, dy: Array) -> None:
        emit = program.emit
        places, weights, terms = self.places[0], self.weights[0], self.terms[0]
        shape = (*self.output, self.batch_size)
        y, slopes, flat = (
            y.reshape(shape, copy=False),
            dy.reshape(shape, copy=False),
            dy.reshape(-1, copy=False),
        )
        row, chosen = np.empty((shape[0], 1, shape[2]), self.dtype), np.empty_like(terms)
        emit(np.maximum.reduce, y, 1, None, row[:, 0])
        emit(np.subtract, y, row, slopes)
        emit(np.take, flat, places, None, terms, "clip")
        emit(np.exp, slopes, slopes)
        emit(np.add.reduce, slopes, 1, None, row[:, 0])
        emit(np.log, row[:, 0], chosen)
        emit(np.subtract, terms, chosen, terms)
        emit(np.divide, weights, row[:, 0], row[:, 0])
        emit(np.multiply, slopes, row, slopes)
        emit(np.take, flat, places, None, chosen, "clip")
        emit(np.subtract, chosen, weights, chosen)
        emit(flat.put, places, chosen)

    def fill(self, targets: Array, num_slots: int) -> None:
        steps, classes = self.output
        by_slot = targets.reshape(num_slots, self.batch_size, steps).transpose(0, 2, 1)  # (S, T, B)
        judged = by_slot != IGNORED
        count = np.maximum(judged.sum(axis=(1, 2), keepdims=True), 1)
        self.weights[:num_slots] = judged / count
        first = np.arange(steps)[:, None] * classes
        rows = first + np.where(judged, by_slot, 0)
        self.places[:num_slots] = rows * self.batch_size + np.arange(self.batch_size)

    def losses(self, num_slots: int) -> Array:
        weights = self.weights[:num_slots].astype(np.float64)
        with np.errstate(all="ignore"):
            return np.where(weights > 0, -self.terms[:num_slots] * weights, 0).sum(axis=(1, 2))


def kind_of(loss: LossSpec, output: Shape, targets: Array) -> type[Answers]:
    """Return how coded targets of a whole set are to be laid out."""
    if len(output) != 2:
        return Every
    if loss.targets == "classes":
        return Tokens
    return SomeNumbers if np.isnan(targets).any() else Every


def judge(loss: LossSpec, y: Array, targets: Array) -> tuple[float, Array]:
    """Return the loss of outputs y (N, *output) against coded targets, and dL/dy of the same shape."""
    found = kind_of(loss, y.shape[1:], targets)(loss, y.shape[1:], 1, len(y), y.dtype)
    columns = np.ascontiguousarray(y.reshape(len(y), -1).T)  # (k, N)
    dy = Block.empty(len(columns), len(y), y.dtype)
    program = Program()
    found.write(program, columns, dy.values)
    found.fill(targets, 1)
    with np.errstate(all="ignore"):  # a loss may be infinite; it is not hidden
        run(program)
    return float(found.losses(1)[0]), np.ascontiguousarray(dy.values.T).reshape(y.shape)
