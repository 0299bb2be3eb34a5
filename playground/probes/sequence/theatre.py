"""The gate theatre: what every gate of every cell does at every step of one sequence, free or with gates held.

Arrays are named `gate/<level>/<letter>`, (T, U) f4, U the first cells of a level, at most 128; levels and letters as in
`recurrence` and `unrolled`.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from playground.data.dataset import Dataset
from playground.probes.asks import Answer, Scene, ask
from playground.probes.registry import Array, Arrays, Subject
from playground.probes.sequence.looked import Sequence, answers, looked_at, loss_of, some
from playground.probes.sequence.recurrence import LETTERS, Hold
from playground.probes.sequence.unrolled import Level, levels, unrolled
from playground.spec import Spec, SpecError

MOST_CELLS = 128
MOST_BYTES = 1 << 20


class Held(Spec):
    """A gate of one cell, or of all cells of a level (−1), held at a value."""

    level: Annotated[str, Field(max_length=24)]
    gate: Literal["i", "f", "g", "o", "c", "h", "r", "z", "n"]
    value: Annotated[float, Field(ge=-5, le=5)]
    unit: Annotated[int, Field(ge=-1, le=8191)] = -1


class Shown(Sequence):
    """A sequence, and the gates that are held."""

    holds: Annotated[tuple[Held, ...], Field(max_length=8)] = ()


@ask(Shown)
def theatre(scene: Scene, wanted: Shown, lang: str) -> Answer:
    """Return what every cell does with a sequence.

    Returns:
        plain: `steps` T, `levels` ({key, layer, kind, letters, units, shown, storey, reverse} of each), `tokens` (of
        ids: their words), `truth` (class, classes of the steps, numbers, or None), `quality` (only where something is
        held: the loss on `samples` sequences, held back or not (`test`), `free` and `held`).
        Arrays: `x` (T, F) f4, or ids (T, 1); `present` (T,) u1; `answers` (S, K) f4, one row for each step that is
        answered; `free` the same without anything held, where something is; `gate/<level>/<letter>` (T, U) f4.
    """
    subject = scene.subject
    known = levels(subject.experiment.model)
    holds = held(known, wanted.holds)
    at = looked_at(scene, wanted, passes=1 + 2 * bool(holds) * len(some(subject)[0]))
    done = unrolled(subject, at.x, holds)
    arrays: Arrays = {
        "x": at.x[0].reshape(at.x.shape[1], -1).astype(np.float32),
        "present": done.present[0].astype(np.uint8),
        "answers": answers(subject.experiment, done.outputs[-1]).astype(np.float32),
    }
    plain: dict[str, Any] = {
        "steps": at.x.shape[1],
        "levels": [],
        "tokens": tokens(subject.dataset, at.x[0]),
        "truth": None if at.y is None else truth(at.y[0]),
    }
    for level in known:
        gates = done.reads[level.key].gates
        shown = cells_shown(level, at.x.shape[1], len(known))
        plain["levels"].append(about(level) | {"shown": shown})
        for letter, values in gates.items():
            arrays[f"gate/{level.key}/{letter}"] = values[0, :, :shown].astype(np.float32)
    if holds:
        free = unrolled(subject, at.x)
        arrays["free"] = answers(subject.experiment, free.outputs[-1]).astype(np.float32)
        plain["quality"] = _quality(subject, holds)
    return Answer(plain, arrays)


def about(level: Level) -> dict[str, Any]:
    """Return what is to be said of a level, as plain values."""
    return {
        "key": level.key,
        "layer": level.layer,
        "kind": level.spec.kind,
        "letters": list(LETTERS[level.spec.kind]),
        "units": level.spec.hidden_size,
        "storey": level.storey,
        "storeys": level.spec.num_layers,
        "reverse": level.reverse,
    }


def held(known: list[Level], wanted: tuple[Held, ...]) -> dict[str, dict[str, Hold]]:
    """Return what is held by level and letter; of one gate the last that is said.

    Raises:
        SpecError: if there is no such level, gate or cell.
    """
    found: dict[str, dict[str, Hold]] = {}
    by_key = {level.key: level for level in known}
    for number, one in enumerate(wanted):
        level = by_key.get(one.level)
        if level is None or one.gate not in LETTERS[level.spec.kind] or one.unit >= level.spec.hidden_size:
            raise SpecError("error.no_element", place=f"holds.{number}", value=f"{one.level} {one.gate}")
        found.setdefault(one.level, {})[one.gate] = Hold(one.value, None if one.unit < 0 else one.unit)
    return found


def tokens(dataset: Dataset, x: Array) -> list[str]:
    """Return the word of each id (T,); empty where a sequence is made of numbers."""
    words: tuple[str, ...] = dataset.vocabulary
    if not words or x.ndim != 1:
        return []
    return [words[int(number)] if 0 <= number < len(words) else "\N{REPLACEMENT CHARACTER}" for number in x]


def truth(y: Array) -> Any:
    """Return an answer of the data set as plain values."""
    return y.tolist() if y.ndim else y.item()


def cells_shown(level: Level, steps: int, count: int) -> int:
    """Return how many cells of each of `count` levels are shown of a sequence of so many steps."""
    room = MOST_BYTES // max(count * len(LETTERS[level.spec.kind]) * 4 * steps, 1)
    return max(1, min(level.spec.hidden_size, MOST_CELLS, room))


def _quality(subject: Subject, holds: dict[str, dict[str, Hold]]) -> dict[str, Any]:
    x, y = some(subject)
    pair = [
        loss_of(subject, unrolled(subject, x, how).outputs[-1], y)[0] for how in (dict[str, Any](), holds)
    ]
    free, bound = (value if math.isfinite(value) else None for value in pair)
    return {"samples": len(x), "test": len(subject.dataset.x_test) > 0, "free": free, "held": bound}
