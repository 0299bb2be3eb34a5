"""Whether generator, discriminator, game and data fit together, and what to say and offer where they do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from playground.spec.adversary import Adversary, discriminator_input, generator_input
from playground.spec.advice import Advice
from playground.spec.augmentation import AugmentationSpec
from playground.spec.base import Shape
from playground.spec.data import Csv, Points, Xor
from playground.spec.errors import SpecError
from playground.spec.experiment import Experiment
from playground.spec.image_layers import BatchNorm2d, Residual, Unflatten
from playground.spec.layers import BatchNorm1d, Flatten, LayerSpec, Linear, Tanh, shape_text
from playground.spec.model import ModelSpec

PLANE = ("x1", "x2")
UNUSED = ("target_loss", "target_accuracy", "plateau_epochs")
"""Ends of a training that a game has not: neither player's loss falls to a goal."""
DISCRIMINATOR = "adversary.discriminator"


def advise(experiment: Experiment) -> Iterator[Advice]:
    """Yield everything worth saying about an experiment with an adversary."""
    adversary = experiment.adversary
    assert adversary is not None
    data, target = experiment.data, experiment.data.target()
    shape = data.input_shape()
    if not (isinstance(data, Points | Xor | Csv) or len(shape) == 3):
        yield Advice("error", "fit.gan_data", "data", {"kind": data.kind})
        return
    if tuple(getattr(data, "features", PLANE)) != PLANE:
        yield Advice(
            "error", "fit.gan_features", "data.features", {}, experiment.replace("data.features", PLANE)
        )
        return
    if adversary.conditional != "none" and target.kind != "classes":
        mended = _playing(experiment, conditional="none")
        yield Advice("error", "fit.gan_condition", "adversary.conditional", {"kind": data.kind}, mended)
        return
    if adversary.needs_torch() and experiment.engine == "numpy":
        place = "spectral_norm" if adversary.spectral_norm else "loss"
        mended = experiment.model_copy(update={"engine": "torch"})
        yield Advice("error", f"fit.gan_{place}_torch", f"adversary.{place}", {}, mended)
    yield from _generator(experiment, shape)
    yield from _discriminator(experiment, adversary)
    yield from _unused(experiment)


def _generator(experiment: Experiment, shape: Shape) -> Iterator[Advice]:
    layers, place = experiment.model.layers, f"layers.{max(len(experiment.model.layers) - 1, 0)}"
    try:
        output = experiment.model.output_shape(generator_input(experiment))
    except SpecError as error:
        mended = experiment.with_layers(_ending(layers, shape)) if not layers else None
        yield Advice("error", error.key, error.place, {"value": error.value, **error.values}, mended)
        return
    values: dict[str, object] = {"value": shape_text(output), "expected": shape_text(shape)}
    if output != shape:
        mended = experiment.with_layers(_ending(layers, shape))
        found = _output(mended.model, generator_input(experiment))
        yield Advice("error", "fit.gan_sample", place, values, mended if found == shape else None)
        return
    low, high = experiment.model.bounds()
    values = {"bounds": f"{low:g} … {high:g}"}
    if len(shape) == 3 and (low, high) not in ((-1, 1), (0, 1)):
        mended = experiment.with_layers((*layers, Tanh()))
        yield Advice("warning", "fit.gan_pixels", place, values, mended)
    if len(shape) == 1 and (low, high) != LayerSpec.bounds:
        kept = [index for index, layer in enumerate(layers) if not layer.keeps_values]
        mended = experiment.with_layers((*layers[: kept[-1]], *layers[kept[-1] + 1 :]))
        yield Advice("warning", "fit.gan_bounded", place, values, mended)


