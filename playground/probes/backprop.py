"""One training step on one sample, under the microscope: every number on the way forward, back, and into the weights.

Computed in float64 by the NumPy engine itself, layer by layer, from a run's present numbers: the same step the engine
would take with a batch of this one sample. Two things are as the engine has them where it evaluates: dropout hands
everything on, and batch normalisation, which can make no statistics of one sample, uses the running ones.

Legend: F numbers of one sample between two layers (all axes, in C order).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

import engines
from engines.numpy.block import Block
from engines.numpy.net import Net
from engines.numpy.program import Program, run
from playground.data import Dataset
from playground.data.targets import code, decide
from playground.probes.asks import Answer, Scene, ask
from playground.probes.columns import Column, columns
from playground.probes.formulas import losses
from playground.probes.look.picture import Picture, drawn
from playground.probes.registry import Array, Arrays, Subject
from playground.spec import Experiment, Shape, SpecError, State, coding

MAX_PARAMETERS = 2_000_000
SENT = 4096
"""Tensors of so many numbers at most are sent whole; larger ones have no edges on the screen."""

Vector = NDArray[np.float64]


class Sample(Picture):
    """Which sample: its number in the training set, or in the test set; of pictures also one that was drawn.

    Nobody knows what a drawing is: the class that the network takes it for stands in for the answer.
    """


@dataclass(frozen=True, eq=False)
class Walk:
    """One step on one sample.

    Attributes:
        experiment, columns: what is trained, and how it is drawn.
        x: the input (F,).
        target: as the loss wants it, (k,); of classes a one among zeros, for each step where there are several. NaN, or
            zeros alone, where a step is not judged.
        truth: the class, or the numbers (k,) as text would show them.
        outputs: what comes out of each layer (F,).
        slopes: ∂L/∂output of each layer (F,); L is the loss without the penalty.
        input_slope: ∂L/∂x (F,).
        data_gradients, gradients: ∂/∂tensor of the loss, and of the loss with the penalty.
        norm, clip: of the whole gradient, and what it is multiplied by for the sake of `clip_norm`.
        loss, penalty: at the old weights; `loss_after`: of the same sample at the new ones.
        lr: of this step.
        old, new: the tensors before and after it.
        memory: the optimizer's before it; None where it is not known.
    """

    experiment: Experiment
    columns: tuple[Column, ...]
    x: Vector
    target: Vector
    truth: Array
    outputs: list[Vector]
    slopes: list[Vector]
    input_slope: Vector
    data_gradients: State
    gradients: State
    norm: float
    clip: float
    loss: float
    penalty: float
    loss_after: float
    lr: float
    old: State
    new: State
    memory: State | None

    @property
    def outcome(self) -> losses.Outcome:
        """Outputs and target, as the loss compares them."""
        shape = self.experiment.model.output_shape(self.experiment.data.input_shape())
        steps = shape[0] if len(shape) == 2 else 0
        return losses.Outcome(self.experiment.loss, self.outputs[-1], self.target, steps)


def walk(scene: Scene, sample: Sample) -> Walk:
    """Return the step that the network would take on one sample.

    Raises:
        SpecError: if there is no such sample, the network is too large, or a number is not finite.
    """
    subject = scene.subject
    experiment, dataset = subject.experiment, subject.dataset
    shape = dataset.input_shape
    parameters = experiment.model.parameters(shape)
    if parameters > MAX_PARAMETERS:
        raise SpecError("stage.backprop.too_large", value=f"{parameters:,}", bound=f"{MAX_PARAMETERS:,}")
    net = calm_net(subject)
    x, y = _sample(subject, net, sample)
    passed = Pass(net, x)
    outputs = passed.outputs(0)
    coded = coded_targets(experiment, dataset, y)
    engine = engines.get("numpy")
    shown = outputs[-1].reshape(1, *experiment.model.output_shape(shape))
    loss, slope = engine.loss(experiment.loss, shown, coded)
    arrived = passed.back(slope)
    gradients = net.gradients()
    data_gradients = {name: g - _pull(experiment, name, net.state()[name]) for name, g in gradients.items()}
    old, penalty = net.state(), net.penalty()
    norm = math.sqrt(sum(float(np.vdot(g, g)) for g in gradients.values()))
    bound = experiment.optimizer.clip_norm
    lr = experiment.optimizer.lr * experiment.schedule.factor(scene.epoch)
    memory = scene.memory if remember(net, scene.memory) else None
    net.step(lr)
    new = net.state()
    after = Pass(net, x).outputs(0)[-1]
    loss_after, _ = engine.loss(experiment.loss, after.reshape(shown.shape), coded)
    found = Walk(
        experiment=experiment,
        columns=columns(experiment.model, shape),
        x=x.astype(np.float64).reshape(-1),
        target=_one_hot(coded, shown.shape[1:]),
        truth=y[0],
        outputs=outputs,
        slopes=[slope[:, 0] for slope in arrived[1:]],
        input_slope=arrived[0][:, 0],
        data_gradients=data_gradients,
        gradients=gradients,
        norm=norm,
        clip=min(1.0, bound / (norm + 1e-6)) if bound else 1.0,
        loss=loss,
        penalty=penalty,
        loss_after=loss_after,
        lr=lr,
        old=old,
        new=new,
        memory=memory,
    )
    _require_finite(found)
    return found


@ask(Sample, wants=("memory",))
def backprop(scene: Scene, sample: Sample, lang: str) -> Answer:
    """Return the whole step: what each unit and each edge has in each of the five phases.

    Arrays (f8): `x` (F,), `target` (k,), `a/<layer>` and `d/<layer>` (F,) output and ∂L/∂output of each layer, `dx`
    (F,); of each tensor of at most 4,096 numbers `g/<tensor>`, `old/<tensor>` and `new/<tensor>`.
    """
    found = walk(scene, sample)
    arrays: Arrays = {"x": found.x, "target": found.target, "dx": found.input_slope}
    for index, (output, slope) in enumerate(zip(found.outputs, found.slopes, strict=True)):
        arrays |= {f"a/{index}": output, f"d/{index}": slope}
    for name, gradient in found.gradients.items():
        if gradient.size <= SENT:
            arrays |= {f"g/{name}": gradient, f"old/{name}": found.old[name], f"new/{name}": found.new[name]}
    blocks = losses.value_of(found.outcome)
    if found.penalty:
        blocks += losses.penalty(found.loss, found.penalty)
    drawn = [{"layer": column.layer, "until": column.until} for column in found.columns]
    return Answer(facts(scene, sample, found, lang) | {"loss_blocks": blocks, "columns": drawn}, arrays)


def facts(scene: Scene, sample: Sample, found: Walk, lang: str) -> dict[str, Any]:
    """Return what is to be said of a step as a whole, as plain values."""
    return {
        "step": scene.step,
        "sample": {"index": sample.index, "test": sample.test, "drawn": bool(sample.pixels)},
        "samples": [len(scene.subject.dataset.x), len(scene.subject.dataset.x_test)],
        "loss": found.loss,
        "loss_after": found.loss_after if math.isfinite(found.loss_after) else None,
        "penalty": found.penalty,
        "lr": found.lr,
        "norm": found.norm,
        "clip": found.clip,
        "known_memory": found.memory is not None or scene.step == 0 or not _remembers(found.experiment),
        **_verdict(scene.subject, found, lang),
    }


def _verdict(subject: Subject, found: Walk, lang: str) -> dict[str, Any]:
    """Return the true and the predicted class; nothing for regression or where every step has its own."""
    dataset = subject.dataset
    if dataset.target.kind != "classes" or dataset.target.steps:
        return {}
    taken_for = int(decide(subject.experiment, found.outputs[-1].reshape(1, -1))[0])
    names = dataset.spoken(lang)
    return {
        "truth": int(found.truth),
        "taken_for": taken_for,
        "class_names": [names[int(found.truth)], names[taken_for]] if names else [],
    }


def _remembers(experiment: Experiment) -> bool:
    spec: Any = experiment.optimizer
    return spec.kind != "SGD" or bool(spec.momentum)


def _sample(subject: Subject, net: Net, sample: Sample) -> tuple[Array, Array]:
    """Return input (1, *input) and answer (1,) or (1, k) of a sample."""
    dataset = subject.dataset
    if sample.pixels:
        if len(dataset.input_shape) != 3 or dataset.target.kind != "classes":
            raise SpecError("stage.look.no_picture")
        x = drawn(sample.pixels, dataset.input_shape)
        return x, decide(subject.experiment, net.forward(x).reshape(1, -1)).astype(dataset.y.dtype)
    x, y = (dataset.x_test, dataset.y_test) if sample.test else (dataset.x, dataset.y)
    if sample.index >= len(x):
        raise SpecError("stage.backprop.no_sample", place="index", value=sample.index, count=len(x))
    return x[sample.index : sample.index + 1], y[sample.index : sample.index + 1]


def calm_net(subject: Subject) -> Net:
    """Return a float64 net with the subject's numbers and its optimizer, whose dropout hands everything on."""
    experiment = subject.experiment
    made = engines.get("numpy").net(
        experiment.model.calm(), subject.dataset.input_shape, experiment.optimizer, dtype="float64"
    )
    net = cast("Net", made)
    net.load(subject.state)
    return net


