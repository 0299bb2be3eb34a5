"""Where an experiment is trained that leaves it open: the rule, and what it was measured by.

On one core the NumPy engine takes 0.4 to 1.0 of torch's time on dense networks and on small convolutions, and about
twice torch's time once the convolutions of one sample go beyond some 2 MFLOP (`python -m tests.benchmarks.choice`).
Of recurrent networks it takes 0.2 to 1.1, the more the wider they are, and shows their gates: they stay on NumPy.
An accelerator starts each operation some microseconds late, so that only large steps are faster there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engines.availability import bfloat16_devices, torch_devices
from playground.spec import Experiment, LayerSpec, Shape, SpecError, estimate
from playground.spec.adversary import discriminator_input
from playground.spec.image_layers import Conv2d, ConvTranspose2d, Residual

CONVOLUTION = 2_000_000
"""Floating-point operations of the convolutions for one sample from which torch is the faster one on a CPU."""
STEP = 1_000_000_000
"""Floating-point operations of a training step from which an accelerator is worth its way."""

Why = Literal["said", "small", "convolutions", "accelerator", "alone"]


@dataclass(frozen=True)
class Place:
    """An engine and one of its devices, never "auto".

    Attributes:
        precision: "float32", or "bfloat16" for the products of a torch net whose weights stay float32.
        why: "said" if the experiment names the engine, else which part of the rule decided: "accelerator" (there is
            one and the step is large), "convolutions" (large ones), "small" (neither) or "alone" (there is no torch).
        work: the floating-point operations that decided: a step's for "accelerator", else those of one sample's
            convolutions.
    """

    engine: str
    device: str
    precision: Literal["float32", "bfloat16"]
    why: Why
    work: int

    @property
    def where(self) -> tuple[str, str, str]:
        """What a net is built for: engine, device and precision."""
        return self.engine, self.device, self.precision


def place_of(
    experiment: Experiment,
    devices: tuple[str, ...] | None = None,
    able: tuple[str, ...] | None = None,
    *,
    wait: bool = False,
) -> Place:
    """Return where `experiment` is trained; nothing is loaded for it.

    Args:
        experiment: may leave `engine`, `device` and `precision` open.
        devices: torch's; None asks this machine. What an experiment names is not checked against them.
        able: those of them that multiply bfloat16 in hardware; None asks this machine.
        wait: wait until this machine has answered, if the answer matters.
    """
    convolutions, step = _work(experiment)
    devices = torch_devices(wait=wait and step >= STEP) if devices is None else devices
    engine, device, why = _decide(experiment, devices, convolutions, step)
    precision = experiment.precision
    if precision == "auto":
        precision = "float32"
        if device.startswith("cuda") and device in (bfloat16_devices(wait=wait) if able is None else able):
            precision = "bfloat16"
    return Place(engine, device, precision, why, step if why == "accelerator" else convolutions)


def _decide(
    experiment: Experiment, devices: tuple[str, ...], convolutions: int, step: int
) -> tuple[str, str, Why]:
    named = experiment.device if experiment.device != "auto" else ""
    accelerator = next((name for name in devices if name != "cpu"), "")
    if experiment.engine == "numpy":
        return "numpy", named or "cpu", "said"
    if experiment.adversary is not None and experiment.adversary.needs_torch():
        return "torch", named or "cpu", "said"
    if named and named != "cpu":
        return "torch", named, "said"
    if not named and accelerator and step >= STEP:
        return "torch", accelerator, "accelerator"
    if experiment.engine == "torch" or experiment.precision == "bfloat16":
        return "torch", "cpu", "said"
    if not devices:
        return "numpy", "cpu", "alone"
    return ("torch", "cpu", "convolutions") if convolutions >= CONVOLUTION else ("numpy", "cpu", "small")


def _work(experiment: Experiment) -> tuple[int, int]:
    """Return the operations of one sample's convolutions and of a training step; 0 where nothing fits together."""
    models = [(experiment.model, experiment.input_shape())]
    if experiment.adversary is not None:
        models.append((experiment.adversary.discriminator, discriminator_input(experiment)))
    try:
        convolutions = max(
            sum(_convolutions(layer, at) for layer, at in zip(model.layers, model.inputs(shape), strict=True))
            for model, shape in models
        )
        if experiment.adversary is not None:
            return convolutions, estimate(experiment).step_flops
        train = experiment.data.num_samples()[0]
        model, shape = models[0]
        return convolutions, 3 * min(experiment.training.batch_size or train, train) * model.flops(shape)
    except SpecError:
        return 0, 0


def _convolutions(layer: LayerSpec, shape: Shape) -> int:
    if isinstance(layer, Residual):
        inside = zip(layer.layers, layer.inputs(shape)[:-1], strict=True)
        return sum(_convolutions(inner, at) for inner, at in inside)
    return layer.flops(shape) if isinstance(layer, Conv2d | ConvTranspose2d) else 0
