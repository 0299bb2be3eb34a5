"""What each neuron of the first layer looks for in a picture: its weights, as a picture of the same size, in bytes.

Legend: U units, h × w pixels of a picture (of a window, where the layer looks through one).
"""

from __future__ import annotations

import math

import numpy as np

from playground.probes.maps import nice, signed
from playground.probes.registry import Arrays, Subject, probe
from playground.spec import ModelSpec, Shape

MAX_UNITS = 512
MAX_BYTES = 1 << 18
USUAL, FAR = 3.0, 12.0
"""Colours end at so many times the size of a usual weight, bytes at so many: few that are large would pale the rest."""


@probe
def filters(subject: Subject) -> Arrays:
    """Return the weights of the first layer's units as pictures; nothing where it does not look at single-channel ones.

    Returns:
        `filter` (U, h, w) u1: a byte b stands for (b − 128) / 127 of `filter/reach` (1,) f4, one scale for all units;
        `filter/usual` (1,) f4: where its colours should end. At most 512 units and 256 KiB, the first ones.
        `filter/range` (U, 2) f4: each unit's least and greatest weight. `filter/bias` (U,) f4 where it has one.
    """
    found_in = first_filters(subject.experiment.model, subject.dataset.input_shape)
    if found_in is None:
        return {}
    name, high, wide = found_in
    weight = subject.state[name]
    shown = weight[: max(1, min(MAX_UNITS, MAX_BYTES // (high * wide)))].reshape(-1, high * wide)
    low, top = shown.min(axis=1), shown.max(axis=1)
    size = math.sqrt(float(np.vdot(shown, shown)) / shown.size)
    largest = max(float(top.max()), -float(low.min()))
    reach, usual = (nice(min(largest, times * size)) for times in (FAR, USUAL))
    found: Arrays = {
        "filter": signed(shown, reach).reshape(-1, high, wide),
        "filter/reach": np.array([reach], np.float32),
        "filter/usual": np.array([usual], np.float32),
        "filter/range": np.stack([low, top], axis=1).astype(np.float32),
    }
    bias = subject.state.get(f"{name.removesuffix('.weight')}.bias")
    if bias is not None:
        found["filter/bias"] = bias[: len(shown)].astype(np.float32)
    return found


def first_filters(model: ModelSpec, shape: Shape) -> tuple[str, int, int] | None:
    """Return the tensor whose rows are pictures of h × w, and h and w; None where there is none.

    It is the first weight of the network, if it sees all of a picture with one channel, or a window of it.

    Raises:
        SpecError: if the layers do not fit together.
    """
    tensors = model.tensors(shape)
    name = next((name for name in tensors if name.endswith(".weight")), None)
    if name is None or len(shape) != 3 or shape[0] != 1:
        return None
    size = tensors[name].shape
    if len(size) == 4 and size[1] == 1:
        return name, size[2], size[3]
    if len(size) == 2 and size[1] == math.prod(shape):
        return name, shape[1], shape[2]
    return None
