"""A model with numbers in it. Programs for a batch size are written when that size is first seen, and kept.

Training passes and looks (`forward` without training, `trace`) have memory of their own: a look changes nothing.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

import numpy as np

from engines.checks import (
    as_batch,
    as_targets,
    check_batch_size,
    check_names,
    check_retune,
    check_state,
    check_tokens,
)
from engines.generators import generator_state, restore_generator
from engines.numpy.block import Block
from engines.numpy.fit import Fit
from engines.numpy.layer import Lasting
from engines.numpy.layers.recurrent import Recurrent
from engines.numpy.layout import Layout
from engines.numpy.optimizers import OPTIMIZERS, Optimizer
from engines.numpy.program import Program, run
from engines.numpy.workspace import Workspace, takes_ones
from engines.protocol import Array, Dtype
from playground.spec import LossSpec, ModelSpec, OptimizerSpec, Shape, SpecError, State

LOOK_ELEMENTS = 1 << 18
"""A look is taken at so many samples at a time that the widest layer has about this many numbers: 1 MB."""
KEPT_LOOKS = 6
"""How many batch sizes of looks keep their memory."""
KEPT_PASSES = 3
"""The same for training passes: a discriminator sees two batches in its own turn, and one in the generator's."""


@dataclass
class TrainingPass:
    """What `forward(training=True)` leaves for `backward`."""

    at: Workspace
    dy: Block
    dx: Block
    backward: Program
    done: bool = False
    """Whether `backward` has run since."""


