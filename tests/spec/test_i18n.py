"""Every sentence exists in every language, with the same things to fill in."""

from __future__ import annotations

import string

import pytest

from playground import i18n


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_every_language_has_the_same_sentences() -> None:
    english = i18n.keys("en")
    for lang in i18n.LANGUAGES:
        assert set(i18n.keys(lang)) == set(english), lang


@pytest.mark.parametrize("lang", [lang for lang in i18n.LANGUAGES if lang != "en"])
def test_every_sentence_fills_in_the_same_values(lang: str) -> None:
    english, other = i18n.keys("en"), i18n.keys(lang)
    wrong = {key for key in english if placeholders(english[key]) != placeholders(other.get(key, ""))}
    assert wrong == set()


def test_no_sentence_is_empty() -> None:
    assert [
        key for lang in i18n.LANGUAGES for key, value in i18n.keys(lang).items() if not value.strip()
    ] == []


def test_a_missing_key_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        i18n.text("no.such.key")
