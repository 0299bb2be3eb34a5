"""From a text to a row of ids and back: cut, look up, pad or cut off. The four steps of every text in this house.

Chinese needs no word list: between words of letters and digits, every other character is a token of its own. Knows no
source and no specification.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from playground.spec import SpecError

PADDING, UNKNOWN = 0, 1
SPECIAL = ("", "\N{REPLACEMENT CHARACTER}")
"""What the ids 0 and 1 stand for."""
WORD = re.compile(
    r"[^\W_\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+(?:['’][^\W\d_]+)?|[\u2e80-\u2fdf\u3005-\u9fff\uf900-\ufaff\U00020000-\U0003134f]"
)
"""Letters and digits with an apostrophe inside, or one Chinese or Japanese character."""

How = Literal["words", "characters"]


def cut(text: str, how: How) -> list[str]:
    """Return the tokens of a text: lower-case words without punctuation, or every character as it is.

    Composed and decomposed letters are the same (Unicode's NFC).
    """
    whole = unicodedata.normalize("NFC", text)
    return WORD.findall(whole.lower()) if how == "words" else list(whole)


def learned(texts: Iterable[str], how: How, size: int) -> tuple[str, ...]:
    """Return a vocabulary of at most `size` ids: padding, unknown, and the most frequent tokens of `texts`.

    Equally frequent ones stand in the order of their first appearance.
    """
    counts = Counter(token for text in texts for token in cut(text, how))
    return (*SPECIAL, *(token for token, _ in counts.most_common(max(size - len(SPECIAL), 0))))


@dataclass(frozen=True)
class Pipeline:
    """How texts become rows of ids.

    Attributes:
        how: whether tokens are words or characters.
        vocabulary: the token of each id.
        length: T, how many ids a row has.
        keep: which part of a longer text is kept.
    """

    how: How
    vocabulary: tuple[str, ...]
    length: int
    keep: Literal["end", "beginning"] = "end"

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of each token."""
        return {token: number for number, token in enumerate(self.vocabulary) if number >= len(SPECIAL)}

    def tokens(self, text: str) -> list[str]:
        """Return a text's tokens, all of them.

        Raises:
            SpecError: `text.empty` if there is none.
        """
        found = cut(text, self.how)
        if not found:
            key = "text.empty" if not text.strip() else "text.no_words"
            raise SpecError(key, value=text)
        return found

    def numbers(self, tokens: Sequence[str]) -> list[int]:
        """Return the tokens' ids; what is not in the vocabulary is 1."""
        return [self.ids.get(token, UNKNOWN) for token in tokens]

    def fitted(self, numbers: Sequence[int]) -> npt.NDArray[np.float32]:
        """Return ids `(T,)`: what is too long cut off, what is too short padded with 0 on the left."""
        kept = numbers[-self.length :] if self.keep == "end" else numbers[: self.length]
        row = np.zeros(self.length, np.float32)
        if kept:
            row[self.length - len(kept) :] = kept
        return row

    def encode(self, texts: Iterable[str]) -> npt.NDArray[np.float32]:
        """Return ids `(N, T)` of texts.

        Raises:
            SpecError: `text.empty` if a text has no token.
        """
        rows = [self.fitted(self.numbers(self.tokens(text))) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.length), np.float32)

    def decode(self, row: npt.ArrayLike) -> list[str]:
        """Return the tokens of a row of ids, padding left out."""
        return [self.vocabulary[int(number)] for number in np.asarray(row).ravel() if int(number) != PADDING]
