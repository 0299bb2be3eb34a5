"""How a score depends on the picture: gradients of a network's output by its input and by every layer on the way.

Gradient saliency: Simonyan, Vedaldi and Zisserman (2014). Grad-CAM: Selvaraju et al. (2017). Both in float64, dropout
calm and batch normalisation by its running statistics, as in `playground.probes.backprop`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field

import engines
from engines.numpy.net import Net
from playground.probes.asks import Answer, Scene, ask
from playground.probes.backprop import Pass, calm_net, coded_targets
from playground.probes.look.picture import Picture, probabilities, seen, taken_for
from playground.probes.maps import signed
from playground.probes.registry import Array, Subject
from playground.spec import ModelSpec, Shape, SpecError, image_layers


class Target(Picture):
    """A picture, and the class whose score is asked about: −1 for the one it is taken for."""

    target: Annotated[int, Field(ge=-1)] = -1


class Mapped(Target):
    """The same, and the layer whose maps are weighted: −1 for the last convolution."""

    layer: Annotated[int, Field(ge=-1)] = -1


@ask(Target)
def saliency(scene: Scene, wanted: Target, lang: str) -> Answer:
    """Return by how much the score of a class changes with each pixel.

    Returns:
        plain: `target`, its `score`, its `probability`, and `reach`: the largest |∂score/∂x|. Arrays: `saliency` (H, W)
        u1, |∂score/∂x| of the channel where it is largest, 255 = reach; `gradient` (C, H, W) u1, with its sign.
    """
    subject = scene.subject
    x = seen(scene, wanted, times=3).x.astype(np.float64)
    net = calm_net(subject)
    done = Pass(net, x)
    target = class_of(subject, wanted.target, done.final())
    back = done.back(slope_of(done.final(), target))
    gradient = _finite(back[0][:, 0].reshape(x.shape[1:]))
    size = np.abs(gradient).max(axis=0)
    reach = float(size.max()) or 1.0
    plain = _said(subject, done.final(), target) | {"reach": reach}
    arrays = {"saliency": _shades(size, reach), "gradient": signed(gradient.astype(np.float32), reach)}
    return Answer(plain, arrays)


@ask(Mapped)
def gradcam(scene: Scene, wanted: Mapped, lang: str) -> Answer:
    """Return which places of a layer's maps speak for a class: ReLU(Σ αₖ Aₖ), αₖ the mean of ∂score/∂Aₖ.

    Returns:
        plain: `target`, `score`, `probability`, `layer`, `layers` that could be asked for, `reach`, and where the map
        `lies`. Arrays: `cam` (h, w) u1, 255 = reach; the `weights` αₖ (U,) f4.

    Raises:
        SpecError: if the network has no layer of maps, or this one is none.
    """
    subject = scene.subject
    at = seen(scene, wanted, times=3)
    model, shape = subject.experiment.model, subject.dataset.input_shape
    choice = mapped_layers(model, shape)
    if not choice:
        raise SpecError("stage.look.no_maps")
    layer = last_convolution(model, choice) if wanted.layer < 0 else wanted.layer
    if layer not in choice:
        raise SpecError("stage.look.no_maps", place="layer", value=layer)
    done = Pass(calm_net(subject), at.x.astype(np.float64))
    target = class_of(subject, wanted.target, done.final())
    slopes = done.back(slope_of(done.final(), target))
    maps = done.outputs(0)[layer].reshape(model.shapes(shape)[layer])
    cam, weights = class_activation(maps, slopes[layer + 1][:, 0].reshape(maps.shape))
    reach = float(cam.max()) or 1.0
    plain = _said(subject, done.final(), target) | {"layer": layer, "layers": choice, "reach": reach}
    plain["lies"] = lies(model, layer)
    return Answer(plain, {"cam": _shades(_finite(cam), reach), "weights": weights.astype(np.float32)})


def class_activation(maps: Array, slopes: Array) -> tuple[Array, Array]:
    """Return the map (h, w) and the weights (U,) of Grad-CAM, from a layer's maps and ∂score/∂maps, both (U, h, w)."""
    weights = slopes.mean(axis=(1, 2))
    return np.maximum(np.tensordot(weights, maps, 1), 0), weights


