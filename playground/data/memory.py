"""Memory tasks, drawn by their rules. Legend: N samples, T steps, A symbols of the alphabet.

Symbols are columns of zeros and ones. −100 stands where no answer is asked for: torch's `ignore_index`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.data.brackets import balanced, possible, spoiled
from playground.data.dataset import Dataset, Scaling
from playground.data.loading import loads
from playground.data.splitting import split
from playground.spec.losses import IGNORED
from playground.spec.memory_data import BRACKETS, SYMBOLS, Adding, Brackets, CopyDelay, Echo, Memory, Parity
from playground.spec.random import stream

Array = npt.NDArray[Any]
Drawn = tuple[Array, Array]
"""x (N, T, F) and y."""


@loads(Adding)
def adding(spec: Adding, folder: Path | None) -> Dataset:
    """x (N, T, 2): a number and whether it is marked. y (N, 1): the sum of the two marked ones."""

    def draw(random: np.random.Generator) -> Drawn:
        x = np.zeros((spec.count, spec.length, 2), np.float32)
        x[..., 0] = random.random((spec.count, spec.length))
        half, rows = spec.length // 2, np.arange(spec.count)
        first = random.integers(0, half, spec.count)
        second = random.integers(half, spec.length, spec.count)
        x[rows, first, 1] = x[rows, second, 1] = 1
        return x, (x[rows, first, 0] + x[rows, second, 0])[:, None]

    return _drawn(spec, draw, ("number", "mark"))


@loads(CopyDelay)
def copy_delay(spec: CopyDelay, folder: Path | None) -> Dataset:
    """x (N, T, A + 1): symbols, silence, then the sign "now" at every step. y (N, T): the symbols, behind the sign."""

    def draw(random: np.random.Generator) -> Drawn:
        said = random.integers(0, spec.alphabet, (spec.count, spec.symbols))
        x = np.zeros((spec.count, *spec.input_shape()), np.float32)
        x[:, : spec.symbols, : spec.alphabet] = said[..., None] == np.arange(spec.alphabet)
        x[:, -spec.symbols :, -1] = 1
        y = np.full(x.shape[:2], IGNORED, np.int64)
        y[:, -spec.symbols :] = said
        return x, y

    return _drawn(spec, draw, (*SYMBOLS[: spec.alphabet], "now"), SYMBOLS[: spec.alphabet])


@loads(Echo)
def echo(spec: Echo, folder: Path | None) -> Dataset:
    """x (N, T, A) symbols, y (N, T) those of `delay` steps before; or x (N, T, A + 1) as in `copy_delay`."""

    def draw(random: np.random.Generator) -> Drawn:
        steps, width = spec.input_shape()
        turns = spec.shape == "sequence-to-sequence"
        heard = steps // 2 if turns else steps
        said = random.integers(0, spec.alphabet, (spec.count, heard))
        x = np.zeros((spec.count, steps, width), np.float32)
        x[:, :heard, : spec.alphabet] = said[..., None] == np.arange(spec.alphabet)
        y = np.full((spec.count, steps), IGNORED, np.int64)
        if turns:
            x[:, heard:, -1] = 1
            y[:, heard:] = said
        else:
            y[:, spec.delay :] = said[:, : steps - spec.delay]
        return x, y

    symbols = SYMBOLS[: spec.alphabet]
    return _drawn(spec, draw, (*symbols, "now")[: spec.input_shape()[1]], symbols)


@loads(Parity)
def parity(spec: Parity, folder: Path | None) -> Dataset:
    """x (N, T, 1) bits. y: 1 where the number of ones so far is odd, (N,) at the end or (N, T) at each step."""

    def draw(random: np.random.Generator) -> Drawn:
        bits = random.integers(0, 2, (spec.count, spec.length))
        odd = bits.cumsum(axis=1) % 2
        return bits[..., None].astype(np.float32), odd if spec.shape == "many-to-many" else odd[:, -1]

    return _drawn(spec, draw, ("bit",), ("even", "odd"), named=True)


@loads(Brackets)
def brackets(spec: Brackets, folder: Path | None) -> Dataset:
    """x (N, T, 4) brackets. y: 1 where all is right, (N,); or where it can still become right, (N, T)."""

    def draw(random: np.random.Generator) -> Drawn:
        good = balanced(spec.count, spec.input_shape()[0], random)
        strings = good.copy()
        wrong = random.permutation(spec.count)[: spec.count // 2]
        strings[wrong] = spoiled(good[wrong], random)
        right = possible(strings)
        x = (strings[..., None] == np.arange(len(BRACKETS))).astype(np.float32)
        return x, (right if spec.shape == "many-to-many" else right[:, -1]).astype(np.int64)

    return _drawn(spec, draw, tuple(BRACKETS), ("wrong", "right"), named=True)


def _drawn(
    spec: Memory,
    draw: Callable[[np.random.Generator], Drawn],
    features: Sequence[str],
    classes: Sequence[str] = (),
    *,
    named: bool = False,
) -> Dataset:
    x, y = draw(stream(spec.seed, "draw", spec.kind))
    y = y.astype(np.int64 if classes else np.float32)
    train, test = split(len(x), spec.num_samples()[0], stream(spec.seed, "split", spec.kind))
    return Dataset(
        x=x[train],
        y=y[train],
        x_test=x[test],
        y_test=y[test],
        target=spec.target(),
        class_names=tuple(classes),
        feature_names=tuple(features),
        points=None,
        points_test=None,
        scaling=Scaling("none", np.zeros(1), np.ones(1)),
        source="source.rule",
        licence="",
        named=named,
    )
