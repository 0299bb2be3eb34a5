"""Series to be continued: which one, how much of it the network sees at once, and how far it looks ahead.

The end of a series is held back; no window reaches across that border, so nothing of it is ever trained on. Numbers of
windows are closed forms: an L-step series holds L − window − horizon + 1 of them.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from playground.spec.base import Shape, number
from playground.spec.data import DataSpec, Pattern, Scaling, Target
from playground.spec.errors import SpecError

LENGTHS = {"sf-temps": 8760, "seattle-weather": 1461, "us-employment": 120}
"""How many values each real series has; the hour that clocks skip in spring is one of them."""


class Forecast(DataSpec):
    """A series, cut into overlapping windows.

    many-to-one: one window in, the `horizon` values behind it out. many-to-many: at every step of the window the
    `horizon` values behind that step.
    """

    nature: ClassVar = "series"
    window: int = number(24, 2, 200, step=1, unit="steps")
    horizon: int = number(1, 1, 50, step=1, unit="steps")
    shape: Literal["many-to-one", "many-to-many"] = "many-to-one"
    test_fraction: float = number(0.25, 0, 0.9, step=0.05)
    scaling: Scaling = "standard"

    @abstractmethod
    def num_values(self) -> int:
        """Return how many values the series has."""

    @model_validator(mode="after")
    def _holds_windows(self) -> Self:
        train, test = self.parts()
        needed = self.window + self.horizon
        for part, place in ((train, "window"), (test, "test_fraction")):
            if part < needed and (part or place == "window"):
                key = "series.short" if place == "window" else "series.short_test"
                raise SpecError(
                    key,
                    place=place,
                    value=part,
                    needed=needed,
                    window=self.window,
                    horizon=self.horizon,
                    total=self.num_values(),
                )
        return self

    def parts(self) -> tuple[int, int]:
        """Return how many values are for training, and how many at the end are held back."""
        test = round(self.num_values() * self.test_fraction)
        return self.num_values() - test, test

    def input_shape(self) -> Shape:
        return (self.window, 1)

    def target(self) -> Target:
        return Target("regression", self.horizon, self.window if self.shape == "many-to-many" else 0)

    def num_samples(self) -> tuple[int, int]:
        train, test = (max(part - self.window - self.horizon + 1, 0) for part in self.parts())
        return train, test

    def pattern(self) -> Pattern:
        return self.shape


class Series(Forecast):
    """A real series: hourly temperatures of San Francisco, daily weather of Seattle, or employment in the USA."""

    kind: Literal["Series"] = "Series"
    source: Literal["sf-temps", "seattle-weather", "us-employment"] = "sf-temps"

    def num_values(self) -> int:
        return LENGTHS[self.source]


class Waves(Forecast):
    """A series computed from a formula: `noise` is the deviation of what is added, where the signal's own is 1.

    sine mix: two sines of 25 and 10 steps. damped: a swing that dies away and is pushed anew. square: a square wave.
    Mackey-Glass: chaos from a delayed feedback (Mackey and Glass, 1977). random walk: its steps are pure chance around
    a drift, so nothing beats the last value and the drift.
    """

    kind: Literal["Waves"] = "Waves"
    signal: Literal["sine mix", "damped", "square", "Mackey-Glass", "random walk"] = "sine mix"
    count: int = number(1000, 100, 20_000, step=100, unit="steps")
    noise: float = number(0.05, 0, 1, step=0.05)
    seed: int = number(0, 0, 2**31 - 1, step=1)

    def num_values(self) -> int:
        return self.count


class SeriesCsv(Forecast):
    """One column of a visitor's table, in the order of its dates. The file is named by the SHA-256 of its bytes.

    `rows` is what was counted when the file came in, steps that were left out of the dates included; loading checks it.
    """

    kind: Literal["SeriesCsv"] = "SeriesCsv"
    file: Annotated[str, Field(pattern="^[0-9a-f]{64}$", json_schema_extra={"hidden": True})]
    column: Annotated[str, Field(max_length=200, json_schema_extra={"hidden": True})]
    date_column: Annotated[str, Field(max_length=200, json_schema_extra={"hidden": True})] = ""
    rows: Annotated[int, Field(ge=4, le=200_000, json_schema_extra={"hidden": True})]

    def num_values(self) -> int:
        return self.rows
