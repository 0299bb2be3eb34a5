"""One player of an adversarial game: a net, and the embedding of the classes it may be told. Knows no opponent.

Its tensors are named after it: `generator.0.weight`, `generator.classes.weight`. Legend: B samples, K classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np

import engines
from engines.choice import Place
from engines.protocol import Array, Dtype, Net
from playground.probes.adversarial.latents import of_condition, onehot, told
from playground.spec import Experiment, ModelSpec, OptimizerSpec, Shape, State
from playground.spec.adversary import PLAYERS, condition_size, discriminator_input, embedding, generator_input

TABLE = "0.weight"
"""The name of an embedding's tensor in its own net."""


class Player:
    """A generator or a discriminator, with the numbers the experiment says it starts from."""

    def __init__(self, name: str, experiment: Experiment, place: Place, dtype: Dtype) -> None:
        """Build the player called `name`; spectral normalisation is the discriminator's alone."""
        adversary = experiment.adversary
        assert adversary is not None
        self.name = name
        self.size = condition_size(experiment)
        self._classes = experiment.data.target().size
        settings: dict[str, Any] = {
            "device": place.device,
            "dtype": dtype,
            "precision": place.precision if dtype == "float32" else "float32",
            "seed": experiment.seed,
        }
        normed = {"spectral_norm": True} if adversary.spectral_norm and name != PLAYERS[0] else {}
        build = cast("Callable[..., Net]", engines.get(place.engine).net)
        model, optimizer = parts(experiment, name)
        self.net = build(model, _shape(experiment, name), optimizer, **settings, **normed)
        self.table: Net | None = None
        if adversary.conditional == "embedding":
            self.table = build(embedding(adversary), (self._classes,), optimizer, **settings)
        self.load({key: value.astype(dtype) for key, value in _own(name, experiment.initial_state())})

    def forward(self, x: Array, y: Array | None, *, training: bool = False) -> Array:
        """Return the outputs for x (B, *shape) of the classes y (B,), which may be None if it is not told them."""
        return self.net.forward(self.entering(x, y, training=training), training=training)

    def entering(self, x: Array, y: Array | None, *, training: bool = False) -> Array:
        """Return x with what is told of the classes y behind it."""
        if not self.size:
            return x
        assert y is not None
        bits = onehot(y, self._classes)
        return told(x, bits if self.table is None else self.table.forward(bits, training=training))

    def backward(self, grad: Array) -> Array:
        """Return dL/dx (B, *shape) for dL/dy of the last forward pass in training; keeps dL/dparameters."""
        dx = self.net.backward(grad)
        if not self.size:
            return dx
        if self.table is not None:
            self.table.backward(of_condition(dx, self.size))
        return dx[:, : dx.shape[1] - self.size]

    def step(self, lr: float) -> None:
        """Let the optimizer move the parameters."""
        for _, net in self._nets():
            net.step(lr)

    def clamp(self, bound: float) -> None:
        """Cut every parameter of the net to −bound … bound; the embedding is input, and is left alone."""
        self.net.clamp(bound)

    def retune(self, experiment: Experiment) -> None:
        """Go on with other settings of layers and optimizer."""
        model, optimizer = parts(experiment, self.name)
        self.net.retune(model, optimizer)
        if self.table is not None:
            self.table.retune(self.table.model, optimizer)

    def gradient_norm(self) -> float:
        """Return the Euclidean norm of the kept gradients."""
        kept = (gradient for _, net in self._nets() for gradient in net.gradients().values())
        return math.sqrt(sum(float(np.vdot(gradient, gradient)) for gradient in kept))

    # --- leaving and coming back ------------------------------------------------------------------------------

    def state(self) -> State:
        """Return copies of all tensors by their names."""
        return {self._named(part, name): x for part, net in self._nets() for name, x in net.state().items()}

    def optimizer_state(self) -> State:
        """Return the optimizer's memory: `adam.exp_avg/generator.0.weight`, `adam.step/generator`."""
        found: State = {}
        for part, net in self._nets():
            for name, values in net.optimizer_state().items():
                quantity, slash, tensor = name.partition("/")
                whose = self._named(part, tensor) if slash else self.name + (f".{part}" if part else "")
                found[f"{quantity}/{whose}"] = values
        return found

    def random_state(self) -> State:
        """Return what restores the net's random draws."""
        return {f"{self.name}/{name}": values for name, values in self.net.random_state().items()}

    def load(self, state: State) -> None:
        """Take over all tensors of this player from `state`, which may hold others."""
        for part, net in self._nets():
            net.load({name: state[self._named(part, name)] for name in net.state()})

    def load_optimizer(self, state: State) -> None:
        """Take over the optimizer's memory, as `optimizer_state` names it."""
        for part, net in self._nets():
            memory: State = {}
            for name in net.optimizer_state():
                quantity, slash, tensor = name.partition("/")
                whose = self._named(part, tensor) if slash else self.name + (f".{part}" if part else "")
                memory[name] = state[f"{quantity}/{whose}"]
            net.load_optimizer(memory)

    def load_random(self, state: State) -> None:
        """Take over the state of the net's random draws."""
        self.net.load_random({name: state[f"{self.name}/{name}"] for name in self.net.random_state()})

    def _nets(self) -> Iterator[tuple[str, Net]]:
        yield "", self.net
        if self.table is not None:
            yield "classes", self.table

    def _named(self, part: str, tensor: str) -> str:
        return f"{self.name}.{part}.{tensor.partition('.')[2]}" if part else f"{self.name}.{tensor}"


def parts(experiment: Experiment, player: str) -> tuple[ModelSpec, OptimizerSpec]:
    """Return a player's layers and its optimizer."""
    adversary = experiment.adversary
    assert adversary is not None
    if player == PLAYERS[0]:
        return experiment.model, experiment.optimizer
    return adversary.discriminator, adversary.optimizer


def _shape(experiment: Experiment, player: str) -> Shape:
    return generator_input(experiment) if player == PLAYERS[0] else discriminator_input(experiment)


def _own(name: str, state: State) -> Iterator[tuple[str, Array]]:
    return ((key, value) for key, value in state.items() if key.startswith(f"{name}."))
