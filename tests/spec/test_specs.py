"""Specifications refuse what does not fit, in a sentence, and survive every round trip."""

from __future__ import annotations

import json
from typing import Literal

import numpy as np
import pytest

from playground import i18n
from playground.spec import (
    DataSpec,
    Experiment,
    LayerSpec,
    LossSpec,
    ModelSpec,
    OptimizerSpec,
    ScheduleSpec,
    SpecError,
    knobs,
)
from playground.spec.base import Kind
from playground.spec.initialisation import TensorSpec
from playground.spec.layers import BatchNorm1d, Flatten, Linear, ReLU

FAMILIES = {
    "layer": LayerSpec,
    "loss": LossSpec,
    "optimizer": OptimizerSpec,
    "schedule": ScheduleSpec,
    "data": DataSpec,
}
KINDS = [
    pytest.param(family, kind, id=f"{name}-{kind}")
    for name, family in FAMILIES.items()
    for kind in family.catalogue()
]


@pytest.mark.parametrize(("family", "kind"), KINDS)
def test_every_kind_and_knob_has_words_in_every_language(family: type[Kind], kind: str) -> None:
    name = next(name for name, f in FAMILIES.items() if f is family)
    for lang in i18n.LANGUAGES:
        assert i18n.has(f"{name}.{kind}", lang)
        assert i18n.has(f"{name}.{kind}_help", lang)
        for knob in knobs(family.catalogue()[kind]):
            assert i18n.has(f"field.{knob.name}", lang), knob.name


@pytest.mark.parametrize(("family", "kind"), KINDS)
def test_a_number_outside_its_range_is_refused_by_name(family: type[Kind], kind: str) -> None:
    for knob in knobs(family.catalogue()[kind]):
        if knob.type in ("int", "float"):
            assert knob.low is not None
            assert knob.high is not None
            assert knob.low <= knob.default <= knob.high
            for value in (knob.low - 1, knob.high * 2 + 1, float("nan"), float("inf"), "much"):
                with pytest.raises(SpecError, match=knob.name):
                    family.of({"kind": kind, knob.name: value})


def test_a_layer_defined_elsewhere_enters_by_the_same_door() -> None:
    class Cube(LayerSpec):
        """x³"""

        kind: Literal["Cube"] = "Cube"

    try:
        model = ModelSpec.parse({"layers": [{"kind": "Cube"}]})
        assert isinstance(model.layers[0], Cube)
        assert model.shapes((3,)) == [(3,)]
    finally:
        del LayerSpec._catalogue["Cube"]


def test_shapes_and_parameters_follow_from_the_layers() -> None:
    model = ModelSpec(
        layers=(Flatten(), Linear(out_features=128), ReLU(), BatchNorm1d(), Linear(out_features=10))
    )
    assert model.shapes((1, 28, 28)) == [(784,), (128,), (128,), (128,), (10,)]
    assert model.parameters((1, 28, 28)) == 784 * 128 + 128 + 2 * 128 + 128 * 10 + 10
    assert model.layer_parameters((1, 28, 28)) == [0, 100480, 0, 256, 1290]
    assert list(model.tensors((1, 28, 28))) == [
        "1.weight",
        "1.bias",
        "3.weight",
        "3.bias",
        "3.running_mean",
        "3.running_var",
        "3.num_batches_tracked",
        "4.weight",
        "4.bias",
    ]


def test_a_layer_that_does_not_fit_is_named_with_what_it_got() -> None:
    with pytest.raises(SpecError) as error:
        ModelSpec(layers=(ReLU(), Linear())).shapes((1, 28, 28))
    assert error.value.place == "layers.1"
    assert "(1, 28, 28)" in str(error.value)


def test_an_empty_network_is_refused() -> None:
    with pytest.raises(SpecError, match="no layer"):
        ModelSpec().shapes((2,))


def test_the_same_seed_gives_the_same_weights_and_a_new_layer_changes_no_other() -> None:
    small = ModelSpec(layers=(Linear(out_features=3), ReLU(), Linear(out_features=1)))
    large = ModelSpec(
        layers=(Linear(out_features=3), ReLU(), Linear(out_features=1), ReLU(), Linear(out_features=2))
    )
    first, second = small.init((2,), 7), large.init((2,), 7)
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name])
    assert not np.array_equal(small.init((2,), 8)["0.weight"], first["0.weight"])


@pytest.mark.parametrize(
    ("init", "deviation"),
    [
        ("uniform", (1 / 300) ** 0.5),
        ("xavier", (2 / 500) ** 0.5),
        ("kaiming", (2 / 100) ** 0.5),
        ("normal", 0.1),
    ],
)
def test_initial_weights_have_the_deviation_of_their_paper(init: str, deviation: float) -> None:
    tensor = Linear(out_features=400, init=init).tensors((100,))["weight"]
    weights = tensor.draw(0, "0.weight")
    assert weights.std() == pytest.approx(deviation, rel=0.02)
    assert abs(weights.mean()) < deviation / 20


