"""What a doctor measures: a network's signs of life at one moment, and at its start, on the same training samples.

Only measurements, in float64, by the NumPy engine; what they mean is said in `diagnosis`. It knows no language.

Legend: c hidden columns with units U, B samples.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import numpy as np

import engines
from engines.numpy.net import Net
from playground.data.targets import decide
from playground.probes.asks import Scene
from playground.probes.backprop import Pass, calm_net, coded_targets, remember
from playground.probes.columns import Column, columns
from playground.probes.health import DEAD, SATURATED, judge
from playground.probes.registry import Array, Subject
from playground.spec import Experiment, State
from playground.spec.layers import Linear
from playground.spec.losses import IGNORED
from playground.spec.random import stream

SAMPLES, FEWEST = 256, 16
"""Training samples that are looked at, evenly spread; fewer of them in a network that costs much."""
LOOK_FLOPS = 300_000_000
TRIAL_FLOPS = 400_000_000
TRIAL_STEPS = 600
"""What a trial may cost: a fifth of a second."""
LEAST_TRIAL = 100
"""Steps below which a trial says nothing."""
TINY = 1e-12


@dataclass(frozen=True)
class Signs:
    """One state of a network on the samples.

    Attributes:
        loss: on them.
        accuracy: on them; NaN for regression.
        predicted: how often each class is predicted (C,); empty for regression.
        dead, saturated: how many units of each hidden column are.
        pushes: for each column the root mean square of ∂L/∂(weighted sum) over samples and units; the loss is a sum
            here, so that the number of samples does not matter.
        gradient_norm: of the mean loss with its penalty, over all tensors.
        weight_norm: of all learned numbers.
        step_norm: how far one step of the optimizer, with its present memory, would move them.
    """

    loss: float
    accuracy: float
    predicted: Array
    dead: tuple[int, ...]
    saturated: tuple[int, ...]
    pushes: tuple[float, ...]
    gradient_norm: float
    weight_norm: float
    step_norm: float


@dataclass(frozen=True, eq=False)
class Vitals:
    """A run's signs of life."""

    scene: Scene
    _trials: dict[float, tuple[float, float, int]] = field(
        default_factory=dict[float, tuple[float, float, int]]
    )

    @property
    def experiment(self) -> Experiment:
        return self.scene.subject.experiment

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return columns(self.experiment.model, self.scene.subject.dataset.input_shape)

    @cached_property
    def chosen(self) -> Array:
        """The indices of the samples that are looked at."""
        dataset = self.scene.subject.dataset
        affordable = LOOK_FLOPS // max(3 * self.experiment.model.flops(dataset.input_shape), 1)
        count = min(len(dataset.x), max(FEWEST, min(SAMPLES, affordable)))
        return np.unique(np.linspace(0, len(dataset.x) - 1, count).astype(np.int64))

    @cached_property
    def now(self) -> Signs:
        """The network as it is."""
        return self._signs(self.scene.subject.state, self.scene.memory)

    @cached_property
    def start(self) -> Signs:
        """The network as it was before its first step."""
        shape = self.scene.subject.dataset.input_shape
        return self._signs(self.experiment.model.init(shape, self.experiment.seed), None)

    @cached_property
    def classes(self) -> Array:
        """How often each class occurs in the training set (C,); empty for regression."""
        dataset = self.scene.subject.dataset
        if dataset.target.kind != "classes":
            return np.zeros(0)
        y = np.asarray(dataset.y, np.int64)
        return np.bincount(
            y[y >= 0], minlength=dataset.target.size
        )  # of answers at every step some are not judged

    @cached_property
    def input_sizes(self) -> Array:
        """The root mean square of each input (F,)."""
        x = self.scene.subject.dataset.x[self.chosen].reshape(len(self.chosen), -1).astype(np.float64)
        return np.sqrt((x**2).mean(axis=0))

    def twins(self, tolerance: float = 1e-6) -> list[tuple[int, int]]:
        """Return for each hidden column how many different units it has, and how many units."""
        found: list[tuple[int, int]] = []
        for column in self.columns[:-1]:
            weight = self.scene.subject.state.get(f"{column.layer}.weight")
            if weight is None or not isinstance(self.experiment.model.layers[column.layer], Linear):
                found.append((column.units, column.units))
                continue
            bias = self.scene.subject.state.get(f"{column.layer}.bias")
            rows = weight if bias is None else np.column_stack([weight, bias])
            size = float(np.abs(rows).max()) or 1.0
            found.append((len(np.unique(np.round(rows / (tolerance * size)), axis=0)), column.units))
        return found

    def trial(self, rate: float) -> tuple[float, float, int]:
        """Train on from here with `rate` times the learning rate, in a copy, for a moment.

        Returns:
            The loss on the samples before and after (infinite where it is not a number), and the steps taken; none
            where too few could be afforded to tell anything.
        """
        if rate not in self._trials:
            self._trials[rate] = self._try(rate)
        return self._trials[rate]

    # --- inside -----------------------------------------------------------------------------------------------

    def _try(self, rate: float) -> tuple[float, float, int]:
        scene, experiment = self.scene, self.experiment
        dataset = scene.subject.dataset
        batch = min(experiment.training.batch_size or len(dataset.x), len(dataset.x))
        flops = 3 * batch * experiment.model.flops(dataset.input_shape)
        steps = min(TRIAL_STEPS, TRIAL_FLOPS // max(flops, 1))
        if steps < LEAST_TRIAL:
            return math.nan, math.nan, 0
        made = engines.get("numpy").net(
            experiment.model, dataset.input_shape, experiment.optimizer, seed=experiment.seed, dtype="float32"
        )
        net = cast("Net", made)
        net.load(scene.subject.state)
        remember(net, scene.memory)
        before = self._loss(net)
        lr = rate * experiment.optimizer.lr * experiment.schedule.factor(scene.epoch)
        fit = net.fit(experiment.loss, dataset.x, coded_targets(experiment, dataset, dataset.y), batch)
        random = stream(experiment.seed, "trial")
        taken = 0
        while taken < steps:
            fit.begin(random.permutation(len(dataset.x)))
            while taken < steps and fit.step(lr):
                taken += 1
        after = self._loss(net)
        return before, after if math.isfinite(after) else math.inf, taken

    def _loss(self, net: Net) -> float:
        dataset = self.scene.subject.dataset
        outputs = net.forward(dataset.x[self.chosen])
        coded = coded_targets(self.experiment, dataset, dataset.y[self.chosen])
        return engines.get("numpy").loss(self.experiment.loss, outputs, coded)[0]

    def _signs(self, state: State, memory: State | None) -> Signs:
        dataset = self.scene.subject.dataset
        net = calm_net(Subject(self.experiment, dataset, state))
        x, y = dataset.x[self.chosen], dataset.y[self.chosen]
        coded = coded_targets(self.experiment, dataset, y)
        outputs = net.forward(x)
        responses = net.responses(x)
        judged = [judge(column, responses[column.until]) for column in self.columns[:-1]]
        passed = Pass(net, x)
        trained = passed.final().reshape(outputs.shape)
        _, slope = engines.get("numpy").loss(self.experiment.loss, trained, coded)
        arrived = passed.back(slope)[1:]
        gradients = net.gradients()
        before = net.state()
        remember(net, memory)
        net.step(self.experiment.optimizer.lr * self.experiment.schedule.factor(self.scene.epoch))
        after = net.state()
        taken_for = decide(self.experiment, outputs) if dataset.target.kind == "classes" else None
        judged_ones = y != IGNORED  # everything but some steps of some sequences
        return Signs(
            loss=engines.get("numpy").loss(self.experiment.loss, outputs, coded)[0],
            accuracy=math.nan if taken_for is None else float((taken_for == y)[judged_ones].mean()),
            predicted=np.zeros(0)
            if taken_for is None
            else np.bincount(taken_for[judged_ones], minlength=dataset.target.size),
            dead=tuple(int((flags == DEAD).sum()) for flags in judged),
            saturated=tuple(int((flags == SATURATED).sum()) for flags in judged),
            pushes=tuple(len(x) * _rms(arrived[column.layer]) for column in self.columns),
            gradient_norm=_norm(gradients),
            weight_norm=_norm({name: before[name] for name in gradients}),
            step_norm=_norm({name: after[name] - before[name] for name in gradients}),
        )


def _rms(values: Array) -> float:
    return math.sqrt(float((values**2).mean())) if values.size else 0.0


def _norm(tensors: Mapping[str, Any]) -> float:
    return math.sqrt(sum(float(np.vdot(values, values)) for values in tensors.values()))
