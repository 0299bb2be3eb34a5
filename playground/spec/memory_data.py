"""Tasks that ask what a network remembers: sequences drawn by a rule, as long as one likes.

A sample has shape (T, F): numbers, or symbols as columns of zeros and ones. How long something has to be kept is the
knob `length` or `delay`: where it grows, a plain RNN fails first.
"""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from playground.spec.base import Shape, number
from playground.spec.data import Pattern, Sampled, Target
from playground.spec.errors import SpecError

SYMBOLS = "ABCDEFGH"
"""What is to be copied; a task with fewer symbols uses the first of them."""
BRACKETS = "()[]"


class Memory(Sampled):
    """Sequences drawn by a rule."""

    nature: ClassVar = "series"
    test_fraction: float = number(0.2, 0, 0.9, step=0.05)

    def num_samples(self) -> tuple[int, int]:
        return self.split(getattr(self, "count"))  # noqa: B009 - each task has its own default


class Adding(Memory):
    """Two of T numbers between 0 and 1 are marked; the answer is their sum. Hochreiter and Schmidhuber (1997).

    The first mark lies in the first half, the second in the second half. Always answering 1 gives a mean squared error
    of 1/6 ≈ 0.167.
    """

    kind: Literal["Adding"] = "Adding"
    length: int = number(50, 4, 400, step=2, unit="steps")
    count: int = number(10_000, 100, 50_000, step=100, unit="samples")

    def input_shape(self) -> Shape:
        return (self.length, 2)

    def target(self) -> Target:
        return Target("regression", 1)

    def pattern(self) -> Pattern:
        return "many-to-one"


class CopyDelay(Memory):
    """A few symbols, then silence for `delay` steps, then a sign: now the symbols are to be said in order.

    Hochreiter and Schmidhuber (1997); Arjovsky et al. (2016). T = 2 · symbols + delay.
    """

    kind: Literal["CopyDelay"] = "CopyDelay"
    delay: int = number(10, 0, 200, step=5, unit="steps")
    symbols: int = number(3, 1, 20, step=1, unit="symbols")
    alphabet: int = number(4, 2, 8, step=1, unit="symbols")
    count: int = number(4000, 100, 50_000, step=100, unit="samples")

    def input_shape(self) -> Shape:
        return (2 * self.symbols + self.delay, self.alphabet + 1)

    def target(self) -> Target:
        return Target("classes", self.alphabet, 2 * self.symbols + self.delay)

    def pattern(self) -> Pattern:
        return "sequence-to-sequence"


class Parity(Memory):
    """Bits; is the number of ones odd? many-to-many asks after each bit, many-to-one only after the last."""

    kind: Literal["Parity"] = "Parity"
    length: int = number(20, 2, 200, step=2, unit="steps")
    shape: Literal["many-to-one", "many-to-many"] = "many-to-many"
    count: int = number(4000, 100, 50_000, step=100, unit="samples")

    def input_shape(self) -> Shape:
        return (self.length, 1)

    def target(self) -> Target:
        return Target("classes", 2, self.length if self.shape == "many-to-many" else 0)

    def pattern(self) -> Pattern:
        return self.shape


class Brackets(Memory):
    """Round and square brackets: does each close the one it belongs to?

    Half of the strings are wrong in one or two places. many-to-many asks at each step whether the string so far can
    still become right.
    """

    kind: Literal["Brackets"] = "Brackets"
    length: int = number(16, 4, 100, step=2, unit="steps")
    shape: Literal["many-to-one", "many-to-many"] = "many-to-one"
    count: int = number(6000, 100, 50_000, step=100, unit="samples")

    def input_shape(self) -> Shape:
        return (2 * (self.length // 2), len(BRACKETS))

    def target(self) -> Target:
        return Target("classes", 2, self.input_shape()[0] if self.shape == "many-to-many" else 0)

    def pattern(self) -> Pattern:
        return self.shape


class Echo(Memory):
    """Say again what was heard.

    many-to-many: `delay` steps later, all the time. sequence-to-sequence: the first half is heard, in the second half
    all of it is said.
    """

    kind: Literal["Echo"] = "Echo"
    length: int = number(16, 2, 200, step=2, unit="steps")
    delay: int = number(3, 0, 100, step=1, unit="steps")
    shape: Literal["many-to-many", "sequence-to-sequence"] = "many-to-many"
    alphabet: int = number(4, 2, 8, step=1, unit="symbols")
    count: int = number(4000, 100, 50_000, step=100, unit="samples")

    @model_validator(mode="after")
    def _answers(self) -> Self:
        if self.shape == "many-to-many" and self.delay >= self.length:
            raise SpecError("series.delay", place="delay", value=self.delay, length=self.length)
        return self

    def input_shape(self) -> Shape:
        turns = self.shape == "sequence-to-sequence"
        return (2 * (self.length // 2) if turns else self.length, self.alphabet + turns)

    def target(self) -> Target:
        return Target("classes", self.alphabet, self.input_shape()[0])

    def pattern(self) -> Pattern:
        return self.shape
