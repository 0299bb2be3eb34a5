"""What is told of a text is what the network does with it: its way, its answer after each token, what that rests on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground.probes import asks
from playground.probes.asks import Scene
from playground.probes.backprop import calm_net
from playground.probes.registry import Subject, compute
from playground.probes.sequence.dependence import log_probability
from playground.probes.sequence.embedding import cosines, laid_out
from playground.spec import SpecError
from tests.probes.reading import LETTERS, WORDS, reader, writer

EMBEDDING = {"kind": "Embedding", "num_embeddings": 8, "embedding_dim": 3}
HEAD = {"kind": "Linear", "out_features": 2}
READERS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "lstm": ([EMBEDDING, {"kind": "LSTM", "hidden_size": 4}, HEAD], "CrossEntropy"),
    "both ways": (
        [EMBEDDING, {"kind": "GRU", "hidden_size": 3, "bidirectional": True}, HEAD],
        "CrossEntropy",
    ),
    "stacked": (
        [
            EMBEDDING,
            {"kind": "RNN", "hidden_size": 4, "num_layers": 2, "dropout": 0.3},
            {"kind": "Dropout"},
            HEAD,
        ],
        "CrossEntropy",
    ),
    "sigmoid": (
        [
            EMBEDDING,
            {"kind": "RNN", "hidden_size": 4},
            {"kind": "Linear", "out_features": 1},
            {"kind": "Sigmoid"},
        ],
        "BCE",
    ),
    "one logit": (
        [EMBEDDING, {"kind": "RNN", "hidden_size": 4}, {"kind": "Linear", "out_features": 1}],
        "BCEWithLogits",
    ),
    "scores": (
        [
            EMBEDDING,
            {"kind": "RNN", "hidden_size": 4},
            {"kind": "Linear", "out_features": 1},
            {"kind": "Tanh"},
        ],
        "MSE",
    ),
}
WRITER = [
    {"kind": "Embedding", "num_embeddings": 7, "embedding_dim": 3},
    {"kind": "LSTM", "hidden_size": 5, "return_sequences": True},
    {"kind": "Linear", "out_features": 7},
]
TEXT = "the film not strange"  # the last word is not in the vocabulary


def log_p(
    scene: Scene, x: np.ndarray, target: int, layer: int = 0, row: int = -1, change: Any = 0.0
) -> float:
    """log p of a class in float64, with one row of the embedding changed."""
    state = {name: values.copy() for name, values in scene.subject.state.items()}
    if row >= 0:
        state[f"{layer}.weight"][row] += change
    subject = Subject(scene.subject.experiment, scene.subject.dataset, state)
    outputs = calm_net(subject).forward(x.astype(np.float64))
    outputs = outputs[:, -1] if outputs.ndim == 3 else outputs
    return float(log_probability(subject.experiment, outputs, np.array([target]))[0][0])


@pytest.mark.parametrize("name", READERS)
def test_what_an_answer_rests_on_is_its_slope_by_each_vector(name: str) -> None:
    scene = reader(*READERS[name])
    found = asks.answer("dependence", scene, {"text": TEXT, "target": 1})
    pipeline = scene.subject.dataset.pipeline
    assert pipeline is not None
    ids = pipeline.numbers(pipeline.tokens(TEXT))
    weight, h = scene.subject.state["0.weight"], 1e-5
    for length in (2, 4):
        x = pipeline.fitted(ids[:length])[None]
        for back, token in enumerate(reversed(ids[:length])):
            slope = [
                (log_p(scene, x, 1, row=token, change=h * e) - log_p(scene, x, 1, row=token, change=-h * e))
                / (2 * h)
                for e in np.eye(3)
            ]
            np.testing.assert_allclose(
                found.arrays["slope"][length - 1, back], np.linalg.norm(slope), atol=1e-6
            )
            np.testing.assert_allclose(
                found.arrays["push"][length - 1, back], weight[token] @ slope, atol=1e-6
            )
        assert not found.arrays["slope"][length - 1, length:].any()
        np.testing.assert_allclose(found.arrays["log"][length - 1], log_p(scene, x, 1), rtol=1e-5)


def test_what_a_written_token_rests_on_is_the_slope_of_its_own_probability() -> None:
    scene = writer(WRITER)
    ids = [3, 4, 5, 6, 2, 5, 4]
    found = asks.answer("dependence", scene, {"ids": ids, "first": 6, "count": 1})
    assert found.plain == {"first": 6, "targets": [4], "size": 7}
    x = np.array([[4, 5, 6, 2, 5]], np.float32)  # the last five before it; 5 stands there twice
    h = 1e-5
    for back, token in ((1, 2), (2, 6), (4, 4)):
        slope = [
            (log_p(scene, x, 4, row=token, change=h * e) - log_p(scene, x, 4, row=token, change=-h * e))
            / (2 * h)
            for e in np.eye(3)
        ]
        np.testing.assert_allclose(found.arrays["slope"][0, back], np.linalg.norm(slope), atol=1e-6)


@pytest.mark.parametrize("name", READERS)
def test_the_way_of_a_text_is_what_the_network_computes(name: str) -> None:
    scene = reader(*READERS[name])
    found = asks.answer("pipeline", scene, {"text": TEXT})
    assert found.plain["tokens"] == TEXT.split()
    assert found.plain["ids"] == [6, 5, 4, 1]
    assert (found.plain["padding"], found.plain["cut"], found.plain["truth"]) == (2, 0, None)
    x = np.array([[0, 0, 6, 5, 4, 1]], np.float32)
    np.testing.assert_allclose(
        found.arrays["band/0"], scene.subject.state["0.weight"][x[0].astype(int)], rtol=1e-6
    )
    traced = scene.subject.net().trace(x)
    last = traced[1][0]
    steps = found.arrays["band/1"]
    width = steps.shape[1] // (2 if name == "both ways" else 1)
    np.testing.assert_allclose(steps[-1, :width], last[:width], atol=1e-6)
    assert not steps[:2].any()  # nothing is read before the text begins
    whole = found.arrays["after"]
    assert whole.shape == (4, 2)
    np.testing.assert_allclose(whole.sum(axis=1), 1, atol=1e-5)
    shorter = asks.answer("pipeline", scene, {"text": "the film not"})
    np.testing.assert_allclose(shorter.arrays["after"][-1], whole[2], atol=1e-6)
    assert found.plain["taken_for"] == whole[-1].argmax()


def test_a_text_that_is_too_long_keeps_its_end_and_says_so() -> None:
    found = asks.answer("pipeline", reader(*READERS["lstm"]), {"text": "a good film " * 3}).plain
    assert found["tokens"] == ["a", "good", "film"] * 2
    assert (found["cut"], found["padding"]) == (3, 0)


def test_a_sample_has_its_words_and_its_truth() -> None:
    scene = reader(*READERS["lstm"])
    found = asks.answer("pipeline", scene, {"index": 2}).plain
    assert found["text"] == "a bad bad bad film the end"
    assert found["tokens"] == ["bad", "bad", "bad", "film", "the", "end"]
    assert (found["truth"], found["cut"]) == (0, 1)
    with pytest.raises(SpecError):
        asks.answer("pipeline", scene, {"index": 4})


def test_a_text_without_a_word_has_nothing_to_tell() -> None:
    scene = reader(*READERS["lstm"])
    found = asks.answer("pipeline", scene, {"text": "… — !"})
    assert found.plain["tokens"] == []
    assert found.arrays["after"].shape == (0, 2)
    with pytest.raises(SpecError) as refused:
        asks.answer("dependence", scene, {"text": ""})
    assert refused.value.key == "text.empty"


def test_a_network_that_writes_tells_what_it_expects_after_every_letter() -> None:
    scene = writer(WRITER)
    found = asks.answer("pipeline", scene, {"text": "abx"})
    assert found.plain["writes"]
    assert found.plain["ids"] == [3, 4, 1]
    assert found.plain["truth"] is None
    outputs = scene.subject.net().forward(np.array([[0, 0, 3, 4, 1]], np.float32))[0, -3:]
    expected = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.arrays["after"], expected, atol=1e-6)


def test_data_without_texts_are_refused() -> None:
    scene = reader(*READERS["lstm"])
    bare = Scene(
        Subject(
            scene.subject.experiment,
            type(scene.subject.dataset)(**{**vars(scene.subject.dataset), "pipeline": None}),
            scene.subject.state,
        )
    )
    for what, asked in (("pipeline", {}), ("writing", {}), ("nearest_tokens", {"token": 2})):
        with pytest.raises(SpecError) as refused:
            asks.answer(what, bare, asked)
        assert refused.value.key == "stage.text.no_text"
    with pytest.raises(SpecError) as refused:
        asks.answer("writing", scene, {})
    assert refused.value.key == "stage.text.no_writer"


def test_the_map_is_the_plane_of_the_largest_variance() -> None:
    vectors = np.random.default_rng(0).standard_normal((40, 5)) * [3, 0.1, 2, 0.1, 0.1] + 7
    places, share = laid_out(vectors)
    centred = vectors - vectors.mean(axis=0)
    _, size, axes = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(np.abs(places), np.abs(centred @ axes[:2].T), atol=1e-9)
    np.testing.assert_allclose(share, (size**2 / (size**2).sum())[:2])
    again, _ = laid_out(vectors)
    np.testing.assert_array_equal(again, places)
    alone, share = laid_out(np.ones((3, 1)))
    assert not alone.any()
    assert not share.any()


@pytest.mark.parametrize("name", ["one logit", "lstm"])
def test_the_map_of_a_reader_tells_its_answer_to_texts_with_each_word(name: str) -> None:
    scene = reader(*READERS[name])
    found = compute("embedding", scene.subject)
    assert found["embedding/map"].shape == (len(WORDS) - 1, 2)
    x = scene.subject.dataset.x
    said = [asks.answer("pipeline", scene, {"index": n}).arrays["after"][-1] for n in range(len(x))]
    for token in range(1, len(WORDS)):
        with_it = [said[n] for n, ids in enumerate(x) if token in ids]
        mean = np.mean(with_it, axis=0) if with_it else np.zeros(1)
        assert found["embedding/class"][token - 1] == mean.argmax()
        assert found["embedding/sure"][token - 1] == pytest.approx(255 * mean.max(), abs=0.51)


def test_the_nearest_tokens_are_those_of_the_smallest_angle() -> None:
    scene = reader(*READERS["lstm"])
    weight = scene.subject.state["0.weight"]
    found = asks.answer("nearest_tokens", scene, {"token": 3, "count": 3}).plain
    expected = {
        token: weight[token] @ weight[3] / np.linalg.norm(weight[token]) / np.linalg.norm(weight[3])
        for token in range(1, 8)
        if token != 3
    }
    best = sorted(expected, key=lambda token: -expected[token])[:3]
    assert [each["id"] for each in found["near"]] == best
    assert found["near"][0]["cosine"] == pytest.approx(expected[best[0]])
    assert found["length"] == pytest.approx(np.linalg.norm(weight[3]))
    assert cosines(np.zeros((3, 2)), 1).tolist() == [0, 0, 0]


def test_letters_of_a_writer_have_a_map_without_answers() -> None:
    found = compute("embedding", writer(WRITER).subject)
    assert set(found) == {"embedding/map", "embedding/share"}
    assert len(found["embedding/map"]) == len(LETTERS) - 1


def test_the_gates_of_a_typed_text_are_those_of_its_ids() -> None:
    scene = reader(*READERS["lstm"])
    found = asks.answer("theatre", scene, {"text": "the film not bad"})
    sample = asks.answer("theatre", scene, {"index": 0})  # the same text, as the data have it
    assert set(found.arrays) == set(sample.arrays)
    for name, values in sample.arrays.items():
        np.testing.assert_array_equal(found.arrays[name], values)
    with pytest.raises(SpecError) as refused:
        asks.answer("theatre", scene, {"text": " "})
    assert refused.value.key == "text.empty"
