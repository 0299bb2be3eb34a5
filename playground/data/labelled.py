"""Texts with a class each, as a data set: cut into tokens, numbered by a vocabulary of the training part alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from playground.data.dataset import Dataset, Scaling
from playground.data.splitting import split, stratified_split
from playground.data.tokens import UNKNOWN, Pipeline, learned
from playground.spec.random import stream
from playground.spec.text_data import Texts

NO_SCALING = Scaling("none", np.zeros(1), np.ones(1))
"""Ids are names of tokens; there is nothing to scale."""
Notes = tuple[tuple[str, tuple[tuple[str, object], ...]], ...]


def labelled(
    spec: Texts,
    texts: tuple[str, ...],
    classes: npt.NDArray[np.int64],
    class_names: Sequence[str],
    *,
    source: str,
    licence: str,
    named: bool = False,
    notes: Notes = (),
) -> Dataset:
    """Return the data set of texts (N,) with classes (N,): x (N, T) ids, y (N,); each class shared out like the whole.

    Words that only the test part has are unknown there, as they would be in the world.
    """
    num_train = spec.num_samples()[0]
    order = stream(spec.seed, "split", spec.kind)
    if np.bincount(classes).min() >= 2:
        train, test = stratified_split(classes, num_train, order)
    else:
        train, test = split(len(texts), num_train, order)
    mine, held_back = tuple(texts[i] for i in train), tuple(texts[i] for i in test)
    pipeline = Pipeline(spec.tokens, learned(mine, spec.tokens, spec.vocabulary), spec.length, spec.keep)
    x, x_test = pipeline.encode(mine), pipeline.encode(held_back)
    return Dataset(
        x=x,
        y=classes[train],
        x_test=x_test,
        y_test=classes[test],
        target=spec.target(),
        class_names=tuple(class_names),
        feature_names=(),
        points=None,
        points_test=None,
        scaling=NO_SCALING,
        source=source,
        licence=licence,
        named=named,
        vocabulary=pipeline.vocabulary,
        pipeline=pipeline,
        texts=mine,
        texts_test=held_back,
        notes=(*notes, *_told(pipeline, mine, x_test)),
    )


def _told(pipeline: Pipeline, texts: Sequence[str], x_test: npt.NDArray[np.float32]) -> Notes:
    """Say how large the vocabulary is, how many texts were too long, and how much of the test part is unknown."""
    long = sum(len(pipeline.tokens(text)) > pipeline.length for text in texts)
    found: Notes = (("vocabulary", (("size", len(pipeline.vocabulary)),)),)
    if long:
        found += (("texts_cut", (("count", long), ("total", len(texts)), ("length", pipeline.length))),)
    known = x_test[x_test > 0]
    if known.size and (unknown := float((known == UNKNOWN).mean())) > 0:
        found += (("texts_unknown", (("share", f"{100 * unknown:.1f}"),)),)
    return found