@pytest.mark.parametrize("shape", [(5, 9), (9, 5), (4, 4)])
def test_orthogonal_weights_keep_lengths(shape: tuple[int, int]) -> None:
    w = TensorSpec(shape, "orthogonal").draw(1, "w")
    gram = w @ w.T if shape[0] <= shape[1] else w.T @ w
    np.testing.assert_allclose(gram, np.eye(min(shape)), atol=1e-12)


def test_a_setting_is_replaced_by_its_path() -> None:
    experiment = Experiment()
    assert experiment.replace("optimizer.lr", "0.1").optimizer.lr == 0.1
    assert experiment.replace("layers.0.out_features", 7).model.layers[0].plain()["out_features"] == 7
    assert experiment.replace("loss", "MAE").loss.kind == "MAE"
    adam = experiment.replace("optimizer.lr", 0.5).replace("optimizer.kind", "Adam")
    assert (adam.optimizer.kind, adam.optimizer.lr) == ("Adam", 0.5)
    assert experiment.replace("data.features", '["x1", "sin(x2)"]').data.input_shape() == (2,)
    assert experiment.training.batch_size == 10


@pytest.mark.parametrize(
    "path",
    ["optimizer.speed", "layers.99.p", "layers.x.p", "foo", "", "data", "optimizer.lr.x", "model.layers.-1"],
)
def test_an_unknown_path_is_refused(path: str) -> None:
    with pytest.raises(SpecError):
        Experiment().replace(path, 1)


def test_equal_experiments_have_equal_fingerprints() -> None:
    one = Experiment().replace("seed", 3)
    assert one.digest() == Experiment.from_json(one.to_json()).digest()
    assert one.digest() != Experiment().digest()


def test_a_refusal_speaks_the_visitors_language() -> None:
    with pytest.raises(SpecError) as error:
        Experiment().replace("optimizer.lr", 1e30)
    assert "1e+30" in error.value.text("en")
    assert "too large" in error.value.text("en")
    assert "1e+30" in error.value.text("zh")
    assert "太大" in error.value.text("zh")
    assert error.value.text("xx") == error.value.text("en")


def test_a_long_or_unprintable_value_is_shown_short() -> None:
    with pytest.raises(SpecError) as error:
        Experiment().replace("loss", "\x00\x1b" * 500)
    assert "\x00" not in str(error.value)
    assert len(str(error.value)) < 300


def test_schedules_agree_with_their_closed_forms() -> None:
    kinds = ScheduleSpec.catalogue()
    assert [kinds["StepDecay"](every=2, gamma=0.5).factor(e) for e in (0, 1.9, 2, 4)] == [1, 1, 0.5, 0.25]
    cosine = kinds["Cosine"](epochs=10, floor=0.1)
    assert cosine.factor(0) == pytest.approx(1)
    assert cosine.factor(5) == pytest.approx(0.55)
    assert cosine.factor(10) == cosine.factor(99) == pytest.approx(0.1)
    warm = kinds["WarmupDecay"](warmup=2, epochs=10)
    assert [warm.factor(e) for e in (1, 2, 6, 10, 12)] == pytest.approx([0.5, 1, 0.5, 0, 0])
    assert warm.factor(0) > 0


def test_defaults_are_left_out_of_json() -> None:
    assert json.loads(Experiment().to_json()) == {"version": 1}
    assert Experiment().replace("seed", 5).plain() == {"seed": 5}


def test_a_kind_is_found_in_capitals_or_not_and_shared_choices_are_kept() -> None:
    start = Experiment.from_plain({"data": {"kind": "Mnist5k"}})
    assert start.replace("data.kind", "mnist").data.num_samples() == (60_000, 10_000)
    assert start.replace("data.kind", "MNIST").data == start.replace("data", "mnist").data
    chosen = start.replace("data.count", 300).replace("data.kind", "fashionmnist")
    assert chosen.data.kind == "FashionMnist"
    assert chosen.data.num_samples() == (300, 10_000)
    moons = Experiment.from_plain({"data": {"kind": "Circles", "noise": 0.2, "seed": 3}})
    assert moons.replace("data.kind", "moons").data == DataSpec.of({"kind": "Moons", "noise": 0.2, "seed": 3})
    assert start.replace("optimizer.kind", "adam").optimizer.kind == "Adam"
    for wrong in ("mnists", 3):
        with pytest.raises(SpecError) as caught:
            start.replace("data.kind", wrong)
        assert caught.value.key == "error.kind"
