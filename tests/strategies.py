"""Specifications drawn by hypothesis: any kind of a catalogue, its fields read from the specification itself.

A layer, a loss or an optimizer that is new in a catalogue is drawn without a change here. Values stay where float64
can promise ten digits: near the defaults, not at the ends of their ranges.
"""

from __future__ import annotations

import math
from typing import Any, TypeVar

from hypothesis import strategies as st

from playground.spec import (
    DataSpec,
    Experiment,
    Knob,
    LayerSpec,
    LossSpec,
    ModelSpec,
    OptimizerSpec,
    ScheduleSpec,
    Shape,
    Spec,
    SpecError,
    TrainingSpec,
    advise,
    image_layers,
    knobs,
)
from playground.spec.image_layers import BatchNorm2d, Conv2d, Residual
from playground.spec.layers import Flatten, LayerNorm, Linear, Tanh
from playground.spec.recurrent_layers import GRU, LSTM, RNN, Recurrent
from playground.spec.sequence_layers import GlobalAvgPool1d, GlobalMaxPool1d

K = TypeVar("K", bound=Spec)

WIDEST = 6
SYNTHETIC = (
    "Xor",
    "Quadrants",
    "Circles",
    "Gaussians",
    "Moons",
    "Spiral",
    "Checkerboard",
    "Rings",
    "Blobs",
    "Plane",
)


def values(knob: Knob) -> st.SearchStrategy[Any]:
    """Draw a value of one field: from its choices, or near its default."""
    if knob.type == "bool":
        return st.booleans()
    if knob.type == "choice":
        return st.sampled_from(knob.choices)
    if knob.type == "names":
        return st.lists(st.sampled_from(knob.choices), min_size=1, max_size=3, unique=True).map(tuple)
    assert knob.low is not None
    assert knob.high is not None
    if knob.type == "int":
        return st.integers(int(knob.low), int(min(knob.high, max(WIDEST, knob.low + 3))))
    if knob.default == 0:
        small = min(knob.high, 0.1)
        return st.one_of(st.just(0.0), st.floats(small / 10, small))
    return st.floats(max(knob.low, knob.default / 2), min(knob.high, knob.default * 2))


def specs(kind: type[K], **fixed: Any) -> st.SearchStrategy[K]:
    """Draw a specification of one kind, its free fields too; `fixed` ones are given."""
    free = {knob.name: values(knob) for knob in knobs(kind) if knob.name not in fixed and knob.type != "text"}
    return st.fixed_dictionaries(free).map(lambda drawn: kind(**drawn, **fixed))


def layers(*, without: tuple[str, ...] = ()) -> st.SearchStrategy[LayerSpec]:
    """Draw any layer of the catalogue that can follow another: all but `Embedding`."""
    kinds = [kind for name, kind in LayerSpec.catalogue().items() if name not in (*without, "Embedding")]
    return st.sampled_from(kinds).flatmap(specs)


def losses() -> st.SearchStrategy[LossSpec]:
    """Draw any loss of the catalogue."""
    return st.sampled_from(list(LossSpec.catalogue().values())).flatmap(specs)


def optimizers() -> st.SearchStrategy[OptimizerSpec]:
    """Draw any optimizer of the catalogue."""
    return st.sampled_from(list(OptimizerSpec.catalogue().values())).flatmap(specs)


def schedules() -> st.SearchStrategy[ScheduleSpec]:
    """Draw any schedule of the catalogue."""
    return st.sampled_from(list(ScheduleSpec.catalogue().values())).flatmap(specs)


@st.composite
def model_specs(
    draw: st.DrawFn, shape: Shape = (3,), *, max_layers: int = 6, without: tuple[str, ...] = ()
) -> ModelSpec:
    """Draw a model that takes samples of `shape`: layers that do not fit where they fell are left out."""
    chosen: list[LayerSpec] = []
    for layer in draw(st.lists(layers(without=without), min_size=1, max_size=max_layers)):
        try:
            shape = layer.output(shape)
        except SpecError:
            continue
        chosen.append(layer)
    return ModelSpec(layers=tuple(chosen or [LayerSpec.catalogue()["Flatten"]()]))


IMAGE_KINDS = tuple(
    kind for kind in LayerSpec.catalogue().values() if kind.__module__ == image_layers.__name__
)
ACTIVATIONS = tuple(
    kind for kind in LayerSpec.catalogue().values() if kind.is_activation and kind.__name__ != "Softmax"
)
REPEATING = {"Upsample", "ConvTranspose2d", "AdaptiveAvgPool2d", "Step"}
"""What makes equal numbers of different ones: behind a convolution they differ by rounding, and a maximum is no longer
the same in two engines."""
MOST_PIXELS = 1500


