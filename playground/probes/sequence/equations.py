"""One cell at one step of time, opened into its equations with the real numbers filled in.

Every sum adds up in the digits that are shown (`playground/probes/arithmetic.py`). w weighs the step's input x, u what
the cells held at the step before, h′ and c′.
"""

from __future__ import annotations

from collections.abc import Sequence as Listed
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from playground.probes.arithmetic import Operand, Term, number, subscript
from playground.probes.asks import Answer, Scene, ask
from playground.probes.formulas.blocks import Block, alone, line, note, product, total
from playground.probes.sequence.looked import looked_at
from playground.probes.sequence.recurrence import SIGMOID, Cells, Holds, Vector
from playground.probes.sequence.theatre import Shown, about, held, tokens
from playground.probes.sequence.unrolled import levels, unrolled
from playground.spec import SpecError

INPUTS = 2
"""Terms of the input that stand in every sum; those of states fill what room is left."""


class Opened(Shown):
    """A sequence, the gates that are held, and which cell of which level at which step."""

    level: Annotated[str, Field(max_length=24)]
    unit: Annotated[int, Field(ge=0)]
    at: Annotated[int, Field(ge=0)]


@ask(Opened)
def cell(scene: Scene, wanted: Opened, lang: str) -> Answer:
    """Return one cell's equations at one step.

    Returns:
        plain: the level's facts, `unit`, `at` (the step), `steps`, `token`, `values` by letter, and `gates`: of each
        its `letter` and `blocks`, in the order in which they are computed.

    Raises:
        SpecError: if there is no such level, cell or step.
    """
    subject = scene.subject
    known = levels(subject.experiment.model)
    found = next((level for level in known if level.key == wanted.level), None)
    looked = looked_at(scene, wanted)
    steps = looked.x.shape[1]
    if found is None or wanted.unit >= found.spec.hidden_size or wanted.at >= steps:
        raise SpecError("error.no_element", place="cell", value=f"{wanted.level} {wanted.unit} {wanted.at}")
    holds = held(known, wanted.holds)
    done = unrolled(subject, looked.x, holds)
    read = done.reads[found.key]
    before = wanted.at + (1 if found.reverse else -1)
    there = 0 <= before < steps
    gates = {letter: values[0, wanted.at] for letter, values in read.gates.items()}
    nothing = np.zeros(found.spec.hidden_size)
    place = _Place(
        found.cells(subject.state),
        wanted.unit,
        read.x[0, wanted.at],
        read.gates["h"][0, before] if there else nothing,
        float(read.gates["c"][0, before, wanted.unit]) if there and "c" in read.gates else 0.0,
        {letter: float(values[wanted.unit]) for letter, values in gates.items()},
        holds.get(found.key, {}),
    )
    words = tokens(subject.dataset, looked.x[0])
    present = bool(done.present[0, wanted.at])
    return Answer(
        about(found)
        | {
            "unit": wanted.unit,
            "at": wanted.at,
            "steps": steps,
            "token": words[wanted.at] if words else "",
            "values": {letter: number(value).text for letter, value in place.gates.items()},
            "gates": _KINDS[found.spec.kind](place)
            if present
            else [{"letter": "h", "blocks": [note("padding")]}],
            "step": scene.step,
        }
    )


def equations(
    kind: str, cells: Cells, unit: int, x: Vector, h: Vector, c: float, gates: dict[str, float]
) -> list[dict[str, Any]]:
    """Return one cell's gates in the order in which they are computed, each its `letter` and `blocks`; none is held.

    Args:
        kind: "RNN", "LSTM" or "GRU".
        cells: the numbers of its level.
        unit: which cell.
        x, h, c: what it reads (F,), the states before (H,), and its own cell state before.
        gates: what they come to, by letter.
    """
    return _KINDS[kind](_Place(cells, unit, x, h, c, gates, {}))


