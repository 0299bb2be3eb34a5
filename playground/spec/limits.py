"""What an experiment will cost, in closed form, and the caps it must keep, checked before anything is allocated."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar

from playground.spec.adversary import discriminator_input, generator_input
from playground.spec.environment import caps
from playground.spec.errors import SpecError
from playground.spec.experiment import Experiment

LOOK_ELEMENTS = 1 << 22
"""A look is taken at so many samples at a time that the widest layer has about this many numbers, or fewer."""

EVALUATED = 256
"""So many generated samples are looked at together."""


@dataclass(frozen=True)
class Limits:
    """The caps. Each can be set by an environment variable `PLAYGROUND_MAX_<NAME>`."""

    PREFIX: ClassVar = "PLAYGROUND_MAX_"

    parameters: int = 5_000_000
    step_flops: int = 20_000_000_000
    memory: int = 1_500_000_000

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Limits:
        """Return the caps that are in force.

        Raises:
            SpecError: if a variable is not a positive whole number.
        """
        return cls(**caps(cls, cls.PREFIX, environment))


@dataclass(frozen=True)
class Cost:
    """What an experiment needs.

    Attributes:
        parameters: learned numbers.
        step_flops: floating-point operations of one training step (forward and backward: three forward passes).
        memory: bytes of data, weights with gradients and optimizer state, and activations of one batch, in float32.
            Data that all processes share count once, for an engine that wants a layout of its own; others twice.
    """

    parameters: int
    step_flops: int
    memory: int


def estimate(experiment: Experiment) -> Cost:
    """Return the experiment's cost without loading or allocating anything.

    Raises:
        SpecError: if the layers do not fit together.
    """
    if experiment.adversary is not None:
        return _of_two(experiment)
    model, shape = experiment.model, experiment.data.input_shape()
    train, test = experiment.data.num_samples()
    batch = min(experiment.training.batch_size or train, train)
    parameters = model.parameters(shape)
    widest = max(math.prod(at) for at in (shape, *model.shapes(shape)))
    evaluation = min(max(train, test), max(LOOK_ELEMENTS // widest, 16))
    data = (1 if experiment.data.mapped else 2) * (train + test) * math.prod(shape)
    activations = 2 * max(batch, evaluation) * model.activations(shape)
    return Cost(
        parameters=parameters,
        step_flops=3 * batch * model.flops(shape) + 12 * parameters,
        memory=4 * (data + 8 * parameters + activations),
    )


def _of_two(experiment: Experiment) -> Cost:
    """Return the cost of a generator and its adversary: what each of their updates takes, by how many there are."""
    adversary = experiment.adversary
    assert adversary is not None
    shape, sample = generator_input(experiment), discriminator_input(experiment)
    one, other = experiment.model, adversary.discriminator
    train, test = experiment.data.num_samples()
    batch = min(experiment.training.batch_size or train, train)
    judged, made = adversary.discriminator_steps, adversary.generator_steps
    flops = batch * (
        one.flops(shape)
        * (judged + 3 * made)  # the generator only goes forward for the discriminator's updates
        + other.flops(sample) * 3 * (2 * judged + made)  # which looks at two batches, and lets one through
    )
    widths = [shape, sample, *one.shapes(shape), *other.shapes(sample)]
    evaluation = min(EVALUATED, max(LOOK_ELEMENTS // max(math.prod(at) for at in widths), 16))
    data = (1 if experiment.data.mapped else 2) * (train + test) * math.prod(experiment.data.input_shape())
    activations = 2 * max(2 * batch, evaluation) * (one.activations(shape) + 2 * other.activations(sample))
    parameters = sum(tensor.size for tensor in experiment.tensors().values() if tensor.trainable)
    return Cost(
        parameters=parameters,
        step_flops=flops + 12 * parameters,
        memory=4 * (data + 8 * parameters + activations),
    )


def enforce(experiment: Experiment, limits: Limits | None = None) -> Cost:
    """Return the experiment's cost.

    Raises:
        SpecError: if the layers do not fit together or a cap is exceeded; it names the cap.
    """
    limits = limits or Limits.from_environment()
    cost = estimate(experiment)
    for field in fields(Limits):
        value, cap = getattr(cost, field.name), getattr(limits, field.name)
        if value > cap:
            raise SpecError(f"error.limit_{field.name}", value=f"{value:,}", cap=f"{cap:,}")
    return cost
