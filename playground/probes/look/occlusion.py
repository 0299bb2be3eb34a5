"""What a class's probability loses where a part of the picture is covered: Zeiler and Fergus (2014)."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from playground.probes.asks import Answer, Scene, ask
from playground.probes.look.gradient import Target, class_of
from playground.probes.look.picture import probabilities, seen
from playground.probes.maps import signed
from playground.probes.registry import Array, in_chunks
from playground.spec import SpecError

MOST_PATCHES = 1200
MOST_WORK = 2e10
"""Operations that a person waits for."""


class Covered(Target):
    """A picture, a class, and a square of `size` pixels that moves by `stride`; 0 chooses what fits the picture."""

    size: Annotated[int, Field(ge=0, le=32)] = 0
    stride: Annotated[int, Field(ge=0, le=32)] = 0


@ask(Covered)
def occlusion(scene: Scene, wanted: Covered, lang: str) -> Answer:
    """Return how much of a class's probability each pixel carries.

    Returns:
        plain: `target`, its `probability` with nothing covered, `size`, `stride`, `patches` (how many were tried),
        `least` (the lowest probability) and `reach`. Arrays: `occlusion` (H, W) u1, the mean loss of all squares that
        cover a pixel, positive where covering it costs probability; `loss` (n, m) f4, square by square.

    Raises:
        SpecError: if that were too many squares.
    """
    subject = scene.subject
    x = seen(scene, wanted).x
    _, _, height, width = x.shape
    size = min(wanted.size or max(2, round(min(height, width) / 6)), height, width)
    stride = wanted.stride or max(1, round(min(height, width) / 28))
    rows, columns = (starts(length, size, stride) for length in (height, width))
    patches = len(rows) * len(columns)
    work = subject.experiment.model.flops(x.shape[1:]) * patches
    if patches > MOST_PATCHES or work > MOST_WORK:
        raise SpecError("stage.look.too_many", value=f"{patches:,}")
    net = subject.net()
    outputs = net.forward(x)
    target = class_of(subject, wanted.target, outputs)
    sure = float(probabilities(subject.experiment, outputs)[0, target])
    covered = covers(x[0], size, rows, columns, background(subject.dataset.x))
    found = probabilities(subject.experiment, in_chunks(net, covered, 256))[:, target]
    if not np.isfinite(found).all():
        raise SpecError("stage.backprop.not_finite")
    loss = (sure - found).reshape(len(rows), len(columns))
    spread = spread_out(loss, size, rows, columns, (height, width))
    reach = float(np.abs(spread).max()) or 1.0
    plain = {
        "target": target,
        "probability": sure,
        "size": size,
        "stride": stride,
        "patches": patches,
        "least": float(found.min()),
        "reach": reach,
    }
    arrays = {"occlusion": signed(spread.astype(np.float32), reach), "loss": loss.astype(np.float32)}
    return Answer(plain, arrays)


def starts(length: int, size: int, stride: int) -> list[int]:
    """Return where squares of `size` begin along an axis; the last one ends where the axis does."""
    found = list(range(0, length - size + 1, stride))
    return found if found[-1] == length - size else [*found, length - size]


def background(x: Array) -> Array:
    """Return what a picture is covered with, (C, 1, 1): nothing for one channel, the mean colour for more."""
    channels = x.shape[1]
    if channels == 1:
        return np.zeros((1, 1, 1), np.float32)
    return x[:512].mean(axis=(0, 2, 3), dtype=np.float64).astype(np.float32).reshape(channels, 1, 1)


def covers(x: Array, size: int, rows: list[int], columns: list[int], colour: Array) -> Array:
    """Return the picture (C, H, W) with a square covered, once for each place: (n m, C, H, W)."""
    found = np.repeat(x[None], len(rows) * len(columns), axis=0)
    places = ((row, column) for row in rows for column in columns)
    for picture, (row, column) in zip(found, places, strict=True):
        picture[:, row : row + size, column : column + size] = colour
    return found


def spread_out(loss: Array, size: int, rows: list[int], columns: list[int], shape: tuple[int, int]) -> Array:
    """Return for each pixel the mean of the losses (n, m) of all squares that cover it, 0 where none does."""
    total, count = np.zeros(shape), np.zeros(shape)
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            total[row : row + size, column : column + size] += loss[i, j]
            count[row : row + size, column : column + size] += 1
    return total / np.maximum(count, 1)
