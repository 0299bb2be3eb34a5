"""Models nobody wrote down: drawn by hypothesis, they are torch's to ten digits, in both engines, and travel freely."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import engines
from playground.data import load
from playground.data.targets import code
from playground.spec import Experiment, LayerSpec, LossSpec, ModelSpec, OptimizerSpec, Shape, coding
from playground.spec.layers import Dropout, Softmax
from tests.engines.agreement import Reference, assert_close, assert_same, coded_targets, net
from tests.states import assert_equal
from tests.strategies import (
    SEQUENCE,
    experiments,
    image_model_specs,
    image_shapes,
    losses,
    model_specs,
    optimizers,
    sequence_model_specs,
)

SHAPE = (3,)
ADAPTIVE = {"eps": 1e-3}
"""What adaptive optimizers divide by: with less they turn the last digit of a gradient that should be 0 into a step."""


ROUNDING_RULES = 1e-4
"""Below this variance a normalisation blows rounding up, and a kink behind it may fall on either side."""

RANDOM = ("Dropout", "Dropout2d")


@st.composite
def placed(draw: st.DrawFn, without: tuple[str, ...] = ()) -> tuple[ModelSpec, Shape]:
    """Draw a model and the shape of a sample: a row of numbers, a sequence, or an image."""
    nature = draw(st.sampled_from(("row", "sequence", "image")))
    if nature == "row":
        return draw(model_specs(SHAPE, without=without)), SHAPE
    if nature == "sequence":
        return draw(sequence_model_specs(without=without)), SEQUENCE
    shape = draw(image_shapes())
    return draw(image_model_specs(shape, without=without)), shape


deterministic = placed(RANDOM)


def parts(layers: Iterable[LayerSpec]) -> Iterator[LayerSpec]:
    """Yield every layer, those inside blocks too."""
    for layer in layers:
        yield layer
        yield from parts(getattr(layer, "layers", ()))


def inputs(seed: int, count: int, shape: Shape) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, *shape))


@settings(max_examples=60)
@given(drawn=deterministic, seed=st.integers(0, 999), count=st.integers(2, 9))
def test_forward_and_backward_are_torchs(drawn: tuple[ModelSpec, Shape], seed: int, count: int) -> None:
    model, shape = drawn
    for engine in ("numpy", "torch"):
        ours = net(engine, model, shape, seed=seed)
        reference = Reference(ours, OptimizerSpec.catalogue()["SGD"]())
        x = inputs(seed, count, shape)
        assume(reference.least_variance(x) > ROUNDING_RULES)
        y = ours.forward(x, training=True)
        grad = np.random.default_rng(seed + 1).normal(size=y.shape)
        expected_y, expected_dx = reference.backward(x, grad)
        assert_close(y, expected_y)
        assert_close(ours.backward(grad), expected_dx)
        assert_same(ours.gradients(), reference.gradients())
        assert_same(ours.state(), reference.state())
        assert_close(ours.forward(x), reference.forward(x))
        assert_close(ours.trace(x)[-1], reference.forward(x))


@settings(max_examples=60)
@given(
    drawn=deterministic,
    loss=losses(),
    optimizer=optimizers(),
    seed=st.integers(0, 999),
    count=st.integers(2, 9),
)
def test_three_steps_are_torchs(
    drawn: tuple[ModelSpec, Shape], loss: LossSpec, optimizer: OptimizerSpec, seed: int, count: int
) -> None:
    model, shape = drawn
    if "eps" in type(optimizer).model_fields:
        optimizer = optimizer.model_copy(update=ADAPTIVE)
    if getattr(optimizer, "momentum", 1) == 0:
        optimizer = optimizer.model_copy(update={"nesterov": False})  # torch refuses what has no effect
    if loss.kind == "BCE":
        model = ModelSpec(layers=(*model.layers, Softmax()))
    assume(
        not any(getattr(layer, "l1", 0) and layer.init == "zeros" for layer in parts(model.layers))
    )  # |w| has its corner
    width = model.output_shape(shape)[0]
    x = inputs(seed, count, shape)
    y = coded_targets(loss, np.random.default_rng(seed), count, width)
    for engine in ("numpy", "torch"):
        ours = net(engine, model, shape, optimizer, seed=seed)
        reference = Reference(ours, optimizer)
        fit = ours.fit(loss, x, y, 0)
        for _ in range(3):
            assume(reference.least_variance(x) > ROUNDING_RULES)
            fit.begin(np.arange(count))
            fit.step(optimizer.lr)
            expected = reference.step(loss, x, y)
            assert_close(fit.losses(), np.array([expected]))
        assert_same(ours.state(), reference.state())


@settings(max_examples=30)
@given(drawn=placed(), optimizer=optimizers(), seed=st.integers(0, 999), batch_size=st.integers(2, 6))
def test_a_run_may_change_engines(
    drawn: tuple[ModelSpec, Shape], optimizer: OptimizerSpec, seed: int, batch_size: int
) -> None:
    """One epoch each, NumPy, torch, NumPy, carrying weights, memory and generators: the same as NumPy alone."""
    model, shape = drawn
    if "eps" in type(optimizer).model_fields:
        optimizer = optimizer.model_copy(update=ADAPTIVE)
    loss = LossSpec.catalogue()["MSE"]()
    x = inputs(seed, 8, shape)
    y = np.random.default_rng(seed).normal(size=(8, *model.output_shape(shape)))

    def epoch(ours: object, number: int) -> None:
        fit = ours.fit(loss, x, y, batch_size)  # type: ignore[attr-defined]
        fit.begin(np.random.default_rng(number).permutation(8))
        while fit.step(optimizer.lr):
            pass

    alone = net("numpy", model, shape, optimizer, seed=seed)
    travelling = net("numpy", model, shape, optimizer, seed=seed)
    for number, engine in enumerate(("numpy", "torch", "numpy")):
        arrived = net(engine, model, shape, optimizer, seed=seed + 1)
        arrived.load(travelling.state())
        arrived.load_optimizer(travelling.optimizer_state())
        arrived.load_random(travelling.random_state())
        assert_equal(arrived.state(), travelling.state())
        assert_equal(arrived.optimizer_state(), travelling.optimizer_state())
        assert_equal(arrived.random_state(), travelling.random_state())
        travelling = arrived
        epoch(travelling, number)
        epoch(alone, number)
    assert_same(travelling.state(), alone.state())
    assert_equal(travelling.random_state(), alone.random_state())


@settings(max_examples=20)
@given(experiment=experiments())
def test_an_experiment_that_fits_together_trains_in_both_engines(experiment: Experiment) -> None:
    assume(experiment.data.num_samples()[0] <= 600)
    assume(not any(isinstance(layer, Dropout) and layer.p > 0.9 for layer in experiment.model.layers))
    dataset = load(experiment.data)
    shape = dataset.x.shape[1:]
    how = coding(experiment.loss, experiment.model, dataset.target)
    y = code(dataset.y, how, experiment.model.output_shape(shape)[0])
    found = []
    for engine in ("numpy", "torch"):
        ours = engines.get(engine).net(
            experiment.model, shape, experiment.optimizer, seed=experiment.seed, dtype="float64"
        )
        fit = ours.fit(experiment.loss, dataset.x, y, experiment.training.batch_size)
        fit.begin(np.arange(min(len(y), 40)))
        fit.step(experiment.optimizer.lr)
        assert np.isfinite(fit.losses()).all()
        found.append(fit.losses()[0])
    assert abs(found[0] - found[1]) <= 1e-9 * max(abs(found[0]), 1)
