"""Whether loss, last layer and target fit together, and what to say and offer where they do not."""

from __future__ import annotations

from typing import Literal

from playground.spec import rivalry
from playground.spec.advice import Advice
from playground.spec.base import Shape
from playground.spec.data import Target
from playground.spec.errors import SpecError
from playground.spec.experiment import Experiment
from playground.spec.growing import grown
from playground.spec.image_layers import BatchNorm2d, Conv2d
from playground.spec.layers import BatchNorm1d, Flatten, LayerSpec, Linear, shape_text
from playground.spec.losses import BCE, MSE, BCEWithLogits, CrossEntropy, LossSpec
from playground.spec.model import ModelSpec
from playground.spec.recurrent_layers import Recurrent
from playground.spec.sequence_layers import Embedding

Coding = Literal["classes", "bits", "signs", "values"]
"""How targets reach the loss: class indices (N,), 0/1 or −1/+1 (N, k), or the numbers themselves (N, k).

With an answer at each of S steps: (N, S), (N, S, k).
"""


def check(experiment: Experiment) -> list[Advice]:
    """Return the warnings.

    Raises:
        SpecError: the first reason why this experiment cannot be trained.
    """
    found = advise(experiment)
    for advice in found:
        if advice.level == "error":
            raise SpecError(advice.key, place=advice.place, **advice.values)
    return found


def advise(experiment: Experiment) -> list[Advice]:
    """Return everything worth saying, errors first."""
    if experiment.adversary is not None:
        return sorted(rivalry.advise(experiment), key=lambda advice: advice.level != "error")
    shape = experiment.data.input_shape()
    try:
        output = experiment.model.output_shape(shape)
    except SpecError as error:
        values = {"value": error.value, **error.values}
        return [Advice("error", error.key, error.place, values, _mend_shapes(experiment, error))]
    found = _vocabulary(experiment) or _steps(experiment, output) or _width(experiment, output)
    found = [*(found or _last_layer(experiment)), *_without_embedding(experiment)]
    return sorted(found, key=lambda advice: advice.level != "error")


def coding(loss: LossSpec, model: ModelSpec, target: Target) -> Coding:
    """Return how `target` is coded for `loss` behind the last layer of `model`.

    A loss that compares numbers wants −1/+1 behind a layer that reaches below zero and is bounded (`Tanh`, `Sine`),
    else 0/1.
    """
    if target.kind == "regression":
        return "values"
    if loss.targets != "numbers":
        return loss.targets
    low, high = output_bounds(model)
    return "signs" if (low, high) == (-1, 1) else "bits"


def output_bounds(model: ModelSpec) -> tuple[float, float]:
    """Return the least and the greatest value the model can give."""
    return model.bounds()


def _last(model: ModelSpec) -> LayerSpec:
    return next((layer for layer in reversed(model.layers) if not layer.keeps_values), model.layers[-1])


def _vocabulary(experiment: Experiment) -> list[Advice]:
    """Complain where numbers are taken for token ids, or there are more tokens than vectors."""
    tokens, first = experiment.data.num_tokens(), experiment.model.layers[0]
    if isinstance(first, Embedding) and not tokens:
        mended = experiment.with_layers(experiment.model.layers[1:])
        return [Advice("error", "fit.needs_numbers", "layers.0", {"kind": first.kind}, mended)]
    if isinstance(first, Embedding) and first.num_embeddings < tokens:
        wide = first.model_copy(update={"num_embeddings": tokens})
        values: dict[str, object] = {
            "kind": first.kind,
            "value": f"{first.num_embeddings:,}",
            "expected": f"{tokens:,}",
        }
        mended = experiment.with_layers((wide, *experiment.model.layers[1:]))
        return [Advice("error", "fit.vocabulary", "layers.0.num_embeddings", values, mended)]
    return []


def _without_embedding(experiment: Experiment) -> list[Advice]:
    """Warn where token ids are taken for numbers."""
    tokens, layers = experiment.data.num_tokens(), experiment.model.layers
    if not tokens or isinstance(layers[0], Embedding):
        return []
    mended = experiment.with_layers((Embedding(num_embeddings=tokens), *layers))
    return [Advice("warning", "fit.needs_embedding", "layers.0", {}, mended)]


def _steps(experiment: Experiment, output: Shape) -> list[Advice]:
    """Complain about an output at every step where one is wanted, or the other way round."""
    steps, place = experiment.data.target().steps, f"layers.{len(experiment.model.layers) - 1}"
    values: dict[str, object] = {"value": shape_text(output), "expected": steps}
    if steps and not (len(output) == 2 and output[0] == steps):
        return [Advice("error", "fit.steps", place, values, _with_sequences(experiment, returned=True))]
    if not steps and len(output) == 2:
        mended = _with_sequences(experiment, returned=False)
        key = "fit.one_answer" if mended else "fit.output_vector"
        return [Advice("error", key, place, values, mended or _flattened(experiment))]
    return []


def _with_sequences(experiment: Experiment, *, returned: bool) -> Experiment | None:
    """Return the experiment whose last recurrent layer gives every step, or its last state; None without one."""
    layers = list(experiment.model.layers)
    for index in reversed(range(len(layers))):
        layer = layers[index]
        if isinstance(layer, Recurrent):
            if layer.return_sequences == returned:
                return None
            layers[index] = layer.model_copy(update={"return_sequences": returned})
            return experiment.with_layers(tuple(layers))
    return None


def _flattened(experiment: Experiment) -> Experiment:
    return experiment.with_layers((*experiment.model.layers, Flatten()))


