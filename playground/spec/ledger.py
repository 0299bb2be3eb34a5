"""What each layer makes and costs: shape, learned numbers, operations; one row a layer, those inside blocks too.

Operations are those of a forward pass for one sample, a multiplication and an addition counted as 2, as papers and
torch's FlopCounterMode count them. Convolutions and dense layers are counted exactly so (biases, as there, are left
out); the others by their elements: 4 for an activation, k² for a pooling window, 8 for a normalisation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from playground.spec.base import Shape
from playground.spec.errors import SpecError
from playground.spec.image_layers import Residual
from playground.spec.layers import LayerSpec
from playground.spec.sequence import path


@dataclass(frozen=True)
class Row:
    """One layer.

    Attributes:
        place: its path, `"layers.3"` or `"layers.3.layers.0"`.
        layer: the layer.
        shape: of its output; None from the first layer on that does not fit.
        parameters: learned numbers; a block's are those of its layers.
        flops: operations of a forward pass for one sample; a block's are those of its layers and the sum.
    """

    place: str
    layer: LayerSpec
    shape: Shape | None
    parameters: int = 0
    flops: int = 0

    @property
    def depth(self) -> int:
        """How many blocks the layer lies in."""
        return self.place.count("layers") - 1


def ledger(layers: Sequence[LayerSpec], shape: Shape) -> list[Row]:
    """Return a row for each layer, a block before its layers, as far as the layers fit together for one input."""
    return list(_rows(layers, shape, ()))


def _rows(layers: Sequence[LayerSpec], shape: Shape | None, inside: tuple[int, ...]) -> Iterator[Row]:
    for number, layer in enumerate(layers):
        where = (*inside, number)
        row = _row(layer, shape, where)
        yield row
        if isinstance(layer, Residual):
            yield from _rows(layer.layers, shape, where)
        shape = row.shape


def _row(layer: LayerSpec, shape: Shape | None, where: tuple[int, ...]) -> Row:
    if shape is None:
        return Row(path(where), layer, None)
    try:
        return Row(path(where), layer, layer.output(shape), layer.parameters(shape), layer.flops(shape))
    except SpecError:
        return Row(path(where), layer, None)
