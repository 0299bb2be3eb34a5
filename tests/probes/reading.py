"""Small networks that read and write, on vocabularies of a few letters, for the questions about texts."""

from __future__ import annotations

from typing import Any

import numpy as np

from playground.data.dataset import Dataset, Scaling
from playground.data.tokens import SPECIAL, Pipeline
from playground.probes.asks import Scene
from playground.probes.registry import Subject
from playground.spec import Experiment, ModelSpec, Target

WORDS = (*SPECIAL, "good", "bad", "not", "film", "the", "a")
LETTERS = (*SPECIAL, "\n", "a", "b", "c", "d")


def reader(
    layers: list[dict[str, Any]], loss: str = "CrossEntropy", *, classes: int = 2, seed: int = 1
) -> Scene:
    """Return a network that tells classes of texts of at most 6 words apart, untrained."""
    data = {"kind": "Typed", "length": 6, "vocabulary": len(WORDS)}
    texts = ("the film not bad", "good good film", "a bad bad bad film the end", "strange")
    pipeline = Pipeline("words", WORDS, 6)
    x, y = pipeline.encode(texts), np.array([1, 1, 0, 0]) % classes
    names = tuple("abcdefgh"[:classes])
    return _scene(data, layers, loss, pipeline, x, y, Target("classes", classes), names, texts, seed)


def writer(layers: list[dict[str, Any]], *, idioms: bool = False, length: int = 5, seed: int = 1) -> Scene:
    """Return a network that says which of 4 letters comes next, untrained; of `idioms` texts have an end."""
    data = (
        {"kind": "Idioms", "characters": 300}
        if idioms
        else {"kind": "Corpus", "length": length, "vocabulary": 7}
    )
    length = 5 if idioms else length
    pipeline = Pipeline("characters", LETTERS, length)
    texts = ("abcd" * 4)[:length], ("dcba" * 4)[:length]
    x = pipeline.encode(texts)
    y = np.roll(x, -1, axis=1).astype(np.int64)
    size = 303 if idioms else 7
    target = Target("classes", size, length)
    return _scene(data, layers, "CrossEntropy", pipeline, x, y, target, LETTERS, (), seed)


def _scene(
    data: dict[str, Any],
    layers: list[dict[str, Any]],
    loss: str,
    pipeline: Pipeline,
    x: np.ndarray,
    y: np.ndarray,
    target: Target,
    names: tuple[str, ...],
    texts: tuple[str, ...],
    seed: int,
) -> Scene:
    experiment = Experiment.parse({"data": data, "model": {"layers": layers}, "loss": {"kind": loss}})
    dataset = Dataset(
        x=x,
        y=y,
        x_test=x[:0],
        y_test=y[:0],
        target=target,
        class_names=names,
        feature_names=(),
        points=None,
        points_test=None,
        scaling=Scaling("none", np.zeros(1), np.ones(1)),
        source="",
        licence="",
        vocabulary=pipeline.vocabulary,
        pipeline=pipeline,
        texts=texts,
    )
    state = ModelSpec.parse({"layers": layers}).init(dataset.input_shape, seed)
    rng = np.random.default_rng(seed)
    state = {name: values + 0.4 * rng.standard_normal(values.shape) for name, values in state.items()}
    for name in state:
        if name.endswith("weight") and name.startswith("0."):
            state[name][0] = 0
    return Scene(Subject(experiment, dataset, state), step=7)
