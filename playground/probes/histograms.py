"""How the numbers of a network are spread: weights, activations and gradients, each as a histogram of 32 bins.

It costs a whole pass forward and backward: whoever asks for it should do so a few times a second, not at every frame.
"""

from __future__ import annotations

import math
from weakref import WeakKeyDictionary

import numpy as np

import engines
from playground.data import Dataset
from playground.data.targets import code
from playground.probes.asks import Answer, Nothing, Scene, ask
from playground.probes.health import NEAR_BOUND
from playground.probes.registry import PERIODS, Array, Arrays, Subject, probe
from playground.spec import ModelSpec, SpecError, coding
from playground.spec.layers import Activation

BINS = 32
BLOCK = 1 << 14
"""So many numbers are counted at a time: the processor's cache holds what is made of them."""
MIN_SAMPLES, MAX_SAMPLES = 64, 512
MOST_WORK = 1 << 24
"""Samples times parameters: what keeps the passes of a large network at some milliseconds."""
MOST_FLOPS = 1e10
"""What the histograms of one moment of the past may cost: it is asked for some twenty of them."""
MOST_COUNTED = np.iinfo(np.uint16).max
PERIODS["histograms"] = 0.25


@probe
def histograms(subject: Subject) -> Arrays:
    """Return the histogram of every tensor, of every layer's outputs and of every tensor's gradient.

    Outputs and gradients are those of 512 training samples, evenly spread over the set: of all where there are fewer,
    and of fewer (64 at least) where the network has more than 32,768 parameters. Outputs are taken in evaluation mode.
    Gradients are of the whole objective (loss and penalty) and of one pass in training mode with all samples in one
    batch: dropout drops (always the same numbers), batch normalisation looks at the batch. They are not clipped.
    Layers that only pass numbers on (Flatten, Dropout, Identity) have no outputs of their own.

    Returns:
        `hist/w/<tensor>`, `hist/a/<layer>`, `hist/g/<tensor>` (32,): how many numbers lie in each of 32 equal parts of
        their range; u2, or i4 where there are more than 65,535 numbers. Numbers that are not finite are left out; where
        none is finite, the histogram is.
        For each of them `…/range` (2,) f4: the least and the greatest number, and `…/share` (2,) f4: the part that is
        exactly zero, and the part that is saturated (within 3 % of a bound of its activation; 0 where it has none).
    """
    found: Arrays = {}
    for name, tensor in subject.state.items():
        if tensor.dtype.kind == "f":
            _enter(found, f"hist/w/{name}", tensor)
    model = subject.experiment.model
    x, y = samples(subject.dataset, sum(tensor.size for tensor in subject.state.values()))
    for index, outputs in enumerate(subject.net().responses(x)):
        if not model.layers[index].keeps_values:
            _enter(found, f"hist/a/{index}", outputs, _bounds(model, index))
    for name, gradient in gradients(subject, x, y).items():
        _enter(found, f"hist/g/{name}", gradient)
    return found


@ask()
def ridges(scene: Scene, nothing: Nothing, lang: str) -> Answer:
    """Return the histograms of a moment that was recorded without them.

    Raises:
        SpecError: if the network is too large to be looked at again and again.
    """
    subject = scene.subject
    size = sum(tensor.size for tensor in subject.state.values())
    x, _ = samples(subject.dataset, size)
    work = 3 * len(x) * subject.experiment.model.flops(subject.dataset.input_shape)
    if work > MOST_FLOPS:
        raise SpecError(
            "stage.histograms.too_large", value=f"{work / 1e9:,.0f}", bound=f"{MOST_FLOPS / 1e9:,.0f}"
        )
    return Answer({}, histograms(subject))


def gradients(subject: Subject, x: Array, y: Array) -> Arrays:
    """Return dJ/dθ by tensor of the objective J on samples x (n, *input) and targets y, in training mode."""
    experiment, net = subject.experiment, subject.net(to_train=True)
    if len(x) < experiment.model.least_batch(subject.dataset.input_shape):
        return {}
    drawn = net.random_state()
    outputs = net.forward(x, training=True)
    net.load_random(drawn)
    how = coding(experiment.loss, experiment.model, subject.dataset.target)
    _, slope = engines.get("numpy").loss(experiment.loss, outputs, code(y, how, outputs.shape[-1]))
    net.backward(slope)
    return net.gradients()


def count(values: Array) -> tuple[Array, Array] | None:
    """Return how many finite `values` lie in each of 32 equal parts of their range (32,) and the range (2,).

    The last part includes the greatest value. All values the same: the range is a point, and all are in the first part.
    """
    flat = values.ravel()
    low, high = float(flat.min()), float(flat.max())
    if not math.isfinite(high - low):
        flat = flat[np.isfinite(flat)]
        if not len(flat):
            return None
        low, high = float(flat.min()), float(flat.max())
    if high > low:
        counts = np.zeros(BINS, np.intp)
        for start in range(0, len(flat), BLOCK):
            # In float64: the width of float32's largest numbers is no float32.
            place = (flat[start : start + BLOCK].astype(np.float64) - low) * (BINS / (high - low))
            counts += np.bincount(np.minimum(place.astype(np.intp), BINS - 1), minlength=BINS)
    else:
        counts = np.zeros(BINS, np.intp)
        counts[0] = len(flat)
    kind = np.uint16 if len(flat) <= MOST_COUNTED else np.int32
    return counts.astype(kind), np.array([low, high], np.float32)


def samples(dataset: Dataset, num_parameters: int) -> tuple[Array, Array]:
    """Return training samples and their targets, evenly spread over the set: files may be sorted by class."""
    wanted = min(max(MOST_WORK // max(num_parameters, 1), MIN_SAMPLES), MAX_SAMPLES, len(dataset.x))
    known = _known.get(dataset)
    if known is None or len(known[0]) != wanted:
        index = np.linspace(0, len(dataset.x) - 1, wanted).round().astype(np.intp)
        known = _known[dataset] = np.ascontiguousarray(dataset.x[index]), dataset.y[index]
    return known


_known: WeakKeyDictionary[Dataset, tuple[Array, Array]] = WeakKeyDictionary()


def _enter(
    found: Arrays, name: str, values: Array, bounds: tuple[float, float] = (-math.inf, math.inf)
) -> None:
    counted = count(values)
    if counted is None:
        return
    zero = np.count_nonzero(values == 0) / values.size
    found[name], found[f"{name}/range"] = counted
    found[f"{name}/share"] = np.array([zero, _saturated(values, *bounds)], np.float32)


def _saturated(values: Array, low: float, high: float) -> float:
    if not math.isfinite(high - low):
        return 0.0
    margin = NEAR_BOUND * (high - low)
    return float(np.count_nonzero((values < low + margin) | (values > high - margin)) / values.size)


def _bounds(model: ModelSpec, index: int) -> tuple[float, float]:
    layer = model.layers[index]
    return layer.bounds if isinstance(layer, Activation) else (-math.inf, math.inf)
