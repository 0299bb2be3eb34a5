"""How well generated points cover the modes of the real ones, and how well generated digits cover the classes.

Legend: N samples, K modes or classes, M places.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.data.modes import Modes

Array = npt.NDArray[Any]
ENOUGH = 0.2
"""A mode is hit if good samples fall on it at least a fifth as often as real ones do. Srivastava et al. (2017)."""
CONFIDENT = 0.9
"""From this probability on a classifier is sure."""


def nearest(modes: Modes, points: Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return for each of the raw points (N, 2) the index of the nearest place (N,), and the distance to it (N,)."""
    x, places = points.astype(np.float64), modes.places
    squares = (x**2).sum(1)[:, None] - 2.0 * x @ places.T + (places**2).sum(1)
    place = squares.argmin(1)
    return place, np.sqrt(((x - places[place]) ** 2).sum(1))


def coverage(modes: Modes, points: Array) -> dict[str, float]:
    """Return how well raw points (N, 2) cover the modes; nothing where a point is not finite.

    Returns:
        `modes`: how many are hit: good samples fall on them at least a fifth as often as real ones do.
        `quality`: the share of good samples: those within `modes.reach` of the nearest place (three deviations).
        `reverse_kl`: KL(generated ‖ real) of the shares of the modes, each sample counted for its nearest: 0 where they
            agree, ln K where all fall on one of K equal ones.
    """
    if not np.isfinite(points).all() or not len(points):
        return {}
    counted, good = counts(modes, points)
    hit = good >= np.maximum(ENOUGH * modes.shares * len(points), 1)
    return {
        "modes": float((hit & (modes.shares > 0)).sum()),
        "quality": float(good.sum() / len(points)),
        "reverse_kl": divergence(counted, modes.shares),
    }


def counts(modes: Modes, points: Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return how many of the raw points (N, 2) are nearest to each mode (K,), and how many of these are good (K,)."""
    place, distance = nearest(modes, points)
    mode = modes.mode[place]
    near = distance <= modes.reach
    return (
        np.bincount(mode, minlength=modes.count),
        np.bincount(mode[near], minlength=modes.count),
    )


def imitated(real: Array, y: Array, fake: Array, size: int) -> dict[str, float]:
    """Return how well generated pictures (N, ...) cover the classes y (M,) of real ones (M, ...), by pixels alone.

    Each is counted for the class of the real picture that is nearest to it. `modes` and `reverse_kl` as for points, the
    classes being the modes.
    """
    if not np.isfinite(fake).all() or not len(fake):
        return {}
    near = y[nearest_pictures(real, fake)]
    counted, shares = np.bincount(near, minlength=size), np.bincount(y, minlength=size) / len(y)
    hit = counted >= np.maximum(ENOUGH * shares * len(fake), 1)
    return {"modes": float((hit & (shares > 0)).sum()), "reverse_kl": divergence(counted, shares)}


def nearest_pictures(real: Array, fake: Array) -> npt.NDArray[np.int64]:
    """Return for each of `fake` (N, ...) the index of the nearest picture of `real` (M, ...), by squared pixels."""
    rows, others = fake.reshape(len(fake), -1), real.reshape(len(real), -1)
    squares = np.einsum("ij,ij->i", others, others)
    return (squares - 2.0 * rows @ others.T).argmin(1)


def divergence(counted: Array, shares: Array) -> float:
    """Return KL(q ‖ p) = Σ q ln(q / p) in nats: q are the shares of counted (K,), p those of the real ones (K,)."""
    q = counted / max(counted.sum(), 1)
    on = (q > 0) & (shares > 0)
    outside = q[shares == 0].sum()
    return math.inf if outside > 0 else float((q[on] * np.log(q[on] / shares[on])).sum())


def recognised(probabilities: Array) -> dict[str, float]:
    """Return how a classifier's probabilities (N, K) of generated pictures stand.

    Returns:
        `classes`: how many classes it sees at all, sure of at least one picture in a hundred.
        `quality`: the share of pictures it is sure of, with 0.9 or more.
        `reverse_kl`: KL(seen ‖ even) of the classes it takes them for.
    """
    chosen, sure = probabilities.argmax(1), probabilities.max(1) >= CONFIDENT
    size = probabilities.shape[1]
    seen = np.bincount(chosen[sure], minlength=size)
    everything = np.bincount(chosen, minlength=size)
    return {
        "classes": float((seen >= max(0.01 * len(probabilities), 1)).sum()),
        "quality": float(sure.mean()),
        "reverse_kl": divergence(everything, np.full(size, 1.0 / size)),
    }
