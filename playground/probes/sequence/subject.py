"""Which sequence is looked at: a sample of the data by its number, or a text that somebody has typed.

What is typed comes from a stranger's browser: it is cut into tokens as the data are, and padded or shortened to their
length.

Legend: T steps; ids 0 padding, 1 an unknown token, then the vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from playground.data.tokens import PADDING, Pipeline, cut
from playground.probes.asks import Scene
from playground.probes.registry import Array, Subject
from playground.spec import Spec, SpecError
from playground.spec.text_data import Idioms

MOST_TEXT = 20_000
"""Characters that are read of a typed text; a network sees far fewer."""
MOST_FLOPS = 3e8
"""A network that needs more for one text is not looked into while somebody waits."""
END = "\n"
"""The token between texts, where the data have one."""


class Chosen(Spec):
    """One sequence: its number in the training or the test set, or `text`, which then goes first."""

    index: Annotated[int, Field(ge=0)] = 0
    test: bool = False
    text: Annotated[str, Field(max_length=MOST_TEXT)] | None = None


@dataclass(frozen=True, eq=False)
class Seen:
    """What the network is shown.

    Attributes:
        x: (1, T) float32 ids, padded on the left.
        tokens: what stands at each step that is no padding, also what the vocabulary does not hold.
        cut: how many tokens of the text are left out, because it is longer than T.
        text: as it was written.
        truth: its class; None where nobody knows it.
    """

    x: Array
    tokens: tuple[str, ...]
    cut: int
    text: str
    truth: int | None

    @property
    def ids(self) -> list[int]:
        """The ids of the tokens, without the padding."""
        return [int(token) for token in self.x[0, self.x.shape[1] - len(self.tokens) :]]


def seen(scene: Scene, chosen: Chosen) -> Seen:
    """Return the text that is asked about.

    Raises:
        SpecError: if the data are no texts, or there is no such sample.
    """
    subject = scene.subject
    dataset, pipeline = subject.dataset, pipeline_of(subject)
    if chosen.text is not None:
        tokens = cut(chosen.text, pipeline.how)
        return shown(subject, begun(subject, tokens) if writes(subject) else tokens, chosen.text)
    x, y = (dataset.x_test, dataset.y_test) if chosen.test else (dataset.x, dataset.y)
    if chosen.index >= len(x):
        raise SpecError("stage.backprop.no_sample", place="index", value=chosen.index, count=len(x))
    texts = dataset.texts_test if chosen.test else dataset.texts
    if texts and not writes(subject):
        text = texts[chosen.index]
        found = shown(subject, cut(text, pipeline.how), text)
        return Seen(found.x, found.tokens, found.cut, text, int(y[chosen.index]))
    ids = x[chosen.index : chosen.index + 1]
    tokens = tuple(pipeline.decode(ids))
    return Seen(ids, tokens, 0, "".join(tokens).strip(END), None)


def shown(subject: Subject, tokens: list[str], text: str = "") -> Seen:
    """Return tokens as the network gets them."""
    pipeline = pipeline_of(subject)
    length = pipeline.length
    left = tokens[-length:] if pipeline.keep == "end" else tokens[:length]
    x = pipeline.fitted(pipeline.numbers(left))[None]
    return Seen(x, tuple(left), len(tokens) - len(left), text, None)


def begun(subject: Subject, tokens: list[str]) -> list[str]:
    """Return a text's tokens as the network is used to see them: with what stands before the first one."""
    return [END, *tokens] if ends(subject) >= 0 and tokens[:1] != [END] else tokens


def pipeline_of(subject: Subject) -> Pipeline:
    """Return how texts become ids.

    Raises:
        SpecError: if the data are no texts.
    """
    pipeline = subject.dataset.pipeline
    if pipeline is None:
        raise SpecError("stage.text.no_text")
    return pipeline


def writes(subject: Subject) -> bool:
    """Tell whether the network says what comes next: its classes are the tokens themselves."""
    dataset = subject.dataset
    return dataset.pipeline is not None and subject.experiment.data.pattern() == "one-to-many"


def ends(subject: Subject) -> int:
    """Return the id of the token that stands before and behind each text; −1 where texts have neither."""
    if not isinstance(subject.experiment.data, Idioms):
        return -1
    return pipeline_of(subject).ids[END]


def require_small(subject: Subject, passes: int, most: float = MOST_FLOPS) -> None:
    """Refuse what would take too long.

    Raises:
        SpecError: if the network needs more than `most` operations for one text, or 100 times as many for all.
    """
    flops = subject.experiment.model.flops(subject.dataset.input_shape)
    if flops > most or flops * passes > 100 * most:
        raise SpecError("stage.text.too_large", value=f"{flops / 1e6:,.0f}", bound=f"{most / 1e6:,.0f}")


def padded(x: Array) -> int:
    """Return how many steps of a text (1, T) are padding."""
    return int((np.asarray(x) == PADDING).cumprod(axis=1).sum())
