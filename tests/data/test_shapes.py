"""Coloured shapes: ten classes drawn by formulas, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from playground.data import load, shapes
from playground.i18n import LANGUAGES, text
from playground.spec.image_data import Shapes
from playground.spec.random import stream


def test_a_set_has_as_many_of_each_class_and_says_that_it_is_synthetic() -> None:
    data = load(Shapes(count=200, test_fraction=0.25))
    assert data.x.shape == (150, 3, 32, 32)
    assert data.x_test.shape == (50, 3, 32, 32)
    assert data.x.dtype == np.float32
    assert 0 <= data.x.min() < data.x.max() <= 1
    assert np.bincount(data.y).tolist() == [15] * 10
    assert "synthetic" in text(data.source, "en")
    assert "合成" in text(data.source, "zh")
    assert "synthetic" in text("data.Shapes", "en")
    for lang in LANGUAGES:
        assert len(set(data.spoken(lang))) == 10


def test_the_seed_decides_every_pixel() -> None:
    one, again, other = (load(Shapes(count=40, seed=seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.x, again.x)
    assert not np.array_equal(one.x, other.x)
    few = shapes.draw("star", 5, 0.0, stream(0, "x"))
    assert len({picture.tobytes() for picture in few}) == 5


@pytest.mark.parametrize("name", shapes.CLASS_NAMES)
def test_a_shape_is_wholly_in_its_picture_and_lighter_than_its_ground(name: str) -> None:
    pictures = shapes.draw(name, 30, 0.0, stream(0, "test")).astype(float)
    light = pictures.max(axis=1)
    inside = light >= 200
    assert (inside.sum(axis=(1, 2)) > 20).all()
    edge = np.concatenate([light[:, 0], light[:, -1], light[:, :, 0], light[:, :, -1]], axis=1)
    assert (edge < 200).mean() > 0.97


def test_outlines_differ_between_any_two_classes() -> None:
    y, x = np.mgrid[-1.2:1.2:49j, -1.2:1.2:49j].astype(np.float32)
    masks = {name: outline(x, y) < 0 for name, outline in shapes.OUTLINES.items()}
    for name, mask in masks.items():
        for other, second in masks.items():
            share = (mask & second).sum() / (mask | second).sum()
            assert share == 1 if name == other else share < 0.85, (name, other)


def test_noise_is_what_the_knob_says() -> None:
    clean, noisy = (shapes.draw("circle", 60, noise, stream(3, "n")) for noise in (0.0, 0.1))
    middle = (clean > 60) & (clean < 195)  # where nothing is cut off
    deviation = (noisy.astype(float) - clean)[middle].std() / 255
    assert deviation == pytest.approx(0.1, rel=0.1)