def lies(model: ModelSpec, layer: int) -> list[float] | None:
    """Return where the places of a layer's maps lie on the picture, along each axis.

    Returns:
        the middle of the first one and the distance from one to the next, in pixels, the middle of the first pixel
        being 0 (Dumoulin and Visin, 2016, "A guide to convolution arithmetic"); None where windows do not tell it.
    """
    first, step = 0.0, 1.0
    for spec in model.layers[: layer + 1]:
        if isinstance(
            spec, image_layers.ConvTranspose2d | image_layers.Upsample | image_layers.AdaptiveAvgPool2d
        ):
            return None
        if isinstance(spec, image_layers.Windows):
            first += ((spec.reach() - 1) / 2 - spec.margins()[0]) * step
            step *= spec.step()
    return [first, step]


def mapped_layers(model: ModelSpec, shape: Shape) -> list[int]:
    """Return the layers whose output is maps of more than one pixel."""
    return [index for index, out in enumerate(model.shapes(shape)) if len(out) == 3 and out[1] * out[2] > 1]


def last_convolution(model: ModelSpec, choice: list[int]) -> int:
    """Return the last convolution (or block of them) among the layers, the last one where there is none."""
    kinds = image_layers.Conv2d | image_layers.Residual
    return next((index for index in reversed(choice) if isinstance(model.layers[index], kinds)), choice[-1])


def class_of(subject: Subject, target: int, outputs: Array) -> int:
    """Return the class that is asked about.

    Raises:
        SpecError: if there is no such class, or there are no classes.
    """
    classes = subject.dataset.target
    if classes.kind != "classes":
        raise SpecError("stage.look.no_classes")
    if target >= classes.size:
        raise SpecError("error.no_element", place="target", value=target)
    found = taken_for(subject.experiment, outputs) if target < 0 else target
    assert found is not None
    return found


def slope_of(outputs: Array, target: int) -> Array:
    """Return ∂score/∂outputs (1, k): the score of a class is its output; of two classes with one output, ± that."""
    slope = np.zeros_like(outputs)
    if outputs.shape[1] == 1:
        slope[0, 0] = 1.0 if target else -1.0
    else:
        slope[0, target] = 1.0
    return slope


@dataclass(frozen=True, eq=False)
class Blame:
    """How the loss of one picture depends on everything in the network.

    Attributes:
        net: that it was computed with, calm and float64.
        target: the class that the loss is of.
        loss: without the penalty.
        slopes: ∂L/∂x and ∂L/∂output of each layer, (F,).
    """

    net: Net
    target: int
    loss: float
    slopes: list[Array]


def blame(subject: Subject, x: Array, target: int) -> Blame:
    """Return the loss of a picture (1, C, H, W), and its slopes.

    Args:
        target: the class it should be; −1 for the one it is taken for.

    Raises:
        SpecError: if there is no such class, or a number is not finite.
    """
    net = calm_net(subject)
    done = Pass(net, x.astype(np.float64))
    target = class_of(subject, target, done.final())
    coded = coded_targets(subject.experiment, subject.dataset, np.array([target]))
    shape = subject.experiment.model.output_shape(subject.dataset.input_shape)
    loss, slope = engines.get("numpy").loss(subject.experiment.loss, done.final().reshape(1, *shape), coded)
    slopes = [_finite(arrived[:, 0]) for arrived in done.back(slope)]
    _finite(np.array(loss))
    return Blame(net, target, float(loss), slopes)


def _said(subject: Subject, outputs: Array, target: int) -> dict[str, Any]:
    score = float((outputs * slope_of(outputs, target)).sum())
    sure = float(probabilities(subject.experiment, outputs)[0, target])
    _finite(outputs)
    return {"target": target, "score": score, "probability": sure}


def _shades(values: Array, reach: float) -> Array:
    return np.rint(255 * np.clip(values / reach, 0, 1)).astype(np.uint8)


def _finite(values: Array) -> Array:
    if not np.isfinite(values).all():
        raise SpecError("stage.backprop.not_finite")
    return values
