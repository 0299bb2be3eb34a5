"""One number of one map, opened: the window that is looked through, each product, their sum, and the bias.

Computed in float64 from the numbers on show; every sum is right to the last digit (`playground.probes.arithmetic`).
What a layer does to a number stands in `playground.probes.formulas`; here is where it stands in a picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from playground.probes.arithmetic import Term, add, number, power_text, subscript
from playground.probes.asks import Answer, Scene, ask
from playground.probes.backprop import calm_net
from playground.probes.formulas import units
from playground.probes.formulas.blocks import Block, alone, line, note, product, total
from playground.probes.formulas.images import crossings, shares
from playground.probes.look.picture import Picture, as_bytes, seen
from playground.probes.registry import Array, Arrays
from playground.spec import Shape, SpecError, image_layers, layers

GRID = 7
"""Windows of so many rows at most are written out number by number."""
PARTS = 12
"""Of so many channels at most each one's sum is listed; of more, the largest."""

Index = Annotated[int, Field(ge=0)]
Cells = list[tuple[int, int]]


class Pixel(Picture):
    """A number of a layer's output: a map (or a number of a row), and where in it.

    A layer behind the last one is the softmax that the loss does. `partner` is the channel of the input that is shown,
    −1 for the one that contributes most.
    """

    layer: Index
    channel: Index = 0
    row: Index = 0
    column: Index = 0
    partner: Annotated[int, Field(ge=-1)] = -1


@dataclass(frozen=True, eq=False)
class _Opened:
    """A layer at work: what goes in and comes out, (C, H, W) or (F,) float64."""

    spec: Any
    before: Array
    after: Array
    tensors: dict[str, Array]
    unit: int

    @property
    def place(self) -> units.Place:
        nothing = np.zeros(0)
        return units.Place(
            spec=self.spec,
            x=self.before.reshape(-1),
            y=self.after.reshape(-1),
            dx=nothing,
            dy=nothing,
            tensors=self.tensors,
            unit=self.unit,
            inner="x",
            outer="y",
            shape=self.before.shape,
        )


@ask(Pixel)
def pixel(scene: Scene, wanted: Pixel, lang: str) -> Answer:
    """Return how one number of a layer's output comes about.

    Returns:
        plain: the place (`layer`, `kind`, `channel`, `row`, `column`, `partner`), `value` as text, `blocks`;
        of a window also its `cells` in the picture before it, its `margin`, `kernel_size`, the `grid` of its products
        (rows of {x, w, product, inside, share}) with their sum `part`, and `parts`: each channel's sum as a number.
        Arrays: `before` (H, W) and `after` (h, w) f4, the channel that is shown and the map (a row of numbers has
        h = 1); `picture` (C, H, W) u1 where the layer looks at the picture itself.

    Raises:
        SpecError: if there is no such place, or a number is not finite.
    """
    at = _open(scene, wanted)
    spec, before, after = at.spec, at.before, at.after
    if not (np.isfinite(before).all() and np.isfinite(after).all()):
        raise SpecError("stage.backprop.not_finite")
    plain: dict[str, Any] = {
        "layer": wanted.layer,
        "kind": spec.kind,
        "channel": wanted.channel,
        "row": wanted.row,
        "column": wanted.column,
        "partner": 0,
        "shapes": [list(before.shape), list(after.shape)],
        "value": number(float(after.reshape(-1)[at.unit])).text,
        "cells": [],
        "margin": [0, 0],
    }
    if isinstance(spec, image_layers.Conv2d):
        plain |= _convolution(at, wanted)
    elif isinstance(spec, layers.Linear):
        plain["blocks"] = _weighted(at)
    elif isinstance(spec, units.PASSING):
        plain["blocks"] = [note("passing"), line("y", "x", "{+}", [float(after.reshape(-1)[at.unit])], float)]
    else:
        plain["blocks"] = units.forward(at.place)
    plain |= _seen_by(at, wanted, plain["partner"])
    arrays: Arrays = {
        "before": _plane(before, plain["partner"]),
        "after": _plane(after, wanted.channel),
    }
    if wanted.layer == 0:
        arrays["picture"] = as_bytes(before)
    return Answer(plain, arrays)