def remember(net: Net, memory: State | None) -> bool:
    """Give a net's optimizer its memory; False where none is known, or it is another optimizer's."""
    if memory is None:
        return False
    try:
        net.load_optimizer(memory)
    except SpecError:  # the optimizer was changed while it was asked for
        return False
    return True


class Pass:
    """One forward pass of a net over B samples, and the way back, layer by layer.

    A single sample is normalised by running statistics, several by their own, as in training, unless they are `frozen`.
    """

    def __init__(self, net: Net, x: Array, *, frozen: bool = False) -> None:
        self._at = net.workspace(len(x), net.rows(len(x)), training=True, frozen=frozen or len(x) == 1)
        self._at.rows[:, : x[0].size] = x.reshape(len(x), -1)
        run(self._at.forward)

    def outputs(self, sample: int) -> list[Vector]:
        """Return the output (F,) of every layer for one of the samples."""
        return [block.values[:, sample].copy() for block in self._at.outputs]

    def final(self) -> Array:
        """Return what the net gives, (B, k)."""
        return self._at.y.values.T.copy()

    def back(self, slope: Array) -> list[Array]:
        """Return ∂L/∂x and ∂L/∂output of every layer, (F, B), from ∂L/∂ŷ (B, k); the gradients stay in the net."""
        dy = Block.empty(slope[0].size, len(slope), np.dtype(np.float64))
        dy.values[...] = slope.reshape(len(slope), -1).T
        found: list[Array] = [dy.values.copy()]
        for layer in reversed(self._at.layers):
            self._at.program = Program()
            layer.wants_dx = True
            dy = layer.backward(dy)
            run(self._at.program)
            found.append(dy.values.copy())
        return found[::-1]


