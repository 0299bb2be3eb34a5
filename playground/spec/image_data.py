"""Data sets of pictures: what each of them is, how many samples of which shape, but no pixels yet.

Pixels go into a network as numbers from 0 to 1, channels first.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from playground.spec.base import Shape, number
from playground.spec.data import DataSpec, Sampled, Target


def tells_light(data: DataSpec) -> bool:
    """Tell whether a grey of 1 is white, as in photographs; else it is ink, as in MNIST, and dark on a light page."""
    return data.kind == "OwnImages" or data.input_shape()[0] == 3


class Images(DataSpec):
    """Pictures, if nothing else is said of ten classes."""

    nature: ClassVar = "pictures"

    def target(self) -> Target:
        return Target("classes", 10)


class Mnist5k(Images):
    """5,000 real handwritten digits of MNIST, 28 × 28: up to 4,000 to train on, 1,000 held back. Pixels 0..1.

    At `size` 14 each pixel is the mean of four.
    """

    kind: Literal["Mnist5k"] = "Mnist5k"
    count: int = number(4000, 10, 4000, step=100, unit="images")
    size: Literal[28, 14] = 28

    def input_shape(self) -> Shape:
        return (1, self.size, self.size)

    def num_samples(self) -> tuple[int, int]:
        return self.count, 1000


class Mnist(Images):
    """MNIST as its authors published it: 60,000 digits to train on, the 10,000 of the official test set held back.

    LeCun, Cortes and Burges (1998). `count` takes fewer of the training part.
    """

    kind: Literal["Mnist"] = "Mnist"
    mapped: ClassVar[bool] = True
    count: int = number(60_000, 10, 60_000, step=1000, unit="images")

    def input_shape(self) -> Shape:
        return (1, 28, 28)

    def num_samples(self) -> tuple[int, int]:
        return self.count, 10_000


class FashionMnist(Images):
    """Clothes instead of digits, otherwise as MNIST: 60,000 to train on, 10,000 held back. Xiao et al. (2017)."""

    kind: Literal["FashionMnist"] = "FashionMnist"
    mapped: ClassVar[bool] = True
    count: int = number(60_000, 10, 60_000, step=1000, unit="images")

    def input_shape(self) -> Shape:
        return (1, 28, 28)

    def num_samples(self) -> tuple[int, int]:
        return self.count, 10_000


class Cifar10(Images):
    """Small colour photographs of animals and vehicles, 32 × 32: 50,000 to train on, 10,000 held back.

    Krizhevsky (2009), "Learning multiple layers of features from tiny images".
    """

    kind: Literal["Cifar10"] = "Cifar10"
    mapped: ClassVar[bool] = True
    count: int = number(50_000, 10, 50_000, step=1000, unit="images")

    def input_shape(self) -> Shape:
        return (3, 32, 32)

    def num_samples(self) -> tuple[int, int]:
        return self.count, 10_000


class Shapes(Sampled):
    """Coloured shapes on coloured grounds, 32 × 32, drawn by formulas: a synthetic stand-in for photographs.

    Place, size, turn and colours are random; `noise` is the deviation of what is added to every channel, where black
    is 0 and white is 1.
    """

    kind: Literal["Shapes"] = "Shapes"
    nature: ClassVar = "pictures"
    count: int = number(3000, 20, 20_000, step=100, unit="images")
    noise: float = number(0.05, 0, 0.5, step=0.05)

    def input_shape(self) -> Shape:
        return (3, 32, 32)

    def target(self) -> Target:
        return Target("classes", 10)

    def num_samples(self) -> tuple[int, int]:
        return self.split(self.count)


class Digits8x8(Sampled):
    """1,797 real handwritten digits, 8 × 8: UCI's optical recognition set. Pixels 0..1."""

    kind: Literal["Digits8x8"] = "Digits8x8"
    nature: ClassVar = "pictures"

    def input_shape(self) -> Shape:
        return (1, 8, 8)

    def target(self) -> Target:
        return Target("classes", 10)

    def num_samples(self) -> tuple[int, int]:
        return self.split(1797)


class OwnImages(Images, Sampled):
    """A visitor's own pictures, made small. What was kept of them is named by the SHA-256 of its bytes.

    `names` and `images` are what was counted when the pictures came in; loading checks them.
    """

    kind: Literal["OwnImages"] = "OwnImages"
    file: Annotated[str, Field(pattern="^[0-9a-f]{64}$", json_schema_extra={"hidden": True})]
    names: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=40)], ...], Field(min_length=2, max_length=50)
    ]
    size: Annotated[int, Field(ge=8, le=64, json_schema_extra={"hidden": True})]
    channels: Annotated[Literal["grey", "colour"], Field(json_schema_extra={"hidden": True})]
    images: Annotated[int, Field(ge=4, le=20_000, json_schema_extra={"hidden": True})]

    def input_shape(self) -> Shape:
        return (1 if self.channels == "grey" else 3, self.size, self.size)

    def target(self) -> Target:
        return Target("classes", len(self.names))

    def num_samples(self) -> tuple[int, int]:
        return self.split(self.images)
