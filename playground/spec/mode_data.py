"""Points of the plane that a generator is to imitate: curves and clouds with known modes, and what a visitor draws.

A mode is a cloud, a stroke, or one of eight equal pieces of a curve; the class of a point is its mode. `noise` is the
standard deviation of each coordinate around the centre or the curve, in units of the plane.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from playground.spec.base import number
from playground.spec.data import Points, Target
from playground.spec.errors import SpecError

PIECES = 8
"""Into so many pieces of equal length a curve is cut."""
MAX_VERTICES = 400
Coordinate = Annotated[float, Field(ge=-6, le=6)]
Stroke = Annotated[tuple[tuple[Coordinate, Coordinate], ...], Field(min_length=1, max_length=MAX_VERTICES)]


class Modes(Points):
    """Points with known modes; none are held back unless asked for: a generator is not judged on samples."""

    count: int = number(2000, 8, 20_000, step=100, unit="points")
    noise: float = number(0.1, 0, 1, step=0.05)
    test_fraction: float = number(0.0, 0, 0.9, step=0.05)

    def target(self) -> Target:
        return Target("classes", PIECES)


class Line(Modes):
    """A straight line, from lower left to upper right."""

    kind: Literal["Line"] = "Line"


class Ring(Modes):
    """A circle of radius 4."""

    kind: Literal["Ring"] = "Ring"


class Gaussians8(Modes):
    """Eight clouds on a circle of radius 4: the test of a GAN that forgets modes. Metz et al. (2017)."""

    kind: Literal["Gaussians8"] = "Gaussians8"
    noise: float = number(0.2, 0, 1, step=0.05)


class Grid25(Modes):
    """Five by five clouds, 2 apart. Dumoulin et al. (2017)."""

    kind: Literal["Grid25"] = "Grid25"
    count: int = number(5000, 25, 20_000, step=100, unit="points")

    def target(self) -> Target:
        return Target("classes", 25)


class Drawing(Modes):
    """What a visitor has drawn: strokes, each a polyline or a dot, in the order in which they were drawn.

    Points are spread evenly along them; a dot gets as many as a stroke of length 1. Each stroke is a mode.
    """

    kind: Literal["Drawing"] = "Drawing"
    strokes: Annotated[tuple[Stroke, ...], Field(min_length=1, max_length=64)] = (
        ((-2.0, 3.0),),
        ((2.0, 3.0),),
        ((-4.0, -0.5), (-3.2, -2.2), (-1.8, -3.4), (0.0, -3.8), (1.8, -3.4), (3.2, -2.2), (4.0, -0.5)),
    )

    @field_validator("strokes")
    @classmethod
    def _short(cls, strokes: Any) -> Any:
        vertices = sum(len(stroke) for stroke in strokes)
        if vertices > MAX_VERTICES:
            raise SpecError("error.drawing", value=vertices, bound=MAX_VERTICES)
        return strokes

    def target(self) -> Target:
        return Target("classes", len(self.strokes))