def _open(scene: Scene, wanted: Pixel) -> _Opened:
    subject = scene.subject
    found = seen(scene, wanted)
    net = calm_net(subject)
    x = found.x.astype(np.float64)
    outputs = [x[0], *(values[0] for values in net.trace(x))]
    model = subject.experiment.model
    last = len(model.layers)
    if wanted.layer > last:
        raise SpecError("error.no_element", place="layer", value=wanted.layer)
    index = wanted.layer
    if index == last:
        if subject.experiment.loss.kind != "CrossEntropy":
            index -= 1  # the outputs are what they are taken for
        else:
            raised = np.exp(outputs[-1] - outputs[-1].max())
            after = raised / raised.sum()
            return _Opened(layers.Softmax(), outputs[-1], after, {}, _unit(wanted, after.shape))
    prefix = f"{index}."
    tensors = {
        name.removeprefix(prefix): values for name, values in net.state().items() if name.startswith(prefix)
    }
    before, after = outputs[index], outputs[index + 1]
    return _Opened(model.layers[index], before, after, tensors, _unit(wanted, after.shape))


def _unit(wanted: Pixel, shape: Shape) -> int:
    place = (wanted.channel, wanted.row, wanted.column)[: len(shape)]
    for name, value, size in zip(("channel", "row", "column"), place, shape, strict=False):
        if value >= size:
            raise SpecError("error.no_element", place=name, value=value)
    return int(np.ravel_multi_index(place, shape))


def _plane(values: Array, channel: int) -> Array:
    """Return one channel of an image (H, W), or a row of numbers as (1, F)."""
    shown = values[channel] if values.ndim == 3 else values[None]
    return np.ascontiguousarray(shown, np.float32)


# --- convolution --------------------------------------------------------------------------------------------------


def _convolution(at: _Opened, wanted: Pixel) -> dict[str, Any]:
    """Return the products of one channel's window, each channel's sum, and how they add up."""
    spec: image_layers.Conv2d = at.spec
    group = spec.out_channels // spec.groups
    inputs = at.before.shape[0] // spec.groups
    first = wanted.channel // group * inputs
    weight, x = at.tensors["weight"], at.before.reshape(-1)
    by_channel: dict[int, list[tuple[tuple[int, ...], int]]] = {first + n: [] for n in range(inputs)}
    for place, _, seen_at in crossings(spec, at.before.shape, unit=at.unit, of_output=True):
        by_channel[first + place[1]].append((place, seen_at))
    sums = {
        channel: math.fsum(float(weight[place]) * float(x[unit]) for place, unit in joined)
        for channel, joined in by_channel.items()
    }
    partner = wanted.partner if wanted.partner in sums else max(sums, key=lambda c: (abs(sums[c]), -c))
    terms = [
        product(f"w{subscript(n + 1)}·x{subscript(n + 1)}", float(weight[place]), float(x[unit]))
        for n, (place, unit) in enumerate(by_channel[partner])
    ]
    bias = float(at.tensors["bias"][wanted.channel]) if "bias" in at.tensors else None
    parts = [alone(f"Σ{subscript(channel + 1)}", value, (channel,)) for channel, value in sums.items()]
    if bias is not None:
        parts.append(alone("b", bias))
    found: dict[str, Any] = {"partner": partner, "parts": [[c, s] for c, s in sums.items()]}
    blocks: list[Block] = [note("outside")] if len(terms) < spec.kernel_size**2 else []
    if spec.kernel_size <= GRID and terms:
        found |= _grid(spec.kernel_size, [place for place, _ in by_channel[partner]], terms)
    else:
        blocks.append(total(f"Σ{subscript(partner + 1)}", terms or [alone("0", 0.0)]))
    return found | {"blocks": [*blocks, total("y", parts, most=PARTS)]}