class _Place:
    """What one cell reads and makes of it."""

    def __init__(
        self, cells: Cells, unit: int, x: Vector, h: Vector, c: float, gates: dict[str, float], holds: Holds
    ) -> None:
        self.cells, self.unit, self.x, self.h, self.c, self.gates = cells, unit, x, h, c, gates
        self._holds = holds

    def terms(self, row: int, *, x: bool = True, h: bool = True) -> list[Term]:
        """Return the terms of one gate's sum; `row` is the gate's number in torch's order."""
        at, found = row * self.cells.hidden + self.unit, list[Term]()
        if x:
            seen = _products("w", "x", self.cells.weight_ih[at], self.x)
            largest = sorted(seen, key=lambda term: -abs(term.value))[:INPUTS]
            found += [replace(term, stays=term in largest) for term in seen]
            found.append(replace(alone("b", float(self.cells.bias_ih[at])), stays=True))
        if h:
            found += _products("u", "h′", self.cells.weight_hh[at], self.h)
            found.append(replace(alone("b′", float(self.cells.bias_hh[at])), stays=True))
        return found

    def holds(self, letter: str) -> bool:
        """Tell whether this cell's gate is held."""
        held = self._holds.get(letter)
        return held is not None and held.unit in (None, self.unit)

    def gate(self, letter: str, row: int) -> dict[str, Any]:
        """Return a gate that squashes a sum of everything the cell reads."""
        if self.holds(letter):
            return self.held(letter)
        terms = self.terms(row)
        return {"letter": letter, "blocks": [total("a", terms), squashed(letter, "a", _sum(terms))]}

    def held(self, letter: str) -> dict[str, Any]:
        """Return a gate that is held."""
        return {
            "letter": letter,
            "blocks": [note("held", gate=letter, value=number(self.gates[letter]).text)],
        }


def squashed(letter: str, inner: str, value: float) -> Block:
    """Return the line that squashes a sum: σ for a gate between 0 and 1, tanh for one with a sign."""
    if letter in SIGMOID:
        return line(letter, f"σ({inner})", "σ({+})", (value,), lambda a: float(0.5 * (1 + np.tanh(0.5 * a))))
    return line(letter, f"tanh({inner})", "tanh({+})", (value,), lambda a: float(np.tanh(a)))


def _products(weight: str, source: str, left: Vector, right: Vector) -> list[Term]:
    pairs = zip(left, right, strict=True)
    return [
        product(f"{weight}{subscript(n + 1)}·{source}{subscript(n + 1)}", float(a), float(b))
        for n, (a, b) in enumerate(pairs)
    ]


def _sum(terms: Listed[Term]) -> float:
    return float(sum(term.value for term in terms))


def _rnn(place: _Place) -> list[dict[str, Any]]:
    if place.holds("h"):
        return [place.held("h")]
    terms = place.terms(0)
    if not place.cells.relu:
        return [place.gate("h", 0)]
    value = _sum(terms)
    last = line("h", "max(0, a)", "max(0, {+})", (value,), lambda a: max(0.0, a))
    return [{"letter": "h", "blocks": [total("a", terms), last]}]


def _lstm(place: _Place) -> list[dict[str, Any]]:
    found = [place.gate(letter, row) for row, letter in enumerate("ifgo")]
    values = place.gates
    if place.holds("c"):
        found.append(place.held("c"))
    else:
        kept, new = product("f·c′", values["f"], place.c), product("i·g", values["i"], values["g"])
        found.append({"letter": "c", "blocks": [total("c", [kept, new])]})
    if place.holds("h"):
        return [*found, place.held("h")]
    last = line(
        "h", "o·tanh(c)", "{}·tanh({+})", (values["o"], values["c"]), lambda o, c: float(o * np.tanh(c))
    )
    return [*found, {"letter": "h", "blocks": [last]}]


def _gru(place: _Place) -> list[dict[str, Any]]:
    found = [place.gate(letter, row) for row, letter in enumerate("rz")]
    values = place.gates
    if place.holds("n"):
        found.append(place.held("n"))
    else:
        outer, inner = place.terms(2, h=False), place.terms(2, x=False)
        seen, kept = _sum(outer), _sum(inner)
        blocks = [
            total("a", outer),
            total("m", inner),
            line(
                "n",
                "tanh(a + r·m)",
                "tanh({+} + {}·{})",
                (seen, values["r"], kept),
                lambda a, r, m: float(np.tanh(a + r * m)),
            ),
        ]
        found.append({"letter": "n", "blocks": blocks})
    if place.holds("h"):
        return [*found, place.held("h")]
    before = float(place.h[place.unit])
    new = Term(
        "(1 − z)·n", "(1 − {})·{}", (Operand(values["z"]), Operand(values["n"])), lambda z, n: (1 - z) * n
    )
    return [*found, {"letter": "h", "blocks": [total("h", [new, product("z·h′", values["z"], before)])]}]


_KINDS = {"RNN": _rnn, "LSTM": _lstm, "GRU": _gru}
