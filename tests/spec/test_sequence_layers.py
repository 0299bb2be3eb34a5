"""Layers of sequences: shapes, refusals, and what is offered where they do not fit together."""

from __future__ import annotations

from typing import Any

import pytest

from playground.spec import Experiment, LayerSpec, ModelSpec, SpecError, advise
from playground.spec.growing import grown
from playground.spec.layers import Dropout, LayerNorm, Linear, Softmax
from playground.spec.limits import estimate
from playground.spec.recurrent_layers import GRU, LSTM, RNN
from playground.spec.sequence_layers import AvgPool1d, Conv1d, Embedding, GlobalAvgPool1d, MaxPool1d

WORDS = {"kind": "Polarity"}
SERIES = {"kind": "Waves", "window": 12}
STEPS = {"kind": "CopyDelay"}


def experiment(data: dict[str, Any], *layers: LayerSpec, loss: str = "MSE") -> Experiment:
    plain = {"data": data, "model": {"layers": [layer.plain() for layer in layers]}, "loss": {"kind": loss}}
    return Experiment.from_plain(plain)


@pytest.mark.parametrize(
    ("layer", "shape", "after"),
    [
        (Embedding(embedding_dim=5), (7,), (7, 5)),
        (RNN(hidden_size=4), (7, 3), (4,)),
        (LSTM(hidden_size=4, bidirectional=True, return_sequences=True, num_layers=3), (7, 3), (7, 8)),
        (GRU(hidden_size=4, bidirectional=True), (7, 3), (8,)),
        (Conv1d(out_channels=2, kernel_size=3), (7, 3), (5, 2)),
        (Conv1d(out_channels=2, kernel_size=4, padding="same"), (7, 3), (7, 2)),
        (Conv1d(out_channels=2, kernel_size=3, padding="causal", dilation=2, stride=2), (7, 3), (4, 2)),
        (MaxPool1d(kernel_size=2), (7, 3), (3, 3)),
        (AvgPool1d(kernel_size=3, stride=1, padding=1), (7, 3), (7, 3)),
        (GlobalAvgPool1d(), (7, 3), (3,)),
        (Linear(out_features=2), (7, 3), (7, 2)),
        (LayerNorm(), (7, 3), (7, 3)),
        (Softmax(), (7, 3), (7, 3)),
    ],
)
def test_what_comes_out(layer: LayerSpec, shape: tuple[int, ...], after: tuple[int, ...]) -> None:
    assert layer.output(shape) == after


@pytest.mark.parametrize(
    ("layer", "shape", "key"),
    [
        (Embedding(), (7, 3), "error.needs_tokens"),
        (LSTM(), (7,), "error.needs_sequence"),
        (GRU(), (1, 8, 8), "error.needs_sequence"),
        (Conv1d(kernel_size=9), (7, 3), "error.window"),
        (Conv1d(padding="same", stride=2), (7, 3), "error.same_stride"),
        (MaxPool1d(kernel_size=2, padding=2), (7, 3), "error.pool_padding"),
        (Linear(), (1, 8, 8), "error.needs_vector"),
    ],
)
def test_what_does_not_fit_is_refused(layer: LayerSpec, shape: tuple[int, ...], key: str) -> None:
    with pytest.raises(SpecError) as refusal:
        layer.output(shape)
    assert refusal.value.key == key


def test_only_the_first_layer_looks_tokens_up() -> None:
    with pytest.raises(SpecError) as refusal:
        ModelSpec(layers=(Linear(out_features=4), Embedding())).shapes((7,))
    assert (refusal.value.key, refusal.value.place) == ("error.embedding_first", "layers.1")


def mended(given: Experiment, key: str) -> Experiment:
    """Return what the complaint `key` offers instead."""
    advice = next(advice for advice in advise(given) if advice.key == key)
    assert advice.mend is not None
    assert "{" not in advice.text("en")
    assert "{" not in advice.text("zh")
    return advice.mend


def test_a_recurrent_layer_behind_another_makes_it_give_every_step() -> None:
    found = mended(experiment(SERIES, LSTM(), LSTM(), Linear(out_features=1)), "error.needs_sequence")
    assert found.model.layers[0] == LSTM(return_sequences=True)
    assert not [advice for advice in advise(found) if advice.level == "error"]


def test_one_answer_wants_the_last_state() -> None:
    given = experiment(SERIES, GRU(return_sequences=True), Linear(out_features=1))
    assert mended(given, "fit.one_answer").model.layers[0] == GRU()


def test_an_answer_at_each_step_wants_every_state() -> None:
    given = experiment(STEPS, GRU(), Linear(out_features=4), loss="CrossEntropy")
    found = mended(given, "fit.steps")
    assert found.model.layers[0] == GRU(return_sequences=True)
    assert not advise(found)
    wide = experiment(STEPS, GRU(return_sequences=True), Linear(out_features=9), loss="CrossEntropy")
    assert mended(wide, "fit.width_classes").model.layers[-1] == Linear(out_features=4)


def test_tokens_want_an_embedding_with_room_for_all() -> None:
    tokens = experiment(WORDS, Embedding(), RNN(), Linear(out_features=1)).data.num_tokens()
    plain = experiment(WORDS, Linear(out_features=1), loss="BCEWithLogits")
    assert mended(plain, "fit.needs_embedding").model.layers[0] == Embedding(num_embeddings=tokens)
    narrow = experiment(
        WORDS, Embedding(num_embeddings=5), RNN(), Linear(out_features=1), loss="BCEWithLogits"
    )
    assert mended(narrow, "fit.vocabulary").model.layers[0] == Embedding(num_embeddings=tokens)
    numbers = experiment({"kind": "Circles"}, Embedding(), Linear(out_features=1))
    assert mended(numbers, "fit.needs_numbers").model.layers == (Linear(out_features=1),)


def test_calm_layers_draw_nothing() -> None:
    assert LSTM(num_layers=2, dropout=0.3).calm() == LSTM(num_layers=2)
    assert ModelSpec(layers=(GRU(dropout=0.1), Dropout())).calm().layers[0] == GRU()


def test_parameters_and_cost_are_torchs_and_the_textbooks() -> None:
    """4 H (I + H) products a step, a multiplication and an addition each; two biases a row, as torch has them."""
    layer = LSTM(hidden_size=50)
    assert layer.parameters((30, 10)) == 4 * 50 * (10 + 50 + 2)
    assert layer.flops((30, 10)) == 30 * 2 * 4 * 50 * (10 + 50)
    long = experiment({**SERIES, "window": 100}, layer, Linear(out_features=1))
    short = experiment({**SERIES, "window": 50}, layer, Linear(out_features=1))
    assert estimate(long).memory > 1.8 * estimate(short).memory - 8 * 4 * layer.parameters((50, 1))
    assert estimate(long).step_flops > 1.9 * estimate(short).step_flops


def test_a_new_recurrent_layer_goes_below_the_one_that_is_there() -> None:
    head = Linear(out_features=1)
    assert grown((LSTM(), head), (12, 1), (GRU(),)) == (GRU(return_sequences=True), LSTM(), head)
    words = (Embedding(), GRU(), head)
    assert grown(words, (7,), (RNN(),)) == (Embedding(), RNN(return_sequences=True), GRU(), head)
    every = (GRU(return_sequences=True), head)
    assert grown(every, (7, 2), (LSTM(),)) == (GRU(return_sequences=True), LSTM(return_sequences=True), head)
    assert grown((LSTM(), head), (12, 1), (Conv1d(padding="causal"),)) == (
        Conv1d(padding="causal"),
        LSTM(),
        head,
    )
