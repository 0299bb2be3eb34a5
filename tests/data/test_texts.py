"""Texts: cut, numbered, padded and cut off as the tutorial does it; what the test part brings is unknown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.data import load
from playground.data.reviews import GRAMMARS, review
from playground.data.tokens import Pipeline, cut, learned
from playground.i18n import LANGUAGES, has
from playground.spec import DataSpec, SpecError
from playground.spec.text_data import Corpus, Idioms, Names, Polarity, Reviews, Texts, Typed

KINDS = [Names(), Polarity(), Reviews(), Reviews(language="zh", tokens="characters"), Typed()]


def test_words_are_lower_case_without_signs_and_every_chinese_character_is_one() -> None:
    assert cut("I didn't LIKE it -- at all!", "words") == ["i", "didn't", "like", "it", "at", "all"]
    assert cut("这部iPhone真好！", "words") == ["这", "部", "iphone", "真", "好"]
    assert cut("Ａb 你", "characters") == ["Ａ", "b", " ", "你"]
    assert cut("e\u0301", "characters") == ["é"]


def test_the_tutorials_pipeline() -> None:
    texts = ("I love this movie", "I hate this movie")
    pipeline = Pipeline("words", learned(texts, "words", 1000), 5)
    assert pipeline.vocabulary == ("", "\N{REPLACEMENT CHARACTER}", "i", "this", "movie", "love", "hate")
    assert pipeline.encode(texts).tolist() == [[0, 2, 5, 3, 4], [0, 2, 6, 3, 4]]
    assert pipeline.encode(["I really love this movie so much"]).tolist() == [[5, 3, 4, 1, 1]]
    first = Pipeline("words", pipeline.vocabulary, 5, "beginning")
    assert first.encode(["I really love this movie so much"]).tolist() == [[2, 1, 5, 3, 4]]
    assert pipeline.decode([0, 2, 5, 3, 4]) == ["i", "love", "this", "movie"]


def test_a_vocabulary_keeps_what_is_most_frequent() -> None:
    assert learned(("b a a", "c c c"), "words", 4) == ("", "\N{REPLACEMENT CHARACTER}", "c", "a")


@given(
    st.lists(st.text(min_size=1, max_size=30).filter(lambda text: bool(text.strip())), min_size=1, max_size=5)
)
def test_characters_survive_the_way_to_ids_and_back(texts: list[str]) -> None:
    pipeline = Pipeline("characters", learned(texts, "characters", 500), 40)
    for text, row in zip(texts, pipeline.encode(texts), strict=True):
        assert pipeline.decode(row) == cut(text, "characters")


@pytest.mark.parametrize(
    ("text", "key"), [("", "text.empty"), ("  \n", "text.empty"), ("…!?", "text.no_words")]
)
def test_a_text_without_tokens_is_refused(text: str, key: str) -> None:
    pipeline = Pipeline("words", ("", "?", "a"), 3)
    with pytest.raises(SpecError) as caught:
        pipeline.encode([text])
    assert caught.value.key == key


@pytest.mark.parametrize("spec", KINDS, ids=lambda spec: " ".join(str(v) for v in spec.plain().values()))
def test_labelled_texts_are_aligned_with_their_ids(spec: Texts) -> None:
    data = load(spec)
    assert (len(data.x), len(data.x_test)) == spec.num_samples()
    assert (len(data.texts), len(data.texts_test)) == spec.num_samples()
    assert data.pipeline is not None
    assert len(data.vocabulary) <= spec.num_tokens()
    assert data.x.max() < spec.num_tokens()
    assert np.array_equal(data.pipeline.encode(data.texts[:50]), data.x[:50])
    assert np.array_equal(data.pipeline.encode(data.texts_test[:50]), data.x_test[:50])
    assert set(np.unique(data.y)) == set(range(spec.target().size))
    assert data.x.dtype == np.float32
    if data.named:
        assert all(has(f"class.{name}", lang) for name in data.class_names for lang in LANGUAGES)


def test_the_vocabulary_is_learned_from_the_training_part_alone() -> None:
    data = load(Names(vocabulary=1000))
    seen = {character for text in data.texts for character in text}
    assert set(data.vocabulary[2:]) == seen
    assert any(set(text) - seen for text in data.texts_test)


def test_names_are_real_and_belong_to_one_language_each() -> None:
    data = load(Names())
    every = dict(
        zip((*data.texts, *data.texts_test), np.concatenate([data.y, data.y_test]).tolist(), strict=True)
    )
    assert len(every) == 16_800
    names = data.class_names
    assert names[every["Wójcik"]] == "pl"
    assert names[every["Παπαδόπουλος"]] == "el"
    assert names[every["Friedrich-Wilhelm"]] == "de"
    assert "Anna" not in every


def test_polarity_is_what_people_rated() -> None:
    data = load(Polarity())
    every = dict(
        zip((*data.texts, *data.texts_test), np.concatenate([data.y, data.y_test]).tolist(), strict=True)
    )
    assert len(every) == 7209
    assert [every[word] for word in ("love", "wonderful", "hate", "disaster")] == [1, 1, 0, 0]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_single_words_do_not_tell_a_review_apart_but_its_grammar_does(language: str) -> None:
    data = load(Reviews(language=language, vocabulary=400))
    size = len(data.vocabulary)
    bags = np.zeros((len(data.x), size))
    for row, ids in zip(bags, data.x.astype(int), strict=True):
        np.add.at(row, ids, 1)
    bags[:, 0] = 1
    weights, *_ = np.linalg.lstsq(bags, 2.0 * data.y - 1, rcond=None)
    accuracy = ((bags @ weights > 0) == (data.y == 1)).mean()
    assert 0.55 < accuracy < 0.9
    grammar = GRAMMARS[language]
    written = {review(grammar, 1, np.random.default_rng(seed)) for seed in range(300)}
    assert len(written) > 250


def test_reviews_of_both_parts_are_different_ones() -> None:
    data = load(Reviews())
    assert not set(data.texts) & set(data.texts_test)


def test_windows_of_a_running_text_lie_side_by_side_and_its_end_is_held_back() -> None:
    spec = Corpus(count=10_000, length=50)
    data = load(spec)
    assert (len(data.x), len(data.x_test)) == spec.num_samples() == (179, 19)
    whole = "".join(data.texts)
    held_back = "".join(data.texts_test)
    assert "assert" in whole
    assert whole[-50:] != held_back[:50]
    ids = data.x.astype(np.int64)
    assert np.array_equal(
        ids.ravel()[1:], np.where(data.y.ravel()[:-1] == -100, ids.ravel()[1:], data.y.ravel()[:-1])
    )
    assert data.pipeline is not None
    assert "".join(data.pipeline.decode(data.x[3])) == data.texts[3]
    assert len(data.class_names) == spec.target().size == 100


def test_what_has_no_id_is_never_asked_for() -> None:
    data = load(Corpus(count=20_000, vocabulary=30))
    assert (data.x == 1).any()
    assert not np.isin(data.y, (0, 1)).any()
    assert (data.y == -100).any()
    assert ("characters_rare", (("share", "6.5"),)) in data.notes or data.notes[-1][0] == "characters_rare"


@pytest.mark.parametrize("characters", [300, 500, 800, 1500])
def test_idioms_begin_and_end(characters: int) -> None:
    spec = Idioms.parse({"characters": characters})
    data = load(spec)
    assert (len(data.x), len(data.x_test)) == spec.num_samples()
    assert data.vocabulary[2] == "\n"
    assert (data.x[:, 0] == 2).all()
    assert (data.y[:, -1] == 2).all()
    assert np.array_equal(data.x[:, 1:], data.y[:, :-1])
    assert all(len(text) == 4 for text in data.texts)
    assert not set(data.texts) & set(data.texts_test)
    assert len(data.vocabulary) == spec.num_tokens()


def test_typed_sentences_need_a_class_each() -> None:
    for plain, key in (
        ({"texts": ["a b", "c d"], "labels": ["x"]}, "error.too_short"),
        ({"texts": ["a b", "c d", "e"], "labels": ["x", "y"]}, "text.labels"),
        ({"texts": ["a b", "c d"], "labels": ["x", "x"]}, "text.one_class"),
    ):
        with pytest.raises(SpecError) as caught:
            DataSpec.of({"kind": "Typed", **plain})
        assert caught.value.key == key
    with pytest.raises(SpecError) as caught:
        load(Typed(texts=("good", "!!!"), labels=("a", "b")))
    assert caught.value.key == "text.no_words"
