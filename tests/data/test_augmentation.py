"""Changed pictures: what a shift, a turn and noise do, and that chance depends on the seed and the place alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from playground.data.augmentation import BLOCK, Augmenter, moved
from playground.spec.augmentation import AugmentationSpec

PICTURES = np.random.default_rng(0).uniform(0, 1, (700, 2, 9, 8)).astype(np.float32)
ORDER = np.random.default_rng(1).permutation(700)
ALL = AugmentationSpec(shift=2, rotate=20, noise=0.1)


def test_nothing_is_changed_where_nothing_is_asked_for() -> None:
    same = Augmenter(AugmentationSpec(), 0, PICTURES).part(0, ORDER, 5, 30)
    np.testing.assert_array_equal(same, PICTURES[ORDER[5:30]])
    assert not AugmentationSpec().active


def test_a_shift_is_by_whole_pixels_and_black_comes_in() -> None:
    shift = np.array([[2, 0], [0, -1], [-1, 1]])
    found = moved(PICTURES[:3], shift, np.zeros(3))
    for picture, (down, right), result in zip(PICTURES, shift, found, strict=False):
        expected = ndimage.shift(picture, (0, down, right), order=0, cval=0.0)
        np.testing.assert_allclose(result, expected)


def test_what_stands_on_white_gets_white_from_outside() -> None:
    inked = np.zeros((20, 1, 9, 9), np.float32)
    inked[:, 0, 4, 4] = 1
    dark, light = (Augmenter(AugmentationSpec(shift=2, rotate=30), 3, each) for each in (inked, 1 - inked))
    order = np.arange(20)
    np.testing.assert_allclose(light.part(0, order, 0, 20), 1 - dark.part(0, order, 0, 20), atol=1e-6)


@pytest.mark.parametrize("degrees", [90, 180, -37, 5])
def test_a_turn_is_that_of_scipy(degrees: float) -> None:
    square = PICTURES[:4, :, :8, :]
    found = moved(square, np.zeros((4, 2), np.int64), np.full(4, np.deg2rad(degrees)))
    expected = ndimage.rotate(square, degrees, axes=(2, 3), order=1, reshape=False, mode="grid-constant")
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_chance_stays_within_what_the_knobs_say_and_uses_all_of_it() -> None:
    dot = np.zeros((500, 1, 9, 9), np.float32)
    dot[:, 0, 4, 4] = 1
    found = Augmenter(AugmentationSpec(shift=2), 3, dot).part(0, np.arange(500), 0, 500)
    places = np.argwhere(found[:, 0] == 1)[:, 1:]
    assert len(places) == 500
    counts = np.unique(places - 4, axis=0, return_counts=True)
    assert counts[0].tolist() == [[down, right] for down in range(-2, 3) for right in range(-2, 3)]
    assert counts[1].min() > 5
    noisy = Augmenter(AugmentationSpec(noise=0.1), 3, np.full((300, 1, 9, 9), 0.5, np.float32))
    part = noisy.part(0, np.arange(300), 0, 300)
    assert part.std() == pytest.approx(0.1, rel=0.03)
    assert part.min() >= 0
    assert part.max() <= 1


def test_the_same_place_gives_the_same_picture_however_it_is_asked_for() -> None:
    whole = Augmenter(ALL, 7, PICTURES).part(2, ORDER, 0, 700)
    other = Augmenter(ALL, 7, PICTURES)
    other.part(0, ORDER, 0, 10)
    for start, stop in ((0, 1), (3, 200), (BLOCK - 1, BLOCK + 1), (300, 700), (699, 700), (700, 700)):
        np.testing.assert_array_equal(other.part(2, ORDER, start, stop), whole[start:stop])


def test_another_epoch_and_another_seed_give_other_pictures() -> None:
    one = Augmenter(ALL, 7, PICTURES).part(0, ORDER, 0, 50)
    assert not np.array_equal(one, Augmenter(ALL, 7, PICTURES).part(1, ORDER, 0, 50))
    assert not np.array_equal(one, Augmenter(ALL, 8, PICTURES).part(0, ORDER, 0, 50))


def test_the_pictures_themselves_stay_as_they_are() -> None:
    before = PICTURES.copy()
    Augmenter(ALL, 0, PICTURES).part(0, ORDER, 0, 700)
    np.testing.assert_array_equal(PICTURES, before)
