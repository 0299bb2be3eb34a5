"""A text is written as its seed, its temperature and the network say, and it is told how each token came about."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.probes import asks
from playground.probes.sequence.sampling import bits, chances, distribution, draw
from playground.spec import SpecError
from tests.probes.reading import writer
from tests.probes.test_sequence_text import WRITER

SCORES = st.lists(st.floats(-20, 20), min_size=3, max_size=12)


def softmax(scores: Any) -> np.ndarray:
    weights = np.exp(np.asarray(scores, np.float64) - np.max(scores))
    return weights / weights.sum()


@given(SCORES, st.floats(0.05, 5), st.integers(0, 12))
def test_a_distribution_is_the_softmax_of_what_is_left(
    scores: list[float], temperature: float, k: int
) -> None:
    found = distribution(scores, temperature, k)
    assert found.sum() == pytest.approx(1)
    kept = found > 0
    count = min(k or len(scores), len(scores))
    assert kept.sum() <= count
    order = sorted(range(len(scores)), key=lambda token: -scores[token])[:count]
    expected = np.zeros(len(scores))
    expected[order] = softmax(np.array(scores)[order] / temperature)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@given(SCORES)
def test_without_heat_the_likeliest_is_always_drawn(scores: list[float]) -> None:
    found = distribution(scores, 0)
    assert found[int(np.argmax(scores))] == 1
    assert bits(found) == 0


def test_what_is_no_text_is_never_drawn() -> None:
    found = distribution([9.0, 8.0, 1.0, 0.0], 1.0, 1, never=(0, 1))
    assert found.tolist() == [0, 0, 1, 0]


@given(SCORES, st.floats(0, 1, exclude_max=True))
def test_only_what_is_possible_is_drawn(scores: list[float], u: float) -> None:
    p = distribution(scores, 1.0, 2)
    assert p[draw(p, u)] > 0


def test_tokens_are_drawn_as_often_as_they_are_probable() -> None:
    p = distribution([0.0, 1.0, 2.0, -1.0])
    drawn = [draw(p, u) for u in np.linspace(0, 1, 10_000, endpoint=False)]
    np.testing.assert_allclose(np.bincount(drawn, minlength=4) / 10_000, p, atol=2e-4)


def test_a_place_of_a_text_has_its_own_chance() -> None:
    whole = chances(3, 0, 40)
    np.testing.assert_array_equal(np.concatenate([chances(3, 0, 15), chances(3, 15, 25)]), whole)
    assert not np.array_equal(chances(4, 0, 40), whole)


def test_uncertainty_is_counted_in_bits() -> None:
    assert bits(np.full(8, 1 / 8)) == pytest.approx(3)


def test_a_text_is_the_same_whether_it_is_written_at_once_or_piece_by_piece() -> None:
    scene = writer(WRITER)
    whole = asks.answer("writing", scene, {"text": "ab", "count": 24, "seed": 5, "temperature": 1.3})
    again = asks.answer("writing", scene, {"text": "ab", "count": 24, "seed": 5, "temperature": 1.3})
    assert whole.plain == again.plain
    ids = asks.answer("writing", scene, {"text": "ab", "count": 9, "seed": 5, "temperature": 1.3}).plain[
        "ids"
    ]
    rest = asks.answer(
        "writing", scene, {"ids": ids, "count": 15, "since": 11, "seed": 5, "temperature": 1.3}
    )
    assert rest.plain["ids"] == whole.plain["ids"]
    for name in ("own", "drawn", "bits", "likely"):
        np.testing.assert_allclose(rest.arrays[name], whole.arrays[name][11:], atol=1e-5)
    other = asks.answer("writing", scene, {"text": "ab", "count": 24, "seed": 6, "temperature": 1.3})
    assert other.plain["ids"] != whole.plain["ids"]


def test_each_token_is_told_with_the_networks_own_probability() -> None:
    scene = writer(WRITER)
    found = asks.answer("writing", scene, {"text": "abcd", "count": 6, "top_k": 2})
    ids, arrays = found.plain["ids"], found.arrays
    assert len(ids) == 10
    assert found.plain["written"] == 6
    net = scene.subject.net()
    for place, token in enumerate(ids):
        x = np.zeros((1, 5), np.float32)
        seen = ids[:place][-5:]
        x[0, 5 - len(seen) :] = seen
        own = softmax(net.forward(x)[0, -1])
        np.testing.assert_allclose(arrays["sure"][place], own[token], rtol=1e-5)
        np.testing.assert_allclose(arrays["own"][place], own[arrays["likely"][place]], atol=1e-6)
        assert (arrays["drawn"][place] > 0).sum() == 2
        if place >= 4:
            rank = list(arrays["likely"][place]).index(token)
            assert arrays["drawn"][place][rank] > 0


def test_the_likeliest_text_is_that_of_the_network_itself() -> None:
    scene = writer(WRITER)
    found = asks.answer("writing", scene, {"text": "a", "count": 12, "temperature": 0}).plain["ids"]
    text = [3]
    net = scene.subject.net()
    for _ in range(12):
        x = np.zeros((1, 5), np.float32)
        x[0, 5 - len(text[-5:]) :] = text[-5:]
        scores = net.forward(x)[0, -1]
        scores[:2] = -np.inf
        text.append(int(scores.argmax()))
    assert found == text


IDIOMS = [{**WRITER[0], "num_embeddings": 303}, WRITER[1], {**WRITER[2], "out_features": 303}]


def test_a_text_that_ends_begins_anew_without_what_stood_before() -> None:
    scene = writer(IDIOMS, idioms=True)
    first = asks.answer("writing", scene, {"count": 30, "seed": 2})
    assert first.plain["tokens"][0] == "\n"
    assert first.plain["ended"]
    assert first.plain["tokens"][-1] == "\n"
    assert "\n" not in first.plain["tokens"][1:-1]
    assert all(token < 7 for token in first.plain["ids"])  # scores beyond the vocabulary are no text
    on = asks.answer("writing", scene, {"count": 30, "seed": 2, "on": True})
    assert on.plain["written"] == 30
    end = len(first.plain["ids"]) - 1
    fresh = asks.answer("writing", scene, {"count": 0})
    np.testing.assert_allclose(on.arrays["own"][end + 1], fresh.arrays["own"][-1], atol=1e-6)


def test_a_prompt_is_kept_with_what_the_network_does_not_know() -> None:
    found = asks.answer("writing", writer(WRITER), {"text": "aé?", "count": 1}).plain
    assert found["tokens"][:3] == ["a", "é", "?"]
    assert found["ids"][:3] == [3, 1, 1]


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ({"ids": [99]}, "error.no_element"),
        ({"ids": [-1]}, "error.no_element"),
        ({"count": 10_000}, "error.le"),
        ({"temperature": -1}, "error.ge"),
        ({"text": "a" * 20_001}, "error.string_length"),
    ],
)
def test_what_does_not_fit_is_refused(asked: dict[str, Any], key: str) -> None:
    with pytest.raises(SpecError) as refused:
        asks.answer("writing", writer(WRITER), asked)
    assert refused.value.key == key


def test_a_long_text_is_told_about_at_its_end() -> None:
    found = asks.answer("writing", writer(WRITER), {"ids": [3, 4, 5, 6] * 100, "count": 1})
    assert found.plain["since"] == 400 - 256
    assert found.arrays["own"].shape[0] == 256 + 1 + 1
