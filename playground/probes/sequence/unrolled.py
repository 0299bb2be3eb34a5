"""A whole network unrolled over time: each recurrent layer by the textbook, each other layer by the engine itself.

So every gate is known and can be held, whatever stands above or below it, and sequences may have any length that the
layers can take. In float64. Equal to the engine's own pass where nothing is held: a test compares them.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

import engines
from engines.numpy.net import Net
from playground.probes.registry import Array, Subject
from playground.probes.sequence.recurrence import LETTERS, Cells, Gates, Holds, Slopes, Vector, slopes, unroll
from playground.spec import LayerSpec, ModelSpec, Shape, SpecError, State
from playground.spec.optimizers import SGD

POOLS = frozenset({"GlobalMaxPool1d", "GlobalAvgPool1d"})
"""They leave out padding, which the engine knows of only where the embedding is part of the same network."""


@dataclass(frozen=True)
class Level:
    """One direction of one storey of a recurrent layer.

    Attributes:
        key: `<layer>.l<storey>` and, backwards, `_reverse`: how its tensors are called.
        layer: the index of its layer in the model.
        spec: that layer.
        storey: from 0.
        reverse: it reads the sequence from its end.
    """

    key: str
    layer: int
    spec: Any
    storey: int
    reverse: bool

    def cells(self, state: State) -> Cells:
        """Return its numbers."""
        place, _, name = self.key.partition(".")
        weights = (
            np.asarray(state[f"{place}.{tensor}_{name}"], np.float64)
            for tensor in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        return Cells(self.spec.kind, *weights, relu=getattr(self.spec, "nonlinearity", "") == "relu")


@dataclass(frozen=True, eq=False)
class Read:
    """What a level has read, and what it has made of it, in the order of the sequence.

    Attributes:
        x: (N, T, F), its input.
        gates: by letter (N, T, H).
    """

    level: Level
    x: Vector
    gates: Gates


@dataclass(frozen=True, eq=False)
class Unrolled:
    """One pass over N sequences.

    Attributes:
        x: (N, T, F), or ids (N, T).
        present: (N, T); False where there is only padding.
        outputs: of every layer.
        reads: of every level, by its key.
    """

    x: Vector
    present: NDArray[np.bool_]
    outputs: list[Vector]
    reads: dict[str, Read]


def levels(model: ModelSpec) -> list[Level]:
    """Return every level of a model, from the input to the output."""
    return [level for index, layer in enumerate(model.layers) for level in _levels_of(index, layer)]


def _levels_of(index: int, layer: LayerSpec) -> list[Level]:
    if layer.kind not in LETTERS:
        return []
    spec = cast("Any", layer)
    ways = (False, True) if spec.bidirectional else (False,)
    return [
        Level(f"{index}.l{storey}{'_reverse' * reverse}", index, spec, storey, reverse)
        for storey in range(spec.num_layers)
        for reverse in ways
    ]


def here(model: ModelSpec, x: Array) -> NDArray[np.bool_]:
    """Return where sequences x (N, T, F) or ids (N, T) are more than padding (N, T)."""
    if model.layers[0].kind != "Embedding":
        return np.ones(x.shape[:2], bool)
    return np.maximum.accumulate(x > 0, axis=1)  # a 0 behind the beginning is a token like any other


def unrolled(subject: Subject, x: Array, holds: Mapping[str, Holds] | None = None) -> Unrolled:
    """Return a pass over the sequences x (N, T, F) or ids (N, T), with gates held by level and letter.

    Raises:
        SpecError: if a layer cannot take sequences of such a length, or a number is not finite.
    """
    model = subject.experiment.model
    y = np.asarray(x, np.float64)
    present = here(model, x)
    outputs: list[Vector] = []
    reads: dict[str, Read] = {}
    for index, layer in enumerate(model.layers):
        if layer.kind in LETTERS:
            y, found = _recurrent(subject, index, layer, y, present, holds or {})
            reads |= found
        elif layer.kind in POOLS and y.ndim == 3:
            y = _pooled(layer.kind, y, present)
        else:
            y = _alone(subject, index, y).forward(y)
        outputs.append(y)
    if not np.isfinite(y).all():
        raise SpecError("stage.backprop.not_finite")
    return Unrolled(np.asarray(x, np.float64), present, outputs, reads)


def blamed(subject: Subject, done: Unrolled, slope: Vector) -> dict[str, Slopes]:
    """Return ∂L/∂h and ∂L/∂c at every step of every level, by its key, and ∂L/∂x of the sequence at "x".

    Args:
        subject: the network; what it draws at random while training is left out.
        done: its pass, with nothing held.
        slope: ∂L/∂output (N, *output).
    """
    found: dict[str, Slopes] = {}
    layers = subject.experiment.model.layers
    for index in reversed(range(len(layers))):
        layer = layers[index]
        x = done.outputs[index - 1] if index else done.x
        if layer.kind in LETTERS:
            slope, more = _blamed_recurrent(subject, index, layer, done, slope)
            found |= more
        elif layer.kind in POOLS and x.ndim == 3:
            slope = _pool_back(layer.kind, x, done.present, slope)
        elif index == 0 and layer.kind == "Embedding":
            found["x"] = Slopes(slope, None, slope)
            return found
        else:
            net = _alone(subject, index, x)
            net.forward(x, training=True)
            slope = net.backward(slope)
    found["x"] = Slopes(slope, None, slope)
    return found


# --- one layer ----------------------------------------------------------------------------------------------------


def _recurrent(
    subject: Subject,
    index: int,
    layer: LayerSpec,
    x: Vector,
    present: NDArray[np.bool_],
    holds: Mapping[str, Holds],
) -> tuple[Vector, dict[str, Read]]:
    reads: dict[str, Read] = {}
    spec = cast("Any", layer)
    ends: list[Vector] = []
    for storey in range(spec.num_layers):
        read: list[Vector] = []
        for level in (one for one in _levels_of(index, layer) if one.storey == storey):
            ordered, here = (x[:, ::-1], present[:, ::-1]) if level.reverse else (x, present)
            gates = unroll(level.cells(subject.state), ordered, here, holds.get(level.key))
            if level.reverse:
                gates = {letter: values[:, ::-1] for letter, values in gates.items()}
            reads[level.key] = Read(level, x, gates)
            read.append(gates["h"])
            if storey == spec.num_layers - 1:
                ends.append(gates["h"][:, 0 if level.reverse else -1])
        x = np.concatenate(read, axis=2)
    return (x if spec.return_sequences else np.concatenate(ends, axis=1)), reads


def _blamed_recurrent(
    subject: Subject, index: int, layer: LayerSpec, done: Unrolled, slope: Vector
) -> tuple[Vector, dict[str, Slopes]]:
    spec, found = cast("Any", layer), dict[str, Slopes]()
    n, length = done.present.shape
    hidden = spec.hidden_size
    for storey in reversed(range(spec.num_layers)):
        last = storey == spec.num_layers - 1
        below = 0.0
        for number, level in enumerate(one for one in _levels_of(index, layer) if one.storey == storey):
            part = slice(number * hidden, (number + 1) * hidden)
            if last and not spec.return_sequences:
                above = np.zeros((n, length, hidden))
                above[:, 0 if level.reverse else -1] = slope[:, part]
            else:
                above = slope[..., part]
            read, present = done.reads[level.key], done.present
            gates = read.gates
            if level.reverse:
                above, present = above[:, ::-1], present[:, ::-1]
                gates = {letter: values[:, ::-1] for letter, values in gates.items()}
            back = slopes(level.cells(subject.state), gates, above, present, truncate=spec.truncate)
            if level.reverse:
                c = None if back.c is None else back.c[:, ::-1]
                back = Slopes(back.h[:, ::-1], c, back.x[:, ::-1])
            found[level.key] = back
            below = below + back.x
        slope = cast("Vector", below)
    return slope, found


def _pooled(kind: str, x: Vector, present: NDArray[np.bool_]) -> Vector:
    here = present[..., None]
    if kind == "GlobalMaxPool1d":
        best = np.where(here, x, -np.inf).max(1)
        return np.where(present.any(axis=1, keepdims=True), best, 0.0)
    return np.where(here, x, 0.0).sum(1) / np.maximum(present.sum(1), 1)[:, None]


def _pool_back(kind: str, x: Vector, present: NDArray[np.bool_], slope: Vector) -> Vector:
    here = present[..., None]
    if kind == "GlobalMaxPool1d":
        best = np.where(here, x, -np.inf).argmax(1)  # (N, F)
        found = np.zeros_like(x)
        np.put_along_axis(found, best[:, None], slope[:, None], axis=1)
        return found * here
    return here * slope[:, None] / np.maximum(present.sum(1), 1)[:, None, None]


def _alone(subject: Subject, index: int, x: Vector) -> Net:
    """Return a float64 net of one layer with the subject's numbers."""
    layer = subject.experiment.model.layers[index].calm()
    # pyright does not know that pydantic's frozen models are hashable.
    net = _net(layer, x.shape[1:], threading.get_ident())  # pyright: ignore[reportArgumentType]
    inside = {f"0.{name}": subject.state[f"{index}.{name}"] for name in layer.tensors(x.shape[1:])}
    net.load(inside)
    return net


@lru_cache(maxsize=64)
def _net(layer: LayerSpec, shape: Shape, thread: int) -> Net:
    """No two threads share one."""
    return cast("Net", engines.get("numpy").net(ModelSpec(layers=(layer,)), shape, SGD(), dtype="float64"))