def _discriminator(experiment: Experiment, adversary: Adversary) -> Iterator[Advice]:
    layers = adversary.discriminator.layers
    place = f"{DISCRIMINATOR}.layers.{max(len(layers) - 1, 0)}"
    shape = discriminator_input(experiment)
    try:
        output = adversary.discriminator.output_shape(shape)
    except SpecError as error:
        found = error.at(DISCRIMINATOR)
        yield Advice("error", found.key, found.place, {"value": found.value, **found.values})
        return
    if output != (1,):
        start = () if len(output) == 1 else (Flatten(),)
        judging = (*_trimmed(layers), *start, Linear(out_features=1))
        mended = _with_judge(experiment, judging)
        good = _output(ModelSpec(layers=judging), shape) == (1,)
        yield Advice("error", "fit.gan_score", place, {"value": shape_text(output)}, mended if good else None)
        return
    low, high = adversary.discriminator.bounds()
    wanted = adversary.loss.scores
    if (low, high) != LayerSpec.bounds and wanted != "value":
        kept = [index for index, layer in enumerate(layers) if not layer.keeps_values]
        mended = _with_judge(experiment, (*layers[: kept[-1]], *layers[kept[-1] + 1 :]))
        values: dict[str, object] = {"last": layers[kept[-1]].kind, "kind": adversary.loss.kind}
        yield Advice("error", f"fit.gan_{wanted}", place, values, mended)
    if _normalises(layers):
        bare = tuple(layer for layer in layers if not isinstance(layer, BatchNorm1d | BatchNorm2d))
        mended = None if _normalises(bare) else _with_judge(experiment, bare)
        yield Advice("warning", "fit.gan_batch_norm", DISCRIMINATOR, {}, mended)


def _unused(experiment: Experiment) -> Iterator[Advice]:
    training = experiment.training
    set_ = [name for name in UNUSED if getattr(training, name)]
    if training.augmentation.active:
        set_.append("augmentation")
    if set_:
        nothing = dict.fromkeys(set_, 0) | (
            {"augmentation": AugmentationSpec()} if "augmentation" in set_ else {}
        )
        mended = experiment.model_copy(update={"training": training.model_copy(update=nothing)})
        yield Advice("warning", "fit.gan_unused", "training", {"value": ", ".join(set_)}, mended)


def _ending(layers: Sequence[LayerSpec], shape: Shape) -> tuple[LayerSpec, ...]:
    """Return the layers with an end that makes samples of `shape`, as far as that is a matter of the last ones."""
    kept = list(layers)
    while kept and not isinstance(kept[-1], Linear):
        kept.pop()
    numbers = 1
    for size in shape:
        numbers *= size
    last = kept.pop() if kept else Linear()
    assert isinstance(last, Linear)
    last = last.model_copy(update={"out_features": numbers})
    if len(shape) == 1:
        return (*kept, last)
    return (*kept, last, Tanh(), Unflatten(channels=shape[0], height=shape[1]))


def _trimmed(layers: Sequence[LayerSpec]) -> Sequence[LayerSpec]:
    """Return the layers without a last linear one and what stands behind it."""
    last = max((index for index, layer in enumerate(layers) if isinstance(layer, Linear)), default=-1)
    behind = layers[last + 1 :]
    return layers[:last] if last >= 0 and not any(layer.mixes for layer in behind) else layers


def _normalises(layers: Sequence[LayerSpec]) -> bool:
    return any(
        isinstance(layer, BatchNorm1d | BatchNorm2d)
        or (isinstance(layer, Residual) and _normalises(layer.layers))
        for layer in layers
    )


def _output(model: ModelSpec, shape: Shape) -> Shape | None:
    try:
        return model.output_shape(shape)
    except SpecError:
        return None


def _with_judge(experiment: Experiment, layers: tuple[LayerSpec, ...]) -> Experiment:
    return _playing(experiment, discriminator=ModelSpec(layers=layers))


def _playing(experiment: Experiment, **changes: object) -> Experiment:
    assert experiment.adversary is not None
    return experiment.model_copy(update={"adversary": experiment.adversary.model_copy(update=changes)})
