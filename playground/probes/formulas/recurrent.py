"""A unit of a recurrent layer at one step of time: its gates with their numbers, and what comes back to an input.

The states of all steps are found by the textbook's recurrence (`playground/probes/sequence`), since a layer hands on
its states alone. Legend: as there; h′ and c′ are those of the step read before, w weighs the input, u the state.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.probes.arithmetic import Term, subscript
from playground.probes.formulas.blocks import Block, alone, note, product, total
from playground.probes.formulas.units import Place, Vector, formula, slope
from playground.probes.sequence.equations import equations
from playground.probes.sequence.recurrence import Cells, Gates, Slopes, slopes, unroll
from playground.spec import recurrent_layers as specs

LETTERS = {"i": "ⁱ", "f": "ᶠ", "g": "ᵍ", "o": "ᵒ", "r": "ʳ", "z": "ᶻ", "n": "ⁿ", "h": ""}
"""How a weight of a gate is told from the others'."""


@dataclass(frozen=True, eq=False)
class Read:
    """One direction of one layer of the stack, in the order in which it reads.

    Attributes:
        suffix: of its tensors' names.
        turned: it reads from the end.
        cells: its numbers.
        x: (1, T, F), what it reads.
        present: (1, T).
        gates: (1, T, H) by letter.
    """

    suffix: str
    turned: bool
    cells: Cells
    x: Vector
    present: NDArray[np.bool_]
    gates: Gates

    def step(self, t: int) -> int:
        """Return which step of reading step t of the sequence is, and the other way round."""
        return self.x.shape[1] - 1 - t if self.turned else t

    def before(self, letter: str, step: int) -> Vector:
        """Return h or c (H,) as a step of reading finds it."""
        if not step or letter not in self.gates:
            return np.zeros(self.cells.hidden)
        return self.gates[letter][0, step - 1]


@dataclass(frozen=True)
class Spot:
    """Where a unit of the layer's output stands: which direction of the last layer, at which step, which cell."""

    read: Read
    step: int
    cell: int