def _width(experiment: Experiment, output: Shape) -> list[Advice]:
    """Complain about an output that has not one value for what is to be predicted."""
    target, loss = experiment.data.target(), experiment.loss
    place = f"layers.{len(experiment.model.layers) - 1}"
    if len(output) != 1 + bool(target.steps):
        values: dict[str, object] = {"value": shape_text(output)}
        return [Advice("error", "fit.output_vector", place, values, _flattened(experiment))]
    if target.kind == "regression" and loss.targets != "numbers":
        return [Advice("error", "fit.regression", "loss", {"kind": loss.kind}, _with_loss(experiment, MSE()))]
    if target.kind == "regression":
        allowed: tuple[int, ...] = (target.size,)
    elif loss.targets == "classes":
        allowed = (target.size,)
    else:
        allowed = (1, 2) if target.size == 2 else (target.size,)
    width = output[-1]
    if width in allowed:
        return []
    if loss.targets == "classes" and width == 1 and target.size == 2:
        mended = _with_loss(experiment, BCEWithLogits())
        return [Advice("error", "fit.one_logit", "loss", {"kind": loss.kind}, mended)]
    values = {"value": width, "expected": allowed[0]}
    key = "fit.width_regression" if target.kind == "regression" else "fit.width_classes"
    return [Advice("error", key, place, values, _with_width(experiment, allowed[0]))]


def _last_layer(experiment: Experiment) -> list[Advice]:
    """Judge the last layer against what the loss wants to see."""
    loss, model, target = experiment.loss, experiment.model, experiment.data.target()
    last, place = _last(model), f"layers.{len(model.layers) - 1}"
    low, high = output_bounds(model)
    values: dict[str, object] = {"kind": loss.kind, "last": last.kind}
    if last.kind == "Step":
        return [Advice("warning", "fit.step", place, values)]
    if loss.wants == "probabilities" and not (low >= 0 and high <= 1):
        return [
            Advice("error", "fit.not_probabilities", place, values, _with_loss(experiment, BCEWithLogits()))
        ]
    if last.kind == "Softmax" and experiment.model.output_shape(experiment.data.input_shape())[-1] == 1:
        return [Advice("error", "fit.softmax_one", place, values)]
    if loss.wants == "logits" and (low, high) == (0, 1):
        mended = _without(experiment, last)
        if isinstance(loss, BCEWithLogits):
            mended = _with_loss(experiment, BCE())
        return [Advice("warning", "fit.twice", place, values, mended)]
    if loss.wants == "logits" and (low, high) != LayerSpec.bounds:
        return [Advice("warning", "fit.squashed_logits", place, values, _without(experiment, last))]
    if target.kind == "regression" and (low, high) != LayerSpec.bounds:
        bounds = f"{low:g} … {high:g}"
        return [
            Advice("warning", "fit.bounded", place, {**values, "bounds": bounds}, _without(experiment, last))
        ]
    if target.kind == "classes" and target.size > 2 and loss.targets == "numbers":
        return [
            Advice(
                "warning", "fit.numbers_for_classes", "loss", values, _with_loss(experiment, CrossEntropy())
            )
        ]
    return []


def _with_loss(experiment: Experiment, loss: LossSpec) -> Experiment:
    return experiment.model_copy(update={"loss": loss})


def _with_width(experiment: Experiment, width: int) -> Experiment | None:
    layers = list(experiment.model.layers)
    for index in reversed(range(len(layers))):
        layer = layers[index]
        if isinstance(layer, Linear):
            layers[index] = layer.model_copy(update={"out_features": width})
            return experiment.with_layers(tuple(layers))
    return experiment.with_layers((*layers, Linear(out_features=width)))


def _without(experiment: Experiment, layer: LayerSpec) -> Experiment:
    return experiment.with_layers(tuple(other for other in experiment.model.layers if other is not layer))


def _mend_shapes(experiment: Experiment, error: SpecError) -> Experiment | None:
    layers = experiment.model.layers
    if error.key == "error.empty_model":
        target = experiment.data.target()
        width = 1 if target.kind == "classes" and target.size == 2 else target.size
        start = (Flatten(),) if len(experiment.data.input_shape()) > 1 else ()
        return experiment.with_layers((*start, Linear(out_features=width)))
    if error.key not in ("error.needs_vector", "error.needs_image", "error.window", "error.needs_sequence"):
        return None
    _, number, *inner = error.place.split(".")
    if "layers" in inner:  # inside a block the shape has to stay
        return None
    mended = _mended_layer(layers, int(number), experiment.data.input_shape(), error.key)
    return None if mended is None else experiment.with_layers(mended)


def _mended_layer(
    layers: tuple[LayerSpec, ...], index: int, shape: Shape, key: str
) -> tuple[LayerSpec, ...] | None:
    """Return the layers with the one at `index` taken for what was probably meant."""
    layer, before, behind = layers[index], layers[:index], layers[index + 1 :]
    if key == "error.window":
        if isinstance(layer, Conv2d):
            return (*before, layer.model_copy(update={"padding": "same", "stride": 1}), *behind)
        return (*before, *behind)
    if key == "error.needs_sequence":
        last = before[-1] if before else None
        if isinstance(last, Recurrent) and not last.return_sequences:
            return (*before[:-1], last.model_copy(update={"return_sequences": True}), layer, *behind)
        return (*before, *behind)
    if key == "error.needs_image":
        if isinstance(layer, BatchNorm2d):
            return (*before, BatchNorm1d(), *behind)
        moved = grown((*before, *behind), shape, (layer,))
        return moved if moved != layers else None
    if isinstance(layer, BatchNorm1d):
        return (*before, BatchNorm2d(), *behind)
    return (*before, Flatten(), layer, *behind)
