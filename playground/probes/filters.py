"""What each neuron of the first layer looks for in a picture: its weights, as a picture of the same size, in bytes.

Legend: U units, h × w pixels of a picture (of a window, where the layer looks through one).
"""

from __future__ import annotations

import math

import numpy as np

from playground.probes.maps import nice, signed
from playground.probes.registry import Arrays, Subject, probe

MAX_UNITS = 512
MAX_BYTES = 1 << 18
USUAL = 3.0
"""The scale ends at so many times the size of a usual weight: a few that are far larger would leave all others pale."""


@probe
def filters(subject: Subject) -> Arrays:
    """Return the weights of the first layer's units as pictures; nothing where it does not look at single-channel ones.

    Returns:
        `filter` (U, h, w) u1: a byte b stands for (b − 128) / 127 of `filter/reach` (1,) f4, one scale for all units.
        At most 512 units and 256 KiB, the first ones. `filter/range` (U, 2) f4: each unit's least and greatest weight.
        `filter/bias` (U,) f4 where it has one.
    """
    shape = subject.dataset.input_shape
    name = next((name for name in subject.state if name.endswith(".weight")), None)
    if name is None or len(shape) != 3 or shape[0] != 1:
        return {}
    weight = subject.state[name]
    if weight.ndim == 4 and weight.shape[1] == 1:
        high, wide = weight.shape[2:]
    elif weight.ndim == 2 and weight.shape[1] == math.prod(shape):
        high, wide = shape[1:]
    else:
        return {}
    shown = weight[: max(1, min(MAX_UNITS, MAX_BYTES // (high * wide)))].reshape(-1, high * wide)
    low, top = shown.min(axis=1), shown.max(axis=1)
    usual = USUAL * math.sqrt(float(np.vdot(shown, shown)) / shown.size)
    reach = nice(min(usual, max(float(top.max()), -float(low.min()))))
    found: Arrays = {
        "filter": signed(shown, reach).reshape(-1, high, wide),
        "filter/reach": np.array([reach], np.float32),
        "filter/range": np.stack([low, top], axis=1).astype(np.float32),
    }
    bias = subject.state.get(f"{name.removesuffix('.weight')}.bias")
    if bias is not None:
        found["filter/bias"] = bias[: len(shown)].astype(np.float32)
    return found