def stack(at: Place) -> list[list[Read]]:
    """Return every layer of the stack, each with its directions."""
    spec, length = at.spec, at.shape[0]
    x = at.x.reshape(1, *at.shape)
    present = np.ones((1, length), bool) if at.begun is None else at.begun[None]
    found: list[list[Read]] = []
    ways = iter(spec.parts(at.shape))
    for _ in range(spec.num_layers):
        reads: list[Read] = []
        for turned in range(spec.directions):
            suffix = next(ways)[0]
            weights = (
                np.asarray(at.tensors[f"{name}{suffix}"], np.float64)
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            cells = Cells(spec.kind, *weights, relu=getattr(spec, "nonlinearity", "") == "relu")
            order, here = (x[:, ::-1], present[:, ::-1]) if turned else (x, present)
            reads.append(Read(suffix, bool(turned), cells, order, here, unroll(cells, order, here)))
        sides = [read.gates["h"][:, ::-1] if read.turned else read.gates["h"] for read in reads]
        x = np.where(present[..., None], np.concatenate(sides, axis=2), 0.0)
        found.append(reads)
    return found


def spot(at: Place) -> Spot:
    """Return where the unit stands; the last state of a text that is read backwards stands where it begins."""
    width = at.spec.directions * at.spec.hidden_size
    t, side = divmod(at.unit, width)
    number, cell = divmod(side, at.spec.hidden_size)
    read = stack(at)[-1][number]
    if not at.spec.return_sequences:
        begins = 0 if at.begun is None else int(np.argmax(at.begun))
        t = begins if read.turned else at.shape[0] - 1
    return Spot(read, read.step(t), cell)


def blame(at: Place) -> list[list[tuple[Read, Slopes]]]:
    """Return the slopes of every layer of the stack and direction, in the order of reading."""
    spec, hidden, length = at.spec, at.spec.hidden_size, at.shape[0]
    found: list[list[tuple[Read, Slopes]]] = []
    above: Vector | None = at.dy.reshape(1, length, -1) if spec.return_sequences else None
    for reads in reversed(stack(at)):
        here: list[tuple[Read, Slopes]] = []
        below = np.zeros((1, length, reads[0].x.shape[2]))
        for number, read in enumerate(reads):
            part = slice(number * hidden, (number + 1) * hidden)
            if above is None:
                arriving = np.zeros((1, length, hidden))
                last = max(int(read.present.sum()) - 1, 0) if read.turned else length - 1
                arriving[0, last] = at.dy[part]
            else:
                arriving = above[..., part][:, ::-1] if read.turned else above[..., part]
                arriving = np.where(read.present[..., None], arriving, 0.0)
            done = slopes(read.cells, read.gates, arriving, read.present, truncate=spec.truncate)
            here.append((read, done))
            below += done.x[:, ::-1] if read.turned else done.x
        above = below
        found.append(here)
    return found[::-1]


class _Recurrent:
    """All three kinds: forwards a cell's gates at one step, backwards the sum over all gates that see an input."""

    @staticmethod
    def forward(at: Place) -> list[Block]:
        where = spot(at)
        read, step, cell = where.read, where.step, where.cell
        t = read.step(step)
        if not read.present[0, step]:
            return [note("padding"), total(at.outer, [alone("0", 0.0)])]
        gates = {letter: float(values[0, step, cell]) for letter, values in read.gates.items()}
        worked = equations(
            at.spec.kind,
            read.cells,
            cell,
            read.x[0, step],
            read.before("h", step),
            float(read.before("c", step)[cell]),
            gates,
        )
        blocks = [block for gate in worked for block in gate["blocks"]]
        return [note("step", t=f"{t + 1}"), *blocks[:-1], {**blocks[-1], "left": at.outer}]

    @staticmethod
    def backward(at: Place) -> list[Block]:
        t, feature = divmod(at.unit, at.shape[1])
        terms: list[Term] = []
        for read, done in blame(at)[0]:
            assert done.a is not None
            deltas = done.a[0, read.step(t)]
            weights = read.cells.weight_ih[:, feature]
            terms += [
                product(f"w{subscript(k + 1)}·δ{subscript(k + 1)}", float(w), float(d))
                for k, (w, d) in enumerate(zip(weights, deltas, strict=True), len(terms))
            ]
        return [note("gates", t=f"{t + 1}"), total(slope(at.inner), terms)]


for _spec in (specs.RNN, specs.LSTM, specs.GRU):
    formula(_spec)(_Recurrent)


def parameters(at: Place) -> Iterator[tuple[str, tuple[int, ...], str, float, list[Term]]]:
    """Yield what a unit's own cell has learned: tensor, place, name, value, and the terms of its gradient over time."""
    where = spot(at)
    read, cell = where.read, where.cell
    done = next(found for one, found in blame(at)[-1] if one.suffix == read.suffix)
    assert done.a is not None
    hidden, length = read.cells.hidden, at.shape[0]
    states = np.stack([read.before("h", step) for step in range(length)])  # (T, H), each as it was found
    for number, letter in enumerate(at.spec.gates):
        row, mark = number * hidden + cell, LETTERS[letter]
        of_input = done.a[0, :, row]
        of_state = of_input * read.gates["r"][0, :, cell] if letter == "n" else of_input
        for name, tensor, values, deltas in (
            (f"w{mark}", "weight_ih", read.x[0], of_input),
            (f"u{mark}", "weight_hh", states, of_state),
        ):
            for column in range(values.shape[1]):
                weight = float(at.tensors[f"{tensor}{read.suffix}"][row, column])
                yield (
                    f"{tensor}{read.suffix}",
                    (row, column),
                    f"{name}{subscript(column + 1)}",
                    weight,
                    _over_time(deltas, values[:, column], "x" if tensor == "weight_ih" else "h′"),
                )
        for name, tensor, deltas in ((f"b{mark}", "bias_ih", of_input), (f"b′{mark}", "bias_hh", of_state)):
            bias = float(at.tensors[f"{tensor}{read.suffix}"][row])
            terms = [alone(f"δ{subscript(t + 1)}", float(d)) for t, d in enumerate(deltas)]
            yield f"{tensor}{read.suffix}", (row,), name, bias, terms


def _over_time(deltas: Vector, values: Vector, name: str) -> list[Term]:
    return [
        product(f"δ{subscript(t + 1)}·{name}{subscript(t + 1)}", float(d), float(x))
        for t, (d, x) in enumerate(zip(deltas, values, strict=True))
    ]


def known(spec: Any) -> bool:
    """Tell whether a layer is one of these."""
    return isinstance(spec, specs.Recurrent)
