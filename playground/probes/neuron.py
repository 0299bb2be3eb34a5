"""One neuron, or one weight, opened into its formulas with one sample's numbers: forward, backward, gradient, update.

What is said of a neuron is said in the letters of the textbook: inputs x₁, x₂, … or a₁, a₂, … of the column before,
`z` the weighted sum, `a` what leaves the neuron (ŷ in the last column); δ is ∂L/∂z of a neuron of the column after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from playground.probes.arithmetic import Operand, Term, number, placed, subscript, work
from playground.probes.asks import Answer, Scene, ask
from playground.probes.backprop import Sample, Walk, facts, walk
from playground.probes.columns import Column
from playground.probes.formulas import images, losses, optimizers, recurrent, sequences, units
from playground.probes.formulas.blocks import MOST_TERMS, Block, alone, line_of, note, product, setting, total
from playground.probes.formulas.units import PASSING, Place, slope
from playground.spec import Shape, SpecError, image_layers
from playground.spec.layers import Dropout, LayerNorm, Linear, Softmax
from playground.spec.sequence_layers import Conv1d, Embedding

BETWEEN = "uvst"
"""What numbers are called between the weighted sum and what leaves the neuron, in a column of several layers."""


PER_STEP = (LayerNorm, Softmax)
"""Layers that mix the features of a step, and of a sequence each step alone."""
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


@dataclass(frozen=True)
class Parameter:
    """One learned number of a neuron.

    Attributes:
        tensor, place: where it lies in the state.
        name: what it is called, `w₁`.
        pushed: what its gradient has of the layer's output, `∂L/∂z`, with its value.
        carried: what that is multiplied by, `x₁`, with its value; of a bias nothing and 1.
        old, gradient: its value, and the derivative of the whole objective.
        source: the place its edge comes from; None for a bias and a norm's numbers.
        terms: returns the terms of its gradient, where it works at many places at once.
    """

    tensor: str
    place: tuple[int, ...]
    name: str
    carried: tuple[str, float]
    pushed: tuple[str, float]
    old: float
    gradient: float
    source: tuple[int, int] | None
    terms: Callable[[], list[Term]] | None = None


@dataclass(frozen=True, eq=False)
class Opened:
    """A neuron of a walk."""

    walk: Walk
    column: int
    unit: int

    @property
    def at(self) -> Column:
        return self.walk.columns[self.column]

    @property
    def is_last(self) -> bool:
        return self.column == len(self.walk.columns) - 1

    @property
    def outer(self) -> str:
        """What leaves the neuron is called."""
        return "ŷ" if self.is_last else "a"

    @property
    def value(self) -> float:
        return float(self.walk.outputs[self.at.until][self.unit])

    @property
    def before(self) -> str:
        """What the inputs of the column are called."""
        return "a" if self.column else "x"

    @cached_property
    def inputs(self) -> np.ndarray:
        """What goes into the column (F,)."""
        return self._into(self.at.layer)

    @cached_property
    def working(self) -> list[int]:
        """The column's layers that change something."""
        indices = range(self.at.layer, self.at.until + 1)
        return [
            index for index in indices if not isinstance(self.walk.experiment.model.layers[index], PASSING)
        ]

    def symbol(self, position: int) -> str:
        """Return what comes out of the column's working layer at a position is called; before the first: its input."""
        if position < 0:
            return self.before
        if position == len(self.working) - 1:
            return self.outer
        return "z" if position == 0 else BETWEEN[(position - 1) % len(BETWEEN)]

    def forward(self) -> list[Block]:
        """Return how the neuron's value comes from the column before."""
        blocks: list[Block] = []
        for position, index in enumerate(self.working):
            if isinstance(self._layer(index), Linear):
                blocks.append(total(self.symbol(position), list(self._weighted(index))))
            else:
                blocks += units.forward(self._place(position, index))
        return blocks + self._passing()

    def backward(self) -> list[Block]:
        """Return how ∂L/∂value comes from what follows, and ∂L/∂ of everything inside from that."""
        blocks = self._arriving()
        for position in reversed(range(len(self.working))):
            if not self._layer(self.working[position]).mixes:
                blocks += units.backward(self._place(position, self.working[position]))
        return blocks

    def parameters(self) -> list[Parameter]:
        """Return every learned number of this neuron."""
        return [
            parameter
            for position, index in enumerate(self.working)
            for parameter in self._parameters_of(position, index)
        ]

    def gradient(self, parameter: Parameter) -> Block:
        """Return the line of one weight's gradient, or its sum where it works at many places."""
        if parameter.terms is not None:
            return self._row(parameter, total(slope(parameter.name), self._all_terms(parameter)))
        pushed, carried = parameter.pushed, parameter.carried
        index = int(parameter.tensor.partition(".")[0])
        layer: Any = self._layer(index)
        operands: list[Operand | float] = [pushed[1]]
        names, template = [pushed[0]], "{}"
        if carried[0]:
            operands.append(carried[1])
            names[0] += f"·{carried[0]}"
            template += "·{}"
        count = len(operands)
        rates = (
            (("l2", ""), ("l1", "sign")) if parameter.tensor.endswith(".weight") and layer.regularised else ()
        )
        used: list[str] = []
        for rate, how in rates:
            if getattr(layer, rate):
                operands += [setting(getattr(layer, rate)), parameter.old]
                names.append(f"{rate}·{how}({parameter.name})" if how else f"{rate}·{parameter.name}")
                template += " + {}·sign({+})" if how else " + {}·{}"
                used.append(how)

        def calculate(*numbers: float) -> float:
            result = numbers[0] * (numbers[1] if count == 2 else 1.0)
            for how, rate, weight in zip(used, numbers[count::2], numbers[count + 1 :: 2], strict=True):
                result += rate * (float(np.sign(weight)) if how else weight)
            return result

        line = line_of(slope(parameter.name), " + ".join(names), work(template, operands, calculate))
        return self._row(parameter, line)

    def _row(self, parameter: Parameter, block: Block) -> Block:
        """Return a gradient's block with what else is to be said of the weight."""
        unit = optimizers.visible(parameter.old, self._new(parameter))
        places = max(0, -int(unit.as_tuple().exponent))
        return block | {
            "name": parameter.name,
            "tensor": parameter.tensor,
            "place": list(parameter.place),
            "source": None if parameter.source is None else list(parameter.source),
            "old": placed(parameter.old, places).text if places <= 15 else number(parameter.old).text,
            "new": placed(self._new(parameter), places).text
            if places <= 15
            else number(self._new(parameter)).text,
        }

    def update(self, parameter: Parameter) -> list[Block]:
        """Return the lines of one weight's update."""
        found, spec = self.walk, self.walk.experiment.optimizer
        memory: dict[str, float] = {}
        for name, values in (found.memory or {}).items():
            quantity, _, tensor = name.partition("/")
            if not tensor:
                memory[quantity.rpartition(".")[2]] = float(values)
            elif tensor == parameter.tensor:
                memory[quantity.rpartition(".")[2]] = float(values[parameter.place])
        move = optimizers.Move(
            spec, parameter.name, parameter.old, parameter.gradient, found.clip, found.norm, found.lr, memory
        )
        blocks, _ = optimizers.update(move)
        return blocks

    # --- inside -----------------------------------------------------------------------------------------------

    def _layer(self, index: int) -> Any:
        return self.walk.experiment.model.layers[index]

    def _into(self, index: int) -> np.ndarray:
        return self.walk.outputs[index - 1] if index else self.walk.x

    def _input_slope(self, index: int) -> np.ndarray:
        return self.walk.slopes[index - 1] if index else self.walk.input_slope

    def _all_terms(self, parameter: Parameter) -> list[Term]:
        """Return the terms of a gradient that is a sum, those of the penalty behind them."""
        assert parameter.terms is not None
        terms = parameter.terms()
        l1, l2 = self.walk.experiment.model.penalties().get(parameter.tensor, (0.0, 0.0))
        if l2:
            operands = (setting(l2), Operand(parameter.old))
            terms.append(Term(f"l2·{parameter.name}", "{}·{}", operands, lambda rate, w: rate * w))
        if l1:
            operands = (setting(l1), Operand(parameter.old))
            terms.append(
                Term(
                    f"l1·sign({parameter.name})",
                    "{}·sign({+})",
                    operands,
                    lambda rate, w: rate * float(np.sign(w)),
                )
            )
        return terms

    def _place(self, position: int, index: int) -> Place:
        prefix = f"{index}."
        own = {n.removeprefix(prefix): v for n, v in self.walk.old.items() if n.startswith(prefix)}
        place = Place(
            spec=self._layer(index),
            x=self._into(index),
            y=self.walk.outputs[index],
            dx=self._input_slope(index),
            dy=self.walk.slopes[index],
            tensors=own,
            unit=self.unit,
            inner=self.symbol(position - 1),
            outer=self.symbol(position),
            shape=self._shape(index),
            column=self.column - 1 if position == 0 else None,
            begun=self._begun[index],
        )
        return place if self._length(index) is None else self._at_step(place)

    @cached_property
    def _begun(self) -> list[Any]:
        """At which steps a text has begun, for what goes into each layer."""
        model = self.walk.experiment.model
        return sequences.begun(model, self.walk.experiment.data.input_shape(), self.walk.x)

    def _length(self, index: int) -> int | None:
        """Return how many steps a layer works on, if it works on each alone; else None."""
        shape = self._shape(index)
        return shape[0] if len(shape) == 2 and isinstance(self._layer(index), PER_STEP) else None

    def _at_step(self, place: Place) -> Place:
        """Return the place of a unit among the features of its step alone."""
        width = place.shape[-1]
        step, unit = divmod(place.unit, width)
        part = slice(step * width, (step + 1) * width)
        x, y, dx, dy = (values[part] for values in (place.x, place.y, place.dx, place.dy))
        return replace(place, x=x, y=y, dx=dx, dy=dy, unit=unit, shape=place.shape[1:])

    def _shape(self, index: int) -> Shape:
        """Return the shape of a layer's input."""
        experiment = self.walk.experiment
        return experiment.model.inputs(experiment.data.input_shape())[index]

    def _weighted(self, index: int) -> Iterator[Term]:
        step, own = divmod(self.unit, self._layer(index).out_features)
        weight = self.walk.old[f"{index}.weight"][own]
        start = step * len(weight)
        for i, (w, x) in enumerate(zip(weight, self.inputs[start : start + len(weight)], strict=True)):
            name = subscript(i + 1)
            yield product(f"w{name}·{self.before}{name}", float(w), float(x), (self.column - 1, start + i))
        if f"{index}.bias" in self.walk.old:
            yield alone("b", float(self.walk.old[f"{index}.bias"][own]))

    def _arriving(self) -> list[Block]:
        """Return how ∂L/∂value comes from the loss, or from the neurons of the column after."""
        if self.is_last:
            blocks = losses.slope_of(self.walk.outcome, self.unit)
            # The loss numbers its outputs; here there is one, and it is called as everywhere in this formula.
            return [*blocks[:-1], blocks[-1] | {"left": slope(self.outer)}]
        after = self.walk.columns[self.column + 1].layer
        if not isinstance(self._layer(after), Linear):
            place = self._place(0, after)
            return units.backward(replace(place, inner=self.outer, column=self.column + 1))
        whole = self.walk.old[f"{after}.weight"]
        step, own = divmod(self.unit, whole.shape[1])
        start = step * len(whole)
        weight, deltas = whole[:, own], self.walk.slopes[after][start : start + len(whole)]
        terms = [
            product(
                f"w{subscript(k + 1)}·δ{subscript(k + 1)}", float(w), float(d), (self.column + 1, start + k)
            )
            for k, (w, d) in enumerate(zip(weight, deltas, strict=True))
        ]
        return [note("deltas"), total(slope(self.outer), terms)]

    def _passing(self) -> list[Block]:
        indices = range(self.at.layer, self.at.until + 1)
        found = [self._layer(index) for index in indices]
        return [
            note("dropout", p=f"{layer.p:.0%}")
            for layer in found
            if isinstance(layer, (Dropout, image_layers.Dropout2d)) and layer.p
        ]

    def _parameters_of(self, position: int, index: int) -> Iterator[Parameter]:
        delta = float(self.walk.slopes[index][self.unit])
        pushed = (slope(self.symbol(position)), delta)
        layer = self._layer(index)
        if len(self._shape(index)) == 2:
            yield from self._over_time(position, index, pushed)
            return
        if isinstance(layer, Linear):
            for i, x in enumerate(self.inputs):
                carried = (f"{self.before}{subscript(i + 1)}", float(x))
                name = f"w{subscript(i + 1)}"
                yield self._parameter(
                    f"{index}.weight", (self.unit, i), name, carried, pushed, (self.column - 1, i)
                )
            if layer.bias:
                yield self._parameter(f"{index}.bias", (self.unit,), "b", ("", 1.0), pushed, None)
            return
        if isinstance(layer, Embedding):
            yield from self._vector(position, index, pushed)
            return
        if isinstance(layer, (image_layers.Conv2d, image_layers.ConvTranspose2d)):
            yield from self._kernel(position, index)
            return
        if isinstance(layer, image_layers.BatchNorm2d):
            yield from self._of_channel(position, index)
            return
        weight = self.walk.old.get(f"{index}.weight")
        if weight is not None:
            normal = float(self.walk.data_gradients[f"{index}.weight"][self.unit])
            normal = normal / delta if delta else 0.0
            symbol = f"{self.symbol(position - 1)}̂"
            yield self._parameter(f"{index}.weight", (self.unit,), "γ", (symbol, normal), pushed, None)
            yield self._parameter(f"{index}.bias", (self.unit,), "β", ("", 1.0), pushed, None)

    def _vector(self, position: int, index: int, pushed: tuple[str, float]) -> Iterator[Parameter]:
        """Yield the number of the token's vector that this unit is."""
        place = self._place(position, index)
        step, number = divmod(self.unit, place.spec.embedding_dim)
        token = int(place.x[step])
        name = f"w{subscript(number + 1)}"
        made = self._parameter(f"{index}.weight", (token, number), name, ("", 1.0), pushed, None)
        yield replace(made, terms=partial(sequences.steps_of, place, token, number))

    def _over_time(self, position: int, index: int, pushed: tuple[str, float]) -> Iterator[Parameter]:
        """Yield what a unit of a sequence has learned: the same at every step, so its gradient is a sum over time."""
        layer = self._layer(index)
        found: list[tuple[str, tuple[int, ...], str, list[Term]]] = []
        if recurrent.known(layer):
            whole = recurrent.parameters(self._place(position, index))
            found = [(tensor, place, name, terms) for tensor, place, name, _, terms in whole]
        elif isinstance(layer, Conv1d):
            place = self._place(position, index)
            for n, (where, terms) in enumerate(sequences.kernel(place)):
                found.append(("weight", where, f"w{subscript(n + 1)}", terms))
            if layer.bias:
                found.append(self._bias(index, self.unit % layer.out_channels))
        elif isinstance(layer, Linear):
            own = self.unit % layer.out_features
            for i in range(self._shape(index)[1]):
                terms = self._products(index, own, self._into(index).reshape(self._shape(index))[:, i])
                found.append(("weight", (own, i), f"w{subscript(i + 1)}", terms))
            if layer.bias:
                found.append(self._bias(index, own))
        elif isinstance(layer, LayerNorm):
            own = self.unit % self._shape(index)[1]
            x = self._into(index).reshape(self._shape(index))
            normal = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + layer.eps)
            found.append(("weight", (own,), "γ", self._products(index, own, normal[:, own])))
            found.append(self._bias(index, own, "β"))
        for tensor, where, name, terms in found:
            made = self._parameter(f"{index}.{tensor}", where, name, ("", 1.0), pushed, None)
            yield replace(made, terms=partial(list, terms))

    def _products(self, index: int, own: int, values: np.ndarray) -> list[Term]:
        """Return δ·x for every step, δ of the layer's feature `own`."""
        slopes = self.walk.slopes[index].reshape(len(values), -1)[:, own]
        return [
            product(f"δ{subscript(t + 1)}·{self.before}{subscript(t + 1)}", float(d), float(x))
            for t, (d, x) in enumerate(zip(slopes, values, strict=True))
        ]

    def _bias(self, index: int, own: int, name: str = "b") -> tuple[str, tuple[int, ...], str, list[Term]]:
        length = self._layer(index).output(self._shape(index))[0]
        slopes = self.walk.slopes[index].reshape(length, -1)[:, own]
        return "bias", (own,), name, [alone(f"δ{subscript(t + 1)}", float(d)) for t, d in enumerate(slopes)]

    def _kernel(self, position: int, index: int) -> Iterator[Parameter]:
        """Yield the weights of the unit's channel: each works at every place of the image."""
        layer, shape = self._layer(index), self._shape(index)
        after = layer.output(shape)
        channel = int(np.unravel_index(self.unit, after)[0])
        pushed = (slope(self.symbol(position)), float(self.walk.slopes[index][self.unit]))
        here = {
            place: pixel for place, _, pixel in images.crossings(layer, shape, unit=self.unit, of_output=True)
        }
        for n, place in enumerate(images.kernel(layer, shape, channel)):
            name = f"w{subscript(n + 1)}"
            pixel = here.get(place)
            source = None if pixel is None else (self.column - 1, pixel)
            carried = (
                f"{self.before}{subscript(n + 1)}",
                0.0 if pixel is None else float(self.inputs[pixel]),
            )
            made = self._parameter(f"{index}.weight", place, name, carried, pushed, source)
            yield replace(made, terms=partial(self._everywhere, index, place))
        if layer.bias:
            made = self._parameter(f"{index}.bias", (channel,), "b", ("", 1.0), pushed, None)
            yield replace(made, terms=partial(self._pushes, index, channel))

    def _of_channel(self, position: int, index: int) -> Iterator[Parameter]:
        """Yield γ and β of the unit's channel."""
        shape = self._shape(index)
        channel = int(np.unravel_index(self.unit, shape)[0])
        pushed = (slope(self.symbol(position)), float(self.walk.slopes[index][self.unit]))
        for tensor, name, terms in (("weight", "γ", self._normals), ("bias", "β", self._pushes)):
            made = self._parameter(f"{index}.{tensor}", (channel,), name, ("", 1.0), pushed, None)
            yield replace(made, terms=partial(terms, index, channel))

    def _everywhere(self, index: int, place: tuple[int, ...]) -> list[Term]:
        """Return δ·x for every place of the image at which a weight of a convolution works."""
        slopes, x = self.walk.slopes[index], self._into(index)
        pairs = images.places(self._layer(index), self._shape(index), place)
        return [
            product(
                f"δ{subscript(n + 1)}·{self.before}{subscript(n + 1)}", float(slopes[unit]), float(x[pixel])
            )
            for n, (unit, pixel) in enumerate(pairs)
        ] or [alone("0", 0.0)]

    def _pushes(self, index: int, channel: int) -> list[Term]:
        """Return δ of every unit of a channel."""
        slopes = self._channel(self.walk.slopes[index], index, channel)
        return [alone(f"δ{subscript(n + 1)}", float(value)) for n, value in enumerate(slopes)]

    def _normals(self, index: int, channel: int) -> list[Term]:
        """Return δ·x̂ of every unit of a channel, x̂ by the running statistics."""
        layer, old = self._layer(index), self.walk.old
        mean, variance = (float(old[f"{index}.running_{name}"][channel]) for name in ("mean", "var"))
        normal = (self._channel(self._into(index), index, channel) - mean) / np.sqrt(variance + layer.eps)
        slopes = self._channel(self.walk.slopes[index], index, channel)
        return [
            product(f"δ{subscript(n + 1)}·x̂{subscript(n + 1)}", float(d), float(x))
            for n, (d, x) in enumerate(zip(slopes, normal, strict=True))
        ]

    def _channel(self, values: np.ndarray, index: int, channel: int) -> np.ndarray:
        """Return the part of a layer's output, or of what has its shape, that is one channel."""
        return values.reshape(self._layer(index).output(self._shape(index)))[channel].reshape(-1)

    def _parameter(
        self,
        tensor: str,
        place: tuple[int, ...],
        name: str,
        carried: tuple[str, float],
        pushed: tuple[str, float],
        source: tuple[int, int] | None,
    ) -> Parameter:
        old, gradient = float(self.walk.old[tensor][place]), float(self.walk.gradients[tensor][place])
        return Parameter(tensor, place, name, carried, pushed, old, gradient, source)

    def _new(self, parameter: Parameter) -> float:
        return float(self.walk.new[parameter.tensor][parameter.place])


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
