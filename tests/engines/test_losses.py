"""Every loss of the catalogue is torch's loss, its gradient is the slope, and far out it stays a number."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import engines
from playground.spec import LossSpec, ModelSpec, SpecError
from playground.spec.layers import Identity
from playground.spec.losses import BCE, MSE, CrossEntropy, Huber
from tests.engines.agreement import LOSSES, assert_close, coded_targets, net

KINDS = LossSpec.catalogue()
CASES = [*(kind() for kind in KINDS.values()), Huber(delta=0.3)]
every_case = pytest.mark.parametrize("loss", CASES, ids=repr)
both_engines = pytest.mark.parametrize("engine", ["numpy", "torch"])


def outputs(loss: LossSpec, count: int, width: int, *, spread: float = 2.0) -> np.ndarray:
    y = np.random.default_rng(3).normal(size=(count, width)) * spread
    return 1 / (1 + np.exp(-y)) if loss.wants == "probabilities" else y


def test_every_loss_has_a_reference() -> None:
    assert set(LOSSES) == set(KINDS)


@every_case
@both_engines
@pytest.mark.parametrize("width", [1, 4])
def test_value_and_gradient_are_torchs(loss: LossSpec, engine: str, width: int) -> None:
    y = outputs(loss, 6, width)
    target = coded_targets(loss, np.random.default_rng(4), 6, width)
    value, grad = engines.get(engine).loss(loss, y, target)
    leaf = torch.tensor(y, requires_grad=True)
    expected = LOSSES[loss.kind](loss)(leaf, torch.tensor(target))
    expected.backward()
    assert leaf.grad is not None
    assert value == pytest.approx(float(expected.detach()), rel=1e-12)
    assert_close(grad, leaf.grad.numpy())


@every_case
@both_engines
def test_gradient_is_the_slope(loss: LossSpec, engine: str) -> None:
    y = outputs(loss, 5, 3)
    target = coded_targets(loss, np.random.default_rng(4), 5, 3)
    _, grad = engines.get(engine).loss(loss, y, target)
    for index in np.ndindex(y.shape):
        up, down = y.copy(), y.copy()
        up[index] += 1e-6
        down[index] -= 1e-6
        rise = engines.get(engine).loss(loss, up, target)[0] - engines.get(engine).loss(loss, down, target)[0]
        assert rise / 2e-6 == pytest.approx(grad[index], abs=1e-8, rel=1e-6)


@both_engines
def test_a_hit_has_no_slope(engine: str) -> None:
    """Where an absolute value has its corner, the gradient is 0, as torch has it."""
    y = np.array([[0.5, -1.0]])
    for kind in ("MSE", "MAE", "Huber"):
        value, grad = engines.get(engine).loss(KINDS[kind](), y, y)
        assert value == 0
        np.testing.assert_array_equal(grad, np.zeros_like(y))


@every_case
@both_engines
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_huge_outputs_give_numbers_and_no_warning(loss: LossSpec, engine: str, dtype: str) -> None:
    y = np.array([[1e4, -1e4, 80.0], [-1e4, 1e4, -80.0]], dtype)
    if loss.wants == "probabilities":
        y = np.array([[1.0, 0.0, 1e-30], [0.0, 1.0, 0.5]], dtype)
    for offset in range(3):
        target = coded_targets(loss, np.random.default_rng(offset), 2, 3)
        value, grad = engines.get(engine).loss(loss, y, target)
        assert np.isfinite(value)
        assert np.isfinite(grad).all()
        assert grad.dtype == np.dtype(dtype)


@both_engines
def test_numbers_that_are_none_show_in_the_loss(engine: str) -> None:
    """A network that has diverged gives NaN; a loss neither hides that nor fails over it."""
    y = np.full((2, 1), np.nan)
    for name, kind in KINDS.items():
        target = np.zeros(2, np.int64) if name == "CrossEntropy" else np.ones((2, 1))
        assert np.isnan(engines.get(engine).loss(kind(), y, target)[0]), name


@both_engines
def test_cross_entropy_of_equal_scores_is_the_logarithm_of_their_number(engine: str) -> None:
    value, grad = engines.get(engine).loss(CrossEntropy(), np.zeros((1, 4)), np.array([2]))
    assert value == pytest.approx(np.log(4))
    assert_close(grad, np.array([[0.25, 0.25, -0.75, 0.25]]))


@both_engines
@pytest.mark.parametrize(
    ("loss", "target"),
    [
        (CrossEntropy(), np.array([0, 3])),
        (CrossEntropy(), np.array([0, -1])),
        (CrossEntropy(), np.array([0.0, 1.0])),
        (CrossEntropy(), np.array([[0], [1]])),
        (MSE(), np.zeros(2)),
        (MSE(), np.zeros((2, 2))),
        (BCE(), np.zeros((3, 3))),
    ],
)
def test_targets_that_do_not_fit_are_refused(engine: str, loss: LossSpec, target: np.ndarray) -> None:
    with pytest.raises(SpecError, match=r"^y: "):
        engines.get(engine).loss(loss, np.full((2, 3), 0.5), target)
    ours = net(engine, ModelSpec(layers=(Identity(),)), (3,))
    with pytest.raises(SpecError, match=r"^y: "):
        ours.fit(loss, np.full((2, 3), 0.5), target, 2)
