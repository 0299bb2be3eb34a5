"""The question about one neuron, or one weight: its formulas with one sample's numbers.

Forward, backward, gradient, update. How a neuron is opened, `opened.py` knows.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from playground.probes.arithmetic import number
from playground.probes.asks import Answer, Scene, ask
from playground.probes.backprop import Sample, facts, walk
from playground.probes.formulas.blocks import MOST_TERMS
from playground.probes.opened import Opened, Parameter
from playground.spec import SpecError

FEW_INPUTS = 16
"""So many numbers of a sample are sent along."""


class Neuron(Sample):
    """Which neuron, for which sample; with `tensor` and `place` the update is that of one of its own weights."""

    column: Annotated[int, Field(ge=0, le=63)]
    unit: Annotated[int, Field(ge=0, le=8191)]
    tensor: Annotated[str, Field(max_length=40)] = ""
    place: Annotated[tuple[int, ...], Field(max_length=4)] = ()


@ask(Neuron, wants=("memory",))
def formula(scene: Scene, neuron: Neuron, lang: str) -> Answer:
    """Return a neuron's four formulas as blocks (`formulas/blocks.py`); `update` is that of the weight asked for."""
    found = walk(scene, neuron)
    if neuron.column >= len(found.columns) or neuron.unit >= found.columns[neuron.column].units:
        raise SpecError("stage.backprop.no_neuron", place="unit", value=f"{neuron.column}, {neuron.unit}")
    opened = Opened(found, neuron.column, neuron.unit)
    parameters = opened.parameters()
    gradients, rest = _largest(parameters)
    plain: dict[str, Any] = facts(scene, neuron, found, lang) | {
        "column": neuron.column,
        "unit": neuron.unit,
        "symbol": opened.outer,
        "value": number(opened.value).text,
        "forward": opened.forward(),
        "backward": opened.backward(),
        "gradient": [opened.gradient(parameter) for parameter in gradients],
        "rest": rest,
    }
    if parameters:
        chosen = _chosen(parameters, neuron, gradients)
        plain["weight"] = chosen.tensor, list(chosen.place)
        plain["update"] = opened.update(chosen)
    return Answer(plain, {"x": found.x} if found.x.size <= FEW_INPUTS else {})


def _largest(parameters: list[Parameter]) -> tuple[list[Parameter], int]:
    """Return those with the largest gradients in their order, and how many there are besides."""
    if len(parameters) <= MOST_TERMS + 2:
        return parameters, 0
    by_size = sorted(range(len(parameters)), key=lambda i: -abs(parameters[i].gradient))
    kept = set(by_size[:MOST_TERMS]) | {i for i, p in enumerate(parameters) if len(p.place) == 1}
    return [parameters[i] for i in sorted(kept)], len(parameters) - len(kept)


def _chosen(parameters: list[Parameter], neuron: Neuron, shown: list[Parameter]) -> Parameter:
    if neuron.tensor:
        for parameter in parameters:
            if parameter.tensor == neuron.tensor and parameter.place == neuron.place:
                return parameter
        raise SpecError("error.no_element", place=neuron.tensor, value=list(neuron.place))
    return max(shown, key=lambda parameter: abs(parameter.gradient))
