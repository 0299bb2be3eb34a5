"""What a network is trained on: kind, amount, noise, split, features and scaling, but no numbers yet.

Shapes and sizes are closed forms, so that limits hold before anything is loaded.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from playground.spec.base import Kind, Shape, number

Feature = Literal["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)"]
Scaling = Literal["none", "standard", "minmax"]
Pattern = Literal["", "one-to-many", "many-to-one", "many-to-many", "sequence-to-sequence"]
"""How a recurrent network is used on such data: what goes in to what comes out; empty where nothing has an order."""


@dataclass(frozen=True)
class Target:
    """What is to be predicted: one of `size` classes, or `size` numbers; once, or at each of `steps` steps."""

    kind: Literal["classes", "regression"]
    size: int
    steps: int = 0


class DataSpec(Kind):
    """A data set, described.

    Attributes:
        mapped: whether its arrays lie in a file that all processes share, so that no run needs memory for a copy.
        nature: what a sample is: a row of numbers, a picture, numbers in the order of time, or tokens. Labs go by it.
    """

    mapped: ClassVar[bool] = False
    nature: ClassVar[Literal["points", "pictures", "series", "text"]] = "points"

    @abstractmethod
    def input_shape(self) -> Shape:
        """Return the shape of one sample after features, without the batch axis."""

    @abstractmethod
    def target(self) -> Target:
        """Return what is to be predicted."""

    @abstractmethod
    def num_samples(self) -> tuple[int, int]:
        """Return the number of training and of test samples."""

    def pattern(self) -> Pattern:
        """Return how a recurrent network reads a sample and answers."""
        return ""

    def num_tokens(self) -> int:
        """Return how many different token ids there may be, padding and unknown included; 0 where there are none."""
        return 0


class Sampled(DataSpec):
    """Samples that are drawn and then split; `seed` draws both."""

    test_fraction: float = number(0.3, 0, 0.9, step=0.05)
    seed: int = number(0, 0, 2**31 - 1, step=1)

    def split(self, count: int) -> tuple[int, int]:
        """Return how many of `count` samples are for training and for testing; one at least is for training."""
        test = min(round(count * self.test_fraction), count - 1)
        return count - test, test


class Points(Sampled):
    """Points of the plane, both coordinates within about ±6."""

    count: int = number(500, 8, 20_000, step=10, unit="points")
    noise: float = number(0.0, 0, 1, step=0.05)
    features: Annotated[tuple[Feature, ...], Field(min_length=1, max_length=7)] = ("x1", "x2")
    scaling: Scaling = "none"

    def input_shape(self) -> Shape:
        return (len(self.features),)

    def target(self) -> Target:
        return Target("classes", 2)

    def num_samples(self) -> tuple[int, int]:
        return self.split(self.count)


class Xor(DataSpec):
    """The textbook's four points: (0, 0) and (1, 1) are class 0, (0, 1) and (1, 0) are class 1. No test set."""

    kind: Literal["Xor"] = "Xor"
    features: Annotated[tuple[Feature, ...], Field(min_length=1, max_length=7)] = ("x1", "x2")
    scaling: Scaling = "none"

    def input_shape(self) -> Shape:
        return (len(self.features),)

    def target(self) -> Target:
        return Target("classes", 2)

    def num_samples(self) -> tuple[int, int]:
        return 4, 0


class Quadrants(Points):
    """XOR with noise: the class is whether the coordinates' signs differ."""

    kind: Literal["Quadrants"] = "Quadrants"


class Circles(Points):
    """A disc inside a ring."""

    kind: Literal["Circles"] = "Circles"


class Gaussians(Points):
    """Two clouds that a straight line can tell apart, as long as the noise is small."""

    kind: Literal["Gaussians"] = "Gaussians"


class Moons(Points):
    """Two half moons, one reaching into the other."""

    kind: Literal["Moons"] = "Moons"


class Spiral(Points):
    """Two arms, wound around each other."""

    kind: Literal["Spiral"] = "Spiral"


class Checkerboard(Points):
    """Squares of alternating class."""

    kind: Literal["Checkerboard"] = "Checkerboard"
    cells: int = number(4, 2, 8, step=1, unit="cells")


class Rings(Points):
    """One ring for each class, around the same centre."""

    kind: Literal["Rings"] = "Rings"
    classes: int = number(3, 2, 8, step=1, unit="classes")

    def target(self) -> Target:
        return Target("classes", self.classes)


class Blobs(Points):
    """One cloud for each class, on a circle."""

    kind: Literal["Blobs"] = "Blobs"
    classes: int = number(4, 2, 10, step=1, unit="classes")

    def target(self) -> Target:
        return Target("classes", self.classes)


class Plane(Points):
    """Regression: a tilted plane, (x₁ + x₂) / 10."""

    kind: Literal["Plane"] = "Plane"

    def target(self) -> Target:
        return Target("regression", 1)


class MultiGaussian(Points):
    """Regression: six bumps, up and down."""

    kind: Literal["MultiGaussian"] = "MultiGaussian"

    def target(self) -> Target:
        return Target("regression", 1)


class Function1D(Sampled):
    """Regression: a function of one number, between −6 and 6."""

    kind: Literal["Function1D"] = "Function1D"
    function: Literal["sine", "step", "absolute", "polynomial", "sinc", "square wave"] = "sine"
    count: int = number(200, 8, 20_000, step=10, unit="points")
    noise: float = number(0.1, 0, 1, step=0.05)
    scaling: Scaling = "none"

    def input_shape(self) -> Shape:
        return (1,)

    def target(self) -> Target:
        return Target("regression", 1)

    def num_samples(self) -> tuple[int, int]:
        return self.split(self.count)


class Csv(Sampled):
    """A visitor's table. The file itself is named by the SHA-256 of its bytes, never by a path.

    `rows` and `classes` are what was counted when the file came in; loading checks them.
    """

    kind: Literal["Csv"] = "Csv"
    file: Annotated[str, Field(pattern="^[0-9a-f]{64}$", json_schema_extra={"hidden": True})]
    columns: Annotated[tuple[str, ...], Field(min_length=1, max_length=256)]
    target_column: Annotated[str, Field(max_length=200)]
    task: Literal["classes", "regression"] = "classes"
    classes: Annotated[int, Field(ge=2, le=100, json_schema_extra={"hidden": True})] = 2
    rows: Annotated[int, Field(ge=2, le=200_000, json_schema_extra={"hidden": True})]
    scaling: Scaling = "standard"

    def input_shape(self) -> Shape:
        return (len(self.columns),)

    def target(self) -> Target:
        return Target("classes", self.classes) if self.task == "classes" else Target("regression", 1)

    def num_samples(self) -> tuple[int, int]:
        return self.split(self.rows)
