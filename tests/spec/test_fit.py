"""Loss, last layer and target: what does not fit is explained, and mended with one click."""

from __future__ import annotations

import pytest

from playground.spec import Experiment, SpecError, advise, check, coding
from playground.spec.data import Target


def experiment(last: str, width: int, loss: str, data: str = "Circles") -> Experiment:
    layers = [{"kind": "Linear", "out_features": width}]
    if last:
        layers.append({"kind": last})
    start = [{"kind": "Flatten"}] if data in ("Mnist5k", "Digits8x8") else []
    return Experiment.from_plain(
        {"data": {"kind": data}, "model": {"layers": start + layers}, "loss": {"kind": loss}}
    )


@pytest.mark.parametrize(
    ("last", "width", "loss", "data"),
    [
        ("Sigmoid", 1, "BCE", "Circles"),
        ("", 1, "BCEWithLogits", "Circles"),
        ("", 1, "Hinge", "Circles"),
        ("Tanh", 1, "MSE", "Circles"),
        ("", 2, "CrossEntropy", "Circles"),
        ("", 10, "CrossEntropy", "Mnist5k"),
        ("", 1, "Huber", "Plane"),
        ("", 1, "MAE", "Function1D"),
    ],
)
def test_what_fits_is_left_alone(last: str, width: int, loss: str, data: str) -> None:
    assert check(experiment(last, width, loss, data)) == []


@pytest.mark.parametrize(
    ("last", "width", "loss", "data", "key"),
    [
        ("", 1, "BCE", "Circles", "fit.not_probabilities"),
        ("Tanh", 1, "BCE", "Circles", "fit.not_probabilities"),
        ("", 1, "CrossEntropy", "Circles", "fit.one_logit"),
        ("", 3, "CrossEntropy", "Circles", "fit.width_classes"),
        ("", 1, "CrossEntropy", "Mnist5k", "fit.width_classes"),
        ("", 2, "MSE", "Plane", "fit.width_regression"),
        ("", 1, "CrossEntropy", "Plane", "fit.regression"),
        ("Softmax", 1, "BCE", "Circles", "fit.softmax_one"),
    ],
)
def test_what_cannot_work_is_refused_and_can_be_mended(
    last: str, width: int, loss: str, data: str, key: str
) -> None:
    broken = experiment(last, width, loss, data)
    with pytest.raises(SpecError) as error:
        check(broken)
    assert error.value.key == key
    mend = advise(broken)[0].mend
    if key != "fit.softmax_one":
        assert mend is not None
        check(mend)


@pytest.mark.parametrize(
    ("last", "width", "loss", "data", "key"),
    [
        ("Softmax", 10, "CrossEntropy", "Mnist5k", "fit.twice"),
        ("Sigmoid", 1, "BCEWithLogits", "Circles", "fit.twice"),
        ("Tanh", 1, "Hinge", "Circles", "fit.squashed_logits"),
        ("Sigmoid", 1, "MSE", "Plane", "fit.bounded"),
        ("", 10, "MSE", "Mnist5k", "fit.numbers_for_classes"),
        ("Step", 1, "MSE", "Circles", "fit.step"),
    ],
)
def test_what_works_badly_is_explained(last: str, width: int, loss: str, data: str, key: str) -> None:
    found = check(experiment(last, width, loss, data))
    assert [advice.key for advice in found] == [key]
    assert found[0].text("zh") != found[0].text("en")
    mend = found[0].mend
    if mend is not None:
        assert check(mend) == []


def test_a_picture_without_flatten_is_mended_by_flatten() -> None:
    broken = Experiment.from_plain(
        {
            "data": {"kind": "Mnist5k"},
            "model": {"layers": [{"kind": "Linear", "out_features": 10}]},
            "loss": {"kind": "CrossEntropy"},
        }
    )
    advice = advise(broken)[0]
    assert advice.key == "error.needs_vector"
    assert advice.place == "layers.0"
    assert advice.mend is not None
    assert check(advice.mend) == []


def test_an_empty_network_is_mended_by_the_smallest_that_fits() -> None:
    broken = Experiment.from_plain(
        {"data": {"kind": "Mnist5k"}, "model": {"layers": []}, "loss": {"kind": "CrossEntropy"}}
    )
    mend = advise(broken)[0].mend
    assert mend is not None
    assert check(mend) == []


@pytest.mark.parametrize(
    ("last", "loss", "expected"),
    [
        ("Tanh", "MSE", "signs"),
        ("Sine", "MSE", "signs"),
        ("Sigmoid", "MSE", "bits"),
        ("", "MSE", "bits"),
        ("", "Hinge", "signs"),
        ("Sigmoid", "BCE", "bits"),
        ("", "CrossEntropy", "classes"),
    ],
)
def test_targets_are_coded_for_the_range_of_the_last_layer(last: str, loss: str, expected: str) -> None:
    e = experiment(last, 1, loss)
    assert coding(e.loss, e.model, Target("classes", 2)) == expected
    assert coding(e.loss, e.model, Target("regression", 1)) == "values"
