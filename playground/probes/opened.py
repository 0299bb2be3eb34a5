"""A neuron, opened: how its value comes about, what comes back to it, and what becomes of its weights.

What is said of a neuron is said in the letters of the textbook: inputs x₁, x₂, … or a₁, a₂, … of the column before,
`z` the weighted sum, `a` what leaves the neuron (ŷ in the last column); δ is ∂L/∂z of a neuron of the column after.
Knows no question and no scene: `neuron.py` asks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from playground.probes.arithmetic import Operand, Term, number, placed, work
from playground.probes.backprop import Walk
from playground.probes.columns import Column
from playground.probes.formulas import losses, optimizers, sequences, units
from playground.probes.formulas.blocks import Block, line_of, note, setting, total
from playground.probes.formulas.learned import Learned, learned
from playground.probes.formulas.units import PASSING, Place, slope
from playground.spec import Shape, image_layers
from playground.spec.layers import Dropout, LayerNorm, Softmax

BETWEEN = "uvst"
"""What numbers are called between the weighted sum and what leaves the neuron, in a column of several layers."""
PER_STEP = (LayerNorm, Softmax)
"""Layers that mix the features of a step, and of a sequence each step alone."""


@dataclass(frozen=True)
class Parameter:
    """One learned number of a neuron.

    Attributes:
        own: what it is to its layer.
        tensor: where it lies in the state.
        pushed: what its gradient has of the layer's output, `∂L/∂z`, with its value.
        old, gradient: its value, and the derivative of the whole objective.
    """

    own: Learned
    tensor: str
    pushed: tuple[str, float]
    old: float
    gradient: float

    @property
    def name(self) -> str:
        """What it is called."""
        return self.own.name

    @property
    def place(self) -> tuple[int, ...]:
        """Where it lies in its tensor."""
        return self.own.place


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
            Parameter(
                own,
                tensor := f"{index}.{own.tensor}",
                (slope(self.symbol(position)), float(self.walk.slopes[index][self.unit])),
                float(self.walk.old[tensor][own.place]),
                float(self.walk.gradients[tensor][own.place]),
            )
            for position, index in enumerate(self.working)
            for own in learned(self._whole(position, index))
        ]

    def gradient(self, parameter: Parameter) -> Block:
        """Return the line of one weight's gradient, or its sum where it works at many places."""
        if parameter.own.terms is not None:
            return self._row(parameter, total(slope(parameter.name), self._all_terms(parameter)))
        pushed, carried = parameter.pushed, parameter.own.carried
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
            "source": None if parameter.own.source is None else list(parameter.own.source),
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
        assert parameter.own.terms is not None
        terms = parameter.own.terms()
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
        """Return the neuron at work in one layer, which may see a step of a sequence alone."""
        place = self._whole(position, index)
        return self._at_step(place) if len(place.shape) == 2 and isinstance(place.spec, PER_STEP) else place

    def _whole(self, position: int, index: int) -> Place:
        """Return the neuron at work in one layer, with all that enters and leaves it."""
        prefix = f"{index}."
        own = {n.removeprefix(prefix): v for n, v in self.walk.old.items() if n.startswith(prefix)}
        return Place(
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

    @cached_property
    def _begun(self) -> list[Any]:
        """At which steps a text has begun, for what goes into each layer."""
        model = self.walk.experiment.model
        return sequences.begun(model, self.walk.experiment.data.input_shape(), self.walk.x)

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

    def _arriving(self) -> list[Block]:
        """Return how ∂L/∂value comes from the loss, or from the neurons of the column after."""
        if self.is_last:
            blocks = losses.slope_of(self.walk.outcome, self.unit)
            # The loss numbers its outputs; here there is one, and it is called as everywhere in this formula.
            return [*blocks[:-1], blocks[-1] | {"left": slope(self.outer)}]
        place = self._place(0, self.walk.columns[self.column + 1].layer)
        return units.backward(replace(place, inner=self.outer, column=self.column + 1))

    def _passing(self) -> list[Block]:
        indices = range(self.at.layer, self.at.until + 1)
        found = [self._layer(index) for index in indices]
        return [
            note("dropout", p=f"{layer.p:.0%}")
            for layer in found
            if isinstance(layer, (Dropout, image_layers.Dropout2d)) and layer.p
        ]

    def _new(self, parameter: Parameter) -> float:
        return float(self.walk.new[parameter.tensor][parameter.place])
