"""Recurrent cells: one layer in one direction at one batch size, from its inputs to its states and back through time.

Legend: T steps, I inputs, H hidden units, B samples, G blocks of rows; K = I + H + 2. Everything is in the order in
which the cell reads: a reverse direction gets its steps turned round.

    U (T + 1, K, B)    what a step is computed from: [x; 1; h; 1]. h of step t is written into U[t + 1].
    W̃ (G H, K)         [W_ih, b_ih, W_hh, b_hh]: input, biases and recurrence are one product a step.
    E (T, G H, B)      ∂L/∂(W̃ U), step by step; afterwards dW̃ and dx are one product each over all T B columns.

Sigmoids are tanhs: σ(z) = ½ + ½ tanh(z / 2). Their rows of W̃ are halved once, so that one tanh serves all gates of a
step. What the slopes need is made for all steps at once.

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


class Gated(Cell[R]):
    """A cell whose products stand in an order of their own.

    Attributes:
        a: the gates after their nonlinearity (T, G H, B).
        factors: what E is made of (T, G H, B).
    """

    sigmoids: ClassVar[tuple[str, ...]] = ()
    """The gates that are sigmoids, side by side in `order`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        rows = len(self.order) * self.hidden
        self.a = np.empty((self.length, rows, self.batch), self.dtype)
        self.arranged = np.zeros((rows, self.weight.shape[1]), self.dtype)
        self.scaled = np.empty_like(self.arranged)
        self.halves = np.ones_like(self.arranged)
        start = self.order.index(self.sigmoids[0]) * self.hidden
        self.sigmoid_rows = slice(start, start + len(self.sigmoids) * self.hidden)
        self.halves[self.sigmoid_rows] = 0.5
        self.room = np.empty((self.hidden, self.batch), self.dtype)

    def runs(self) -> list[tuple[tuple[slice, slice], tuple[slice, slice]]]:
        """Return which part (rows, columns) of the arranged matrix is which part of W̃; gate by gate."""
        names, hidden = self.spec.gates, self.hidden
        everything, of_x = slice(0, self.weight.shape[1]), slice(0, self.num_inputs + 1)
        of_h = slice(self.num_inputs + 1, self.weight.shape[1])
        found: list[tuple[tuple[slice, slice], tuple[slice, slice]]] = []
        for number, name in enumerate(self.order):
            columns = {"nx": of_x, "nh": of_h}.get(name, everything)
            start = names.index(name[:1]) * hidden
            inner = slice(number * hidden, (number + 1) * hidden)
            found.append(((inner, columns), (slice(start, start + hidden), columns)))
        return found

    def rows(self) -> Array:
        return self.arranged

    def prepare(self) -> None:
        for inner, outer in self.runs():
            self.emit(np.copyto, self.arranged[inner], self.weight[outer])
        self.emit(np.multiply, self.arranged, self.halves, self.scaled)

    def collect(self, found: Array) -> None:
        for inner, outer in self.runs():
            self.emit(np.copyto, self.gradient[outer], found[inner])

    def sigmoid(self, t: int) -> None:
        """Append σ = ½ + ½ tanh for the sigmoids of step t, whose tanhs stand already."""
        gates, half = self.a[t, self.sigmoid_rows], self.scalar(0.5)
        self.emit(np.multiply, gates, half, gates)
        self.emit(np.add, gates, half, gates)

    def start_slopes(self) -> None:
        """Append s (1 − s) for the sigmoids."""
        self.factors = np.empty_like(self.a)
        gates, slopes = self.a[:, self.sigmoid_rows], self.factors[:, self.sigmoid_rows]
        self.emit(np.subtract, self.one(), gates, slopes)
        self.emit(np.multiply, slopes, gates, slopes)

    def part(self, name: str) -> Array:
        """Return a gate of all steps (T, H, B)."""
        return self.gate(self.a, name)


