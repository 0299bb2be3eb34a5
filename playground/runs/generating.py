"""Samples from a trained generator, in the data's own units; knows no trainer and no screen."""

from __future__ import annotations

import numpy as np

from engines.choice import place_of
from engines.protocol import Array
from playground.data import Dataset
from playground.runs.players import Player
from playground.spec import Experiment, SpecError, State
from playground.spec.adversary import PLAYERS, pixels

CHUNK = 256


def generated(
    experiment: Experiment, state: State, dataset: Dataset, z: Array, y: Array | None = None
) -> Array:
    """Return what the generator with the tensors of `state` makes of latents z (N, latent_dim).

    Points come in their raw coordinates (N, 2), pictures with pixels from 0 to 1 (N, C, H, W).

    Args:
        experiment: with an adversary.
        state: tensors of both players, or of the generator alone.
        dataset: the real samples, which say how coordinates were scaled.
        z: latents.
        y: classes (N,), if the generator is told any.

    Raises:
        SpecError: if a tensor or a class is missing or does not fit.
    """
    adversary = experiment.adversary
    if adversary is None:
        raise SpecError("error.no_adversary", place="adversary")
    size = dataset.target.size
    if adversary.conditional == "none":
        y = None
    elif y is None or not ((y >= 0) & (y < size)).all():
        raise SpecError("error.no_class", place="y", value=size)
    player = Player(PLAYERS[0], experiment, place_of(experiment), "float32")
    missing = [name for name in player.state() if name not in state]
    if missing:
        raise SpecError("engine.state_missing", value=", ".join(missing[:3]))
    player.load(state)
    found = np.concatenate(
        [
            player.forward(z[i : i + CHUNK], None if y is None else y[i : i + CHUNK])
            for i in range(0, max(len(z), 1), CHUNK)
        ]
    )
    if found.ndim == 2:
        return dataset.scaling.undo(found).astype(np.float32)
    low, high = pixels(experiment)
    return np.clip((found - low) / (high - low), 0.0, 1.0)
