"""The step under the microscope is the step: its numbers are torch autograd's and the engine's own, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import engines
from playground.data import load
from playground.data.targets import code
from playground.presets import preset, presets
from playground.probes import Subject
from playground.probes.asks import Scene, answer
from playground.probes.backprop import MAX_PARAMETERS, Sample, walk
from playground.spec import Experiment, SpecError, coding
from playground.spec.random import stream
from tests import strategies
from tests.engines import agreement


def scene(experiment: Experiment, seed: int = 0, **more: Any) -> Scene:
    """A network whose every tensor, running statistics too, has been moved away from its start."""
    dataset = load(experiment.data)
    state = experiment.model.init(dataset.input_shape, seed)
    random = stream(seed, "moved")
    for name, values in state.items():
        if values.dtype.kind == "f":
            moved = values + 0.1 * random.normal(size=values.shape)
            state[name] = np.abs(moved) + 0.2 if name.endswith("running_var") else moved
    return Scene(Subject(experiment, dataset, state), **more)


def by_autograd(
    given: Scene, index: int
) -> tuple[float, list[np.ndarray], list[np.ndarray], dict[str, np.ndarray]]:
    """Loss, outputs, ∂L/∂outputs and ∂L/∂tensors of one sample, as a reader of torch's documentation would get them."""
    experiment, dataset = given.subject.experiment, given.subject.dataset
    shape = dataset.input_shape
    modules = []
    for spec, inner in zip(experiment.model.layers, experiment.model.inputs(shape), strict=True):
        modules.append(agreement.LAYERS[spec.kind](spec, inner))
    module = torch.nn.Sequential(*modules).double().eval()
    module.load_state_dict({name: torch.from_numpy(np.array(v)) for name, v in given.subject.state.items()})
    values = torch.from_numpy(dataset.x[index : index + 1].astype(np.float64))
    outputs = []
    for one in module:
        values = one(values)
        values.retain_grad() if values.requires_grad else values.requires_grad_()
        outputs.append(values)
    width = experiment.model.output_shape(shape)[0]
    coded = code(
        dataset.y[index : index + 1], coding(experiment.loss, experiment.model, dataset.target), width
    )
    target = torch.from_numpy(coded if coded.dtype == np.int64 else coded.astype(np.float64))
    loss = agreement.LOSSES[experiment.loss.kind](experiment.loss)(values, target)
    loss.backward()
    slopes = [np.zeros(v.numel()) if v.grad is None else v.grad.numpy().reshape(-1) for v in outputs]
    gradients = {
        n: np.zeros(p.shape) if p.grad is None else p.grad.numpy() for n, p in module.named_parameters()
    }
    return float(loss.detach()), [v.detach().numpy().reshape(-1) for v in outputs], slopes, gradients


