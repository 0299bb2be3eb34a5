"""What is said of generated samples: modes, quality, divergence, and what the players of a game pay."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from playground.data import load
from playground.data.modes import Modes, modes
from playground.probes.adversarial import coverage, latents, rivalry
from playground.spec import DataSpec, Experiment, GanLoss
from playground.spec.adversary import LeastSquares, NonSaturating, Wasserstein
from playground.spec.data import Blobs, Moons, Plane, Spiral
from playground.spec.image_data import Digits8x8
from playground.spec.mode_data import Drawing, Gaussians8, Grid25, Line, Ring

SHAPES: tuple[DataSpec, ...] = (
    Line(),
    Ring(),
    Gaussians8(),
    Grid25(),
    Drawing(),
    Moons(noise=0.1),
    Spiral(),
    Blobs(),
)


def known(spec: DataSpec) -> Modes:
    found = modes(spec, load(spec))
    assert found is not None
    return found


@pytest.mark.parametrize("spec", SHAPES, ids=lambda spec: spec.kind)
def test_real_points_cover_all_modes_well(spec: DataSpec) -> None:
    """Other points of the same kind are as good as real ones can be."""
    found = known(spec)
    fresh = load(spec.model_copy(update={"seed": 7}))
    assert fresh.points is not None
    judged = coverage.coverage(found, fresh.points)
    assert judged["modes"] == found.count == spec.target().size
    assert judged["quality"] > 0.95
    assert judged["reverse_kl"] < 0.02


@pytest.mark.parametrize("spec", SHAPES, ids=lambda spec: spec.kind)
def test_points_from_everywhere_are_not_good(spec: DataSpec) -> None:
    square = np.random.default_rng(0).uniform(-6, 6, (2000, 2))
    assert coverage.coverage(known(spec), square)["quality"] < 0.6


def test_quality_is_within_three_deviations_and_a_hit_takes_a_fifth_of_the_share() -> None:
    eight = known(Gaussians8(noise=0.1))
    assert eight.reach == pytest.approx(0.3)
    one = eight.places[0]
    near, far = one + np.array([0.29, 0.0]), one + np.array([0.31, 0.0])
    assert coverage.coverage(eight, np.array([near, far, near, far]))["quality"] == 0.5
    # 40 points, an eighth is 5, a fifth of that is 1: a single good point is a hit.
    points = np.repeat([one], 39, axis=0)
    assert coverage.coverage(eight, np.vstack([points, eight.places[3]]))["modes"] == 2
    points = np.repeat([one], 79, axis=0)  # of 80 points two would be needed
    assert coverage.coverage(eight, np.vstack([points, eight.places[3]]))["modes"] == 1


def test_reverse_kl_is_that_of_the_books() -> None:
    eight = known(Gaussians8())
    collapsed = np.repeat([eight.places[5]], 100, axis=0)
    assert coverage.coverage(eight, collapsed)["reverse_kl"] == pytest.approx(math.log(8))
    half = np.vstack([np.repeat([eight.places[i]], 10, axis=0) for i in range(4)])
    assert coverage.coverage(eight, half)["reverse_kl"] == pytest.approx(math.log(2))
    q, p = np.array([1, 3]), np.array([0.5, 0.5])
    assert coverage.divergence(q, p) == pytest.approx(0.25 * math.log(0.5) + 0.75 * math.log(1.5))
    assert coverage.divergence(np.array([1, 1]), np.array([1.0, 0.0])) == math.inf


def test_points_that_are_no_numbers_are_not_judged() -> None:
    assert coverage.coverage(known(Ring()), np.array([[np.nan, 0]])) == {}


def test_numbers_and_pictures_have_no_modes() -> None:
    assert modes(Plane(), load(Plane())) is None
    assert modes(Digits8x8(), load(Digits8x8())) is None


def test_a_classifier_that_is_sure_recognises_pictures() -> None:
    probabilities = np.full((100, 10), 0.02)
    probabilities[np.arange(100), np.arange(100) % 10] = 0.82
    assert coverage.recognised(probabilities) == {"classes": 0, "quality": 0, "reverse_kl": 0}
    probabilities[:50, :] = 0.001
    probabilities[:50, 3] = 0.991
    found = coverage.recognised(probabilities)
    assert (found["classes"], found["quality"]) == (1, 0.5)
    assert found["reverse_kl"] > 0


def test_a_line_through_a_drawing_keeps_its_strokes_apart() -> None:
    dataset = load(Drawing(strokes=(((-3, 0), (-1, 0)), ((2, 2),)), noise=0.0, count=300))
    assert dataset.points is not None
    strokes = [dataset.points[dataset.y == mode] for mode in range(2)]
    assert [len(points) for points in strokes] == pytest.approx([200, 100], abs=30), "as long as they are"
    assert (strokes[1] == 2).all()
    assert strokes[0][:, 0].min() < -2.9
    assert strokes[0][:, 0].max() > -1.1
    assert (strokes[0][:, 1] == 0).all()


@pytest.mark.parametrize("kind", list(GanLoss.catalogue()))
def test_slopes_are_the_slopes_of_what_is_paid(kind: str) -> None:
    loss = GanLoss.of(kind)
    random = np.random.default_rng(1)
    real, fake, step = random.normal(0, 2, (5, 1)), random.normal(0, 2, (5, 1)), 1e-6
    _, of_real, of_fake = rivalry.discriminator_loss(loss, real, fake, 0.1)
    _, of_made = rivalry.generator_loss(loss, fake)
    for index in range(5):
        nudge = np.zeros((5, 1))
        nudge[index] = step

        def pays(r: np.ndarray, f: np.ndarray) -> float:
            return rivalry.discriminator_loss(loss, r, f, 0.1)[0]

        assert of_real[index, 0] == pytest.approx(
            (pays(real + nudge, fake) - pays(real - nudge, fake)) / (2 * step), abs=1e-8
        )
        assert of_fake[index, 0] == pytest.approx(
            (pays(real, fake + nudge) - pays(real, fake - nudge)) / (2 * step), abs=1e-8
        )
        above, below = (rivalry.generator_loss(loss, fake + sign * nudge)[0] for sign in (1, -1))
        assert of_made[index, 0] == pytest.approx((above - below) / (2 * step), abs=1e-8)


def test_what_is_paid_is_torchs_cross_entropy_with_smoothed_labels() -> None:
    random = np.random.default_rng(2)
    real, fake = random.normal(0, 30, (64, 1)), random.normal(0, 30, (64, 1))
    bce = nn.BCEWithLogitsLoss()
    expected = bce(torch.from_numpy(real), torch.full((64, 1), 0.9).double())
    expected += bce(torch.from_numpy(fake), torch.zeros(64, 1).double())
    assert rivalry.discriminator_loss(NonSaturating(), real, fake, 0.1)[0] == pytest.approx(float(expected))


def test_at_equilibrium_nobody_can_tell() -> None:
    undecided = np.zeros((10, 1))
    assert rivalry.discriminator_loss(NonSaturating(), undecided, undecided)[0] == pytest.approx(
        2 * np.log(2)
    )
    assert rivalry.generator_loss(NonSaturating(), undecided)[0] == pytest.approx(np.log(2))
    assert rivalry.verdict(NonSaturating(), undecided, undecided) == {
        "d_real": 0.5,
        "d_fake": 0.5,
        "d_accuracy": 0.5,
    }


def test_verdicts_speak_the_language_of_the_game() -> None:
    real, fake = np.array([[2.0], [-1.0]]), np.array([[-2.0], [-3.0]])
    assert rivalry.verdict(NonSaturating(), real, fake)["d_accuracy"] == 0.75
    assert rivalry.verdict(LeastSquares(), real, fake) == {"d_real": 0.5, "d_fake": 0, "d_accuracy": 0.75}
    assert rivalry.verdict(Wasserstein(), real, fake) == {"d_real": 0.5, "d_fake": -2.5, "distance": 3.0}
    assert rivalry.shares(Wasserstein(), real) is None


def test_conditions_stand_behind_what_is_told() -> None:
    pictures, points = np.ones((2, 1, 3, 3), np.float32), np.ones((2, 2), np.float32)
    condition = np.array([[0.0, 1.0], [2.0, 0.0]], np.float32)
    told = latents.told(pictures, condition)
    assert told.shape == (2, 3, 3, 3)
    assert (told[0, 2] == 1).all()
    assert (told[1, 1] == 2).all()
    assert latents.told(points, condition).tolist() == [[1, 1, 0, 1], [1, 1, 2, 0]]
    assert latents.told(points, None) is points
    assert latents.of_condition(np.ones((2, 3, 3, 3)), 2).tolist() == [[9, 9], [9, 9]]


@pytest.mark.parametrize("noise", ["normal", "uniform"])
def test_latents_are_what_they_are_called_and_fixed_ones_stay(noise: str) -> None:
    experiment = Experiment.from_plain(
        {"data": {"kind": "Ring"}, "adversary": {"noise": noise, "latent_dim": 3}}
    )
    rules = experiment.adversary
    assert rules is not None
    z = latents.drawn(rules, 20_000, np.random.default_rng(0))
    assert z.shape == (20_000, 3)
    assert z.mean() == pytest.approx(0, abs=0.02)
    assert z.std() == pytest.approx(1 if noise == "normal" else 3**-0.5, abs=0.02)
    assert noise == "normal" or np.abs(z).max() <= 1
    assert (latents.fixed(experiment, 10) == latents.fixed(experiment, 64)[:10]).all()


def test_pictures_count_for_the_class_of_the_real_one_they_are_nearest_to() -> None:
    digits = load(Digits8x8())
    y = np.asarray(digits.y_test)
    fresh = coverage.imitated(digits.x, np.asarray(digits.y), digits.x_test, 10)
    assert fresh["modes"] == 10
    assert fresh["reverse_kl"] < 0.01
    threes = coverage.imitated(digits.x, np.asarray(digits.y), digits.x_test[y == 3], 10)
    assert threes["modes"] == 1
    assert threes["reverse_kl"] == pytest.approx(math.log(10), abs=0.3)
    found = coverage.nearest_pictures(digits.x, digits.x_test[:50])
    apart = ((digits.x_test[:50, None] - digits.x[None]) ** 2).sum((2, 3, 4))
    assert (found == apart.argmin(1)).all()
