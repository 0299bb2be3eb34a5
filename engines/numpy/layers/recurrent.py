"""Recurrent layers: stacks of cells, in one direction or both, with dropout between. What a cell does is in `cells`.

Legend: T steps, F features, H hidden units, D directions, B samples. A sequence is a block (T F, B), each step's (F, B)
in one piece; `_sequence` sees it as (T, F, B).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from engines.numpy.block import Block
from engines.numpy.layer import Lasting, Layer, layer
from engines.numpy.layers.cells import CELLS, Cell
from engines.numpy.workspace import Workspace
from engines.protocol import Array
from playground.spec import Shape
from playground.spec import recurrent_layers as specs


class Recurrent(Layer[Any]):
    """(N, T, F) → (N, T, D H), or (N, D H) without `return_sequences`.

    Parameters of each layer and direction: W_ih (G H, I), W_hh (G H, H), b_ih (G H,), b_hh (G H,), kept as
    W̃ = [W_ih, b_ih, W_hh, b_hh] (G H, I + H + 2), so that a step is one product.
    """

    draws: ClassVar[bool] = True

    def __init__(self, spec: specs.Recurrent, shape: Shape, lasting: Lasting, at: Workspace) -> None:
        super().__init__(spec, shape, lasting, at)
        self.length, self.num_features = shape
        self.width = spec.directions * spec.hidden_size
        self.inputs = [inputs for _, inputs in spec.parts(shape)]
        self.weights = _matrices(spec, shape, lasting.parameters)
        self.gradients = _matrices(spec, shape, lasting.gradient)

    def forward(self, x: Block) -> Block:
        self.padding = self.at.padding
        self.stack = [self._cells(number) for number in range(self.spec.num_layers)]
        self.masks: list[Array | None] = []
        values = _sequence(x.values, self.num_features)
        for number, cells in enumerate(self.stack):
            if number:
                values = self._dropped(self._joined(self.stack[number - 1]))
            for cell, part in zip(cells, (values, values[::-1]), strict=False):
                cell.forward(part)
        if self.spec.return_sequences:
            y = self.block(self.length * self.width)
            self._joined(self.stack[-1], _sequence(y.values, self.width))
            return y
        self.at.padding = None
        return self._last_states()

    def backward(self, dy: Block) -> Block:
        slopes: Array | None = None  # dL/dy (T, D H, B) of a layer of the stack
        if self.spec.return_sequences:
            slopes = _sequence(dy.values, self.width)
        for number in reversed(range(self.spec.num_layers)):
            cells = self.stack[number]
            for turned, cell in enumerate(cells):
                rows = slice(turned * cell.hidden, (turned + 1) * cell.hidden)
                if slopes is not None:
                    cell.backward(slopes[:, rows][::-1] if turned else slopes[:, rows])
                elif turned and self.padding is not None:
                    cell.backward(self._scattered(dy.values[rows]))
                else:
                    cell.backward(None, dy.values[rows])
            if number:
                slopes = np.empty((self.length, self.width, self.at.batch_size), self.at.dtype)
                self._dx(cells, slopes)
                self._drop(slopes, self.masks[number - 1], slopes)
        dx = self.block(self.num_in)
        if self.wants_dx:
            self._dx(self.stack[0], _sequence(dx.values, self.num_features))
        return dx

    def gates(self) -> dict[str, Array]:
        """Return what is to be seen inside after a pass (T, H, B); see `Net.gates`."""
        return self._seen(lambda cell: cell.gates())

    def slopes_of_states(self) -> dict[str, Array]:
        """Return dL/dh and dL/dc after a backward pass (T, H, B); see `Net.through_time`."""
        return self._seen(lambda cell: cell.slopes_of_states())

    @classmethod
    def views(cls, spec: specs.Recurrent, shape: Shape, flat: Array) -> dict[str, Array]:
        found: dict[str, Array] = {}
        for (suffix, inputs), whole in zip(spec.parts(shape), _matrices(spec, shape, flat), strict=True):
            found[f"weight_ih{suffix}"] = whole[:, :inputs]
            found[f"weight_hh{suffix}"] = whole[:, inputs + 1 : -1]
            found[f"bias_ih{suffix}"] = whole[:, inputs]
            found[f"bias_hh{suffix}"] = whole[:, -1]
        return found

    def _cells(self, number: int) -> list[Cell[Any]]:
        """Return the cells of one layer of the stack."""
        counts = None if self.padding is None else self.padding.counts
        found: list[Cell[Any]] = []
        for turned in range(self.spec.directions):
            index = number * self.spec.directions + turned
            found.append(
                CELLS[type(self.spec)](
                    self,
                    self.spec,
                    self.inputs[index],
                    self.length,
                    self.weights[index],
                    self.gradients[index],
                    counts[::-1] if turned and counts is not None else counts,
                    over=bool(turned),
                )
            )
        return found

    def _joined(self, cells: list[Cell[Any]], into: Array | None = None) -> Array:
        """Append what puts the states of all directions side by side, in the order of time: (T, D H, B)."""
        if len(cells) == 1 and into is None:
            return cells[0].h
        if into is None:
            into = np.empty((self.length, self.width, self.at.batch_size), self.at.dtype)
        for turned, cell in enumerate(cells):
            place = into[:, turned * cell.hidden : (turned + 1) * cell.hidden]
            if turned and self.padding is not None:  # past the end of a text that is read backwards
                self.emit(np.multiply, cell.h[::-1], self.padding.factor, place)
            else:
                self.emit(np.copyto, place, cell.h[::-1] if turned else cell.h)
        return into

    def _last_states(self) -> Block:
        """Append what takes the last state of each direction: (D H, B)."""
        y = self.block(self.width)
        for turned, cell in enumerate(self.stack[-1]):
            place = y.values[turned * cell.hidden : (turned + 1) * cell.hidden]
            if turned and self.padding is not None:
                states = cell.used.reshape(-1)
                self.emit(
                    np.take,
                    states,
                    self._ends(cell.used[:, cell.inside], cell.inside.start),
                    None,
                    place,
                    "clip",
                )
            else:
                self.emit(np.copyto, place, cell.h[-1])
        return y

    def _scattered(self, dy: Array) -> Array:
        """Append what puts dL/dy (H, B) of last states where each text is over, in the order of reading: (T, H, B)."""
        found = np.empty((self.length + 1, *dy.shape), self.at.dtype)
        self.emit(found.fill, 0)
        self.emit(found.reshape(-1).put, self._ends(found), dy)
        return found[1:]

    def _ends(self, states: Array, offset: int = 0) -> Array:
        """Append which numbers of the memory of `states` (T + 1, H, B), which begin at row
        `offset` of each step, are those after each text's last step: (H, B)."""
        assert self.padding is not None
        step, row, column = (stride // states.itemsize for stride in states.strides)
        hidden, batch = states.shape[1:]
        places = (
            offset * row + row * np.arange(hidden)[:, None] + column * np.arange(batch)
        )  # of a text without steps
        lengths, ends = np.empty(batch, self.at.dtype), np.empty(batch, np.int64)
        found = np.empty_like(places)
        self.emit(np.add.reduce, self.padding.counts, 0, None, lengths)
        self.emit(np.multiply, lengths, step, ends, casting="unsafe")
        self.emit(np.add, places, ends, found)
        return found

    def _dropped(self, values: Array) -> Array:
        """Append dropout of (T, D H, B) between two layers, while training; see `dropout.Dropout`."""
        p = self.spec.dropout
        if not self.at.training or not p:
            self.masks.append(None)
            return values
        assert self.lasting.generator is not None
        uniform = np.empty(values.shape, np.float32)
        kept, mask = np.empty(values.shape, np.bool_), np.empty(values.shape, self.at.dtype)
        self.emit(self.lasting.generator.random, None, np.float32, uniform)
        self.emit(np.greater_equal, uniform, np.array(p, np.float32), kept)
        self.emit(np.multiply, kept, self.scalar(1 / (1 - p)), mask)
        self.masks.append(mask)
        found = np.empty_like(mask)
        self._drop(values, mask, found)
        return found

    def _drop(self, values: Array, mask: Array | None, into: Array) -> None:
        if mask is not None:
            self.emit(np.multiply, values, mask, into)

    def _dx(self, cells: list[Cell[Any]], into: Array) -> None:
        """Append the gradient of what all directions have read (T, I, B)."""
        for turned, cell in enumerate(cells):
            cell.dx(into[::-1] if turned else into, add=bool(turned))

    def _seen(self, of: Callable[[Cell[Any]], dict[str, Array]]) -> dict[str, Array]:
        """Return what `of` gives of each cell, in the order of time, 0 where nothing counts."""
        found: dict[str, Array] = {}
        for number, cells in enumerate(self.stack):
            for turned, cell in enumerate(cells):
                suffix = (f"_l{number}" if number else "") + ("_reverse" if turned else "")
                for name, read in of(cell).items():
                    values = read[::-1] if turned else read
                    found[name + suffix] = values * self.padding.factor if self.padding else values
        return found


for kind in (specs.RNN, specs.LSTM, specs.GRU):
    layer(kind)(Recurrent)


def _sequence(values: Array, num_features: int) -> Array:
    """Return a block's values (T F, B) as the sequence (T, F, B), a view."""
    return values.reshape(-1, num_features, values.shape[1], copy=False)


def _matrices(spec: specs.Recurrent, shape: Shape, flat: Array) -> list[Array]:
    """Return the W̃ (G H, I + H + 2) of each layer and direction, views of their part of a flat vector."""
    rows = len(spec.gates) * spec.hidden_size
    found: list[Array] = []
    start = 0
    for _, inputs in spec.parts(shape):
        stop = start + rows * (inputs + spec.hidden_size + 2)
        found.append(flat[start:stop].reshape(rows, -1))
        start = stop
    return found
