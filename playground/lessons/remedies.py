"""Remedies: for every illness experiments that differ from the sick one in a single thing, the most promising first.

A remedy enters by `@remedy("name of the illness")` as a generator of what may help. Those that do not fit the
experiment (no scaling to be had, a limit exceeded) are left out. It knows no run and no words but their keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from playground.probes.arithmetic import setting
from playground.probes.diagnosis import Finding
from playground.spec import Experiment, LayerSpec, SpecError, check, enforce
from playground.spec.layers import LeakyReLU, Linear, ReLU, Tanh

WIDTH = 8
"""Neurons of a hidden layer that is added."""
DECAY = 0.03
CLIP = 1.0


@dataclass(frozen=True)
class Remedy:
    """One change.

    Attributes:
        key: of the sentence that names it, `stage.doctor.change_<key>`.
        values: what the sentence names.
        experiment: the sick one, changed.
    """

    key: str
    experiment: Experiment
    values: dict[str, str] = field(default_factory=dict[str, str])


Source = Callable[[Finding, Experiment], Iterator[Remedy]]
REMEDIES: dict[str, Source] = {}


def remedy(*names: str) -> Callable[[Source], Source]:
    """Enter a generator of remedies for illnesses."""

    def enter(source: Source) -> Source:
        for name in names:
            REMEDIES[name] = source
        return source

    return enter


def remedies(finding: Finding, experiment: Experiment) -> list[Remedy]:
    """Return what may help and can be trained, the most promising first; nothing where there is no such thing."""
    source = REMEDIES.get(finding.name)
    found: list[Remedy] = []
    for one in source(finding, experiment) if source else ():
        try:
            check(one.experiment)
            enforce(one.experiment)
        except SpecError:
            continue
        if one.experiment != experiment:
            found.append(one)
    return found


@remedy("lr_high")
def _slower(finding: Finding, experiment: Experiment) -> Iterator[Remedy]:
    if finding.cause == "jumps" and experiment.schedule.kind == "Constant":
        epochs = max(10, int(finding.figures["epochs"]))
        falling = experiment.replace("schedule", {"kind": "Cosine", "epochs": epochs})
        yield Remedy("schedule", falling, {"new": str(epochs)})
    yield from _rate(experiment, 0.1)
    yield from _rate(experiment, 0.3)
    yield from _rate(experiment, 0.01)


@remedy("lr_low")
def _faster(finding: Finding, experiment: Experiment) -> Iterator[Remedy]:
    yield from _rate(experiment, 10.0)
    yield from _rate(experiment, 100.0)


@remedy("exploding")
def _clipped(finding: Finding, experiment: Experiment) -> Iterator[Remedy]:
    yield Remedy("clip", experiment.replace("optimizer.clip_norm", CLIP), {"new": setting(CLIP).text})
    yield from _rate(experiment, 0.1)


@remedy("symmetry")
def _random(finding: Finding, experiment: Experiment) -> Iterator[Remedy]:
    def start(layer: LayerSpec) -> LayerSpec:
        is_zero = isinstance(layer, Linear) and layer.init == "zeros"
        return layer.model_copy(update={"init": "uniform"}) if is_zero else layer

    yield Remedy("random", _mapped(experiment, start))


@remedy("unscaled")
def _scaled(finding: Finding, experiment: Experiment) -> Iterator[Remedy]:
    if "scaling" in type(experiment.data).model_fields:
        yield Remedy("scaling", experiment.replace("data.scaling", "standard"))


@remedy("dead_relu")
def _revived(finding: Finding, experiment: Experiment) -> Iterator[Remedy]:
    leaky = Remedy(
        "activation", _activations(experiment, ("ReLU",), LeakyReLU()), {"old": "ReLU", "new": "LeakyReLU"}
    )
    if finding.cause == "training":
        yield from _rate(experiment, 0.1)
        yield from _rate(experiment, 0.3)
        yield leaky
    else:
        yield leaky
        yield from _rate(experiment, 0.1)


@remedy("saturated")
def _unsaturated(finding: Finding, experiment: Experiment) -> Iterator[Remedy]:
    kind = str(finding.figures.get("kind", ""))
    others = Remedy("activation", _activations(experiment, (kind,), ReLU()), {"old": kind, "new": "ReLU"})
    if finding.cause == "start":
        yield Remedy("xavier", _mapped(experiment, _small))
        yield others
    else:
        yield from _rate(experiment, 0.1)
        yield from _rate(experiment, 0.3)
        yield from _rate(experiment, 0.01)
        yield others


@remedy("vanishing")
def _passing(finding: Finding, experiment: Experiment) -> Iterator[Remedy]:
    for kind in ("Sigmoid", "Tanh"):
        changed = _activations(experiment, (kind,), ReLU())
        if changed != experiment:
            yield Remedy("activation", changed, {"old": kind, "new": "ReLU"})
    yield Remedy("batch_norm", _normalised(experiment))


@remedy("overfitting")
def _regularised(finding: Finding, experiment: Experiment) -> Iterator[Remedy]:
    old = experiment.optimizer.weight_decay
    new = min(max(DECAY, 10 * old), 1.0)
    yield Remedy(
        "weight_decay",
        experiment.replace("optimizer.weight_decay", new),
        {"old": setting(old).text, "new": setting(new).text},
    )


@remedy("too_small")
def _larger(finding: Finding, experiment: Experiment) -> Iterator[Remedy]:
    layers = experiment.model.layers
    last = max((i for i, layer in enumerate(layers) if isinstance(layer, Linear)), default=-1)
    hidden = [i for i, layer in enumerate(layers[:last]) if isinstance(layer, Linear)]
    if hidden:
        index = hidden[-1]
        old = int(experiment.model.shapes(experiment.data.input_shape())[index][0])
        new = max(2 * WIDTH, 4 * old)
        wider = experiment.replace(f"layers.{index}.out_features", new)
        yield Remedy("wider", wider, {"old": str(old), "new": str(new)})
    elif last >= 0:
        added = (*layers[:last], Linear(out_features=WIDTH), Tanh(), *layers[last:])
        yield Remedy("hidden", experiment.with_layers(added), {"new": str(WIDTH)})


@remedy("not_learning")
def _something_else(finding: Finding, experiment: Experiment) -> Iterator[Remedy]:
    yield from _rate(experiment, 0.1)
    yield from _rate(experiment, 10.0)
    yield from _rate(experiment, 0.01)
    yield from _larger(finding, experiment)


def _rate(experiment: Experiment, factor: float) -> Iterator[Remedy]:
    """Yield the experiment with another learning rate, as far as it is allowed."""
    old = experiment.optimizer.lr
    new = float(f"{old * factor:.6g}")
    try:
        changed = experiment.replace("optimizer.lr", new)
    except SpecError:
        return
    yield Remedy("lr", changed, {"old": setting(old).text, "new": setting(new).text})


def _mapped(experiment: Experiment, change: Callable[[LayerSpec], LayerSpec]) -> Experiment:
    return experiment.with_layers(tuple(change(layer) for layer in experiment.model.layers))


def _activations(experiment: Experiment, kinds: tuple[str, ...], new: LayerSpec) -> Experiment:
    """Return the experiment with another activation in its hidden layers; the output's stays."""
    layers = experiment.model.layers
    last = max((i for i, layer in enumerate(layers) if isinstance(layer, Linear)), default=-1)
    return experiment.with_layers(
        tuple(new if layer.kind in kinds and index < last else layer for index, layer in enumerate(layers))
    )


def _small(layer: LayerSpec) -> LayerSpec:
    return layer.model_copy(update={"init": "xavier"}) if isinstance(layer, Linear) else layer


def _normalised(experiment: Experiment) -> Experiment:
    """Return the experiment with batch normalisation behind every hidden Linear layer."""
    made: list[Any] = []
    layers = experiment.model.layers
    last = max((i for i, layer in enumerate(layers) if isinstance(layer, Linear)), default=-1)
    for index, layer in enumerate(layers):
        made.append(layer)
        if isinstance(layer, Linear) and index < last:
            made.append(LayerSpec.of("BatchNorm1d"))
    return experiment.with_layers(tuple(made))
