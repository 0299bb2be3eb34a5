"""The map of the penultimate layer: its axes are the principal components of the network's own numbers."""

from __future__ import annotations

import numpy as np
import pytest

from playground.data.targets import decide
from playground.presets import preset
from playground.probes import asks
from playground.probes.look.landscape import main_axes, neighbourly
from playground.probes.registry import Subject
from playground.spec import SpecError
from tests.probes.looking import scene


def test_pictures_lie_at_their_two_main_components() -> None:
    at = scene()
    found = asks.answer("landscape", at, {})
    x = at.subject.dataset.x_test
    outputs = at.subject.net().trace(x)
    rows = outputs[9].astype(np.float64)
    _, sizes, axes = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    meant = (rows - rows.mean(axis=0)) @ axes[:2].T
    shown = found.arrays["points"] * meant[:, 0].std()
    for axis in range(2):
        turned = np.sign(shown[:, axis] @ meant[:, axis])
        assert np.abs(shown[:, axis] - turned * meant[:, axis]).max() < 1e-3 * np.abs(meant).max()
    assert found.plain["shares"] == pytest.approx((sizes[:2] ** 2 / (sizes**2).sum()).tolist(), rel=1e-4)
    assert (found.arrays["guess"] == decide(at.subject.experiment, outputs[-1])).all()
    assert found.plain["width"] == 9


@pytest.mark.parametrize("shape", [(40, 7), (7, 40), (30, 1), (5, 5)])
def test_axes_stand_upright_on_each_other_whichever_matrix_they_come_from(shape: tuple[int, int]) -> None:
    rows = np.random.default_rng(0).normal(size=shape) * np.linspace(3, 1, shape[1])
    points, axes, shares = main_axes(rows)
    assert points.shape == (shape[0], 2)
    assert points[:, 0].std() == pytest.approx(1)
    assert float(axes[0] @ axes[1]) == pytest.approx(0, abs=1e-6)
    assert 1 >= shares[0] >= shares[1] >= 0
    assert np.linalg.norm(axes[0]) == pytest.approx(1, abs=1e-6)


def test_a_network_that_says_nothing_yet_is_one_point() -> None:
    points, _, shares = main_axes(np.ones((6, 3)))
    assert not points.any()
    assert shares == [0, 0]


def test_neighbours_stay_neighbours_in_the_map_of_neighbours() -> None:
    groups = np.repeat(np.arange(4), 30)
    rows = np.eye(4, 12)[groups] * 8 + np.random.default_rng(0).normal(size=(120, 12))
    points = neighbourly(rows)
    assert points[:, 0].std() == pytest.approx(1, abs=1e-5)
    away = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(away, np.inf)
    assert (groups[away.argmin(axis=1)] == groups).all()
    assert (points == neighbourly(rows)).all()


@pytest.mark.parametrize("rows", [np.ones((50, 3)), np.eye(5)])
def test_pictures_that_are_alike_or_too_few_have_no_map_of_neighbours(rows: np.ndarray) -> None:
    with pytest.raises(SpecError) as refused:
        neighbourly(rows)
    assert refused.value.key == "stage.landscape.alike"


def test_points_of_the_plane_are_refused() -> None:
    from playground.data import load

    found = preset("circle").experiment
    dataset = load(found.data)
    with pytest.raises(SpecError) as refused:
        asks.answer(
            "landscape", asks.Scene(Subject(found, dataset, found.model.init(dataset.input_shape, 0))), {}
        )
    assert refused.value.key == "stage.look.no_picture"
