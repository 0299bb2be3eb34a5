"""Which layers are those of images and of sequences: what tests that run over the whole catalogue need to know."""

from __future__ import annotations

from playground.spec import LayerSpec, image_layers, recurrent_layers, sequence_layers


def image_kinds() -> list[type[LayerSpec]]:
    """Return the kinds of layer that `playground.spec.image_layers` defines."""
    return [kind for kind in LayerSpec.catalogue().values() if kind.__module__ == image_layers.__name__]


def image_names() -> set[str]:
    """Return what they are called."""
    return {kind.__name__ for kind in image_kinds()}


def sequence_kinds() -> list[type[LayerSpec]]:
    """Return the kinds of layer that want a sequence or tokens."""
    modules = recurrent_layers.__name__, sequence_layers.__name__
    return [kind for kind in LayerSpec.catalogue().values() if kind.__module__ in modules]


def sequence_names() -> set[str]:
    """Return what they are called."""
    return {kind.__name__ for kind in sequence_kinds()}