class Net:
    """The NumPy engine's net; see `engines.protocol.Net`."""

    def __init__(
        self, model: ModelSpec, input_shape: Shape, optimizer: OptimizerSpec, *, seed: int, dtype: Dtype
    ) -> None:
        self.model = model
        self.input_shape = tuple(input_shape)
        self.dtype = np.dtype(dtype)
        self.layout = Layout(model, self.input_shape)
        self.parameters = np.zeros(self.layout.size, self.dtype)
        self.gradient = np.zeros(self.layout.size, self.dtype)
        self.lasting = [self._lasting(index, seed) for index in range(len(model.layers))]
        self.optimizer: Optimizer[Any] = OPTIMIZERS[type(optimizer)](
            optimizer, self.parameters, self.gradient
        )
        self._fits: WeakSet[Fit] = WeakSet()
        self._forget_programs()
        self.load(model.init(self.input_shape, seed))

    def forward(self, x: Array, *, training: bool = False) -> Array:
        x = self._batch(x)
        if training:
            check_batch_size(self.model, self.input_shape, len(x))
            self._pass = self._training_pass(len(x))
            self._fill(self._pass.at, x)
            self._run(self._pass.at.forward)
            self._pass.done = False
            return self._samples(self._pass.at.y, self._output_shape)
        y = np.empty((len(x), *self._output_shape), self.dtype)
        for part, at in self._look(x):
            self._write(at.y, y[part])
        return y

    def backward(self, grad: Array) -> Array:
        if self._pass is None:
            raise SpecError("engine.no_forward")
        grad = as_batch(grad, self._output_shape)
        done = self._pass
        if len(grad) != done.at.batch_size:
            expected = (done.at.batch_size, *self._output_shape)
            raise SpecError("engine.input_shape", place="grad", value=str(grad.shape), expected=str(expected))
        done.dy.values[...] = grad.reshape(len(grad), -1).T
        self._run(done.backward)
        done.done = True
        return self._samples(done.dx, self.input_shape)

    def step(self, lr: float) -> None:
        self.optimizer.set_lr(lr)
        self._run(self._update)

    def clamp(self, bound: float) -> None:
        np.clip(self.parameters, -bound, bound, out=self.parameters)

    def fit(self, loss: LossSpec, x: Array, y: Array, batch_size: int) -> Fit:
        x = self._batch(x)
        y = as_targets(loss, y, len(x), self._output_shape)
        check_batch_size(self.model, self.input_shape, min(batch_size or len(x), len(x)))
        fit = Fit(self, loss, x, y, batch_size)
        self._fits.add(fit)
        return fit

    def trace(self, x: Array) -> list[Array]:
        x = self._batch(x)
        found = [np.empty((len(x), *shape), self.dtype) for shape in self.model.shapes(self.input_shape)]
        for part, at in self._look(x):
            for block, values in zip(at.outputs, found, strict=True):
                self._write(block, values[part])
        return found

    def responses(self, x: Array) -> list[Array]:
        """Return what `trace` does feature-major: (F, N) for each layer, in memory that the next look may overwrite."""
        x = self._batch(x)
        sizes = [math.prod(shape) for shape in self.model.shapes(self.input_shape)]
        found = [np.empty((size, len(x)), self.dtype) for size in sizes]
        for part, at in self._look(x):
            if at.batch_size == len(x):
                return [block.values for block in at.outputs]
            for block, values in zip(at.outputs, found, strict=True):
                values[:, part] = block.values
        return found

    def gates(self, x: Array) -> dict[int, dict[str, Array]]:
        """Return what recurrent layers have inside for x (N, T, ...), in evaluation mode, by the layer's number.

        Of each layer (N, T, H) by torch's letters: of an LSTM i, f, g, o, c, h; of a GRU r, z, n, h; of an RNN h. Of
        layers stacked inside one the names end in `_l1`, `_l2`, ..., of the reverse direction in `_reverse`, as torch's
        do. All is in the order of time, and 0 where a text has not begun.
        """
        x = self._batch(x)
        found: dict[int, dict[str, Array]] = {}
        for part, at in self._look(x):
            for index, layer in self._recurrent(at):
                seen = found.setdefault(index, {})
                for name, values in layer.gates().items():
                    whole = seen.setdefault(name, np.empty((len(x), *values.shape[:2]), self.dtype))
                    whole[part] = values.transpose(2, 0, 1)
        return found

    def through_time(self) -> dict[int, dict[str, Array]]:
        """Return ∂L/∂h and ∂L/∂c of every step after `backward`, by the layer's number and named as in `gates`.

        Each (N, T, H) is the whole derivative: through the step's own output and through all later steps. Truncation
        cuts it as it cuts training.

        Raises:
            SpecError: if there has been no backward pass.
        """
        if self._pass is None or not self._pass.done:
            raise SpecError("engine.no_backward")
        return {
            index: {
                name: values.transpose(2, 0, 1).copy() for name, values in layer.slopes_of_states().items()
            }
            for index, layer in self._recurrent(self._pass.at)
        }

    def _recurrent(self, at: Workspace) -> Iterator[tuple[int, Recurrent]]:
        for index, layer in enumerate(at.layers):
            if isinstance(layer, Recurrent):
                yield index, layer

    def _batch(self, x: Array) -> Array:
        """Return x as an array (N, *input); refuse what does not fit."""
        x = as_batch(x, self.input_shape)
        check_tokens(self.model, x)
        return x

    def penalty(self) -> float:
        tensors = self.layout.tensors(self.parameters)
        total = 0.0
        for name, (l1, l2) in self.model.penalties().items():
            exact = tensors[name].astype(np.float64)
            total += l2 / 2 * float(np.square(exact).sum()) + l1 * float(np.abs(exact).sum())
        return total

    def gradients(self) -> State:
        return self.layout.copies(self.gradient)

    def state(self) -> State:
        tensors = self._tensors()
        return {name: tensors[name].copy(order="C") for name in self.model.tensors(self.input_shape)}

    def load(self, state: State) -> None:
        check_state(state, self.model, self.input_shape, self.dtype.name)
        for name, values in self._tensors().items():
            values[...] = state[name]

    def optimizer_state(self) -> State:
        return self.optimizer.state(self.layout)

    def load_optimizer(self, state: State) -> None:
        self.optimizer.load(state, self.layout)

    def random_state(self) -> State:
        return {name: generator_state(generator) for name, generator in self._generators().items()}

    def load_random(self, state: State) -> None:
        generators = self._generators()
        check_names(state, {name: generator_state(generator).shape for name, generator in generators.items()})
        for name, generator in generators.items():
            restore_generator(generator, state[name])

    def retune(self, model: ModelSpec, optimizer: OptimizerSpec) -> None:
        check_retune(self.model, model, self.input_shape)
        self.model = model
        before = self.optimizer
        self.optimizer = OPTIMIZERS[type(optimizer)](optimizer, self.parameters, self.gradient)
        if type(before) is type(self.optimizer):
            self.optimizer.adopt(before)
        self._forget_programs()
        for fit in self._fits:
            fit.rewrite()

    def workspace(self, batch_size: int, rows: Array, *, training: bool, **options: bool) -> Workspace:
        """Return new memory and programs of this net for a batch size; the options are those of `Workspace`."""
        return Workspace(self.model, self.input_shape, self.lasting, batch_size, training, rows, **options)

    def rows(self, *leading: int) -> Array:
        """Return memory for input, (*leading, F) or with a column of ones (*leading, F + 1)."""
        width = math.prod(self.input_shape) + takes_ones(self.model.layers)
        return np.ones((*leading, width), self.dtype)

    def _lasting(self, index: int, seed: int) -> Lasting:
        parameters, gradient = (self.layout.part(flat, index) for flat in (self.parameters, self.gradient))
        shape = self.model.inputs(self.input_shape)[index]
        return Lasting.of(self.model.layers[index], shape, parameters, gradient, seed, str(index))

    def _forget_programs(self) -> None:
        self._looks: OrderedDict[int, Workspace] = OrderedDict()
        self._passes: OrderedDict[int, TrainingPass] = OrderedDict()
        self._pass: TrainingPass | None = None
        self._update = self.optimizer.program()

    def _training_pass(self, batch_size: int) -> TrainingPass:
        found = self._passes.pop(batch_size, None) or self._new_pass(batch_size)
        self._passes[batch_size] = found
        if len(self._passes) > KEPT_PASSES:
            self._passes.popitem(last=False)
        return found

    def _new_pass(self, batch_size: int) -> TrainingPass:
        at = self.workspace(batch_size, self.rows(batch_size), training=True)
        dy = Block.empty(self.num_outputs, batch_size, self.dtype)
        backward, dx = at.backward(dy, wants_dx=True)
        return TrainingPass(at, dy, dx, backward)

    def _look(self, x: Array) -> Iterator[tuple[slice, Workspace]]:
        """Yield a workspace after a forward pass for each portion of x (N, *input), and which portion it is."""
        widest = max(math.prod(shape) for shape in (self.input_shape, *self.model.shapes(self.input_shape)))
        portion = max(LOOK_ELEMENTS // widest, 16)
        for start in range(0, len(x), portion):
            part = slice(start, min(start + portion, len(x)))
            size = part.stop - start
            at = self._looks.pop(size, None) or self.workspace(size, self.rows(size), training=False)
            self._looks[size] = at
            if len(self._looks) > KEPT_LOOKS:
                self._looks.popitem(last=False)
            self._fill(at, x[part])
            self._run(at.forward)
            yield part, at

    def _fill(self, at: Workspace, x: Array) -> None:
        num_features = math.prod(self.input_shape)
        with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite
            at.rows[:, :num_features] = x.reshape(len(x), num_features)

    def _samples(self, block: Block, shape: Shape) -> Array:
        """Return a block (F, B) as samples (B, *shape), copied."""
        samples = np.empty((block.values.shape[1], *shape), self.dtype)
        self._write(block, samples)
        return samples

    def _write(self, block: Block, samples: Array) -> None:
        """Copy a block (F, B) into samples (B, *shape)."""
        samples.reshape(block.values.T.shape)[...] = block.values.T

    def _run(self, program: Program) -> None:
        with np.errstate(all="ignore"):  # what overflows shows in the loss, and the trainer calls it diverged
            run(program)

    def _tensors(self) -> dict[str, Array]:
        """Return all tensors, learned or not, as views."""
        found = self.layout.tensors(self.parameters)
        for name, lasting in self._every_lasting():
            found |= {f"{name}.{tensor}": values for tensor, values in lasting.buffers.items()}
        return found

    def _every_lasting(self) -> Iterator[tuple[str, Lasting]]:
        for index, lasting in enumerate(self.lasting):
            yield from lasting.every(str(index))

    def _generators(self) -> dict[str, np.random.Generator]:
        return {
            f"dropout/{name}": lasting.generator
            for name, lasting in self._every_lasting()
            if lasting.generator is not None
        }

    @property
    def num_outputs(self) -> int:
        """Return k, the number of outputs of one sample."""
        return math.prod(self._output_shape)

    @property
    def _output_shape(self) -> Shape:
        return self.model.output_shape(self.input_shape)
