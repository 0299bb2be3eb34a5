"""Recurrent cells: one layer in one direction at one batch size, from its inputs to its states and back through time.

Legend: T steps, I inputs, H hidden units, B samples, G blocks of rows; K = I + H + 2. Everything is in the order in
which the cell reads: a reverse direction gets its steps turned round.

    U (T + 1, K, B)    what a step is computed from: [x; 1; h; 1]. h of step t is written into U[t + 1].
    W̃ (G H, K)         [W_ih, b_ih, W_hh, b_hh]: input, biases and recurrence are one product a step.
    E (T, G H, B)      ∂L/∂(W̃ U), step by step; afterwards dW̃ and dx are one product each over all T B columns.

What the slopes need is made for all steps at once. Cells with gates are in `gated_cells`.

Where a text has not begun yet x and the ones are 0, and then so is the state, at no cost; the slopes are 0 there. Where
one that is read backwards is over nothing comes back from the state, whatever it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from engines.numpy.layer import Layer
from engines.protocol import Array
from engines.registry import Registry
from playground.spec import recurrent_layers as specs

R = TypeVar("R", bound=specs.Recurrent)


class Cell(ABC, Generic[R]):
    """What the cells share.

    Args:
        layer: whose calls they are.
        spec: the layer's.
        num_inputs: I.
        length: T.
        weight: W̃, parameters.
        gradient: of W̃.
        mask: (T, B), 0 where a text has not begun or, turned round, is over; None where every step counts.
        over: whether the steps that do not count come last.

    Class attributes:
        order: the rows of the products, blocks of H, by torch's gate; an n in two parts is `nx` and `nh`.

    Attributes:
        h: the states (T, H, B), a view.
        dh: ∂L/∂h (T, H, B), through all that follows.
    """

    order: ClassVar[tuple[str, ...]] = ("h",)

    def __init__(
        self,
        layer: Layer[Any],
        spec: R,
        num_inputs: int,
        length: int,
        weight: Array,
        gradient: Array,
        mask: Array | None,
        *,
        over: bool,
    ) -> None:
        self.spec, self.num_inputs, self.length = spec, num_inputs, length
        self.layer, self.emit, self.scalar = layer, layer.emit, layer.scalar
        self.hidden, self.batch, self.dtype = spec.hidden_size, layer.at.batch_size, layer.at.dtype
        self.weight, self.gradient = weight, gradient
        self.mask, self.over = mask, over
        self.used = np.zeros((length + 1, num_inputs + self.hidden + 2, self.batch), self.dtype)  # U
        self.used[:, [num_inputs, -1]] = 1
        self.inside = slice(
            num_inputs + 1, num_inputs + 1 + self.hidden
        )  # the rows of h in U, the columns in W̃
        self.h = self.used[1:, self.inside]
        self.dh: Array | None = None

    def forward(self, x: Array) -> None:
        """Append the calls that make all states from x (T, I, B), any strides."""
        into = self.used[:-1, : self.num_inputs]
        if self.mask is None:
            self.emit(np.copyto, into, x)
        else:
            self.emit(np.multiply, x, self.mask[:, None], into)
            for row in (self.num_inputs, -1):
                self.emit(np.copyto, self.used[:-1, row], self.mask)
        self.prepare()
        for t in range(self.length):
            self.step(t)

    def backward(self, dy: Array | None, last: Array | None = None) -> None:
        """Append the calls that make E and dW̃ from dL/dy (T, H, B), or from that of the last step alone (H, B)."""
        rows = len(self.order) * self.hidden
        self.errors = np.empty((self.length, rows, self.batch), self.dtype)  # E
        self.dh = np.empty((self.length, self.hidden, self.batch), self.dtype)
        back = np.empty((self.hidden, rows), self.dtype)  # W_hhᵀ
        self.emit(np.copyto, back, self.rows()[:, self.inside].T)
        self.slopes()
        for t in reversed(range(self.length)):
            dh, here = (
                self.dh[t],
                last if dy is None and t == self.length - 1 else None if dy is None else dy[t],
            )
            after = t + 1 < self.length and not self._cut(t)
            if after:
                self.emit(back.dot, self.errors[t + 1], dh)
                self.follow(dh)
            if here is None:
                if not after:
                    self.emit(dh.fill, 0)
            elif after:
                self.emit(np.add, dh, here, dh)
            else:
                self.emit(np.copyto, dh, here)
            if self.over and self.mask is not None:
                self.emit(np.multiply, dh, self.mask[t], dh)
            self.back(t, dh, after=after)
        self._weights()

    def dx(self, into: Array, *, add: bool) -> None:
        """Append dL/dx (T, I, B), into or added to `into`."""
        rows = self.rows()[:, : self.num_inputs]
        found = np.empty((self.num_inputs, self.length * self.batch), self.dtype)
        self.emit(np.matmul, rows.T, self.spread_errors, found)
        by_step = found.reshape(self.num_inputs, self.length, self.batch).transpose(1, 0, 2)
        if self.mask is not None:
            self.emit(np.multiply, by_step, self.mask[:, None], by_step)
        self.emit(*((np.add, into, by_step, into) if add else (np.copyto, into, by_step)))

    def gates(self) -> dict[str, Array]:
        """Return what is to be seen inside, (T, H, B) views by torch's names: the gates, and c and h."""
        return {"h": self.h}

    def slopes_of_states(self) -> dict[str, Array]:
        """Return ∂L/∂h and, where there is one, ∂L/∂c of every step (T, H, B) after a backward pass."""
        assert self.dh is not None
        return {"h": self.dh}

    def prepare(self) -> None:
        """Append what is done once before the steps."""

    @abstractmethod
    def step(self, t: int) -> None:
        """Append the calls of step t."""

    def rows(self) -> Array:
        """Return W̃ with the rows of the products (G H, K), unscaled; appended calls may fill it."""
        return self.weight

    @abstractmethod
    def slopes(self) -> None:
        """Append what the way back needs of all steps."""

    def follow(self, dh: Array) -> None:
        """Append what of the next step comes to dL/dh (H, B) past the products."""

    @abstractmethod
    def back(self, t: int, dh: Array, *, after: bool) -> None:
        """Append the calls that make E[t] from dL/dh (H, B); without `after` nothing comes from later steps."""

    def collect(self, found: Array) -> None:
        """Append what turns ∂L/∂(rows) (G H, K) into the gradient; called where it is not the gradient itself."""

    def gate(self, values: Array, name: str) -> Array:
        """Return the rows of a gate, (..., H, B) of (..., G H, B)."""
        start = self.order.index(name) * self.hidden
        return values[..., start : start + self.hidden, :]

    def one(self) -> Array:
        """Return what a slope is 1 minus something of: 1, or 0 where a text has not begun."""
        return self.scalar(1) if self.mask is None or self.over else self.mask[:, None]

    def _cut(self, t: int) -> bool:
        """Return whether no gradient comes through the state from step t + 1 to step t."""
        return bool(self.spec.truncate) and (t + 1) % self.spec.truncate == 0

    def _weights(self) -> None:
        """dW̃ = E Uᵀ over all steps and samples."""
        features = np.empty((self.used.shape[1], self.length * self.batch), self.dtype)
        self.spread_errors = np.empty((self.errors.shape[1], self.length * self.batch), self.dtype)
        for spread, steps in ((features, self.used[:-1]), (self.spread_errors, self.errors)):
            by_step = spread.reshape(-1, self.length, self.batch).transpose(1, 0, 2)
            self.emit(np.copyto, by_step, steps)
        own = self.rows() is self.weight
        found = self.gradient if own else np.empty((self.errors.shape[1], len(features)), self.dtype)
        self.emit(np.matmul, self.spread_errors, features.T, found)
        if not own:
            self.collect(found)


