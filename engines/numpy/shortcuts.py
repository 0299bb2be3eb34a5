"""Layers that are done together, or in another order, where nobody looks at what lies between them: in training.

The results are the same; a test compares them with the layers one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engines.numpy.layer import Lasting, Layer
from playground.spec import Shape
from playground.spec.image_layers import Conv2d, MaxPool2d
from playground.spec.layers import ReLU


@dataclass(frozen=True)
class Part:
    """A layer that is to be built: how it is done, what it is, and its numbers."""

    kind: type[Layer[Any]]
    spec: Any
    lasting: Lasting


def shortened(parts: Sequence[Part]) -> list[Part]:
    """Return fewer or cheaper parts that do the same.

    A ReLU follows the max pooling behind it: it then works on a fraction of the numbers. The largest number stays the
    largest and the first of equals the first, and where all of a window are cut off no gradient passes either way.
    A convolution does the max pooling that then follows it, if its windows lie side by side.
    """
    found = list(parts)
    for index in range(len(found) - 1):
        if isinstance(found[index].spec, ReLU) and isinstance(found[index + 1].spec, MaxPool2d):
            found[index], found[index + 1] = found[index + 1], found[index]
    for index in reversed(range(len(found) - 1)):
        one, after = found[index], found[index + 1]
        if isinstance(one.spec, Conv2d) and isinstance(after.spec, MaxPool2d) and _side_by_side(after.spec):
            from engines.numpy.layers.convolution import PooledConv2d

            found[index : index + 2] = [Part(PooledConv2d, (one.spec, after.spec), one.lasting)]
    return found


def placed(parts: Sequence[Part], shape: Shape) -> list[tuple[Part, Shape]]:
    """Return each part with the shape of its input."""
    found: list[tuple[Part, Shape]] = []
    for part in parts:
        found.append((part, shape))
        for spec in part.spec if isinstance(part.spec, tuple) else (part.spec,):
            shape = spec.output(shape)
    return found


def _side_by_side(pool: MaxPool2d) -> bool:
    return pool.padding == 0 and pool.dilation == 1 and pool.step() == pool.kernel_size
