"""Both players of a GAN at one moment, as nets that can be looked at: what comes out of noise, and what is made of it.

Knows no picture, no run and no optimizer. Legend: N samples, d latent numbers, k numbers of a condition, s a score (the
discriminator's raw output).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast
from weakref import WeakKeyDictionary

import numpy as np

import engines
from engines.numpy.net import Net
from playground.probes.adversarial import latents, rivalry
from playground.probes.adversarial.latents import told
from playground.probes.registry import Array, Subject
from playground.spec import Experiment, LayerSpec, ModelSpec, Shape, SpecError, State
from playground.spec.adversary import (
    EMBEDDING,
    PLAYERS,
    Adversary,
    condition_size,
    discriminator_input,
    generator_input,
    pixels,
)
from playground.spec.image_layers import Conv2d, Residual
from playground.spec.layers import Linear
from playground.spec.optimizers import SGD, OptimizerSpec

CHUNK = 512
MAX_PARAMETERS = 3_000_000


@dataclass(frozen=True, eq=False)
class Players:
    """The generator and the discriminator of `subject`, which must be a GAN's."""

    subject: Subject
    generator: Net
    discriminator: Net

    @property
    def experiment(self) -> Experiment:
        """The game."""
        return self.subject.experiment

    @property
    def adversary(self) -> Adversary:
        """Its rules."""
        found = self.experiment.adversary
        assert found is not None
        return found

    def fakes(self, z: Array, labels: Array | None = None) -> Array:
        """Return what the generator makes of noise z (N, d), as the data have it: (N, *sample)."""
        return self.shown(in_parts(self.generator, self.drafted(z, labels)))

    def drafted(self, z: Array, labels: Array | None) -> Array:
        """Return what enters the generator: noise and, behind it, the condition."""
        return told(z, self.condition("generator", labels, len(z)))

    def shown(self, made: Array) -> Array:
        """Return the generator's output as the data have it, pictures from 0 to 1."""
        low, high = pixels(self.experiment)
        shaped = made.reshape(len(made), *self.experiment.data.input_shape())
        return shaped if (low, high) == (0.0, 1.0) else (shaped - low) / (high - low)

    def scores(self, x: Array, labels: Array | None = None) -> Array:
        """Return what the discriminator makes of samples x (N, *sample) as the data have them: s (N,)."""
        return in_parts(self.discriminator, self.presented(x, labels)).reshape(len(x))

    def presented(self, x: Array, labels: Array | None) -> Array:
        """Return what enters the discriminator: samples, and behind them the condition."""
        return told(self.entered(x), self.condition("discriminator", labels, len(x)))

    def entered(self, x: Array) -> Array:
        """Return samples x as the players see them: pictures between their black and their white."""
        low, high = pixels(self.experiment)
        if (low, high) == (0.0, 1.0):
            return x
        return np.asarray(x, np.float32) * np.float32(high - low) + np.float32(low)

    def condition(self, player: str, labels: Array | None, count: int) -> Array | None:
        """Return what tells a player the classes `labels` (N,), which take turns without them: (N, k), or None."""
        if not condition_size(self.experiment):
            return None
        known = latents.classes(self.experiment, count) if labels is None else labels
        return latents.conditions(self.experiment, known, self.subject.state.get(f"{player}.{EMBEDDING}"))

    def share(self, scores: Array) -> Array:
        """Return scores as D(x), 0 … 1; a critic's scores as they are."""
        found = rivalry.shares(self.adversary.loss, scores)
        return scores if found is None else found

    @property
    def judges(self) -> bool:
        """Whether the discriminator is a critic, whose scores are no shares."""
        return self.adversary.loss.scores == "judgement"


def is_game(subject: Subject) -> bool:
    """Tell whether the subject is a GAN that is small enough to be looked at by the NumPy engine."""
    if subject.experiment.adversary is None:
        return False
    return sum(x.size for x in subject.state.values()) <= MAX_PARAMETERS


def players(subject: Subject, optimizers: tuple[OptimizerSpec, OptimizerSpec] | None = None) -> Players:
    """Return both players with the tensors of `subject`, valid until the same thread asks for another subject's.

    Args:
        subject: what is looked at.
        optimizers: of generator and discriminator, for nets that will be trained: these are new ones every time.

    Raises:
        SpecError: if it is no GAN, or too large.
    """
    experiment = subject.experiment
    if experiment.adversary is None or not is_game(subject):
        raise SpecError("stage.duel.not_here", place="adversary")
    models = experiment.model, experiment.adversary.discriminator
    shapes = generator_input(experiment), discriminator_input(experiment)
    found: list[Net] = []
    for number, (player, model, shape) in enumerate(zip(PLAYERS, models, shapes, strict=True)):
        if optimizers is None:
            # pyright does not know that pydantic's frozen models are hashable.
            net = _net(player, model, shape, threading.get_ident())  # pyright: ignore[reportArgumentType]
        else:
            net = cast("Net", engines.get("numpy").net(model, shape, optimizers[number]))
        if optimizers is not None or _held.get(net) is not subject:
            own = of(subject.state, player)
            normalised = experiment.adversary.spectral_norm and player == PLAYERS[1]
            net.load(_normalised(model.layers, own) if normalised else own)
            _held[net] = subject
        found.append(net)
    return Players(subject, *found)


def of(state: State, player: str) -> State:
    """Return a player's own tensors by the names its net has for them."""
    prefix = f"{player}."
    return {
        name.removeprefix(prefix): x
        for name, x in state.items()
        if name.startswith(prefix) and name != prefix + EMBEDDING
    }


def _normalised(layers: Sequence[LayerSpec], state: State, prefix: str = "") -> State:
    """Return a state whose dense and convolutional weights are divided by their largest singular value.

    That is what a network with spectral normalisation computes with; its state holds what is learned, as torch's does.
    Miyato et al. (2018).
    """
    found = dict(state)
    for index, layer in enumerate(layers):
        name = f"{prefix}{index}"
        if isinstance(layer, Residual):
            found = _normalised(layer.layers, found, f"{name}.layers.")
        elif isinstance(layer, Linear | Conv2d):
            weight = found[f"{name}.weight"]
            size = float(np.linalg.norm(weight.reshape(len(weight), -1).astype(np.float64), 2))
            found[f"{name}.weight"] = weight / weight.dtype.type(size or 1.0)
    return found


def in_parts(net: Net, x: Array) -> Array:
    """Return a net's outputs for x, a part at a time."""
    return np.concatenate(
        [net.forward(x[start : start + CHUNK]) for start in range(0, max(len(x), 1), CHUNK)]
    )


_held: WeakKeyDictionary[Net, Subject] = WeakKeyDictionary()


@lru_cache(maxsize=16)
def _net(player: str, model: ModelSpec, shape: Shape, thread: int) -> Net:
    return cast("Net", engines.get("numpy").net(model, shape, SGD()))
