"""Embedding, convolution and pooling over time: what one number of one step is made of, and what comes back to it.

Legend: a sequence is (T, F), its units counted in C order; a window sees k steps, d apart, and moves on by s. A step in
a margin is 0 and left out, and so is one at which a text has not begun.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from playground.probes.arithmetic import Term, subscript
from playground.probes.formulas.blocks import Block, alone, line, note, product, total
from playground.probes.formulas.images import SHOWN_WINDOW
from playground.probes.formulas.units import Place, Vector, formula, slope
from playground.spec import ModelSpec, Shape
from playground.spec import sequence_layers as specs

Begun = NDArray[np.bool_]
"""At which steps a text has begun (T,)."""


def begun(model: ModelSpec, shape: Shape, ids: Vector) -> list[Begun | None]:
    """Return at which steps a text has begun (T,), for what goes into each layer; None where every step counts."""
    now: Begun | None = None
    found: list[Begun | None] = []
    for layer, given, after in zip(model.layers, model.inputs(shape), model.shapes(shape), strict=True):
        found.append(now)
        if isinstance(layer, specs.Embedding):
            now = np.logical_or.accumulate(ids != 0)
        elif isinstance(layer, specs.TimeWindows) and now is not None:
            newest = [layer.newest(position, given[0]) for position in range(after[0])]
            now = np.array([step >= 0 and bool(now[step]) for step in newest])
        elif len(after) != 2:
            now = None
    return found


def _nothing() -> Term:
    return alone("0", 0.0)


@formula(specs.Embedding)
class _Embedding:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        step, number = divmod(at.unit, at.spec.embedding_dim)
        token = int(at.x[step])
        name = f"w{subscript(number + 1)}"
        weight = float(at.tensors["weight"][token, number])
        return [note("lookup", t=f"{step + 1}", id=str(token)), total(at.outer, [alone(name, weight)])]

    @staticmethod
    def backward(at: Place) -> list[Block]:
        return [note("token"), total(slope(at.inner), [_nothing()])]


def steps_of(at: Place, token: int, number: int) -> list[Term]:
    """Return the terms of the gradient of one number of a token's vector: δ at each step where it stands."""
    slopes = at.dy.reshape(-1, at.spec.embedding_dim)[:, number]
    places = np.flatnonzero(at.x.astype(np.int64) == token) if token else []
    return [alone(f"δ{subscript(int(t) + 1)}", float(slopes[t])) for t in places] or [_nothing()]


def seen(
    spec: specs.TimeWindows, position: int, shape: Shape, present: Begun | None
) -> Iterator[tuple[int, int]]:
    """Yield (place in the window, step) of every step that a window sees."""
    for place in range(getattr(spec, "kernel_size", 1)):
        step = position * spec.step() + place * spec.spacing() - spec.margins()[0]
        if 0 <= step < shape[0] and (present is None or present[step]):
            yield place, step


def seers(
    spec: specs.TimeWindows, step: int, shape: Shape, present: Begun | None
) -> Iterator[tuple[int, int]]:
    """Yield (place in the window, position) of every window that sees a step."""
    count = spec.output(shape)[0]
    if present is not None and not present[step]:
        return
    for place in range(getattr(spec, "kernel_size", 1)):
        from_start = step + spec.margins()[0] - place * spec.spacing()
        if from_start % spec.step() == 0 and 0 <= from_start // spec.step() < count:
            yield place, from_start // spec.step()


@formula(specs.Conv1d)
class _Conv1d:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        position, channel = divmod(at.unit, at.spec.out_channels)
        weight, width = at.tensors["weight"][channel], at.shape[1]
        pairs = [
            (feature, place, step * width + feature)
            for feature in range(width)
            for place, step in seen(at.spec, position, at.shape, at.begun)
        ]
        terms = [
            product(
                f"w{subscript(n + 1)}·{at.inner}{subscript(n + 1)}",
                float(weight[feature, place]),
                float(at.x[unit]),
                at.source(unit),
            )
            for n, (feature, place, unit) in enumerate(pairs)
        ]
        if "bias" in at.tensors:
            terms.append(alone("b", float(at.tensors["bias"][channel])))
        return [note("time_window", t=f"{position + 1}"), total(at.outer, terms or [_nothing()])]

    @staticmethod
    def backward(at: Place) -> list[Block]:
        step, feature = divmod(at.unit, at.shape[1])
        weight, width = at.tensors["weight"], at.spec.out_channels
        pairs = [
            (channel, place, position * width + channel)
            for channel in range(width)
            for place, position in seers(at.spec, step, at.shape, at.begun)
        ]
        terms = [
            product(
                f"w{subscript(n + 1)}·δ{subscript(n + 1)}",
                float(weight[channel, feature, place]),
                float(at.dy[unit]),
                at.source(unit),
            )
            for n, (channel, place, unit) in enumerate(pairs)
        ]
        return [note("deltas"), total(slope(at.inner), terms or [_nothing()])]


