"""Comparisons by one click: other pooling, other recurrent cells, with or without dropout, with or without batch norm.

Each differs from the one on screen in that alone: data, seed, order of samples and settings stay, and so do the initial
weights of every other layer (`LayerSpec.counted`). It knows no run and no words but their keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from playground.spec import Experiment, LayerSpec, SpecError, check, enforce
from playground.spec.image_layers import AvgPool2d, BatchNorm2d, Conv2d, Dropout2d, MaxPool2d, Residual
from playground.spec.layers import BatchNorm1d, Dropout, Identity, Linear
from playground.spec.recurrent_layers import GRU, LSTM, RNN, Recurrent

RATE = 0.5
"""Of a dropout that is added: Srivastava et al. (2014) for hidden layers."""
Layers = tuple[LayerSpec, ...]


@dataclass(frozen=True)
class Contrast:
    """One change.

    Attributes:
        key: of the sentence that names it, `ui.contrast.<key>`.
        experiment: the one on screen, changed.
        more: further ones beside it.
    """

    key: str
    experiment: Experiment
    more: tuple[Experiment, ...] = ()

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """All that are put beside the one on screen."""
        return (self.experiment, *self.more)


def contrasts(experiment: Experiment) -> list[Contrast]:
    """Return what can be compared with `experiment` and trained, in a steady order; empty where nothing applies."""
    found: list[Contrast] = _cells(experiment)
    for key, layers in _changes(experiment.model.layers):
        changed = experiment.with_layers(layers)
        try:
            check(changed)
            enforce(changed)
        except SpecError:
            continue
        found.append(Contrast(key, changed))
    return found


def _changes(layers: Layers) -> Iterator[tuple[str, Layers]]:
    every = list(_flat(layers))
    if any(isinstance(layer, MaxPool2d) for layer in every):
        yield "average", _mapped(layers, _averaged)
    elif any(isinstance(layer, AvgPool2d) for layer in every):
        yield "maximum", _mapped(layers, _largest)
    if any(isinstance(layer, Dropout | Dropout2d) and layer.p > 0 for layer in every):
        yield "without_dropout", _mapped(layers, _kept)
    elif any(isinstance(layer, Linear | Conv2d) for layer in _hidden(layers)):
        yield "with_dropout", _with_dropout(layers)
    if any(isinstance(layer, BatchNorm1d | BatchNorm2d) for layer in every):
        yield "without_norm", _without_norm(layers)
    elif any(isinstance(layer, Linear | Conv2d) for layer in _hidden(layers)):
        yield "with_norm", _with_norm(layers)


# --- cells -----------------------------------------------------------------------------------------------------


def _cells(experiment: Experiment) -> list[Contrast]:
    """Return the same network with the other kinds of recurrent cells, one by one, and all three side by side."""
    present = next((one for one in experiment.model.layers if isinstance(one, Recurrent)), None)
    if present is None:
        return []
    found: list[Contrast] = []
    for kind in (RNN, LSTM, GRU):
        if isinstance(present, kind):
            continue
        changed = experiment.with_layers(_mapped(experiment.model.layers, partial(_with_cells, kind)))
        try:
            check(changed)
            enforce(changed)
        except SpecError:
            continue
        found.append(Contrast(kind.__name__, changed))
    if len(found) > 1:
        found.insert(0, Contrast("cells", found[0].experiment, tuple(one.experiment for one in found[1:])))
    return found


def _with_cells(kind: type[Recurrent], layer: LayerSpec) -> LayerSpec:
    """Return a recurrent layer of another kind, with what both have in common."""
    if not isinstance(layer, Recurrent):
        return layer
    return kind(**{name: getattr(layer, name) for name in Recurrent.model_fields if name != "kind"})


# --- pooling ---------------------------------------------------------------------------------------------------


def _averaged(layer: LayerSpec) -> LayerSpec:
    if not isinstance(layer, MaxPool2d) or layer.dilation != 1:
        return layer
    return AvgPool2d(kernel_size=layer.kernel_size, stride=layer.stride, padding=layer.padding)


def _largest(layer: LayerSpec) -> LayerSpec:
    if not isinstance(layer, AvgPool2d):
        return layer
    return MaxPool2d(kernel_size=layer.kernel_size, stride=layer.stride, padding=layer.padding)


# --- dropout ---------------------------------------------------------------------------------------------------


def _kept(layer: LayerSpec) -> LayerSpec:
    return layer.model_copy(update={"p": 0.0}) if isinstance(layer, Dropout | Dropout2d) else layer


def _with_dropout(layers: Layers) -> Layers:
    """Put a dropout before the output layer, and set those that are there but off."""
    if any(isinstance(layer, Dropout) for layer in _flat(layers)):
        return _mapped(
            layers,
            lambda layer: layer.model_copy(update={"p": RATE}) if isinstance(layer, Dropout) else layer,
        )
    last = _last_dense(layers)
    return (*layers[:last], Dropout(p=RATE), *layers[last:])


# --- batch norm ------------------------------------------------------------------------------------------------


def _without_norm(layers: Layers) -> Layers:
    """Leave an identity in the place of every batch norm; what fed one without a bias of its own gets it back."""
    bare = _mapped(
        layers, lambda layer: Identity() if isinstance(layer, BatchNorm1d | BatchNorm2d) else layer
    )

    def biased(layer: LayerSpec) -> LayerSpec:
        return layer.model_copy(update={"bias": True}) if isinstance(layer, Linear | Conv2d) else layer

    return _mapped(bare, biased)


def _with_norm(layers: Layers) -> Layers:
    """Put a batch norm behind every convolution; where there is none, behind every hidden dense layer."""
    pictures = any(isinstance(layer, Conv2d) for layer in layers)
    last = _last_dense(layers)
    found: list[LayerSpec] = []
    for index, layer in enumerate(layers):
        found.append(layer)
        if pictures and isinstance(layer, Conv2d):
            found.append(BatchNorm2d())
        elif not pictures and isinstance(layer, Linear) and index != last:
            found.append(BatchNorm1d())
    return tuple(found)


# --- sequences -------------------------------------------------------------------------------------------------


def _flat(layers: Layers) -> Iterator[LayerSpec]:
    for layer in layers:
        yield layer
        if isinstance(layer, Residual):
            yield from _flat(layer.layers)


def _mapped(layers: Layers, change: Callable[[LayerSpec], LayerSpec]) -> Layers:
    """Return the layers with every one changed, also those inside blocks."""
    return tuple(
        layer.model_copy(update={"layers": _mapped(layer.layers, change)})
        if isinstance(layer, Residual)
        else change(layer)
        for layer in layers
    )


def _last_dense(layers: Layers) -> int:
    """Return the place of the output layer; behind the last layer where there is none."""
    return max(
        (index for index, layer in enumerate(layers) if isinstance(layer, Linear)), default=len(layers)
    )


def _hidden(layers: Layers) -> Layers:
    return layers[: _last_dense(layers)]