def _pull(experiment: Experiment, name: str, values: Array) -> Array | float:
    """Return the part of a gradient that the penalty makes: l2·w + l1·sign w."""
    l1, l2 = experiment.model.penalties().get(name, (0.0, 0.0))
    return l2 * values + l1 * np.sign(values)


def coded_targets(experiment: Experiment, dataset: Dataset, y: Array) -> Array:
    """Return targets as the experiment's loss wants them."""
    how = coding(experiment.loss, experiment.model, dataset.target)
    return code(y, how, experiment.model.output_shape(dataset.input_shape)[-1])


def _one_hot(coded: Array, output: Shape) -> Vector:
    """Return one sample's target (k,): numbers, or of classes a one among zeros; zeros alone at a step not judged."""
    if coded.dtype.kind == "f":
        return coded[0].astype(np.float64).reshape(-1)
    classes = coded[0].reshape(-1, 1)
    return (np.arange(output[-1]) == classes).astype(np.float64).reshape(-1)


def _require_finite(found: Walk) -> None:
    numbers = [
        *found.outputs,
        *found.slopes,
        *found.gradients.values(),
        *found.new.values(),
        np.array(found.loss),
    ]
    if not all(np.isfinite(values).all() for values in numbers):
        raise SpecError("stage.backprop.not_finite")
