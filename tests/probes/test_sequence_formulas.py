"""Every unit of every layer of sequences opens into formulas that anybody can recalculate, at any step of time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground.probes.asks import Scene, answer
from playground.probes.backprop import Sample, walk
from playground.spec import Experiment, LayerSpec, LossSpec
from playground.spec.layers import Dropout, Flatten, LayerNorm, Linear, Softmax, Tanh
from playground.spec.recurrent_layers import GRU, LSTM, RNN
from playground.spec.sequence_layers import (
    AvgPool1d,
    Conv1d,
    Embedding,
    GlobalAvgPool1d,
    GlobalMaxPool1d,
    MaxPool1d,
)
from tests.images import sequence_kinds
from tests.probes.recalculation import check
from tests.probes.test_backprop import scene
from tests.probes.test_formulas import compare, opened, reached

LAYERS = (
    RNN(hidden_size=2),
    RNN(hidden_size=2, nonlinearity="relu", num_layers=2, bidirectional=True, return_sequences=True),
    LSTM(hidden_size=2, num_layers=2, bidirectional=True),
    LSTM(hidden_size=2, return_sequences=True, truncate=3),
    GRU(hidden_size=2, bidirectional=True),
    GRU(hidden_size=2, num_layers=2, return_sequences=True, dropout=0.4),
    Conv1d(out_channels=2, l1=0.01, l2=0.1),
    Conv1d(out_channels=2, kernel_size=2, padding="causal", dilation=2, bias=False),
    Conv1d(out_channels=2, kernel_size=3, padding=2, stride=2),
    MaxPool1d(),
    MaxPool1d(kernel_size=3, stride=1, padding=1),
    AvgPool1d(kernel_size=3, stride=2, padding=1),
    GlobalMaxPool1d(),
    GlobalAvgPool1d(),
    LayerNorm(),
    Softmax(),
    Linear(out_features=3, l2=0.1),
)
TEXT = {"kind": "Polarity", "length": 8}
SERIES = {"kind": "Adding", "length": 6, "count": 100}
COPY = {"kind": "CopyDelay", "delay": 1, "symbols": 2, "alphabet": 2, "count": 100}


def experiment(data: dict[str, Any], layers: tuple[LayerSpec, ...], loss: str) -> Experiment:
    plain = {"data": data, "model": {"layers": [layer.plain() for layer in layers]}, "loss": {"kind": loss}}
    return Experiment.from_plain(plain)


def test_the_catalogue_of_sequences_is_opened_whole() -> None:
    assert {type(spec) for spec in LAYERS} | {Embedding} >= set(sequence_kinds())


@pytest.mark.parametrize("spec", LAYERS, ids=repr)
def test_every_layer_of_sequences_has_its_formula_behind_padding(spec: LayerSpec) -> None:
    """Of a short word: before it begins, at its first letter, inside and at the end."""
    behind: tuple[LayerSpec, ...] = (Linear(out_features=1),)
    first = Embedding(num_embeddings=28, embedding_dim=3)
    layers = (first, Linear(out_features=3), Tanh(), spec)
    if len(experiment(TEXT, layers, "MSE").model.output_shape((8,))) == 2:
        behind = (GRU(hidden_size=2), *behind)
    given = scene(experiment(TEXT, (*layers, *behind), "BCEWithLogits"))
    index = short_word(given)
    for column, at in enumerate(walk(given, Sample(index=index)).columns):
        for unit in {0, 1, at.units // 2, at.units - 3, at.units - 2, at.units - 1} & set(range(at.units)):
            compare(given, column, unit, index)


def short_word(given: Scene) -> int:
    lengths = (given.subject.dataset.x != 0).sum(1)
    return int(np.flatnonzero((lengths > 3) & (lengths < 6))[0])


@pytest.mark.parametrize("spec", LAYERS, ids=repr)
def test_every_layer_of_sequences_has_its_formula_on_numbers(spec: LayerSpec) -> None:
    behind: tuple[LayerSpec, ...] = (Tanh(), Dropout(p=0.2), Flatten(), Linear(out_features=1))
    given = scene(experiment(SERIES, (spec, *behind), "MSE"))
    for column, at in enumerate(walk(given, Sample()).columns):
        for unit in {0, 1, at.units // 2, at.units - 1} & set(range(at.units)):
            compare(given, column, unit, 3)


@pytest.mark.parametrize("kind", list(LossSpec.catalogue()))
def test_every_loss_has_its_formula_where_each_step_has_an_answer(kind: str) -> None:
    """Some steps are not judged: their outputs have no slope."""
    loss = LossSpec.catalogue()[kind]
    last: tuple[LayerSpec, ...] = (Softmax(),) if loss.wants == "probabilities" else ()
    layers = (LSTM(hidden_size=3, return_sequences=True), Linear(out_features=2), *last)
    given = scene(experiment(COPY, layers, kind))
    found = answer("backprop", given, {"index": 2}).plain
    for block in found["loss_blocks"]:
        check(block)
    reached(found["loss_blocks"][-1], found["loss"], 1.0)
    at = walk(given, Sample(index=2)).columns[1]
    for unit in range(at.units):
        compare(given, 1, unit, 2)
    silent = opened(given, 1, 0, 2)["backward"]
    if loss.targets == "classes":
        assert {"kind": "note", "key": "not_judged", "values": {}} in silent


def test_a_cell_opens_like_the_textbook() -> None:
    given = scene(experiment(SERIES, (LSTM(hidden_size=3), Linear(out_features=1)), "MSE"))
    found = opened(given, 0, 1)
    lefts = [block.get("left") for block in found["forward"]]
    assert lefts == [None, "a", "i", "a", "f", "a", "g", "a", "o", "c", "a"]
    assert found["forward"][0] == {"kind": "note", "key": "step", "values": {"t": "6"}}
    names = {row["name"] for row in found["gradient"]}
    assert {"bⁱ", "b′ᶠ"} <= names, "biases are always among them"
    tensor, place = found["weight"]
    assert tensor.startswith("0.")
    assert found["update"], place
