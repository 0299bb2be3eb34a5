"""Recurrent cells with gates: LSTM and GRU. Legend and layouts are those of `cells`.

Sigmoids are tanhs: σ(z) = ½ + ½ tanh(z / 2). Their rows of W̃ are halved once, so that one tanh serves all gates of a
step.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from engines.numpy.layers.cells import Cell, R, cell
from engines.protocol import Array
from playground.spec import recurrent_layers as specs


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
