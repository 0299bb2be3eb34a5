"""Running text to go on writing: Python's own documentation, idioms, a visitor's text. Character by character.

Legend: N windows, T characters each. x (N, T) are ids, y (N, T) the id of the character behind each; −100 where that is
padding or not in the vocabulary, so that nobody learns to say it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt

from playground.data.dataset import Dataset
from playground.data.labelled import NO_SCALING, Notes
from playground.data.loading import loads
from playground.data.source_files import IDIOMS as IDIOM_FILE
from playground.data.source_files import read
from playground.data.splitting import split
from playground.data.tokens import SPECIAL, UNKNOWN, Pipeline, learned
from playground.spec import SpecError
from playground.spec.losses import IGNORED
from playground.spec.random import stream
from playground.spec.text_data import Corpus, Idioms, Running

END = "\n"
"""What stands before and behind an idiom."""


@loads(Corpus)
def corpus(spec: Corpus, folder: Path | None) -> Dataset:
    """The pages of `help()` in the order of their names, as this interpreter has them; underlines are left out."""
    text = _plain(python_documentation())[: spec.count]
    if len(text) < spec.count:
        raise SpecError("text.corpus_short", place="data.count", value=spec.count, found=len(text))
    return running(spec, text, source="source.python_docs", licence="Python Software Foundation License")


@loads(Idioms)
def idioms(spec: Idioms, folder: Path | None) -> Dataset:
    """Phrases of four Chinese characters, all of them among the most frequent ones of such phrases."""
    phrases = json.loads(read(IDIOM_FILE, folder).decode("utf-8"))
    four = [phrase for phrase in phrases if len(phrase) == 4]
    counts = Counter(character for phrase in four for character in phrase)
    common = [character for character, _ in counts.most_common(spec.characters)]
    known = set(common)
    chosen = [phrase for phrase in four if known.issuperset(phrase)]
    train, test = split(len(chosen), spec.num_samples()[0], stream(spec.seed, "split", spec.kind))
    pipeline = Pipeline("characters", (*SPECIAL, END, *common), 5)
    mine, held_back = (tuple(chosen[i] for i in part) for part in (train, test))
    x, y = _continued(pipeline, mine)
    x_test, y_test = _continued(pipeline, held_back)
    return _dataset(
        spec,
        pipeline,
        (x, y, x_test, y_test),
        (mine, held_back),
        source="source.idioms_about",
        licence=IDIOM_FILE.licence,
        notes=(("idioms", (("count", len(chosen)), ("total", len(four)))),),
    )


def running(spec: Running, text: str, *, source: str, licence: str, notes: Notes = ()) -> Dataset:
    """Return the data set of a text: windows side by side, its end held back, the vocabulary from the other part."""
    num_train, num_test = spec.num_samples()
    held_back = round(len(text) * spec.test_fraction)
    begins = len(text) - held_back
    pipeline = Pipeline("characters", learned((text[:begins],), "characters", spec.vocabulary), spec.length)
    ids = np.array(pipeline.numbers(text), np.int64)
    x, y = _windows(ids[:begins], spec.length, num_train)
    x_test, y_test = _windows(ids[begins:], spec.length, num_test)
    cut = [
        tuple(text[start + i * spec.length : start + (i + 1) * spec.length] for i in range(count))
        for start, count in ((0, num_train), (begins, num_test))
    ]
    rare = float((ids == UNKNOWN).mean())
    told: Notes = (("characters", (("count", len(text)), ("size", len(pipeline.vocabulary)))),)
    if rare > 0:
        told += (("characters_rare", (("share", f"{100 * rare:.2g}"),)),)
    return _dataset(
        spec,
        pipeline,
        (x, y, x_test, y_test),
        (cut[0], cut[1]),
        source=source,
        licence=licence,
        notes=(*notes, *told),
    )


def python_documentation() -> str:
    """Return what `help()` knows about the language: about 460,000 characters, a little else in each version."""
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise SpecError("text.no_documentation", place="data.kind", value="Corpus") from None
    return "\n".join(topics[name] for name in sorted(topics))


def _plain(text: str) -> str:
    """Return the text in composed letters, without lines that only draw, and without the wide gaps of its tables."""
    lines = (line.rstrip() for line in unicodedata.normalize("NFC", text).splitlines())
    written = (line for line in lines if not line or set(line) - set("*=-~^#+| "))
    return "\n".join(re.sub(r"(?<=\S) {3,}", "  ", re.sub(r"^ {9,}", " " * 8, line)) for line in written)


def _windows(
    ids: npt.NDArray[np.int64], length: int, count: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Return ids (N, T) and those one further on (N, T)."""
    x = ids[: count * length].reshape(count, length)
    y = ids[1 : count * length + 1].reshape(count, length)
    return x.astype(np.float32), np.where(y > UNKNOWN, y, IGNORED)


def _continued(
    pipeline: Pipeline, phrases: tuple[str, ...]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Return a beginning and the phrase (N, 5), and the phrase and an end (N, 5)."""
    whole = [pipeline.numbers(f"{END}{phrase}{END}") for phrase in phrases]
    ids = np.array(whole, np.int64).reshape(len(phrases), 6)
    return ids[:, :-1].astype(np.float32), ids[:, 1:]


def _dataset(
    spec: Running | Idioms,
    pipeline: Pipeline,
    arrays: tuple[
        npt.NDArray[np.float32], npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.int64]
    ],
    texts: tuple[tuple[str, ...], tuple[str, ...]],
    *,
    source: str,
    licence: str,
    notes: Notes,
) -> Dataset:
    x, y, x_test, y_test = arrays
    return Dataset(
        x=x,
        y=y,
        x_test=x_test,
        y_test=y_test,
        target=spec.target(),
        class_names=pipeline.vocabulary + ("",) * (spec.num_tokens() - len(pipeline.vocabulary)),
        feature_names=(),
        points=None,
        points_test=None,
        scaling=NO_SCALING,
        source=source,
        licence=licence,
        vocabulary=pipeline.vocabulary,
        pipeline=pipeline,
        texts=texts[0],
        texts_test=texts[1],
        notes=notes,
    )
