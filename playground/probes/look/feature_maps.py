"""What every layer makes of one picture: its output as small maps in bytes, from the pixels to the probabilities.

The same pass that classifies the picture; a byte b stands for (b − 128) / 127 of the layer's reach.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from playground.probes.asks import Answer, Scene, ask
from playground.probes.look.gradient import blame
from playground.probes.look.picture import Picture, as_bytes, probabilities, seen, taken_for
from playground.probes.maps import nice, signed
from playground.probes.registry import Array, Arrays
from playground.spec import image_layers

MOST_MAPS = 32
MOST_CELLS = 512
MOST_SIDE = 64
MOST_BYTES = 1 << 19
"""Of all layers together: a slow line still gets a few pictures a second."""
MOST_KERNELS = 1 << 17


class Wanted(Picture):
    """A picture, and whether its maps, the kernels between them and the slopes of the loss by them are wanted."""

    maps: bool = True
    kernels: bool = False
    slopes: bool = False


@ask(Wanted)
def featuremaps(scene: Scene, wanted: Wanted, lang: str) -> Answer:
    """Return what each layer makes of a picture.

    Returns:
        plain: `truth` and `taken_for` (a class or None), `probabilities` (K,) of every class, and `layers`: of each
        its `index`, `kind`, `shape`, `reach`, how many of its maps are `shown` and every how manieth pixel (`every`).
        Arrays: `x` (C, H, W) u1, 255 = 1; `map/<layer>` (U, h, w) u1 of images, (F,) of rows of numbers; the least and
        the greatest value of each map `range/<layer>` (U, 2) f4; `kernel/<layer>` (U, C, k, k) u1 of convolutions,
        with `reach` among `kernels`; `slope/<layer>` like `map/<layer>` with `slope_range/<layer>`, ∂L/∂output of the
        layer for the picture's class (of a drawing, the one it is taken for), with `slope_reach` among `layers`.
    """
    at = seen(scene, wanted)
    subject = scene.subject
    layers = subject.net().trace(at.x)
    shown = probabilities(subject.experiment, layers[-1])[0]
    plain: dict[str, Any] = {
        "truth": at.truth,
        "taken_for": taken_for(subject.experiment, layers[-1]),
        "probabilities": [float(p) if math.isfinite(p) else None for p in shown],
        "layers": [],
        "kernels": {},
    }
    arrays: Arrays = {"x": as_bytes(at.x[0])}
    if not wanted.maps:
        return Answer(plain, arrays)
    slopes = blame(subject, at.x, -1 if at.truth is None else at.truth).slopes[1:] if wanted.slopes else []
    shapes = subject.experiment.model.shapes(subject.dataset.input_shape)
    share = MOST_BYTES // max(len(shapes), 1)
    for index, (layer, traced) in enumerate(zip(subject.experiment.model.layers, layers, strict=True)):
        values = traced[0]
        every = 1 if values.ndim < 3 else max(1, math.ceil(max(values.shape[1:]) / MOST_SIDE))
        count = MOST_CELLS
        if values.ndim == 3:
            count = max(1, min(MOST_MAPS, share // values[0, ::every, ::every].size))
        about: dict[str, Any] = {
            "index": index,
            "kind": layer.kind,
            "shape": list(values.shape),
            "shown": min(count, len(values)),
            "every": every,
        }
        about["reach"], drawn, ranges = _drawn(values, count, every)
        arrays |= {f"map/{index}": drawn, f"range/{index}": ranges}
        if slopes:
            slope = slopes[index].reshape(values.shape).astype(np.float32)
            about["slope_reach"], drawn, ranges = _drawn(slope, count, every)
            arrays |= {f"slope/{index}": drawn, f"slope_range/{index}": ranges}
        plain["layers"].append(about)
    if wanted.kernels:
        _add_kernels(scene, plain, arrays)
    return Answer(plain, arrays)


def _drawn(values: Array, count: int, every: int) -> tuple[float, Array, Array]:
    """Return where the colours of a layer's output end, its first maps in bytes, and the range of each."""
    reach = nice(float(np.abs(values[np.isfinite(values)]).max(initial=0)))
    shown = values[:count]
    rows = shown.reshape(len(shown), -1)
    ranges = np.stack([rows.min(axis=1), rows.max(axis=1)], axis=1).astype(np.float32)
    return reach, signed(shown[:, ::every, ::every] if shown.ndim == 3 else shown, reach), ranges


def _add_kernels(scene: Scene, plain: dict[str, Any], arrays: Arrays) -> None:
    """Add the kernels of every convolution, of the maps that are shown, until there are enough bytes."""
    room = MOST_KERNELS
    for index, layer in enumerate(scene.subject.experiment.model.layers):
        if not isinstance(layer, image_layers.Conv2d):
            continue
        weight = scene.subject.state[f"{index}.weight"]
        shown = weight[: plain["layers"][index]["shown"], :MOST_MAPS]
        if shown.size > room:
            continue
        room -= shown.size
        reach = nice(float(np.abs(weight).max(initial=0)))
        arrays[f"kernel/{index}"] = signed(shown, reach)
        plain["kernels"][str(index)] = reach