@cell(specs.LSTM)
class LSTM(Gated[specs.LSTM]):
    """o, i, f = σ, g = tanh of their rows of W̃ U; cₜ = f cₜ₋₁ + i g; hₜ = o tanh cₜ.

    Back: dc = dh o (1 − tanh² c) + what comes from step t + 1, where it is dc f; then E = dh tanh(c) o (1 − o) for o,
    and dc times g i (1 − i), cₜ₋₁ f (1 − f), i (1 − g²) for the others.
    The sigmoids stand together, and together what the cell's gradient reaches.
    Hochreiter and Schmidhuber (1997), Gers et al. (2000).
    """

    order: ClassVar = ("o", "i", "f", "g")
    sigmoids: ClassVar = ("o", "i", "f")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.c = np.zeros((self.length + 1, self.hidden, self.batch), self.dtype)  # c of step t in c[t + 1]
        self.bent = np.empty((self.length, self.hidden, self.batch), self.dtype)  # tanh c
        self.dc: Array | None = None

    def step(self, t: int) -> None:
        a, c = self.a[t], self.c[t + 1]
        o, i, f, g = (self.gate(a, name) for name in self.order)
        self.emit(self.scaled.dot, self.used[t], a)
        self.emit(np.tanh, a, a)
        self.sigmoid(t)
        self.emit(np.multiply, f, self.c[t], c)
        self.emit(np.multiply, i, g, self.room)
        self.emit(np.add, c, self.room, c)
        self.emit(np.tanh, c, self.bent[t])
        self.emit(np.multiply, o, self.bent[t], self.h[t])

    def slopes(self) -> None:
        self.start_slopes()
        of_o, of_i, of_f, of_g = (self.gate(self.factors, name) for name in self.order)
        self.emit(np.multiply, of_o, self.bent, of_o)
        self.emit(np.multiply, of_i, self.part("g"), of_i)
        self.emit(np.multiply, of_f, self.c[:-1], of_f)
        self.emit(np.multiply, self.part("g"), self.part("g"), of_g)
        self.emit(np.subtract, self.one(), of_g, of_g)
        self.emit(np.multiply, of_g, self.part("i"), of_g)
        self.through = np.empty_like(self.bent)  # o (1 − tanh² c)
        self.emit(np.multiply, self.bent, self.bent, self.through)
        self.emit(np.subtract, self.one(), self.through, self.through)
        self.emit(np.multiply, self.through, self.part("o"), self.through)
        self.dc = np.empty_like(self.bent)
        self.carry = np.empty((self.hidden, self.batch), self.dtype)

    def back(self, t: int, dh: Array, *, after: bool) -> None:
        assert self.dc is not None
        dc, errors, factors = self.dc[t], self.errors[t], self.factors[t]
        blocks = -1, self.hidden, self.batch
        self.emit(np.multiply, dh, self.through[t], dc)
        if after:
            self.emit(np.add, dc, self.carry, dc)
        self.emit(np.multiply, dh, factors[: self.hidden], errors[: self.hidden])
        others = factors[self.hidden :].reshape(blocks, copy=False)
        self.emit(np.multiply, dc, others, errors[self.hidden :].reshape(blocks, copy=False))
        if t:
            self.emit(np.multiply, dc, self.gate(self.a[t], "f"), self.carry)

    def gates(self) -> dict[str, Array]:
        return {name: self.part(name) for name in self.spec.gates} | {"c": self.c[1:], "h": self.h}

    def slopes_of_states(self) -> dict[str, Array]:
        assert self.dc is not None
        return {**super().slopes_of_states(), "c": self.dc}


@cell(specs.GRU)
class GRU(Gated[specs.GRU]):
    """z, r = σ of their rows of W̃ U; n = tanh(n_x + r n_h), n_x and n_h the inputs' and the state's part of the row n;
    hₜ = n + z (hₜ₋₁ − n).

    Back: E is dh (1 − z) (1 − n²) for n_x, dh (hₜ₋₁ − n) z (1 − z) for z; that of n_x times n_h r (1 − r) for r, times
    r for n_h; and dh z goes straight on to hₜ₋₁. n stands where n_x was. Cho et al. (2014), as torch and cuDNN.
    """

    order: ClassVar = ("nx", "z", "r", "nh")
    sigmoids: ClassVar = ("z", "r")

    def step(self, t: int) -> None:
        a, h = self.a[t], self.h[t]
        before = self.used[t, self.inside]
        n, z, r, n_h = (self.gate(a, name) for name in self.order)
        both = a[self.sigmoid_rows]
        self.emit(self.scaled.dot, self.used[t], a)
        self.emit(np.tanh, both, both)
        self.sigmoid(t)
        self.emit(np.multiply, r, n_h, self.room)
        self.emit(np.add, n, self.room, n)
        self.emit(np.tanh, n, n)
        self.emit(np.subtract, before, n, h)
        self.emit(np.multiply, h, z, h)
        self.emit(np.add, h, n, h)

    def slopes(self) -> None:
        self.start_slopes()
        of_n, of_z, of_r, of_h = (self.gate(self.factors, name) for name in self.order)
        n, z, r, n_h = (self.part(name) for name in self.order)
        room = np.empty((self.length, self.hidden, self.batch), self.dtype)
        self.emit(np.multiply, n, n, of_n)
        self.emit(np.subtract, self.one(), of_n, of_n)
        self.emit(np.subtract, self.scalar(1), z, room)
        self.emit(np.multiply, of_n, room, of_n)
        self.emit(np.subtract, self.used[:-1, self.inside], n, room)
        self.emit(np.multiply, of_z, room, of_z)
        self.emit(np.multiply, of_r, n_h, of_r)
        self.emit(np.copyto, of_h, r)
        self.carry = np.empty((self.hidden, self.batch), self.dtype)

    def follow(self, dh: Array) -> None:
        self.emit(np.add, dh, self.carry, dh)

    def back(self, t: int, dh: Array, *, after: bool) -> None:
        errors, factors = self.errors[t], self.factors[t]
        blocks, middle = (2, self.hidden, self.batch), 2 * self.hidden
        of_dh, of_n = (part.reshape(blocks, copy=False) for part in (factors[:middle], factors[middle:]))
        self.emit(np.multiply, dh, of_dh, errors[:middle].reshape(blocks, copy=False))
        self.emit(np.multiply, errors[: self.hidden], of_n, errors[middle:].reshape(blocks, copy=False))
        if t:
            self.emit(np.multiply, dh, self.part("z")[t], self.carry)

    def gates(self) -> dict[str, Array]:
        return {"r": self.part("r"), "z": self.part("z"), "n": self.part("nx"), "h": self.h}
