"""Every neuron of any network opens into formulas that anybody can recalculate; they come to the engine's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engines
from playground.data import load
from playground.presets import preset
from playground.probes import Subject
from playground.probes.asks import Scene, answer
from playground.probes.backprop import Sample, walk
from playground.probes.formulas import activations, together
from playground.probes.formulas import losses as loss_formulas
from playground.probes.formulas import optimizers as optimizer_formulas
from playground.probes.formulas import units as layer_formulas
from playground.spec import Experiment, LayerSpec, LossSpec, ModelSpec, OptimizerSpec
from playground.spec.image_layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout2d,
    MaxPool2d,
    Residual,
    Unflatten,
    Upsample,
)
from playground.spec.layers import Flatten, Linear, Tanh
from tests import strategies
from tests.images import image_kinds, image_names, sequence_names
from tests.probes.recalculation import check, last_unit, outcome
from tests.probes.test_backprop import scene


def reached(block: dict[str, Any], value: float, size: float = 0.0) -> None:
    """The block comes to `value`, to the last digit shown; float64's noise of numbers of `size` may be off."""
    assert abs(outcome(block) - value) <= 0.51 * last_unit(block) + 1e-11 * size, (block, value)


def opened(given: Scene, column: int, unit: int, index: int = 0, **more: Any) -> dict[str, Any]:
    found = answer("formula", given, {"index": index, "column": column, "unit": unit, **more}).plain
    for part in ("forward", "backward", "gradient", "update"):
        for block in found.get(part, ()):
            check(block)
    return found


def compare(given: Scene, column: int, unit: int, index: int = 0) -> None:
    """Recalculate all formulas of one neuron and compare what they come to with the engine."""
    found, step = opened(given, column, unit, index), walk(given, Sample(index=index))
    at = step.columns[column]
    size = max(float(np.abs(values).max()) for values in (*step.outputs, *step.slopes))
    lines = [block for block in found["forward"] if block["kind"] != "note"]
    if lines:
        reached(lines[-1], float(step.outputs[at.until][unit]), size)
    derivatives = {
        b["left"]: b for b in found["backward"] if b["kind"] != "note" and b["left"].startswith("∂")
    }
    reached(derivatives[f"∂L/∂{found['symbol']}"], float(step.slopes[at.until][unit]), size)
    if lines:
        working = [
            i
            for i in range(at.layer, at.until + 1)
            if not isinstance(layer(given, i), layer_formulas.PASSING)
        ]
        last = [b for b in found["backward"] if b["kind"] != "note"][-1]
        first = working[0]
        if layer(given, first).mixes:
            reached(last, float(step.slopes[first][unit]), size)
        else:
            into = step.slopes[first - 1] if first else step.input_slope
            reached(last, float(into[unit]), size)
    for row in found["gradient"]:
        reached(row, float(step.gradients[row["tensor"]][tuple(row["place"])]), size)
    if "update" in found:
        tensor, place = found["weight"]
        reached(found["update"][-1], float(step.new[tensor][tuple(place)]))


def layer(given: Scene, index: int) -> LayerSpec:
    return given.subject.experiment.model.layers[index]


@given(strategies.experiments(), st.integers(0, 2))
@settings(max_examples=80)
def test_every_neuron_of_a_random_network_adds_up(experiment: Experiment, index: int) -> None:
    given = scene(experiment)
    for column, at in enumerate(walk(given, Sample()).columns):
        for unit in range(min(at.units, 3)):
            compare(given, column, unit, index)


IMAGES = (
    Conv2d(out_channels=2),
    Conv2d(out_channels=4, kernel_size=2, padding="same", groups=2, l1=0.01, l2=0.1),
    Conv2d(out_channels=2, stride=2, dilation=2, padding=2, bias=False),
    ConvTranspose2d(out_channels=2),
    ConvTranspose2d(out_channels=2, kernel_size=3, padding=1, output_padding=1, groups=2, l2=0.1),
    MaxPool2d(),
    MaxPool2d(kernel_size=3, stride=2, padding=1),
    MaxPool2d(kernel_size=4),
    AvgPool2d(kernel_size=3, stride=2, padding=1),
    AdaptiveAvgPool2d(output_size=4),
    Unflatten(channels=2, height=7),
    Upsample(),
    Upsample(mode="bilinear"),
    BatchNorm2d(),
    Dropout2d(),
    Residual(),
    Residual(layers=(Conv2d(out_channels=2, padding=1, l2=0.1), BatchNorm2d(), Dropout2d())),
)


