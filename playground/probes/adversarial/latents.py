"""What the generator starts from: noise and conditions, drawn anew or the same for ever.

Legend: B samples, Z latent numbers, K classes, k numbers of a condition, E numbers of an embedding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from playground.spec import Adversary, Experiment
from playground.spec.random import stream

Array = npt.NDArray[Any]


def drawn(adversary: Adversary, count: int, random: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return (count, Z) numbers: standard normal, or even between −1 and 1."""
    if adversary.noise == "normal":
        return random.standard_normal((count, adversary.latent_dim), dtype=np.float32)
    return 2.0 * random.random((count, adversary.latent_dim), dtype=np.float32) - 1.0


def fixed(experiment: Experiment, count: int) -> npt.NDArray[np.float32]:
    """Return (count, Z) latents that stay the same while a training goes on, so that its samples can be compared.

    The first ones are the same for any count.
    """
    assert experiment.adversary is not None
    return drawn(experiment.adversary, count, stream(experiment.seed, "fixed latents"))


def classes(experiment: Experiment, count: int) -> npt.NDArray[np.int64]:
    """Return the classes (count,) that go with fixed latents: they take turns."""
    return np.arange(count, dtype=np.int64) % experiment.data.target().size


def onehot(y: Array, size: int) -> npt.NDArray[np.float32]:
    """Return classes (B,) as (B, size) numbers: 1 at the class, else 0."""
    return (y.reshape(-1, 1) == np.arange(size)).astype(np.float32)


def conditions(experiment: Experiment, y: Array, table: Array | None) -> npt.NDArray[np.float32] | None:
    """Return what a player is told of the classes y (B,): (B, k); None where it is told nothing.

    Args:
        experiment: says how.
        y: classes.
        table: the player's embedding (E, K), needed where it has one: its tensor `<player>.classes.weight`.
    """
    adversary = experiment.adversary
    assert adversary is not None
    if adversary.conditional == "none":
        return None
    bits = onehot(y, experiment.data.target().size)
    if adversary.conditional == "one-hot":
        return bits
    assert table is not None
    return bits @ table.T.astype(np.float32)


def told(x: Array, condition: Array | None) -> Array:
    """Return what enters a player: x (B, ...) with the condition (B, k) behind its first axis.

    Latents and points get k more numbers, pictures (B, C, H, W) get k even planes.
    """
    if condition is None:
        return x
    behind = condition.reshape(*condition.shape, *(1,) * (x.ndim - 2))
    return np.concatenate([x, np.broadcast_to(behind, (*condition.shape, *x.shape[2:]))], axis=1)


def of_condition(grad: Array, size: int) -> Array:
    """Return dL/dcondition (B, size) from dL/d(what entered a player): that of the planes, summed over each."""
    part = grad[:, grad.shape[1] - size :]
    return part.reshape(*part.shape[:2], -1).sum(axis=2)
