"""Point sets: their shape, range, balance, noise and seeds."""

from __future__ import annotations

import numpy as np
import pytest

from playground.data import Dataset, classification, load, regression
from playground.spec import DataSpec
from playground.spec.data import (
    Blobs,
    Checkerboard,
    Circles,
    Function1D,
    Gaussians,
    Moons,
    MultiGaussian,
    Plane,
    Points,
    Quadrants,
    Rings,
    Spiral,
    Xor,
)
from playground.spec.mode_data import Drawing

PLANE_SETS = [kind for kind in DataSpec.catalogue().values() if issubclass(kind, Points)]
CLASS_SETS = [kind for kind in PLANE_SETS if kind().target().kind == "classes"]
DRAWN_SETS = [*PLANE_SETS, Function1D]


def whole(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return the raw points and targets of both parts."""
    assert dataset.points is not None
    assert dataset.points_test is not None
    return np.concatenate([dataset.points, dataset.points_test]), np.concatenate([dataset.y, dataset.y_test])


def rows(array: np.ndarray) -> set[bytes]:
    return {row.tobytes() for row in array}


@pytest.mark.parametrize("kind", [*DRAWN_SETS, Xor])
def test_arrays_have_the_shapes_and_types_that_the_spec_promises(kind: type[DataSpec]) -> None:
    spec = kind()
    data = load(spec)
    train, test = spec.num_samples()
    target = spec.target()
    assert data.x.shape == (train, *spec.input_shape())
    assert data.x_test.shape == (test, *spec.input_shape())
    assert data.x.dtype == data.x_test.dtype == np.float32
    assert data.target == target
    if target.kind == "classes":
        assert data.y.shape == (train,)
        assert data.y_test.shape == (test,)
        assert data.y.dtype == data.y_test.dtype == np.int64
        assert len(data.class_names) == target.size
    else:
        assert data.y.shape == (train, target.size)
        assert data.y_test.shape == (test, target.size)
        assert data.y.dtype == data.y_test.dtype == np.float32
        assert data.class_names == ()
    assert len(data.feature_names) == spec.input_shape()[0]
    assert data.points is not None
    assert data.points.dtype == np.float32
    assert data.extent is not None
    assert len(data.extent) == data.points.shape[1]


@pytest.mark.parametrize(
    "kind", [kind for kind in CLASS_SETS if kind is not Drawing]
)  # strokes are long or short
@pytest.mark.parametrize("count", [25, 101, 500])
def test_classes_are_as_even_as_the_number_of_points_allows(kind: type[Points], count: int) -> None:
    spec = kind(count=count)
    _, y = whole(load(spec))
    counts = np.bincount(y, minlength=spec.target().size)
    assert counts.sum() == count
    assert counts.max() - counts.min() <= (2 if kind is Quadrants else 1)


@pytest.mark.parametrize("kind", CLASS_SETS)
@pytest.mark.parametrize("fraction", [0.1, 0.3, 0.5])
def test_the_split_is_stratified_and_disjoint(kind: type[Points], fraction: float) -> None:
    spec = kind(count=400, noise=0.1, test_fraction=fraction)
    data = load(spec)
    shares = np.bincount(data.y_test, minlength=spec.target().size) / np.bincount(
        np.concatenate([data.y, data.y_test])
    )
    assert np.abs(shares - fraction).max() < max(0.02, spec.target().size / 400)  # a sample of a class
    assert rows(data.points).isdisjoint(rows(data.points_test))
    assert len(rows(data.points) | rows(data.points_test)) == 400


@pytest.mark.parametrize("kind", PLANE_SETS)
def test_without_noise_points_stay_within_six_units(kind: type[Points]) -> None:
    points, _ = whole(load(kind(count=2000)))
    assert 3.5 < np.abs(points).max() <= (6.0 if kind not in (Gaussians, Blobs) else 7.5)


@pytest.mark.parametrize("kind", DRAWN_SETS)
def test_the_seed_alone_decides_the_numbers(kind: type[DataSpec]) -> None:
    first, again, other = (kind(seed=seed, noise=0.2) for seed in (3, 3, 4))
    from playground.data import forget

    a = load(first)
    forget()
    b, c = load(again), load(other)
    assert a is not b
    for name in ("x", "y", "x_test", "y_test"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    assert not np.array_equal(a.x, c.x)


@pytest.mark.parametrize("kind", CLASS_SETS)
def test_noise_moves_points_further_the_more_there_is(kind: type[Points]) -> None:
    def moved(noise: float) -> float:
        quiet, _ = whole(load(kind(count=2000, seed=1, noise=0)))
        loud, _ = whole(load(kind(count=2000, seed=1, noise=noise)))
        return float(np.sqrt(((loud - quiet) ** 2).mean()))

    assert moved(0) == 0 < moved(0.1) < moved(0.4) < moved(1.0)


@pytest.mark.parametrize("kind", [Quadrants, Circles, Moons, Spiral, Checkerboard, Rings])
def test_noise_is_the_standard_deviation_of_the_displacement(kind: type[Points]) -> None:
    quiet, _ = whole(load(kind(count=5000, seed=2)))
    loud, _ = whole(load(kind(count=5000, seed=2, noise=0.5)))
    assert (loud - quiet).std() == pytest.approx(0.5, rel=0.05)


def test_clouds_have_the_variance_of_tensorflow_playground() -> None:
    for noise, variance in ((0.0, 0.5), (1.0, 4.0)):
        points, y = whole(load(Gaussians(count=20_000, noise=noise)))
        assert points[y == 1].var(axis=0) == pytest.approx([variance] * 2, rel=0.05)
        assert points[y == 1].mean(axis=0) == pytest.approx([2, 2], abs=0.1)
        assert points[y == 0].mean(axis=0) == pytest.approx([-2, -2], abs=0.1)


def test_xor_is_the_truth_table_with_no_test_part() -> None:
    data = load(Xor())
    assert data.points is not None
    assert data.points.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert data.y.tolist() == [0, 1, 1, 0]
    assert len(data.x_test) == len(data.y_test) == 0


def test_quadrants_are_exclusive_or_of_the_signs() -> None:
    points, y = whole(load(Quadrants(count=1000)))
    np.testing.assert_array_equal(y, (points[:, 0] > 0) != (points[:, 1] > 0))
    assert np.abs(points).min() >= 0.3


def test_circles_are_a_disc_in_a_ring() -> None:
    points, y = whole(load(Circles(count=1000)))
    radius = np.linalg.norm(points, axis=1)
    assert radius[y == 1].max() <= 2.5 < 3.5 <= radius[y == 0].min()
    assert radius.max() <= 5.0001


def test_a_straight_line_tells_quiet_gaussians_apart() -> None:
    points, y = whole(load(Gaussians(count=1000)))
    assert (((points.sum(1) > 0) == (y == 1)).mean()) > 0.99


def test_moons_lie_on_two_half_circles() -> None:
    points, y = whole(load(Moons(count=1000)))
    unit = points / (10 / 3) + np.array([0.5, 0.25])
    np.testing.assert_allclose(np.linalg.norm(unit[y == 0], axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(unit[y == 1] - [1, 0.5], axis=1), 1, atol=1e-5)
    assert unit[y == 0][:, 1].min() >= 0
    assert unit[y == 1][:, 1].max() <= 0.5 + 1e-6


def test_spiral_arms_are_half_a_turn_apart_and_never_meet() -> None:
    points, y = whole(load(Spiral(count=2000)))
    radius = np.linalg.norm(points, axis=1)
    assert radius.min() == pytest.approx(0.5, abs=0.01)
    assert radius.max() == pytest.approx(5, abs=0.01)
    angle = np.arctan2(points[:, 0], points[:, 1]) - 2 * np.pi * 1.75 * radius / 5 - np.pi * y
    np.testing.assert_allclose(np.cos(angle), 1, atol=1e-4)
    gaps = np.linalg.norm(points[y == 0][:, None] - points[y == 1][None], axis=2)
    assert gaps.min() > 0.8


@pytest.mark.parametrize("cells", [2, 3, 8])
def test_checkerboard_squares_alternate(cells: int) -> None:
    points, y = whole(load(Checkerboard(count=2000, cells=cells)))
    squares = np.floor((points + 6) * cells / 12).astype(int)
    np.testing.assert_array_equal(squares.sum(1) % 2, y)
    assert len(np.unique(squares, axis=0)) == cells**2


@pytest.mark.parametrize("classes", [2, 3, 8])
def test_rings_lie_around_each_other_in_the_order_of_their_class(classes: int) -> None:
    points, y = whole(load(Rings(count=1600, classes=classes)))
    radius = np.linalg.norm(points, axis=1)
    for k in range(classes - 1):
        assert radius[y == k].max() < radius[y == k + 1].min()
    assert radius.max() <= 5.0001


@pytest.mark.parametrize("classes", [2, 4, 10])
def test_quiet_blobs_are_nearest_to_their_own_centre(classes: int) -> None:
    points, y = whole(load(Blobs(count=2000, classes=classes)))
    angle = 2 * np.pi * np.arange(classes) / classes
    centres = 4 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    nearest = np.linalg.norm(points[:, None] - centres, axis=2).argmin(1)
    assert (nearest == y).mean() > 0.98


def test_plane_without_noise_is_the_plane() -> None:
    points, y = whole(load(Plane(count=300)))
    np.testing.assert_allclose(y[:, 0], (points[:, 0] + points[:, 1]) / 10, atol=1e-6)


def test_multi_gaussian_has_six_bumps_of_both_signs_and_is_flat_between() -> None:
    tops = regression.BUMPS[:, :2]
    np.testing.assert_array_equal(regression.bumps_value(tops), regression.BUMPS[:, 2])
    np.testing.assert_array_equal(regression.bumps_value(np.array([[6.0, 6.0], [0.0, 0.0], [-6.0, 0.0]])), 0)
    assert regression.bumps_value(np.array([[-4.0, 1.5]])) == pytest.approx(0.5)
    points, y = whole(load(MultiGaussian(count=300)))
    np.testing.assert_allclose(y[:, 0], regression.bumps_value(points.astype(np.float64)), atol=1e-5)


@pytest.mark.parametrize("kind", [Plane, MultiGaussian, Function1D])
def test_noise_spreads_the_values_of_regression(kind: type[DataSpec]) -> None:
    def spread(noise: float) -> float:
        points, y = whole(load(kind(count=3000, noise=noise)))
        points = points.astype(np.float64)
        if kind is Plane:
            truth = regression.plane_value(points)
        elif kind is MultiGaussian:
            truth = regression.bumps_value(points)
        else:
            truth = np.sin(points[:, 0])
        return float((y[:, 0] - truth).std())

    assert spread(0) < 1e-5 < spread(0.1) < spread(0.5) < spread(1.0)


@pytest.mark.parametrize("function", sorted(regression.FUNCTIONS))
def test_functions_of_one_number_stay_within_one(function: str) -> None:
    points, y = whole(load(Function1D(function=function, noise=0, count=500)))
    assert points.shape == (500, 1)
    assert np.abs(points).max() <= 6
    assert np.abs(y).max() <= 1.0001
    assert y.std() > 0.2
    np.testing.assert_allclose(
        y[:, 0], regression.FUNCTIONS[function](points[:, 0].astype(np.float64)), atol=1e-5
    )


def test_every_function_of_the_form_has_its_formula() -> None:
    from typing import get_args

    assert set(get_args(Function1D.model_fields["function"].annotation)) == set(regression.FUNCTIONS)


def test_no_test_part_is_a_legal_wish() -> None:
    data = load(Circles(count=50, test_fraction=0))
    assert data.x.shape == (50, 2)
    assert data.x_test.shape == (0, 2)


def test_arrays_cannot_be_written_to() -> None:
    data = load(Circles(count=50))
    for array in (data.x, data.y, data.x_test, data.y_test, data.points, data.points_test):
        assert array is not None
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_each_set_draws_with_the_generator_it_is_given() -> None:
    spec = Spiral(count=20)
    first, _ = classification.spiral(spec, np.random.default_rng(1))
    again, _ = classification.spiral(spec, np.random.default_rng(1))
    np.testing.assert_array_equal(first, again)
