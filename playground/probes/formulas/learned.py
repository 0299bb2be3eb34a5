"""What a unit has learned: every number of its own, and what its gradient is made of.

Kept apart from the formulas of the layers (`units.py`), which say what a unit does with these numbers. A number that
works at many places at once, of an image or of time, has a gradient that is a sum.

Legend: δ is the derivative of the loss by what leaves the layer, x̂ a normalised input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from playground.probes.arithmetic import Term, subscript
from playground.probes.formulas import images, recurrent, sequences
from playground.probes.formulas.blocks import alone, product
from playground.probes.formulas.together import normalised
from playground.probes.formulas.units import Place, Vector
from playground.spec.image_layers import BatchNorm2d, Conv2d, ConvTranspose2d
from playground.spec.layers import BatchNorm1d, LayerNorm, Linear
from playground.spec.sequence_layers import Conv1d, Embedding


@dataclass(frozen=True)
class Learned:
    """One learned number.

    Attributes:
        tensor, place: where it lies among the layer's own tensors.
        name: what it is called, `w₁`.
        carried: what δ is multiplied by in its gradient, `x₁`, with its value; of a bias nothing and 1.
        source: the unit that its edge comes from, as `Place.source` says it; None for a bias and a norm's numbers.
        terms: returns the terms of its gradient, where it works at many places at once.
    """

    tensor: str
    place: tuple[int, ...]
    name: str
    carried: tuple[str, float] = ("", 1.0)
    source: tuple[int, int] | None = None
    terms: Callable[[], list[Term]] | None = None


def learned(at: Place) -> Iterator[Learned]:
    """Yield every learned number of a unit."""
    spec, in_time = at.spec, len(at.shape) == 2
    if recurrent.known(spec):
        for tensor, place, name, _, terms in recurrent.parameters(at):
            yield Learned(tensor, place, name, terms=partial(list, terms))
    elif isinstance(spec, Linear):
        yield from _at_every_step(at) if in_time else _weights(at)
    elif isinstance(spec, Conv1d):
        for n, (place, terms) in enumerate(sequences.kernel(at)):
            yield Learned("weight", place, f"w{subscript(n + 1)}", terms=partial(list, terms))
        if spec.bias:
            yield _bias(at, at.unit % spec.out_channels)
    elif isinstance(spec, (Conv2d, ConvTranspose2d)):
        yield from _kernel(at)
    elif isinstance(spec, Embedding):
        step, number = divmod(at.unit, spec.embedding_dim)
        token = int(at.x[step])
        terms = partial(sequences.steps_of, at, token, number)
        yield Learned("weight", (token, number), f"w{subscript(number + 1)}", terms=terms)
    elif isinstance(spec, BatchNorm2d):
        channel = at.unit * spec.output(at.shape)[0] // len(at.y)
        yield Learned("weight", (channel,), "γ", terms=partial(_normals, at, channel))
        yield Learned("bias", (channel,), "β", terms=partial(_pushes, at, channel))
    elif isinstance(spec, LayerNorm) and in_time:
        own = at.unit % at.shape[1]
        normal = normalised(at).reshape(at.shape)[:, own]
        yield Learned("weight", (own,), "γ", terms=partial(_products, at, own, normal, f"{at.inner}̂"))
        yield _bias(at, own, "β")
    elif isinstance(spec, (BatchNorm1d, LayerNorm)):
        normal = float(normalised(at)[at.unit])
        yield Learned("weight", (at.unit,), "γ", (f"{at.inner}̂", normal))
        yield Learned("bias", (at.unit,), "β")


def _weights(at: Place) -> Iterator[Learned]:
    for i, x in enumerate(at.x):
        n = subscript(i + 1)
        yield Learned("weight", (at.unit, i), f"w{n}", (f"{at.inner}{n}", float(x)), at.source(i))
    if at.spec.bias:
        yield Learned("bias", (at.unit,), "b")


# --- the same at every step of time -----------------------------------------------------------------------------------


def _at_every_step(at: Place) -> Iterator[Learned]:
    own, x = at.unit % at.spec.out_features, at.x.reshape(at.shape)
    for i in range(at.shape[1]):
        terms = partial(_products, at, own, x[:, i], at.inner)
        yield Learned("weight", (own, i), f"w{subscript(i + 1)}", terms=terms)
    if at.spec.bias:
        yield _bias(at, own)


def _deltas(at: Place, own: int) -> Vector:
    """Return δ of one feature of the output at every step (T,)."""
    return at.dy.reshape(at.spec.output(at.shape)[0], -1)[:, own]


def _products(at: Place, own: int, values: Vector, name: str) -> list[Term]:
    """Return δ·x for every step, δ of the layer's feature `own`."""
    return [
        product(f"δ{subscript(t + 1)}·{name}{subscript(t + 1)}", float(d), float(x))
        for t, (d, x) in enumerate(zip(_deltas(at, own), values, strict=True))
    ]


def _bias(at: Place, own: int, name: str = "b") -> Learned:
    terms = [alone(f"δ{subscript(t + 1)}", float(d)) for t, d in enumerate(_deltas(at, own))]
    return Learned("bias", (own,), name, terms=partial(list, terms))


# --- the same at every place of an image ------------------------------------------------------------------------------


def _kernel(at: Place) -> Iterator[Learned]:
    """Yield the weights of the unit's channel: each works at every place of the image."""
    spec, shape = at.spec, at.shape
    channel = at.unit * spec.output(shape)[0] // len(at.y)
    here = {place: pixel for place, _, pixel in images.crossings(spec, shape, unit=at.unit, of_output=True)}
    for n, place in enumerate(images.kernel(spec, shape, channel)):
        pixel = here.get(place)
        carried = f"{at.inner}{subscript(n + 1)}", 0.0 if pixel is None else float(at.x[pixel])
        source = None if pixel is None else at.source(pixel)
        terms = partial(_everywhere, at, place)
        yield Learned("weight", place, f"w{subscript(n + 1)}", carried, source, terms)
    if spec.bias:
        yield Learned("bias", (channel,), "b", terms=partial(_pushes, at, channel))


def _everywhere(at: Place, place: tuple[int, ...]) -> list[Term]:
    """Return δ·x for every place of the image at which a weight of a convolution works."""
    return [
        product(f"δ{subscript(n + 1)}·{at.inner}{subscript(n + 1)}", float(at.dy[unit]), float(at.x[pixel]))
        for n, (unit, pixel) in enumerate(images.places(at.spec, at.shape, place))
    ] or [alone("0", 0.0)]


def _pushes(at: Place, channel: int) -> list[Term]:
    """Return δ of every unit of a channel."""
    return [
        alone(f"δ{subscript(n + 1)}", float(value)) for n, value in enumerate(_channel(at, at.dy, channel))
    ]


def _normals(at: Place, channel: int) -> list[Term]:
    """Return δ·x̂ of every unit of a channel, x̂ by the running statistics."""
    pairs = zip(_channel(at, at.dy, channel), _channel(at, normalised(at), channel), strict=True)
    return [
        product(f"δ{subscript(n + 1)}·x̂{subscript(n + 1)}", float(d), float(x))
        for n, (d, x) in enumerate(pairs)
    ]


def _channel(at: Place, values: Vector, channel: int) -> Vector:
    """Return the part of a layer's output, or of what has its shape, that is one channel."""
    return values.reshape(at.spec.output(at.shape)[0], -1)[channel]