@pytest.mark.parametrize("spec", IMAGES, ids=repr)
def test_every_layer_of_images_has_its_formula(spec: LayerSpec) -> None:
    """At corners, edges and inside; behind another convolution, before a dense layer."""
    first = Conv2d(out_channels=2, kernel_size=2)
    data = {"kind": "Digits8x8"}
    before = (Flatten(),) if isinstance(spec, Unflatten) else ()
    layers = [
        one.plain() for one in (first, Tanh(), *before, spec, Tanh(), Flatten(), Linear(out_features=10))
    ]
    experiment = Experiment.from_plain(
        {"data": data, "model": {"layers": layers}, "loss": {"kind": "CrossEntropy"}}
    )
    given = scene(experiment)
    found = walk(given, Sample())
    for column, at in enumerate(found.columns[:-1]):
        for unit in {0, 9, at.units // 2 + 3, at.units - 1} & set(range(at.units)):
            compare(given, column, unit, unit % 5)


def test_the_catalogue_of_images_is_opened_whole() -> None:
    assert {type(spec) for spec in IMAGES} == set(image_kinds())


@pytest.mark.parametrize(
    "kind", [kind for kind in LayerSpec.catalogue() if kind not in image_names() | sequence_names()]
)
@pytest.mark.parametrize("seed", range(6))
def test_every_kind_of_layer_has_its_formula(kind: str, seed: int) -> None:
    spec = Linear(out_features=5) if kind == "Linear" else LayerSpec.catalogue()[kind]()
    hidden = (Linear(out_features=4), spec, Linear(out_features=1))
    given = scene(preset("moons").experiment.with_layers(hidden), seed)
    for unit in range(4):
        compare(given, 0, unit, seed)


@pytest.mark.parametrize("kind", list(LossSpec.catalogue()))
@pytest.mark.parametrize("key", ["three-rings", "moons"])
def test_every_loss_has_its_formula(kind: str, key: str) -> None:
    loss = LossSpec.catalogue()[kind]()
    experiment = preset(key).experiment
    width = 3 if key == "three-rings" else 2 if kind == "CrossEntropy" else 1
    last = {"probabilities": ({"kind": "Sigmoid"},)}.get(loss.wants, ())
    layers = [
        {"kind": "Linear", "out_features": 4},
        {"kind": "Tanh"},
        {"kind": "Linear", "out_features": width},
        *last,
    ]
    experiment = Experiment.from_plain(
        {"data": experiment.data.plain(), "model": {"layers": layers}, "loss": {"kind": kind}}
    )
    given = scene(experiment)
    for index in range(6):
        for unit in range(width):
            compare(given, 1, unit, index)
        found = answer("backprop", given, {"index": index}).plain
        for block in found["loss_blocks"]:
            check(block)
        reached(found["loss_blocks"][-1], found["loss"], 1.0)


@pytest.mark.parametrize("kind", list(OptimizerSpec.catalogue()))
@pytest.mark.parametrize("steps", [0, 1, 7])
@pytest.mark.parametrize("options", [{}, {"weight_decay": 0.05}, {"clip_norm": 0.01}, {"momentum": 0.9}])
def test_every_optimizer_has_its_formula(kind: str, steps: int, options: dict[str, float]) -> None:
    spec = OptimizerSpec.catalogue()[kind]
    if not set(options) <= set(spec.model_fields):
        pytest.skip("has no momentum")
    experiment = preset("circle").experiment.replace("optimizer", {"kind": kind, **options})
    compare_after(experiment, steps)


def test_nesterov_and_penalties_are_in_the_formulas() -> None:
    experiment = preset("circle").experiment
    experiment = experiment.replace("optimizer", {"kind": "SGD", "momentum": 0.8, "nesterov": True})
    experiment = experiment.replace("layers.0.l2", 0.1).replace("layers.0.l1", 0.02)
    compare_after(experiment, 3)
    found = answer("backprop", scene(experiment), {}).plain
    assert found["loss_blocks"][-1]["left"] == "L + P"
    check(found["loss_blocks"][-1])


def compare_after(experiment: Experiment, steps: int) -> None:
    """Open every weight of two neurons after some steps of training."""
    dataset = load(experiment.data)
    net = engines.get("numpy").net(
        experiment.model, dataset.input_shape, experiment.optimizer, dtype="float64"
    )
    coded = dataset.y.reshape(-1, 1) * 2.0 - 1
    fit = net.fit(experiment.loss, dataset.x, coded, 4)
    fit.begin(np.arange(4 * steps))
    while fit.step(experiment.optimizer.lr):
        pass
    given = Scene(Subject(experiment, dataset, net.state()), steps, 0.0, net.optimizer_state())
    step = walk(given, Sample(index=5))
    for column, unit in ((0, 1), (2, 0)):
        compare(given, column, unit, 5)
        for row in opened(given, column, unit, 5)["gradient"]:
            place = {"tensor": row["tensor"], "place": row["place"]}
            found = opened(given, column, unit, 5, **place)
            assert found["weight"] == (row["tensor"], row["place"])
            reached(found["update"][-1], float(step.new[row["tensor"]][tuple(row["place"])]))


def test_the_catalogues_have_a_formula_each() -> None:
    assert activations
    assert together
    spoken = set(layer_formulas.FORMULAS) | {Linear, *layer_formulas.PASSING}
    assert spoken == set(LayerSpec.catalogue().values())
    assert set(loss_formulas.FORMULAS) == set(LossSpec.catalogue().values())
    assert set(optimizer_formulas.FORMULAS) == set(OptimizerSpec.catalogue().values())


def test_a_wide_layer_shows_its_largest_contributions_and_the_rest_as_one() -> None:
    given = scene(preset("digits-mlp").experiment)
    found = opened(given, 0, 17)
    block = found["forward"][0]
    assert (len(block["terms"]), block["rest"]) == (9, 784 + 1 - 8)
    x, weight = given.subject.dataset.x[0].reshape(-1), given.subject.state["1.weight"][17]
    largest = np.sort(np.abs(x * weight))[-8]
    shown = [term["source"][1] for term in block["terms"][:-1] if term["source"]]
    assert min(np.abs(x * weight)[shown]) >= largest
    assert len(found["gradient"]) in (8, 9), "the largest, and the bias in any case"
    assert found["gradient"][-1]["name"] == "b"
    assert found["rest"] == 784 + 1 - len(found["gradient"])
    compare(given, 0, 17)
    compare(given, 1, 3)


def test_the_formula_of_a_hidden_neuron_reads_like_the_textbook() -> None:
    model = ModelSpec(
        layers=(
            Linear(out_features=2),
            *preset("circle").experiment.model.layers[1:2],
            Linear(out_features=1),
        )
    )
    experiment = preset("moons").experiment.model_copy(update={"model": model})
    dataset = load(experiment.data)
    state = {
        "0.weight": np.array([[0.412, -0.873], [1.0, 0.0]]),
        "0.bias": np.array([0.12, 0.0]),
        "2.weight": np.array([[0.5, -0.25]]),
        "2.bias": np.array([0.0]),
    }
    found = opened(Scene(Subject(experiment, dataset, state)), 0, 0)
    weighted, activation = found["forward"]
    assert weighted["formula"] == "w₁·x₁ + w₂·x₂ + b"
    assert [term["tokens"][1] for term in weighted["terms"]] == ["0.412", "−0.873", "0.120"]
    assert (activation["left"], activation["formula"]) == ("a", "tanh(z)")
    assert [block.get("formula") for block in found["backward"]] == [None, "w₁·δ₁", "∂L/∂a·(1 − a²)"]
    assert [row["formula"] for row in found["gradient"]] == ["∂L/∂z·x₁", "∂L/∂z·x₂", "∂L/∂z"]
