"""What a network knows of pictures just before it decides: the numbers that its last layer with weights looks at."""

from __future__ import annotations

import math

import numpy as np

from engines.numpy.net import Net
from playground.probes.registry import Array, Subject
from playground.spec import ModelSpec, Shape

AT_ONCE = 1 << 18
"""Numbers of the widest layer that are computed at a time."""


def penultimate(model: ModelSpec, shape: Shape) -> int:
    """Return the layer whose output the last layer with weights gets; −1 where that is the picture itself."""
    with_weights = [index for index, count in enumerate(model.layer_parameters(shape)) if count]
    last = next(
        (index for index in reversed(with_weights) if model.layers[index].mixes),
        with_weights[-1] if with_weights else len(model.layers),
    )
    return last - 1


def activations(net: Net, x: Array, layer: int) -> Array:
    """Return what a layer makes of samples (N, *input), as rows (N, F) float32; −1 is the samples themselves."""
    if layer < 0:
        return x.reshape(len(x), -1).astype(np.float32)
    shapes = net.model.shapes(net.input_shape)
    portion = max(16, AT_ONCE // max(math.prod(shape) for shape in (net.input_shape, *shapes)))
    found = np.empty((len(x), math.prod(shapes[layer])), np.float32)
    for start in range(0, len(x), portion):
        part = slice(start, min(start + portion, len(x)))
        found[part] = net.responses(x[part])[layer].T
    return found


def affordable(subject: Subject, count: int, work: float) -> int:
    """Return how many of `count` samples can be looked at with so many operations, one at least."""
    flops = max(1, subject.experiment.model.flops(subject.dataset.input_shape))
    return max(1, min(count, int(work / flops)))
