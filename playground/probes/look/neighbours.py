"""Which training pictures are nearest to this one: as the network sees them, and pixel by pixel."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from playground.probes.asks import Answer, Scene, ask
from playground.probes.look.penultimate import activations, affordable, penultimate
from playground.probes.look.picture import Picture, as_bytes, seen
from playground.probes.registry import Array, Arrays
from playground.spec import SpecError

MOST_SAMPLES = 12_000
MOST_WORK = 2e10


class Near(Picture):
    """A picture, and how many neighbours are wanted."""

    count: Annotated[int, Field(ge=1, le=24)] = 8


@ask(Near)
def neighbours(scene: Scene, wanted: Near, lang: str) -> Answer:
    """Return the nearest training pictures, by the numbers before the last layer and by pixels (Euclidean distance).

    Returns:
        plain: `searched` (how many training pictures), `layer` (whose output is compared, −1 for the pixels), and under
        `seen` and `pixels` lists of {index, distance, class}. Arrays: `seen` and `pixels` (n, C, H, W) u1.
    """
    subject = scene.subject
    dataset = subject.dataset
    x = seen(scene, wanted).x
    count = affordable(subject, min(len(dataset.x), MOST_SAMPLES), MOST_WORK)
    layer = penultimate(subject.experiment.model, dataset.input_shape)
    net = subject.net()
    # The picture itself is no neighbour of its own.
    own = -1 if wanted.pixels or wanted.test else wanted.index
    plain: dict[str, Any] = {"searched": count, "layer": layer}
    arrays: Arrays = {}
    for name, at in (("seen", layer), ("pixels", -1)):
        there, here = activations(net, dataset.x[:count], at), activations(net, x, at)[0]
        if not (np.isfinite(there).all() and np.isfinite(here).all()):
            raise SpecError("stage.backprop.not_finite")
        order, distance = nearest(there, here, wanted.count, own)
        plain[name] = [
            {"index": int(index), "distance": float(d), "class": int(dataset.y[index])}
            if dataset.target.kind == "classes"
            else {"index": int(index), "distance": float(d), "class": None}
            for index, d in zip(order, distance, strict=True)
        ]
        arrays[name] = as_bytes(dataset.x[order])
    return Answer(plain, arrays)


def nearest(there: Array, here: Array, count: int, own: int = -1) -> tuple[Array, Array]:
    """Return the rows of `there` (N, F) nearest to `here` (F,), the nearest first, and their distances.

    Args:
        own: a row that is left out, −1 for none.
    """
    away = np.sqrt(np.square(there - here, dtype=np.float64).sum(axis=1))
    if 0 <= own < len(away):
        away[own] = np.inf
    order = np.argsort(away, kind="stable")[: min(count, len(away) - (0 <= own < len(away)))]
    return order, away[order]
