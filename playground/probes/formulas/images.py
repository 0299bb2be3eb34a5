"""The layers of images: which pixels a unit is made of, and what comes back to a pixel.

Legend: an image is (C, H, W), its units counted in C order; (u, v) is a place in a window of k × k pixels, s the
stride, d the dilation, p the margin before the image. A pixel in the margin is 0 and left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from playground.probes.arithmetic import Term, subscript
from playground.probes.formulas.blocks import Block, alone, line, note, product, total
from playground.probes.formulas.units import Place, formula, slope
from playground.spec import Shape, image_layers

SHOWN_WINDOW = 9
"""A maximum of so many numbers at most is written out."""

Crossing = tuple[tuple[int, ...], int, int]
"""Place of a weight in its tensor, unit of the smaller image, unit of the larger: w joins the two."""


def crossings(
    spec: image_layers.Conv2d | image_layers.ConvTranspose2d, shape: Shape, *, unit: int, of_output: bool
) -> Iterator[Crossing]:
    """Yield every weight at one unit of the output or of the input: (weight's place, unit of output, unit of input)."""
    after = spec.output(shape)
    turned = isinstance(spec, image_layers.ConvTranspose2d)
    # A transposed convolution is a convolution from its output to its input.
    fine, coarse = (after, shape) if turned else (shape, after)
    starts_fine = of_output == turned
    channel, row, column = (int(n) for n in np.unravel_index(unit, fine if starts_fine else coarse))
    own, other = (fine[0], coarse[0]) if starts_fine else (coarse[0], fine[0])
    group = channel // (own // spec.groups)
    others = range(group * (other // spec.groups), (group + 1) * (other // spec.groups))
    margin = spec.margins()[0]
    for partner in others:
        for u in range(spec.kernel_size):
            for v in range(spec.kernel_size):
                pixel = (
                    _coarse(row, column, u, v, spec, margin, coarse)
                    if starts_fine
                    else _fine(row, column, u, v, spec, margin, fine)
                )
                if pixel is None:
                    continue
                there = _unit((partner, *pixel), coarse if starts_fine else fine)
                small, large = (there, unit) if starts_fine else (unit, there)
                in_fine, in_coarse = (channel, partner) if starts_fine else (partner, channel)
                place = (in_coarse, in_fine % (fine[0] // spec.groups), u, v)
                yield (place, large, small) if turned else (place, small, large)


def kernel(
    spec: image_layers.Conv2d | image_layers.ConvTranspose2d, shape: Shape, channel: int
) -> Iterator[tuple[int, ...]]:
    """Yield the place of every weight that makes one channel of the output."""
    size = range(spec.kernel_size)
    outputs, inputs = spec.out_channels // spec.groups, shape[0] // spec.groups
    for partner in range(inputs):
        for u in size:
            for v in size:
                if isinstance(spec, image_layers.ConvTranspose2d):
                    yield channel // outputs * inputs + partner, channel % outputs, u, v
                else:
                    yield channel, partner, u, v


def places(
    spec: image_layers.Conv2d | image_layers.ConvTranspose2d, shape: Shape, place: tuple[int, ...]
) -> Iterator[tuple[int, int]]:
    """Yield (unit of output, unit of input) wherever one weight joins them."""
    after = spec.output(shape)
    turned = isinstance(spec, image_layers.ConvTranspose2d)
    fine, coarse = (after, shape) if turned else (shape, after)
    first, second, u, v = place
    group = first // (coarse[0] // spec.groups)
    partner = group * (fine[0] // spec.groups) + second
    for row in range(coarse[1]):
        for column in range(coarse[2]):
            pixel = _fine(row, column, u, v, spec, spec.margins()[0], fine)
            if pixel is not None:
                small, large = _unit((first, row, column), coarse), _unit((partner, *pixel), fine)
                yield (large, small) if turned else (small, large)


def _fine(
    row: int, column: int, u: int, v: int, spec: image_layers.Windows, margin: int, shape: Shape
) -> tuple[int, int] | None:
    """Return the pixel that a window at (row, column) sees at (u, v)."""
    dilation = spec.spacing()
    h, w = row * spec.step() + u * dilation - margin, column * spec.step() + v * dilation - margin
    return (h, w) if 0 <= h < shape[1] and 0 <= w < shape[2] else None


def _coarse(
    row: int, column: int, u: int, v: int, spec: image_layers.Windows, margin: int, shape: Shape
) -> tuple[int, int] | None:
    """Return the window that sees the pixel (row, column) at (u, v)."""
    dilation = spec.spacing()
    h, w = row + margin - u * dilation, column + margin - v * dilation
    if h % spec.step() or w % spec.step():
        return None
    h, w = h // spec.step(), w // spec.step()
    return (h, w) if 0 <= h < shape[1] and 0 <= w < shape[2] else None


def _unit(place: tuple[int, ...], shape: Shape) -> int:
    return int(np.ravel_multi_index(place, shape))


def _nothing() -> Term:
    return alone("0", 0.0)


class _Convolution:
    """Both convolutions: y = b + Σ w·x over the pixels that a weight joins to it, ∂L/∂x = Σ w·∂L/∂y likewise."""

    @staticmethod
    def forward(at: Place) -> list[Block]:
        weight = at.tensors["weight"]
        terms = [
            product(
                f"w{subscript(n + 1)}·{at.inner}{subscript(n + 1)}",
                float(weight[place]),
                float(at.x[pixel]),
                at.source(pixel),
            )
            for n, (place, _, pixel) in enumerate(crossings(at.spec, at.shape, unit=at.unit, of_output=True))
        ]
        if "bias" in at.tensors:
            channel = np.unravel_index(at.unit, at.spec.output(at.shape))[0]
            terms.append(alone("b", float(at.tensors["bias"][channel])))
        return [note("window"), total(at.outer, terms or [_nothing()])]

    @staticmethod
    def backward(at: Place) -> list[Block]:
        weight = at.tensors["weight"]
        terms = [
            product(
                f"w{subscript(n + 1)}·δ{subscript(n + 1)}",
                float(weight[place]),
                float(at.dy[unit]),
                at.source(unit),
            )
            for n, (place, unit, _) in enumerate(crossings(at.spec, at.shape, unit=at.unit, of_output=False))
        ]
        return [note("deltas"), total(slope(at.inner), terms or [_nothing()])]


formula(image_layers.Conv2d)(_Convolution)
formula(image_layers.ConvTranspose2d)(_Convolution)


@formula(image_layers.MaxPool2d)
class _MaxPool2d:
    @staticmethod
    def _window(at: Place, unit: int) -> list[int]:
        """Return the pixels of a window in the order in which they are compared."""
        channel, row, column = (int(n) for n in np.unravel_index(unit, at.spec.output(at.shape)))
        size, margin = range(at.spec.kernel_size), at.spec.padding
        seen = [_fine(row, column, u, v, at.spec, margin, at.shape) for u in size for v in size]
        return [_unit((channel, *pixel), at.shape) for pixel in seen if pixel is not None]

    @staticmethod
    def forward(at: Place) -> list[Block]:
        values = [float(at.x[pixel]) for pixel in _MaxPool2d._window(at, at.unit)]
        if len(values) > SHOWN_WINDOW or len(values) == 1:
            return [line(at.outer, f"max({at.inner}₁, …)", "{+}", [max(values)], float)]
        names = ", ".join(f"{at.inner}{subscript(n + 1)}" for n in range(len(values)))
        template = ", ".join("{+}" for _ in values)
        return [line(at.outer, f"max({names})", f"max({template})", values, lambda *given: max(given))]

    @staticmethod
    def backward(at: Place) -> list[Block]:
        channel, row, column = (int(n) for n in np.unravel_index(at.unit, at.shape))
        after, size = at.spec.output(at.shape), range(at.spec.kernel_size)
        found = [_coarse(row, column, u, v, at.spec, at.spec.padding, after) for u in size for v in size]
        units = sorted(_unit((channel, *window), after) for window in found if window is not None)
        won: list[int] = []
        for unit in units:
            pixels = _MaxPool2d._window(at, unit)
            if pixels[int(np.argmax(at.x[pixels]))] == at.unit:
                won.append(unit)
        terms = [
            alone(f"{slope('y')}{subscript(n + 1)}", float(at.dy[unit]), at.source(unit))
            for n, unit in enumerate(won)
        ]
        return [note("winner"), total(slope(at.inner), terms or [_nothing()])]


class _Resizing:
    """Means and enlargements: y = Σ r·x with fixed shares r, ∂L/∂x = Σ r·∂L/∂y."""

    @staticmethod
    def forward(at: Place) -> list[Block]:
        after = at.spec.output(at.shape)
        channel, row, column = (int(n) for n in np.unravel_index(at.unit, after))
        rows = shares(at.spec, row, at.shape[1], after[1])
        columns = shares(at.spec, column, at.shape[2], after[2])
        pixels = [
            (down * across, _unit((channel, h, w), at.shape))
            for h, down in rows.items()
            for w, across in columns.items()
        ]
        terms = [
            product(f"r·{at.inner}{subscript(n + 1)}", share, float(at.x[pixel]), at.source(pixel))
            for n, (share, pixel) in enumerate(pixels)
        ]
        return [note("shares"), total(at.outer, terms or [_nothing()])]

    @staticmethod
    def backward(at: Place) -> list[Block]:
        after = at.spec.output(at.shape)
        channel, row, column = (int(n) for n in np.unravel_index(at.unit, at.shape))
        units = [
            (down * across, _unit((channel, i, j), after))
            for i in range(after[1])
            if (down := shares(at.spec, i, at.shape[1], after[1]).get(row, 0.0))
            for j in range(after[2])
            if (across := shares(at.spec, j, at.shape[2], after[2]).get(column, 0.0))
        ]
        terms = [
            product(f"r·{slope('y')}{subscript(n + 1)}", share, float(at.dy[unit]), at.source(unit))
            for n, (share, unit) in enumerate(units)
        ]
        return [note("shares"), total(slope(at.inner), terms or [_nothing()])]


for _spec in (image_layers.AvgPool2d, image_layers.AdaptiveAvgPool2d, image_layers.Upsample):
    formula(_spec)(_Resizing)


def shares(
    spec: image_layers.AvgPool2d | image_layers.AdaptiveAvgPool2d | image_layers.Upsample,
    place: int,
    before: int,
    after: int,
) -> dict[int, float]:
    """Return what each row (or column) of the input contributes to one of the output's; the shares of an axis."""
    if isinstance(spec, image_layers.AvgPool2d):
        start = place * spec.step() - spec.padding
        seen = range(max(start, 0), min(start + spec.kernel_size, before))
        return dict.fromkeys(seen, 1 / spec.kernel_size)
    if isinstance(spec, image_layers.AdaptiveAvgPool2d):
        part = range(math.floor(place * before / after), math.ceil((place + 1) * before / after))
        return dict.fromkeys(part, 1 / len(part))
    if spec.mode == "nearest":
        return {place // spec.scale_factor: 1.0}
    centre = max((place + 0.5) / spec.scale_factor - 0.5, 0.0)
    lower = math.floor(centre)
    upper = min(lower + 1, before - 1)
    if upper == lower or centre == lower:
        return {lower: 1.0}
    return {lower: 1 - (centre - lower), upper: centre - lower}


@formula(image_layers.Residual)
class _Residual:
    @staticmethod
    def forward(at: Place) -> list[Block]:
        terms = [alone(at.inner, at.z), alone(f"f({at.inner})", at.a - at.z)]
        return [note("around"), total(at.outer, terms)]

    @staticmethod
    def backward(at: Place) -> list[Block]:
        through = float(at.dx[at.unit]) - at.g
        return [
            note("around"),
            total(slope(at.inner), [alone(slope("y"), at.g, at.source(at.unit)), alone("r", through)]),
        ]
