"""A language model as what it is: a function from a text so far to how probable each token is to come next.

It is shown the last T tokens, padded on the left as in training, and begins each time with empty memory: what it says
of a text does not depend on how the text came about. Where texts have ends, it sees what follows the last one.

Legend: P texts, T steps, V tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from playground.data.tokens import PADDING, UNKNOWN
from playground.probes.registry import Array, Subject
from playground.probes.sequence.subject import ends, pipeline_of, writes
from playground.spec import Experiment, SpecError
from playground.spec.fit import output_bounds

SMALLEST = 1e-30
PORTION = 64
"""Texts that are read at once."""


class Reader:
    """The network of a subject, reading.

    Attributes:
        end: the token between texts; −1 where there is none.
        never: ids that are no text.

    Raises:
        SpecError: if it does not say what comes next.
    """

    def __init__(self, subject: Subject) -> None:
        pipeline = pipeline_of(subject)
        if not writes(subject):
            raise SpecError("stage.text.no_writer")
        self.subject, self.pipeline = subject, pipeline
        self.end = ends(subject)
        size = subject.dataset.target.size
        self.never = (PADDING, UNKNOWN, *range(len(pipeline.vocabulary), size))
        self._net = subject.net()

    def windows(self, texts: Sequence[Sequence[int]]) -> Array:
        """Return texts of any length as the network sees them, (P, T) float32."""
        found = np.zeros((len(texts), self.pipeline.length), np.float32)
        for row, text in zip(found, texts, strict=True):
            last = text[self.start(text) :]
            row[len(row) - len(last) :] = last
        return found

    def start(self, text: Sequence[int]) -> int:
        """Return the place of the first token of a text that the network sees."""
        least = max(0, len(text) - self.pipeline.length)
        places = (place for place in range(len(text) - 1, least, -1) if text[place] == self.end)
        return next(places, least)

    def scores(self, texts: Sequence[Sequence[int]]) -> Array:
        """Return the logarithms of how probable each token is after each text, up to a constant: (P, V) float64.

        Raises:
            SpecError: if they are not finite.
        """
        found = [
            last_step(self._net.forward(self.windows(texts[start : start + PORTION])))
            for start in range(0, len(texts), PORTION)
        ]
        scores = logarithms(self.subject.experiment, np.concatenate(found).astype(np.float64))
        if not np.isfinite(scores).all():
            raise SpecError("stage.backprop.not_finite")
        return scores


def last_step(outputs: Array) -> Array:
    """Return what a network gives at the end of its sequences: (P, T, V) or (P, V) in, (P, V) out."""
    return outputs[:, -1] if outputs.ndim == 3 else outputs


def logarithms(experiment: Experiment, outputs: Array) -> Array:
    """Return outputs (…, V) as logits: those of a last Softmax are probabilities already."""
    if output_bounds(experiment.model) == (0, 1):
        return np.log(np.maximum(outputs, SMALLEST))
    return outputs
