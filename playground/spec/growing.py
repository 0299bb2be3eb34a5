"""Where a new layer goes so that the network still fits together and still predicts the same thing.

It goes before the output layer, as the last of what is hidden. A layer of images that would land behind the place
where pictures become rows of numbers goes before it instead.
"""

from __future__ import annotations

from playground.spec.base import Shape
from playground.spec.errors import SpecError
from playground.spec.image_layers import BatchNorm2d, Conv2d, Residual
from playground.spec.layers import Flatten, LayerSpec, Linear, ReLU
from playground.spec.recurrent_layers import Recurrent

Layers = tuple[LayerSpec, ...]


def grown(layers: Layers, shape: Shape, new: Layers) -> Layers:
    """Return `layers` with `new`, in their order and together, where they fit.

    Of all places that leave the output's shape as it was, it is the one nearest before the output layer; before another
    recurrent layer a new one gives every step. Where there is none, before the output layer, and what is wrong is to be
    seen there.

    Args:
        layers: may be empty.
        shape: of one input.
        new: at least one layer.
    """
    dense = [index for index, layer in enumerate(layers) if isinstance(layer, Linear)]
    last = dense[-1] if dense else len(layers)
    before = _output(layers, shape)
    places = [*range(last, -1, -1), *range(last + 1, len(layers) + 1)]
    for place in places:
        for fitted in (new, _every_step(new)):
            wanted = (*layers[:place], *fitted, *layers[place:])
            found = _output(wanted, shape)
            if found is not None and (found == before or not layers):
                return wanted
    if before is None and layers:
        return (*layers[:last], *new, *layers[last:])
    behind = (*layers, *new)
    if _output(behind, shape) is not None:
        return behind
    flat = (*layers, Flatten(), *new)
    if len(before or shape) > 1 and _output(flat, shape) is not None:
        return flat
    return (*layers[:last], *new, *layers[last:])


def _every_step(new: Layers) -> Layers:
    """Return the layers with recurrent ones giving every step."""
    return tuple(
        layer.model_copy(update={"return_sequences": True}) if isinstance(layer, Recurrent) else layer
        for layer in new
    )


def residual(layers: Layers, shape: Shape) -> Residual:
    """Return a block for the place where a picture is last seen whole: two convolutions that keep its shape.

    Where no picture comes in, its inside is one Tanh.
    """
    channels = 0
    for layer in (None, *layers):
        try:
            shape = shape if layer is None else layer.output(shape)
        except SpecError:
            break
        if len(shape) != 3:
            break
        channels = shape[0]
    if not channels:
        return Residual()
    conv = Conv2d(out_channels=min(channels, 1024), padding="same", bias=False, init="kaiming")
    return Residual(layers=(conv, BatchNorm2d(), ReLU(), conv, BatchNorm2d()))


def _output(layers: Layers, shape: Shape) -> Shape | None:
    try:
        for layer in layers:
            shape = layer.output(shape)
    except SpecError:
        return None
    return shape