CELLS: Registry[type[Cell[Any]]] = Registry()
cell = CELLS
"""The decorator `@cell(Spec)` that enters a cell."""


@cell(specs.RNN)
class RNN(Cell[specs.RNN]):
    """hₜ = tanh(W̃ Uₜ), slope 1 − h²; or max(0, W̃ Uₜ), slope 1 where h > 0. Elman (1990)."""

    def step(self, t: int) -> None:
        h = self.h[t]
        self.emit(self.weight.dot, self.used[t], h)
        if self.spec.nonlinearity == "tanh":
            self.emit(np.tanh, h, h)
            return
        self.emit(np.maximum, h, np.zeros_like(h), out=h)
        if self.mask is not None and self.over:  # behind the end of a text it could grow without bounds
            self.emit(np.multiply, h, self.mask[t], h)

    def slopes(self) -> None:
        self.slope = np.empty((self.length, self.hidden, self.batch), self.dtype)
        if self.spec.nonlinearity == "tanh":
            self.emit(np.multiply, self.h, self.h, self.slope)
            self.emit(np.subtract, self.one(), self.slope, self.slope)
        else:
            self.emit(np.sign, self.h, self.slope)

    def back(self, t: int, dh: Array, *, after: bool) -> None:
        self.emit(np.multiply, dh, self.slope[t], self.errors[t])
