"""Networks to begin with, one small JSON file each: layers as their papers and tutorials have them, for ten classes.

`fitted` makes one fit the data of an experiment: its output is as wide as there are classes or numbers to predict, and
what a smaller picture has no room for is left out or keeps the picture's size. Tokens get an embedding, and where an
answer is wanted at each step nothing gathers them. Name and sentence are texts:
`template.<key>` and `template.<key>_text`.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Annotated, Literal

from pydantic import Field

from playground import i18n
from playground.spec import DataSpec, Experiment, LayerSpec, ModelSpec, Shape, Spec, SpecError, advise
from playground.spec.base import one_of
from playground.spec.image_layers import Conv2d, Windows
from playground.spec.layers import Flatten, Linear
from playground.spec.losses import MSE, BCEWithLogits, CrossEntropy
from playground.spec.recurrent_layers import Recurrent
from playground.spec.sequence_layers import Embedding, GlobalAvgPool1d, GlobalMaxPool1d
from playground.spec.wire import read_json


class Template(Spec):
    """Layers without data.

    Attributes:
        key: its name.
        needs: what must come in: pictures, sequences of numbers or tokens, or anything.
        layers: for ten classes.
    """

    key: str
    needs: Literal["image", "sequence", "any"]
    layers: Annotated[tuple[Annotated[LayerSpec, *one_of(LayerSpec)], ...], Field(min_length=1)]

    def title(self, lang: str = "en") -> str:
        """Return the template's name in `lang`."""
        return i18n.text(f"template.{self.key}", lang)

    def sentence(self, lang: str = "en") -> str:
        """Return what it is, in a sentence."""
        return i18n.text(f"template.{self.key}_text", lang)

    def suits(self, data: DataSpec) -> bool:
        """Tell whether it can take such data."""
        if self.needs == "sequence":
            return data.nature in ("series", "text")
        return self.needs == "any" or len(data.input_shape()) == 3


@cache
def templates() -> dict[str, Template]:
    """Return all templates by key, in the order of their files' numbers."""
    folder = resources.files("playground.presets") / "templates"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda file: file.name
    )
    found = (_read(file.name.removesuffix(".json"), file.read_text(encoding="utf-8")) for file in files)
    return {template.key: template for template in found}


def fitted(template: Template, experiment: Experiment) -> Experiment:
    """Return `experiment` with the template's layers, fitted to its data, and a loss that suits their output.

    Raises:
        SpecError: if the template cannot take such inputs.
    """
    shape, target = experiment.data.input_shape(), experiment.data.target()
    if not template.suits(experiment.data):
        raise SpecError(f"error.needs_{template.needs}", place="layers", value=str(shape), kind=template.key)
    tokens = experiment.data.num_tokens()
    begin = (Embedding(num_embeddings=tokens),) if tokens else ()
    *hidden, last = _roomy((*begin, *_answering(template.layers, at_each_step=bool(target.steps))), shape)
    if not isinstance(last, Linear):
        raise TypeError(f"{template.key} ends in {last.kind}")
    lone = (
        target.kind == "classes" and target.size == 2 and len(shape) == 1
    )  # as the plane's examples have it
    layers = (*hidden, last.model_copy(update={"out_features": 1 if lone else target.size}))
    loss = experiment.loss
    if target.kind == "regression":
        loss = loss if loss.wants == "values" else MSE()
    elif lone:
        loss = BCEWithLogits()
    else:
        loss = CrossEntropy()
    wanted = experiment.model_copy(update={"model": ModelSpec(layers=layers), "loss": loss})
    for advice in advise(wanted):
        if advice.level == "error":
            raise SpecError(advice.key, place=advice.place, **advice.values)
    return wanted


def _answering(layers: tuple[LayerSpec, ...], *, at_each_step: bool) -> tuple[LayerSpec, ...]:
    """Return the layers as they answer once, or at each step: then no state is left out and nothing is gathered."""
    if not at_each_step:
        return layers
    return tuple(
        layer.model_copy(update={"return_sequences": True}) if isinstance(layer, Recurrent) else layer
        for layer in layers
        if not isinstance(layer, Flatten | GlobalAvgPool1d | GlobalMaxPool1d)
    )


def _roomy(layers: tuple[LayerSpec, ...], shape: Shape) -> list[LayerSpec]:
    """Return the layers that a picture of `shape` has room for: convolutions keep its size then, pools are left out."""
    found: list[LayerSpec] = []
    for layer in layers:
        fitting: LayerSpec | None = layer
        if len(shape) == 1 and isinstance(layer, Flatten):
            continue
        try:
            layer.output(shape)
        except SpecError:
            if not isinstance(layer, Windows):
                raise
            fitting = (
                layer.model_copy(update={"padding": "same", "stride": 1})
                if isinstance(layer, Conv2d)
                else None
            )
        if fitting is not None:
            found.append(fitting)
            shape = fitting.output(shape)
    return found


def _read(name: str, text: str) -> Template:
    return Template.parse({"key": name.partition("-")[2], **read_json(text, place=name)})
