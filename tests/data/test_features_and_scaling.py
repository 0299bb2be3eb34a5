"""Features and scaling: formulas, fitted on the training part only, applied alike everywhere."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from playground.data import Scaling, featurise, load
from playground.data.dataset import fit_scaling
from playground.data.features import FEATURES, features
from playground.i18n import LANGUAGES
from playground.spec.data import Circles, Feature, Function1D, Gaussians, Xor
from playground.spec.data import Scaling as ScalingName

ALL = get_args(Feature)


def test_features_are_their_formulas() -> None:
    points = np.array([[2.0, 3.0], [-1.0, 0.5]])
    found = features(ALL, points)
    for (x1, x2), row in zip(points, found, strict=True):
        assert row == pytest.approx([x1, x2, x1**2, x2**2, x1 * x2, np.sin(x1), np.sin(x2)])


def test_every_feature_of_the_form_has_its_formula() -> None:
    assert set(ALL) == set(FEATURES)


def test_features_stand_in_the_order_that_was_asked_for() -> None:
    data = load(Circles(features=("x2", "x1*x2", "x1")))
    assert data.points is not None
    x1, x2 = data.points.T
    np.testing.assert_allclose(data.x, np.stack([x2, x1 * x2, x1], axis=1), rtol=1e-6)
    assert data.feature_names == ("x2", "x1*x2", "x1")


@pytest.mark.parametrize("scaling", get_args(ScalingName))
@pytest.mark.parametrize("spec", [Gaussians(features=ALL, noise=0.3), Function1D(), Xor(features=ALL)])
def test_featurise_does_to_raw_points_what_was_done_to_the_data(spec: Gaussians, scaling: str) -> None:
    chosen = spec.model_copy(update={"scaling": scaling})
    data = load(chosen)
    assert data.points is not None
    assert data.points_test is not None
    np.testing.assert_array_equal(featurise(chosen, data.points), data.x)
    np.testing.assert_array_equal(featurise(data, data.points_test), data.x_test)
    assert featurise(data, data.points).dtype == np.float32


def test_scaling_is_fitted_on_the_training_part_only() -> None:
    standard = load(Gaussians(features=ALL, scaling="standard", count=60))
    np.testing.assert_allclose(standard.x.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(standard.x.std(0), 1, atol=1e-5)
    assert np.abs(standard.x_test.mean(0)).max() > 1e-3
    low_high = load(Gaussians(features=ALL, scaling="minmax", count=60))
    np.testing.assert_allclose(low_high.x.min(0), 0, atol=1e-6)
    np.testing.assert_allclose(low_high.x.max(0), 1, atol=1e-6)


def test_scaling_is_told() -> None:
    for kind in get_args(ScalingName):
        scaling = load(Circles(scaling=kind)).scaling
        assert scaling.kind == kind
        assert len({scaling.text(lang) for lang in LANGUAGES}) == len(LANGUAGES)


def test_no_scaling_leaves_the_numbers_alone() -> None:
    data = load(Circles())
    assert data.points is not None
    np.testing.assert_array_equal(data.x, data.points)


@given(
    st.sampled_from(["none", "standard", "minmax"]),
    arrays.arrays(np.float64, (7, 3), elements=st.floats(-1e30, 1e30)),
)
def test_scaling_is_finite_and_can_be_undone(kind: str, values: np.ndarray) -> None:
    scaling = fit_scaling(kind, values)
    scaled = scaling.apply(values)
    assert np.isfinite(scaled).all()
    assert np.isfinite(scaling.scale).all()
    assert (scaling.scale > 0).all()
    span = np.abs(values).max(0)
    assert (np.abs(scaling.undo(scaled) - values) <= 1e-5 * span + 1e-30).all()


def test_bytes_and_numbers_are_scaled_alike() -> None:
    scaling = Scaling("pixels", np.zeros(1), np.array([255.0]))
    pixels = np.arange(256, dtype=np.uint8).reshape(4, 64)
    np.testing.assert_array_equal(scaling.apply(pixels), scaling.apply(pixels.astype(np.float64)))
    assert scaling.apply(pixels).max() == 1
