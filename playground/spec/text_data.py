"""Texts as rows of token ids: which texts, cut into words or characters, how many tokens, how long. No letters yet.

Id 0 is padding, 1 is whatever is not in the vocabulary, then come the tokens from the most frequent one on. Short texts
are padded on the left, so that the last step is always the last token; long ones keep their end or their beginning.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from playground.spec.base import Shape, number
from playground.spec.data import DataSpec, Pattern, Sampled, Target
from playground.spec.errors import SpecError

LANGUAGES = ("zh", "de", "el", "en", "es", "fi", "fr", "it", "nl", "pl", "ru", "tr")
"""The languages of `Names`, in the order of their class numbers."""
MOST_TOKENS = 20_000
MOST_CHARACTERS = 2_000_000
"""Of a running text."""


class Texts(Sampled):
    """Texts with a class each.

    Attributes of every kind: `tokens` (what a text is cut into), `vocabulary` (ids 0 … vocabulary − 1), `length` (of
    every sample after padding and cutting), `keep` (which part of a text that is too long).
    """

    nature: ClassVar = "text"
    test_fraction: float = number(0.2, 0, 0.9, step=0.05)
    tokens: Literal["words", "characters"] = "words"
    vocabulary: int = number(1000, 3, MOST_TOKENS, step=10, unit="tokens")
    length: int = number(12, 1, 400, step=1, unit="tokens")
    keep: Literal["end", "beginning"] = "end"

    def input_shape(self) -> Shape:
        return (self.length,)

    def target(self) -> Target:
        return Target("classes", 2)

    def pattern(self) -> Pattern:
        return "many-to-one"

    def num_tokens(self) -> int:
        return self.vocabulary


class Names(Texts):
    """16,800 real first and family names of twelve languages, letter by letter: which language is it?

    Names that several of the lists have are left out.
    """

    kind: Literal["Names"] = "Names"
    tokens: Annotated[Literal["words", "characters"], Field(json_schema_extra={"hidden": True})] = (
        "characters"
    )
    vocabulary: int = number(400, 3, 1000, step=10, unit="tokens")
    length: int = number(14, 1, 20, step=1, unit="tokens")

    def target(self) -> Target:
        return Target("classes", len(LANGUAGES))

    def num_samples(self) -> tuple[int, int]:
        return self.split(16_800)


class Polarity(Texts):
    """7,209 English words that people rated: do they sound good or bad? Letter by letter. Hutto and Gilbert (2014)."""

    kind: Literal["Polarity"] = "Polarity"
    tokens: Annotated[Literal["words", "characters"], Field(json_schema_extra={"hidden": True})] = (
        "characters"
    )
    vocabulary: int = number(28, 3, 100, step=1, unit="tokens")
    length: int = number(16, 1, 20, step=1, unit="tokens")

    def num_samples(self) -> tuple[int, int]:
        return self.split(7209)


class Reviews(Texts):
    """Short reviews, written by a grammar of this program: synthetic. Praise, blame, and negation that turns them."""

    kind: Literal["Reviews"] = "Reviews"
    language: Literal["en", "zh"] = "en"
    length: int = number(16, 1, 60, step=1, unit="tokens")
    count: int = number(4000, 20, 20_000, step=100, unit="texts")

    def num_samples(self) -> tuple[int, int]:
        return self.split(self.count)


class Typed(Texts):
    """Texts that stand in the experiment itself, so that they travel in its link: a few sentences with a class each."""

    kind: Literal["Typed"] = "Typed"
    texts: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=300)], ...], Field(min_length=2, max_length=100)
    ] = ("I love this movie", "I hate this movie")
    labels: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=40)], ...], Field(min_length=2, max_length=100)
    ] = ("positive", "negative")
    test_fraction: float = number(0, 0, 0.9, step=0.05)
    length: int = number(5, 1, 60, step=1, unit="tokens")

    @model_validator(mode="after")
    def _classes_for_all(self) -> Self:
        if len(self.labels) != len(self.texts):
            raise SpecError("text.labels", place="labels", value=len(self.labels), expected=len(self.texts))
        if len(set(self.labels)) < 2:
            raise SpecError("text.one_class", place="labels", value=self.labels[0])
        return self

    def target(self) -> Target:
        return Target("classes", len(set(self.labels)))

    def num_samples(self) -> tuple[int, int]:
        return self.split(len(self.texts))


class TextCsv(Texts):
    """A visitor's table of texts with a class each. The file is named by the SHA-256 of its bytes.

    `rows` and `classes` are what was counted when it came in; loading checks them.
    """

    kind: Literal["TextCsv"] = "TextCsv"
    file: Annotated[str, Field(pattern="^[0-9a-f]{64}$", json_schema_extra={"hidden": True})]
    column: Annotated[str, Field(max_length=200, json_schema_extra={"hidden": True})]
    label_column: Annotated[str, Field(max_length=200, json_schema_extra={"hidden": True})]
    classes: Annotated[int, Field(ge=2, le=100, json_schema_extra={"hidden": True})]
    rows: Annotated[int, Field(ge=2, le=200_000, json_schema_extra={"hidden": True})]
    length: int = number(24, 1, 400, step=1, unit="tokens")

    def target(self) -> Target:
        return Target("classes", self.classes)

    def num_samples(self) -> tuple[int, int]:
        return self.split(self.rows)


class Running(DataSpec):
    """A running text, character by character: at every step of a window the next character is to be told.

    Trained as many-to-many; used one-to-many, when the network goes on writing from what it has just written. Windows
    lie side by side, and the end of the text is held back.
    """

    nature: ClassVar = "text"
    length: int = number(40, 2, 200, step=1, unit="characters")
    vocabulary: int = number(100, 3, 5000, step=10, unit="characters")
    test_fraction: float = number(0.1, 0, 0.9, step=0.05)

    def input_shape(self) -> Shape:
        return (self.length,)

    def target(self) -> Target:
        return Target("classes", self.vocabulary, self.input_shape()[0])

    def pattern(self) -> Pattern:
        return "one-to-many"

    def num_tokens(self) -> int:
        return self.vocabulary

    def windows(self, num_characters: int) -> tuple[int, int]:
        """Return how many windows with their answers fit into the training part, and into the end held back.

        Raises:
            SpecError: if there is none to train on.
        """
        test = round(num_characters * self.test_fraction)
        found = (num_characters - test - 1) // self.length
        if found < 1:
            short = num_characters - test
            raise SpecError(
                "text.short", place="length", value=self.length, found=short, total=num_characters
            )
        return found, max((test - 1) // self.length, 0)

    @model_validator(mode="after")
    def _holds_windows(self) -> Self:
        self.num_samples()
        return self


class Corpus(Running):
    """Python's own documentation of its language, as the interpreter's `help()` prints it; `count` characters of it."""

    kind: Literal["Corpus"] = "Corpus"
    count: int = number(200_000, 1000, 400_000, step=1000, unit="characters")

    def num_samples(self) -> tuple[int, int]:
        return self.windows(self.count)


class Idioms(Sampled):
    """Chinese idioms of four characters: 成语. Only those made of the most frequent characters.

    Each is a sample of its own: a beginning and four characters in, four characters and an end out.
    """

    kind: Literal["Idioms"] = "Idioms"
    nature: ClassVar = "text"
    test_fraction: float = number(0.1, 0, 0.9, step=0.05)
    characters: Literal[300, 500, 800, 1500] = 500

    def input_shape(self) -> Shape:
        return (5,)

    def target(self) -> Target:
        return Target("classes", self.num_tokens(), 5)

    def pattern(self) -> Pattern:
        return "one-to-many"

    def num_tokens(self) -> int:
        return self.characters + 3

    def num_samples(self) -> tuple[int, int]:
        return self.split({300: 1660, 500: 3612, 800: 6665, 1500: 12_571}[self.characters])


class CorpusOwn(Running):
    """A visitor's own text. The text itself is named by the SHA-256 of its bytes.

    `characters` is what was counted when it came in; loading checks it.
    """

    kind: Literal["CorpusOwn"] = "CorpusOwn"
    file: Annotated[str, Field(pattern="^[0-9a-f]{64}$", json_schema_extra={"hidden": True})]
    characters: Annotated[int, Field(ge=2, le=MOST_CHARACTERS, json_schema_extra={"hidden": True})]

    def num_samples(self) -> tuple[int, int]:
        return self.windows(self.characters)
