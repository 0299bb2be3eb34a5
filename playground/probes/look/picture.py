"""Which picture is looked at: a sample of the data by its number, or pixels that somebody has drawn.

Pixels come from a stranger's browser: bytes in base64, as many as the network has inputs, 255 = 1.
"""

from __future__ import annotations

import base64
import binascii
import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from playground.data.targets import decide, shades
from playground.probes.asks import Scene
from playground.probes.registry import Array, Subject
from playground.spec import Experiment, Spec, SpecError

MOST_TEXT = 1 << 16
MOST_FLOPS = 1e9
"""A network that needs more for one picture is not looked into while somebody waits."""


class Picture(Spec):
    """One picture: its number in the training or the test set, or `pixels`, which then go first."""

    index: Annotated[int, Field(ge=0)] = 0
    test: bool = False
    pixels: Annotated[str, Field(max_length=MOST_TEXT)] = ""


@dataclass(frozen=True, eq=False)
class Seen:
    """What the network is shown.

    Attributes:
        x: the picture (1, C, H, W) float32, as the network gets it.
        truth: its class; None where nobody knows it, or there are no classes.
    """

    x: Array
    truth: int | None


def seen(scene: Scene, picture: Picture, *, times: int = 1) -> Seen:
    """Return the picture that is asked about.

    Args:
        times: how many passes through the network the question takes, about.

    Raises:
        SpecError: if the data are no pictures, there is no such sample, the pixels do not fit, or the network is too
            large for so many passes.
    """
    dataset = scene.subject.dataset
    shape = dataset.input_shape
    if len(shape) != 3:
        raise SpecError("stage.look.no_picture")
    require_small(scene.subject, times)
    if picture.pixels:
        return Seen(drawn(picture.pixels, shape), None)
    x, y = (dataset.x_test, dataset.y_test) if picture.test else (dataset.x, dataset.y)
    if picture.index >= len(x):
        raise SpecError("stage.backprop.no_sample", place="index", value=picture.index, count=len(x))
    truth = int(y[picture.index]) if dataset.target.kind == "classes" else None
    return Seen(np.asarray(x[picture.index : picture.index + 1], np.float32), truth)


def drawn(text: str, shape: tuple[int, ...]) -> Array:
    """Return drawn pixels as a picture (1, C, H, W) of 0..1.

    Raises:
        SpecError: if they are no base64, or not as many as expected.
    """
    size = math.prod(shape)
    try:
        found = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    except (binascii.Error, ValueError):
        raise SpecError("stage.look.pixels", place="pixels", expected=size) from None
    if found.size != size:
        raise SpecError("stage.look.pixels", place="pixels", value=found.size, expected=size)
    return (found.astype(np.float32) / np.float32(255)).reshape(1, *shape)


def require_small(subject: Subject, passes: int, most: float = MOST_FLOPS) -> None:
    """Refuse what would take too long.

    Raises:
        SpecError: if the network needs more than `most` operations for one picture, or 100 times as many for all.
    """
    flops = subject.experiment.model.flops(subject.dataset.input_shape)
    if flops > most or flops * passes > 100 * most:
        raise SpecError("stage.look.too_large", value=f"{flops / 1e6:,.0f}", bound=f"{most / 1e6:,.0f}")


def probabilities(experiment: Experiment, outputs: Array) -> Array:
    """Return how probable each class is by outputs (N, k): (N, K) float32; of regression the numbers themselves."""
    found = shades(experiment, outputs.reshape(len(outputs), -1))
    if experiment.data.target().kind == "classes" and found.shape[1] == 1:
        sure = (found + 1) / 2
        return np.concatenate([1 - sure, sure], axis=1)
    return found


def taken_for(experiment: Experiment, outputs: Array) -> int | None:
    """Return the class that the outputs (1, k) speak for; None where there are no classes."""
    if experiment.data.target().kind != "classes":
        return None
    return int(decide(experiment, outputs.reshape(1, -1))[0])


def as_bytes(x: Array) -> Array:
    """Return a picture (C, H, W) of 0..1 as bytes."""
    return np.rint(255 * np.clip(x, 0, 1)).astype(np.uint8)
