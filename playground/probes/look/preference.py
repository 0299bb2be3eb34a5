"""The picture that a map, a neuron or a class likes best: gradient ascent on the input, Erhan et al. (2009).

It begins as grey noise; every step moves it along the gradient, draws it a little towards grey (L2) and now and then
blurs it a little, so that it stays a picture: Yosinski et al. (2015). Pixels stay within 0..1. A number is to become
large; of a map, the squares of its positive numbers: the mean of a convolution would be largest for one even grey.
"""

from __future__ import annotations

from typing import Annotated, cast

import numpy as np
from pydantic import Field

import engines
from engines.numpy.net import Net
from playground.probes.asks import Answer, Scene, ask
from playground.probes.backprop import Pass
from playground.probes.look.picture import as_bytes, require_small
from playground.probes.registry import Array, Subject
from playground.spec import Spec, SpecError
from playground.spec.optimizers import SGD
from playground.spec.random import stream

FILM = 13
"""Pictures of the way that are shown."""
GREY, NOISE = 0.5, 0.05
STRIDE, DECAY, BLUR_EVERY = 0.06, 0.01, 4
MOST_PARAMETERS = 2_000_000


class Liked(Spec):
    """Which map (or number of a row) of which layer, and how many steps."""

    layer: Annotated[int, Field(ge=0)]
    channel: Annotated[int, Field(ge=0)] = 0
    steps: Annotated[int, Field(ge=1, le=120)] = 60
    seed: Annotated[int, Field(ge=0, le=9999)] = 0


@ask(Liked)
def preference(scene: Scene, wanted: Liked, lang: str) -> Answer:
    """Return the way to a picture that makes one map answer as strongly as it can.

    Returns:
        plain: `layer`, `channel`, the `steps` of the pictures, and the `answers` (steps + 1,): the largest number of
        the map. Arrays: `film` (P, C, H, W) u1, the last one the best of the way.

    Raises:
        SpecError: if there is no such map, the network is too large, or a number is not finite.
    """
    subject = scene.subject
    shape = subject.dataset.input_shape
    if len(shape) != 3:
        raise SpecError("stage.look.no_picture")
    require_small(subject, 3 * wanted.steps)
    layers = subject.experiment.model.layers
    if wanted.layer >= len(layers):
        raise SpecError("error.no_element", place="layer", value=wanted.layer)
    out = subject.experiment.model.shapes(shape)[wanted.layer]
    if wanted.channel >= out[0]:
        raise SpecError("error.no_element", place="channel", value=wanted.channel)
    net = beginning(subject, wanted.layer)
    rng = stream(wanted.seed, "preference", str(wanted.layer), str(wanted.channel))
    x = np.clip(GREY + NOISE * rng.standard_normal((1, *shape)), 0, 1)
    marks = set(np.linspace(0, wanted.steps, min(FILM, wanted.steps + 1)).round().astype(int).tolist())
    answers: list[float] = []
    film: list[Array] = []
    for step in range(wanted.steps + 1):
        done = Pass(net, x)
        found = done.final().reshape(1, *out)
        answers.append(float(found[0, wanted.channel].max()))
        if step in marks:
            film.append(as_bytes(x[0]))
        x = ascended(x, done.back(slope_of(found, wanted.channel))[0][:, 0].reshape(x.shape), step)
    if not np.isfinite(answers).all():
        raise SpecError("stage.backprop.not_finite")
    plain = {"layer": wanted.layer, "channel": wanted.channel, "steps": sorted(marks), "answers": answers}
    return Answer(plain, {"film": np.stack(film)})


def slope_of(outputs: Array, channel: int) -> Array:
    """Return the slope of what is to grow by a layer's outputs (1, U, h, w) or (1, F).

    Of a map half the sum of its squared positive numbers; where it has none, and of a number, itself.
    """
    slope = np.zeros_like(outputs)
    answers = outputs[0, channel]
    positive = np.maximum(answers, 0)
    slope[0, channel] = positive if answers.size > 1 and positive.any() else 1.0
    return slope


def ascended(x: Array, gradient: Array, step: int) -> Array:
    """Return the picture (1, C, H, W) after one step along ∂answer/∂x."""
    size = float(np.sqrt(np.square(gradient).mean()))
    moved = x + STRIDE * gradient / (size + 1e-12) - DECAY * (x - GREY)
    return np.clip(blurred(moved) if step % BLUR_EVERY == BLUR_EVERY - 1 else moved, 0, 1)


def blurred(x: Array) -> Array:
    """Return pictures (N, C, H, W) with each pixel a mean of itself (half) and its neighbours, along both axes."""
    for axis in (2, 3):
        padding = [(0, 0)] * 4
        padding[axis] = (1, 1)
        wide = np.pad(x, padding, mode="edge")
        length = x.shape[axis]
        parts = [np.take(wide, range(start, start + length), axis=axis) for start in range(3)]
        x = (parts[0] + 6 * parts[1] + parts[2]) / 8
    return x


def beginning(subject: Subject, layer: int) -> Net:
    """Return a calm float64 net of the layers up to and with `layer`.

    Raises:
        SpecError: if it has more than two million parameters.
    """
    model = subject.experiment.model.calm()
    shape = subject.dataset.input_shape
    part = model.model_copy(update={"layers": model.layers[: layer + 1]})
    if part.parameters(shape) > MOST_PARAMETERS:
        raise SpecError(
            "stage.backprop.too_large", value=f"{part.parameters(shape):,}", bound=f"{MOST_PARAMETERS:,}"
        )
    net = cast("Net", engines.get("numpy").net(part, shape, SGD(), dtype="float64"))
    net.load({name: subject.state[name] for name in part.tensors(shape)})
    return net
