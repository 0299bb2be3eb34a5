"""Colours with one meaning, strong enough to be told apart, and numbers of three significant digits."""

from __future__ import annotations

import math

import pytest

from playground.views import theme as look


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [look.LIGHT, look.DARK], ids=lambda theme: theme.name)
def test_words_can_be_read_on_the_background(theme: look.Theme) -> None:
    assert contrast(theme.text, theme.background) > 10
    assert contrast(theme.muted, theme.background) > 4.5
    assert contrast(theme.test, theme.background) > 4.5
    assert contrast(theme.wrong, theme.background) > 4.5


@pytest.mark.parametrize("theme", [look.LIGHT, look.DARK], ids=lambda theme: theme.name)
def test_both_ends_of_the_palette_stand_out_from_its_middle(theme: look.Theme) -> None:
    assert contrast(theme.zero, theme.background) > 1.15, "the midpoint itself must be visible"
    assert contrast(theme.positive, theme.zero) > 2
    assert contrast(theme.negative, theme.zero) > 1.8


def test_the_light_palette_is_the_one_of_the_design() -> None:
    assert look.diverging(look.LIGHT) == [(0.0, "#f59322"), (0.5, "#e8eaeb"), (1.0, "#0877bd")]


@pytest.mark.parametrize("theme", [look.LIGHT, look.DARK], ids=lambda theme: theme.name)
def test_two_classes_have_the_palettes_ends_and_twelve_differ(theme: look.Theme) -> None:
    assert theme.classes[:2] == (theme.negative, theme.positive)
    assert len(set(theme.classes)) == 12


def test_curves_stay_out_of_the_palette() -> None:
    for theme in (look.LIGHT, look.DARK):
        assert {theme.train, theme.test}.isdisjoint({theme.negative, theme.zero, theme.positive})


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (0.043, "0.0430"),
        (1, "1.00"),
        (-12.345, "-12.3"),
        (99.96, "100"),
        (1234.5, "1,230"),
        (999.6, "1,000"),
        (0.00012345, "1.23e-4"),
        (3.2e-17, "3.20e-17"),
        (7654321, "7.65e6"),
        (math.nan, "—"),
        (math.inf, "—"),
        (None, "—"),
    ],
)
def test_a_number_has_three_significant_digits(value: float | None, written: str) -> None:
    assert look.digits(value) == written


def test_an_unknown_appearance_is_light() -> None:
    assert look.of(None) is look.LIGHT
    assert look.of("dark") is look.DARK


def test_blending_meets_both_ends() -> None:
    assert look.blend("#000000", "#ff8040", 0) == "#000000"
    assert look.blend("#000000", "#ff8040", 1) == "#ff8040"
    assert look.blend("#000000", "#ff8040", 0.5) == "#804020"