def kernel(at: Place) -> Iterator[tuple[tuple[int, ...], list[Term]]]:
    """Yield every weight of the unit's channel with the terms of its gradient, δ·x at every position."""
    channel = at.unit % at.spec.out_channels
    count, width = at.spec.output(at.shape)
    x, slopes = at.x.reshape(at.shape), at.dy.reshape(count, width)[:, channel]
    for feature in range(at.shape[1]):
        for place in range(at.spec.kernel_size):
            terms: list[Term] = []
            for position in range(count):
                for where, step in seen(at.spec, position, at.shape, at.begun):
                    if where == place:
                        name = f"δ{subscript(position + 1)}·{at.inner}{subscript(step + 1)}"
                        terms.append(product(name, float(slopes[position]), float(x[step, feature])))
            yield (channel, feature, place), terms or [_nothing()]


def _steps(at: Place, position: int) -> list[int]:
    """Return the units that a window looks at, feature by feature the same, in the order of time."""
    feature = at.unit % at.shape[1]
    return [step * at.shape[1] + feature for _, step in seen(at.spec, position, at.shape, at.begun)]


def _largest(at: Place, units: Sequence[int]) -> list[Block]:
    values = [float(at.x[unit]) for unit in units]
    if not values:
        return [note("padding"), total(at.outer, [_nothing()])]
    if len(values) > SHOWN_WINDOW or len(values) == 1:
        return [line(at.outer, f"max({at.inner}₁, …)", "{+}", [max(values)], float)]
    names = ", ".join(f"{at.inner}{subscript(n + 1)}" for n in range(len(values)))
    template = ", ".join("{+}" for _ in values)
    return [line(at.outer, f"max({names})", f"max({template})", values, lambda *given: max(given))]


@formula(specs.MaxPool1d)
class _MaxPool1d:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        return _largest(at, _steps(at, at.unit // at.shape[1]))

    @staticmethod
    def backward(at: Place) -> list[Block]:
        step, feature = divmod(at.unit, at.shape[1])
        won: list[int] = []
        for _, position in sorted(seers(at.spec, step, at.shape, at.begun), key=lambda pair: pair[1]):
            units = _steps(at, position)
            if units[int(np.argmax(at.x[units]))] == at.unit:
                won.append(position * at.shape[1] + feature)
        terms = [
            alone(f"{slope('y')}{subscript(n + 1)}", float(at.dy[unit]), at.source(unit))
            for n, unit in enumerate(won)
        ]
        return [note("winner"), total(slope(at.inner), terms or [_nothing()])]


@formula(specs.AvgPool1d)
class _AvgPool1d:
    @staticmethod
    def _share(at: Place, position: int) -> float:
        """Return 1/n for the n steps that count: all but those at which a text has not begun; margins do."""
        late = 0
        if at.begun is not None:
            steps = len(list(seen(at.spec, position, at.shape, None)))
            late = steps - len(list(seen(at.spec, position, at.shape, at.begun)))
        return 1 / max(at.spec.kernel_size - late, 1)

    @staticmethod
    def forward(at: Place) -> list[Block]:
        position = at.unit // at.shape[1]
        share = _AvgPool1d._share(at, position)
        terms = [
            product(f"r·{at.inner}{subscript(n + 1)}", share, float(at.x[unit]), at.source(unit))
            for n, unit in enumerate(_steps(at, position))
        ]
        return [note("shares"), total(at.outer, terms or [_nothing()])]

    @staticmethod
    def backward(at: Place) -> list[Block]:
        step, feature = divmod(at.unit, at.shape[1])
        terms: list[Term] = []
        for _, position in sorted(seers(at.spec, step, at.shape, at.begun), key=lambda pair: pair[1]):
            unit = position * at.shape[1] + feature
            share, name = _AvgPool1d._share(at, position), f"r·{slope('y')}{subscript(len(terms) + 1)}"
            terms.append(product(name, share, float(at.dy[unit]), at.source(unit)))
        return [note("shares"), total(slope(at.inner), terms or [_nothing()])]


def _all_steps(at: Place, feature: int) -> list[int]:
    """Return the units of one feature at every step that counts."""
    steps = range(at.shape[0]) if at.begun is None else np.flatnonzero(at.begun)
    return [int(step) * at.shape[1] + feature for step in steps]


@formula(specs.GlobalMaxPool1d)
class _GlobalMaxPool1d:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        return _largest(at, _all_steps(at, at.unit))

    @staticmethod
    def backward(at: Place) -> list[Block]:
        feature = at.unit % at.shape[1]
        units = _all_steps(at, feature)
        won = bool(units) and units[int(np.argmax(at.x[units]))] == at.unit
        terms = [alone(slope("y"), float(at.dy[feature]), at.source(feature))] if won else [_nothing()]
        return [note("winner"), total(slope(at.inner), terms)]


@formula(specs.GlobalAvgPool1d)
class _GlobalAvgPool1d:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        units = _all_steps(at, at.unit)
        terms = [
            product(f"r·{at.inner}{subscript(n + 1)}", 1 / len(units), float(at.x[unit]), at.source(unit))
            for n, unit in enumerate(units)
        ]
        return [note("shares"), total(at.outer, terms or [_nothing()])]

    @staticmethod
    def backward(at: Place) -> list[Block]:
        feature = at.unit % at.shape[1]
        units = _all_steps(at, feature)
        if at.unit not in units:
            return [note("padding"), total(slope(at.inner), [_nothing()])]
        term = product(f"r·{slope('y')}", 1 / len(units), float(at.dy[feature]), at.source(feature))
        return [note("shares"), total(slope(at.inner), [term])]
