"""Editing a sequence of layers by paths: `"layers.3"`, or `"layers.3.layers.0"` inside a block. Pure; knows no shape.

A path that names no layer is refused; so is what would leave a block empty or nest blocks too deep, by the
specifications themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from playground.spec.errors import SpecError
from playground.spec.image_layers import Residual
from playground.spec.layers import LayerSpec

Layers = tuple[LayerSpec, ...]


def indices(path: str) -> tuple[int, ...]:
    """Return the numbers of a path, outermost first.

    Raises:
        SpecError: if it is none.
    """
    parts = path.split(".")
    numbers = parts[1::2]
    if (
        not numbers
        or any(word != "layers" for word in parts[::2])
        or not all(number.isascii() and number.isdigit() and len(number) < 4 for number in numbers)
        or len(parts) % 2
    ):
        raise SpecError("error.unknown_field", place=path)
    return tuple(map(int, numbers))


def path(where: Sequence[int]) -> str:
    """Return the path of these numbers."""
    return ".".join(f"layers.{number}" for number in where)


def at(layers: Layers, where: Sequence[int]) -> LayerSpec:
    """Return the layer there.

    Raises:
        SpecError: if there is none.
    """
    return _inside(layers, where)[where[-1]]


def insert(layers: Layers, where: Sequence[int], new: Sequence[LayerSpec]) -> Layers:
    """Return the sequence with `new` before the layer there, or behind the last one of that block."""
    return _changed(
        layers, where, lambda inner, number: (*inner[:number], *new, *inner[number:]), beyond=True
    )


def remove(layers: Layers, where: Sequence[int]) -> Layers:
    """Return the sequence without the layer there; a block that loses its last one goes with it."""
    if len(where) > 1 and len(_inside(layers, where)) == 1:
        return remove(layers, where[:-1])
    return _changed(layers, where, lambda inner, number: (*inner[:number], *inner[number + 1 :]))


def duplicate(layers: Layers, where: Sequence[int]) -> Layers:
    """Return the sequence with the layer there twice."""
    return insert(layers, where, (at(layers, where),))


def move(layers: Layers, origin: Sequence[int], number: int) -> Layers:
    """Return the sequence with the layer at `origin` as the number-th of its block; beyond the end is the end."""
    moved = at(layers, origin)

    def change(inner: Layers, index: int) -> Layers:
        rest = (*inner[:index], *inner[index + 1 :])
        place = max(0, min(number, len(rest)))
        return (*rest[:place], moved, *rest[place:])

    return _changed(layers, origin, change)


def _inside(layers: Layers, where: Sequence[int], *, beyond: bool = False) -> Layers:
    """Return the layers of the block that the place lies in."""
    inner = layers
    for number in where[:-1]:
        block = inner[number] if 0 <= number < len(inner) else None
        if not isinstance(block, Residual):
            raise SpecError("error.unknown_field", place=path(where))
        inner = block.layers
    if not 0 <= where[-1] < len(inner) + beyond:
        raise SpecError("error.unknown_field", place=path(where))
    return inner


def _changed(
    layers: Layers, where: Sequence[int], change: Callable[[Layers, int], Layers], *, beyond: bool = False
) -> Layers:
    inner = _inside(layers, where, beyond=beyond)
    found: Layers = change(inner, where[-1])
    for depth in range(len(where) - 2, -1, -1):
        outer = _inside(layers, where[: depth + 1])
        block = Residual(layers=found)
        number = where[depth]
        found = (*outer[:number], block, *outer[number + 1 :])
    return found