def _grid(size: int, places: list[tuple[int, ...]], terms: list[Term]) -> dict[str, Any]:
    done = add(terms)
    largest = max((abs(figure.value) for figure in done.values), default=0)
    by_place = {place[2:]: n for n, place in enumerate(places)}
    rows: list[list[dict[str, Any]]] = []
    for u in range(size):
        rows.append([])
        for v in range(size):
            n = by_place.get((u, v))
            if n is None:
                rows[-1].append({"inside": False})
                continue
            tokens, figure = done.worked[n], done.values[n]
            share = float(figure.value / largest) if largest else 0.0
            rows[-1].append(
                {"inside": True, "w": tokens[1], "x": tokens[3], "product": figure.text, "share": share}
            )
    return {"grid": rows, "part": done.total.text, "power": power_text(done.power)}


# --- everything else ----------------------------------------------------------------------------------------------


def _weighted(at: _Opened) -> list[Block]:
    """Return the sum of a dense layer's unit."""
    weight, x = at.tensors["weight"][at.unit], at.before.reshape(-1)
    terms = [
        product(f"w{subscript(n + 1)}·x{subscript(n + 1)}", float(w), float(value), (n,))
        for n, (w, value) in enumerate(zip(weight, x, strict=True))
    ]
    if "bias" in at.tensors:
        terms.append(alone("b", float(at.tensors["bias"][at.unit])))
    return [total("y", terms)]


def _seen_by(at: _Opened, wanted: Pixel, partner: int) -> dict[str, Any]:
    """Return which pixels of the picture before it a number is made of, and in which channel."""
    spec: Any = at.spec
    shape = at.before.shape
    if len(shape) != 3:
        return {}
    if isinstance(spec, image_layers.Windows) and not isinstance(spec, image_layers.ConvTranspose2d):
        cells = window(spec, wanted.row, wanted.column)
        channel = partner if isinstance(spec, image_layers.Conv2d) else wanted.channel
        return {
            "cells": cells,
            "margin": list(spec.margins()),
            "partner": channel,
            "kernel_size": math.isqrt(len(cells)),
            "winner": _winner(at, cells, channel) if isinstance(spec, image_layers.MaxPool2d) else None,
        }
    if isinstance(spec, image_layers.AdaptiveAvgPool2d | image_layers.Upsample):
        rows = shares(spec, wanted.row, shape[1], at.after.shape[1])
        columns = shares(spec, wanted.column, shape[2], at.after.shape[2])
        return {"cells": [(row, column) for row in rows for column in columns], "partner": wanted.channel}
    if isinstance(spec, image_layers.ConvTranspose2d):
        found: dict[int, Cells] = {}
        for _, _, unit in crossings(spec, shape, unit=at.unit, of_output=True):
            channel, row, column = (int(n) for n in np.unravel_index(unit, shape))
            found.setdefault(channel, []).append((row, column))
        chosen = wanted.partner if wanted.partner in found else min(found, default=0)
        return {"cells": found.get(chosen, []), "partner": chosen}
    if isinstance(spec, layers.Flatten):
        channel, row, column = (int(n) for n in np.unravel_index(at.unit, shape))
        return {"cells": [(row, column)], "partner": channel}
    return {"cells": [(wanted.row, wanted.column)], "partner": wanted.channel}


def window(spec: image_layers.Windows, row: int, column: int) -> Cells:
    """Return the pixels that a window looks at, row by row; those in the margin lie outside of the picture."""
    before = spec.margins()[0]
    size = range(getattr(spec, "kernel_size", 1))
    reach = spec.spacing()
    top, left = row * spec.step() - before, column * spec.step() - before
    return [(top + u * reach, left + v * reach) for u in size for v in size]


def _winner(at: _Opened, cells: Cells, channel: int) -> list[int]:
    """Return the pixel that is the largest of a window: of equal ones the first."""
    _, height, width = at.before.shape
    inside = [(h, w) for h, w in cells if 0 <= h < height and 0 <= w < width]
    return list(max(inside, key=lambda cell: at.before[channel, cell[0], cell[1]]))