@st.composite
def image_model_specs(
    draw: st.DrawFn, shape: Shape, *, max_layers: int = 5, without: tuple[str, ...] = ()
) -> ModelSpec:
    """Draw a model of images of `shape` that ends in a row of a few numbers."""
    chosen: list[LayerSpec] = []
    for kind in draw(
        st.lists(st.sampled_from((*IMAGE_KINDS, *ACTIVATIONS)), min_size=2, max_size=max_layers)
    ):
        repeated = any(layer.kind in REPEATING for layer in chosen)
        if kind.__name__ in without or (repeated and kind.__name__ == "MaxPool2d"):
            continue
        layer = draw(residuals(shape) if kind.__name__ == "Residual" else specs(kind))
        try:
            after = layer.output(shape)
        except SpecError:
            continue
        if math.prod(after) <= MOST_PIXELS:
            shape = after
            chosen.append(layer)
    return ModelSpec(layers=(*chosen, Flatten(), draw(specs(Linear))))


@st.composite
def residuals(draw: st.DrawFn, shape: Shape) -> LayerSpec:
    """Draw a block for images of `shape`."""
    convolution = specs(Conv2d, out_channels=shape[0], padding="same", stride=1, groups=1)
    inner = st.one_of(convolution, specs(BatchNorm2d), st.sampled_from(ACTIVATIONS).flatmap(specs))
    return Residual(layers=tuple(draw(st.lists(inner, min_size=1, max_size=3))))


def image_shapes() -> st.SearchStrategy[Shape]:
    """Draw the shape of small images, odd and even."""
    return st.tuples(st.sampled_from((1, 2, 4)), st.integers(4, 8), st.integers(4, 8))


@st.composite
def text_layers(draw: st.DrawFn) -> tuple[LayerSpec, ...]:
    """Draw what may follow an embedding where padding must not matter: no window looks past the beginning of a text."""
    kept = st.one_of(
        st.just(Tanh()),
        specs(LayerNorm),
        specs(Linear),
        *(_recurrent(kind, return_sequences=True) for kind in (RNN, LSTM, GRU)),
    )
    last = st.one_of(
        st.just(GlobalMaxPool1d()),
        st.just(GlobalAvgPool1d()),
        *(_recurrent(kind, return_sequences=False) for kind in (RNN, LSTM, GRU)),
    )
    layers = draw(st.lists(kept, max_size=3))
    return (*layers, draw(last), Linear(out_features=2))


SEQUENCE: Shape = (6, 3)


@st.composite
def sequence_model_specs(draw: st.DrawFn, *, without: tuple[str, ...] = ()) -> ModelSpec:
    """Draw a model of sequences `SEQUENCE` that ends in a row of a few numbers; layers that do not fit are left out."""
    kinds = [
        kind
        for kind in LayerSpec.catalogue().values()
        if (kind.group == "sequence" or kind in (Linear, LayerNorm, Tanh)) and kind.__name__ not in without
    ]
    shape, chosen = SEQUENCE, list[LayerSpec]()
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=4)):
        if kind.__name__ == "Embedding":
            continue
        fixed: dict[str, Any] = {}
        if issubclass(kind, Recurrent):
            fixed = {"dropout": 0.0, "hidden_size": draw(st.integers(1, 4))}
            if draw(st.booleans()):
                fixed |= {"bidirectional": False}
            else:
                fixed |= {"truncate": 0}  # the reference cuts both directions at the same steps
        layer = draw(specs(kind, **fixed))
        try:
            after = layer.output(shape)
        except SpecError:
            continue
        shape = after
        chosen.append(layer)
    return ModelSpec(layers=(*chosen, Flatten(), draw(specs(Linear))))


def _recurrent(kind: type[Recurrent], **fixed: Any) -> st.SearchStrategy[Recurrent]:
    return specs(kind, dropout=0.0, truncate=0, **fixed)


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    """Draw an experiment on points that can be trained as it is: its parts fit together."""
    name = draw(st.sampled_from(SYNTHETIC))
    data = draw(specs(DataSpec.catalogue()[name]))
    hidden = draw(model_specs(data.input_shape(), max_layers=3)).layers
    target = data.target()
    experiment = Experiment(
        data=data,
        model=ModelSpec(layers=(*hidden, Linear(out_features=target.size))),
        loss=draw(losses()),
        optimizer=draw(optimizers()),
        schedule=draw(schedules()),
        training=draw(specs(TrainingSpec, batch_size=draw(st.integers(2, 20)))),
        seed=draw(st.integers(0, 2**31 - 1)),
    )
    for _ in range(3):  # one may hide another: a row of numbers first, then what the loss wants of it
        for advice in advise(experiment):
            if advice.level == "error" and advice.mend is not None:
                experiment = advice.mend
    return experiment
