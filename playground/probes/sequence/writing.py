"""What a language model writes: one token after the other, each drawn from what the network says comes next.

Legend: L tokens of a text; P positions that are told of, from `since` to behind the end; A the likeliest tokens there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from playground.data.tokens import cut
from playground.probes.asks import Answer, Scene, ask
from playground.probes.registry import Array
from playground.probes.sequence.reading import Reader
from playground.probes.sequence.sampling import bits, chances, distribution, draw
from playground.probes.sequence.subject import MOST_TEXT, begun, require_small
from playground.spec import Spec, SpecError
from playground.spec.base import number

LIKELY = 12
MOST_IDS = 4096
MOST_NEW = 200
MOST_READ = 256
"""Positions that are told about at most."""


class Style(Spec):
    """How tokens are drawn: see `playground.probes.sequence.sampling`."""

    temperature: float = number(0.8, 0, 5, step=0.05)
    top_k: int = number(0, 0, 100_000, step=1)
    seed: int = number(0, 0, 2**31 - 1, step=1)


class Wish(Style):
    """What is to be continued, by how much, and from which position on it is to be told how each token came about.

    `ids` go before `text`: they are what an earlier answer has given.
    """

    text: Annotated[str, Field(max_length=MOST_TEXT)] = ""
    ids: Annotated[tuple[int, ...] | None, Field(max_length=MOST_IDS)] = None
    count: Annotated[int, Field(ge=0, le=MOST_NEW)] = 0
    since: Annotated[int, Field(ge=0)] = 0
    on: bool = False


@dataclass(frozen=True, eq=False)
class Written:
    """A text, and how it came about.

    Attributes:
        ids: of the whole text, (L,).
        since: the first position that is told about.
        scores: of every token at each of these positions, and behind the end, (P, V) with P = L − since + 1.
        drawn: how probable each token was to be drawn there, in the style it was written in, (P, V).
        ended: whether it came to an end by itself.
    """

    ids: list[int]
    since: int
    scores: Array
    drawn: Array
    ended: bool


def write(
    reader: Reader, ids: Sequence[int], style: Style, count: int, *, since: int = 0, on: bool = False
) -> Written:
    """Continue a text by `count` tokens, or up to the end that the network sets; `on`: beyond it, with a new text.

    The same seed gives the same text, whether it is written at once or piece by piece.
    """
    text = [int(token) for token in ids]
    since = min(since, len(text))
    start = len(text)
    scores = list(reader.scores([text[:place] for place in range(since, start + 1)]))
    drawn = [_distribution(reader, each, style) for each in scores]
    u = chances(style.seed, start, count)
    ended = False
    for step in range(count):
        text.append(draw(drawn[-1], u[step]))
        scores.append(reader.scores([text])[0])
        drawn.append(_distribution(reader, scores[-1], style))
        ended = text[-1] == reader.end
        if ended and not on:
            break
    return Written(text, since, np.array(scores), np.array(drawn), ended)


@ask(Wish)
def writing(scene: Scene, wish: Wish, lang: str) -> Answer:
    """Return a text and its continuation.

    Returns:
        plain: `ids` and `tokens` (L,) of the whole text; of a typed prompt the tokens as they were typed, also what the
        vocabulary does not hold; how many of them were `written` now; `since`; `ended`. Arrays over the positions from
        `since` to behind the end: `likely` (P, A) i4 the likeliest tokens, `own` (P, A) f4 how probable the network
        holds them, `drawn` (P, A) f4 how probable they were to be drawn; `bits` (P,) f4 of the network's own
        distribution; `sure` (P − 1,) f4 how probable it held the token that stands there.

    Raises:
        SpecError: if the network does not write, is too large for it, or there is no such token.
    """
    subject = scene.subject
    reader = Reader(subject)
    words = reader.pipeline.vocabulary
    if wish.ids is None:
        tokens = begun(subject, cut(wish.text, reader.pipeline.how)[-MOST_IDS:])
        ids = reader.pipeline.numbers(tokens)
    else:
        ids = list(wish.ids)
        if any(not 0 <= token < len(words) for token in ids):
            raise SpecError("error.no_element", place="ids", value=max(ids))
        tokens = [words[token] for token in ids]
    since = max(min(wish.since, len(ids)), len(ids) - MOST_READ)
    require_small(subject, len(ids) - since + 1 + wish.count)
    found = write(reader, ids, wish, wish.count, since=since, on=wish.on)
    tokens += [words[token] for token in found.ids[len(ids) :]]
    plain = {
        "ids": found.ids,
        "tokens": tokens,
        "written": len(found.ids) - len(ids),
        "since": since,
        "ended": found.ended,
    }
    return Answer(plain, told(found))


def told(found: Written) -> dict[str, Array]:
    """Return how each token came about, as `writing` says it."""
    own = np.array([distribution(scores) for scores in found.scores])
    likely = np.argsort(-own, axis=1, kind="stable")[:, :LIKELY]
    there = found.ids[found.since :]
    return {
        "likely": likely.astype(np.int32),
        "own": np.take_along_axis(own, likely, axis=1).astype(np.float32),
        "drawn": np.take_along_axis(found.drawn, likely, axis=1).astype(np.float32),
        "bits": np.array([bits(each) for each in own], np.float32),
        "sure": own[np.arange(len(there)), there].astype(np.float32),
    }


def _distribution(reader: Reader, scores: Array, style: Style) -> Array:
    return distribution(scores, style.temperature, style.top_k, reader.never)
