"""What the generator makes of noise that somebody chooses: a place on a plane, a way between two samples, a walk.

Legend: d latent numbers, N samples that are asked for.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from playground.probes.adversarial import latents
from playground.probes.adversarial.gallery import COUNT, as_bytes
from playground.probes.adversarial.nearest import nearest
from playground.probes.adversarial.players import Players, players
from playground.probes.asks import Answer, Scene, ask
from playground.probes.registry import Array, Arrays
from playground.spec import Spec
from playground.spec.base import number
from playground.spec.random import stream

REACH = 2.2
"""How far the plane reaches from its middle; even noise ends at 1."""
STOPS = 6
"""Samples that a walk passes before it comes back."""
SHEET, WAY = 9, 9


class Wish(Spec):
    """What is asked for.

    Attributes:
        way: a place on the plane (`u`, `v` from −1 to 1), the whole plane in 9 × 9 samples, nine samples on the way
            from sample `first` to `second`, or the place `t` (0 … 1) of a round trip.
        label: the class, where the generator is told one.
        near: whether the nearest real picture is wanted.
    """

    way: Literal["place", "sheet", "between", "walk"] = "place"
    u: float = number(0.0, -1, 1)
    v: float = number(0.0, -1, 1)
    t: float = number(0.0, 0, 1)
    first: int = number(0, 0, COUNT - 1, step=1)
    second: int = number(1, 0, COUNT - 1, step=1)
    label: int = number(0, 0, 9999, step=1)
    near: bool = False


@ask(Wish, of="game")
def imagine(scene: Scene, wish: Wish, lang: str) -> Answer:
    """Return samples of chosen noise.

    Returns:
        plain: `z`, the first eight numbers of the first latent, and `size`, how many it has.
        arrays: `samples` (N, H, W) u1 or (N, 2) f4 in the data's own numbers; `answer` (N,) f4, D(x); with `near` the
            nearest training picture of each, `nearest` (N, H, W) u1, `distance` and its `index` (N,).
    """
    pair = players(scene.subject)
    z = chosen(pair, wish)
    size = scene.subject.dataset.target.size
    labels = _labels(pair, wish, len(z), size)
    made = pair.fakes(z, labels)
    arrays: Arrays = {"answer": pair.share(pair.scores(made, labels)).astype(np.float32)}
    if made.ndim == 4:
        arrays["samples"] = as_bytes(made)
        if wish.near:
            index, distance = nearest(scene.subject.dataset, made)
            arrays |= {
                "nearest": as_bytes(scene.subject.dataset.x[index]),
                "distance": distance,
                "index": index,
            }
    else:
        arrays["samples"] = scene.subject.dataset.scaling.undo(made).astype(np.float32)
    plain: dict[str, Any] = {"z": [round(float(x), 3) for x in z[0, :8]], "size": int(z.shape[1])}
    return Answer(plain, arrays)


def chosen(pair: Players, wish: Wish) -> Array:
    """Return the latents (N, d) that are wished for."""
    experiment, adversary = pair.experiment, pair.adversary
    fixed = latents.fixed(experiment, COUNT)
    if wish.way == "between":
        parts = np.linspace(0, 1, WAY)
        return np.stack([between(fixed[wish.first], fixed[wish.second], p, adversary.noise) for p in parts])
    if wish.way == "walk":
        place = wish.t % 1.0 * STOPS
        stop = int(place) % STOPS
        return between(fixed[stop], fixed[(stop + 1) % STOPS], place - int(place), adversary.noise)[None]
    axes = plane(pair)
    if wish.way == "sheet":
        line = np.linspace(-1, 1, SHEET, dtype=np.float32)
        return (line[None, :, None] * axes[0] + line[::-1, None, None] * axes[1]).reshape(
            -1, adversary.latent_dim
        )
    return (np.float32(wish.u) * axes[0] + np.float32(wish.v) * axes[1])[None]


def plane(pair: Players) -> Array:
    """Return the two axes (2, d) of the plane of latents: the numbers themselves where there are two, else any plane.

    In many dimensions normal noise lies near a sphere of radius √d, so the axes are that long (as far as half of it,
    because both count).
    """
    size, even = pair.adversary.latent_dim, pair.adversary.noise == "uniform"
    reach = 1.0 if even else REACH
    if size <= 2:
        axes = np.zeros((2, size), np.float32)
        axes[0, 0] = reach
        axes[1, -1] = reach if size == 2 else 0.0
        return axes
    drawn = stream(pair.experiment.seed, "plane of latents").standard_normal((size, 2))
    directions = np.linalg.qr(drawn)[0].T
    if even:
        return (directions / np.abs(directions).sum(axis=0).max()).astype(np.float32)
    return (directions * max(reach, np.sqrt(size))).astype(np.float32)


def between(a: Array, b: Array, part: float, noise: str) -> Array:
    """Return the latent a part of the way from a (d,) to b (d,).

    Normal noise goes along the great circle, so that it stays as far from the origin as noise is (Shoemake 1985, White
    2016); even noise goes straight.
    """
    if noise == "uniform":
        return a + np.float32(part) * (b - a)
    lengths = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    cosine = float(a @ b) / max(lengths[0] * lengths[1], 1e-12)
    angle = np.arccos(np.clip(cosine, -1, 1))
    if angle < 1e-4 or len(a) < 2:
        return a + np.float32(part) * (b - a)
    mixed = (np.sin((1 - part) * angle) * a + np.sin(part * angle) * b) / np.sin(angle)
    return mixed.astype(np.float32)


def _labels(pair: Players, wish: Wish, count: int, size: int) -> Array:
    if wish.way == "between":
        taken = latents.classes(pair.experiment, COUNT)[[wish.first, wish.second]]
        return np.where(np.arange(count) < count / 2, *taken)
    return np.full(count, wish.label % max(size, 1), np.int64)