def close(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(
        found, expected, rtol=1e-9, atol=1e-10 * max(1.0, float(np.abs(expected).max(initial=0)))
    )


@given(strategies.experiments(), st.integers(0, 2))
@settings(max_examples=60)
def test_every_number_of_the_walk_is_autograds(experiment: Experiment, index: int) -> None:
    given = scene(experiment)
    found = walk(given, Sample(index=index))
    loss, outputs, slopes, gradients = by_autograd(given, index)
    assert found.loss == pytest.approx(loss, rel=1e-9, abs=1e-12)
    for ours, theirs in zip(found.outputs, outputs, strict=True):
        close(ours, theirs)
    for ours, theirs in zip(found.slopes, slopes, strict=True):
        close(ours, theirs)
    assert set(found.data_gradients) == set(gradients)
    for name, gradient in gradients.items():
        close(found.data_gradients[name], gradient)


@given(strategies.experiments(), st.integers(0, 3))
@settings(max_examples=60)
def test_the_update_is_one_step_of_the_engine_on_this_sample(experiment: Experiment, steps: int) -> None:
    """An engine net without dropout and batch statistics is trained a little; the walk takes its next step."""
    calm = tuple(l for l in experiment.model.layers if l.kind not in ("Dropout", "BatchNorm1d"))
    experiment = experiment.with_layers(calm)
    dataset = load(experiment.data)
    net = engines.get("numpy").net(
        experiment.model, dataset.input_shape, experiment.optimizer, seed=3, dtype="float64"
    )
    width = experiment.model.output_shape(dataset.input_shape)[0]
    coded = code(dataset.y, coding(experiment.loss, experiment.model, dataset.target), width)
    lr = experiment.optimizer.lr * experiment.schedule.factor(0.7)
    fit = net.fit(experiment.loss, dataset.x, coded, 1)
    for index in range(steps):
        fit.begin(np.array([index]))
        fit.step(lr)
    before, memory = net.state(), net.optimizer_state()
    fit.begin(np.array([1]))
    fit.step(lr)
    found = walk(Scene(Subject(experiment, dataset, before), steps, 0.7, memory), Sample(index=1))
    assert found.lr == lr
    for name, values in net.state().items():
        close(found.new[name], values)
        np.testing.assert_array_equal(found.old[name], before[name])
    for name, gradient in net.gradients().items():
        close(found.gradients[name], gradient)


@pytest.mark.parametrize("key", [key for key, found in presets().items() if not found.experiment.adversary])
def test_a_small_enough_step_lowers_the_samples_loss(key: str) -> None:
    experiment = preset(key).experiment.replace("optimizer", {"kind": "SGD", "lr": 0.001})
    found = walk(scene(experiment), Sample(index=1))
    assert found.loss_after < found.loss


def test_the_answer_holds_every_small_tensor_and_no_large_one() -> None:
    found = answer("backprop", scene(preset("digits-mlp").experiment), {"index": 7, "test": True})
    assert {"g/1.bias", "old/4.weight", "new/4.weight"} <= set(found.arrays)
    assert "g/1.weight" not in found.arrays
    assert found.arrays["x"].shape == (784,)
    assert found.plain["samples"] == [4000, 1000]
    assert found.plain["class_names"][0] == str(found.plain["truth"])
    assert all(np.isfinite(values).all() for values in found.arrays.values())


def test_unknown_memory_is_admitted() -> None:
    adam, sgd = preset("xor").experiment, preset("circle").experiment
    assert not answer("backprop", scene(adam, step=5), {}).plain["known_memory"]
    assert answer("backprop", scene(adam, step=0), {}).plain["known_memory"]
    assert answer("backprop", scene(sgd, step=5), {}).plain["known_memory"]


@pytest.mark.parametrize("kind", ["SGD", "Adagrad", "RMSprop", "Adam", "AdamW"])
def test_the_memory_of_a_run_on_torch_is_understood(kind: str) -> None:
    options = {"momentum": 0.9} if kind == "SGD" else {}
    experiment = preset("moons").experiment.replace("optimizer", {"kind": kind, "lr": 0.01, **options})
    dataset = load(experiment.data)
    net = engines.get("torch").net(experiment.model, (2,), experiment.optimizer, seed=1, dtype="float64")
    fit = net.fit(experiment.loss, dataset.x, dataset.y.reshape(-1, 1).astype(np.float32), 1)
    for index in (4, 9, 1):
        before, memory = net.state(), net.optimizer_state()
        fit.begin(np.array([index]))
        fit.step(0.01)
    found = walk(Scene(Subject(experiment, dataset, before), 2, 0.0, memory), Sample(index=1))
    assert found.memory is memory
    for name, values in net.state().items():
        close(found.new[name], values)


def test_another_optimizers_memory_is_not_taken_for_ones_own() -> None:
    experiment = preset("xor").experiment
    foreign = {"sgd.momentum_buffer/0.weight": np.zeros((4, 2))}
    assert not answer("backprop", scene(experiment, step=5, memory=foreign), {}).plain["known_memory"]


def refusal(what: str, given: Scene, arguments: object) -> str:
    with pytest.raises(SpecError) as refused:
        answer(what, given, arguments)
    assert refused.value.text("zh") != refused.value.text("en")
    return refused.value.text("en")


def test_what_cannot_be_explained_is_refused_in_a_sentence() -> None:
    given = scene(preset("xor").experiment)
    assert "4" in refusal("backprop", given, {"index": 4})
    refusal("backprop", given, {"index": -1})
    refusal("backprop", given, {"index": "1; drop"})
    refusal("backprop", given, {"nothing": 1})
    refusal("backprop", given, [1])
    refusal("nonsense", given, {})
    refusal("formula", given, {"column": 5, "unit": 0})
    refusal("formula", given, {"column": 0, "unit": 99})
    refusal("formula", given, {"column": 0, "unit": 0, "tensor": "2.weight", "place": [0, 0]})
    wide = preset("digits-mlp").experiment.replace("layers.1.out_features", 1 + MAX_PARAMETERS // 784)
    large = Scene(Subject(wide, load(wide.data), {}))
    assert "2,000,000" in refusal("backprop", large, {})
    overflown = scene(preset("moons").experiment)
    for name in overflown.subject.state:
        overflown.subject.state[name] = np.full_like(overflown.subject.state[name], 1e308)
    assert "left every bound" in refusal("backprop", overflown, {})
