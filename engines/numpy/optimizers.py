"""The optimizers: calls that move the whole flat parameter vector in place.

Formulas are torch's, with θ the parameters, g the gradient, t the step. A large vector is moved in blocks that stay in
the cache. The kept gradient is not changed: clipping and weight decay work on a copy.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from engines.checks import as_steps, check_names
from engines.numpy.layout import Layout
from engines.numpy.program import Program
from engines.protocol import Array
from engines.registry import Registry
from playground.spec import OptimizerSpec, State, optimizers

O = TypeVar("O", bound=OptimizerSpec)

BLOCK = 1 << 16
"""Numbers that are moved at a time. Measured: smaller blocks cost more calls than the cache gives back."""
ROOM = 4
"""Vectors of scratch: the decayed gradient and three more."""
WRITTEN_OUT = 1 << 11
"""Up to this length a row of equal numbers is cheaper than a broadcast."""


class Optimizer(ABC, Generic[O]):
    """One optimizer of one flat vector.

    Args:
        spec: which one, and its settings.
        parameters, gradient: the flat vectors (P,).

    Class attributes:
        memory: the names of the vectors it keeps, torch's, in the order of the rows of `moments`.
        counts: the number of the step matters, and is part of the state.
    """

    memory: ClassVar[tuple[str, ...]] = ()
    counts: ClassVar[bool] = False

    def __init__(self, spec: O, parameters: Array, gradient: Array) -> None:
        self.spec = spec
        self.parameters = parameters
        self.gradient = gradient
        self.moments = np.zeros((len(self.kept()), parameters.size), parameters.dtype)
        self.steps = 0
        self.lr = 0.0
        self.rate = self.scalar(0)

    def kept(self) -> tuple[str, ...]:
        """Return the names of the vectors that are kept with these settings."""
        return self.memory

    def set_lr(self, lr: float) -> None:
        """Use another learning rate from the next step on."""
        self.lr = lr
        self.rate[()] = lr

    def program(self) -> Program:
        """Return the calls of one step."""
        program = Program()
        if not self.parameters.size:
            return program
        gradient = self._clipped(program)
        self.begin(program)
        room = np.empty((ROOM, min(BLOCK, self.parameters.size)), self.parameters.dtype)
        for block in self._blocks():
            theta, moments = self.parameters[block], self.moments[:, block]
            g = self._decayed(program, theta, gradient[block], room[0, : theta.size])
            self.move(program.emit, theta, g, moments, room[1:, : theta.size])
        return program

    @abstractmethod
    def move(self, emit: Callable[..., None], theta: Array, g: Array, moments: Array, scratch: Array) -> None:
        """Append the calls that move theta (n,) against g (n,), with moments (rows, n) and scratch (3, n)."""

    def begin(self, program: Program) -> None:
        """Append what comes once in a step, before the blocks are moved."""

    def state(self, layout: Layout) -> State:
        """Return copies of the memory, such as `"adam.exp_avg/0.weight"`."""
        count: State = {f"{self.prefix}.step": np.array(self.steps, np.int64)} if self.counts else {}
        return count | {
            f"{self.prefix}.{name}/{tensor}": values
            for name, row in zip(self.kept(), self.moments, strict=True)
            for tensor, values in layout.copies(row).items()
        }

    def load(self, state: State, layout: Layout) -> None:
        """Take over what `state` returned. Raises SpecError if names or shapes do not fit."""
        check_names(state, {name: values.shape for name, values in self.state(layout).items()})
        if self.counts:
            self.steps = as_steps(state, f"{self.prefix}.step")
        for name, row in zip(self.kept(), self.moments, strict=True):
            for tensor, view in layout.tensors(row).items():
                view[...] = state[f"{self.prefix}.{name}/{tensor}"]

    def adopt(self, other: Optimizer[Any]) -> None:
        """Take over the memory of an optimizer of the same kind, as far as both keep it."""
        self.steps = other.steps
        for name, row in zip(other.kept(), other.moments, strict=True):
            if name in self.kept():
                self.moments[self.kept().index(name)] = row

    @property
    def prefix(self) -> str:
        """Return what the names in the state begin with."""
        return self.spec.kind.lower()

    def scalar(self, value: float) -> Array:
        """Return a number as a 0-d array of the parameters' dtype."""
        return np.array(value, self.parameters.dtype)

    def _blocks(self) -> Iterator[slice]:
        size = self.parameters.size
        for start in range(0, size, BLOCK):
            yield slice(start, min(start + BLOCK, size))

    def _clipped(self, program: Program) -> Array:
        """g ← g · min(1, c / (|g| + 10⁻⁶)), as torch.nn.utils.clip_grad_norm_."""
        if not self.spec.clip_norm:
            return self.gradient
        clipped, norm = np.empty_like(self.gradient), self.scalar(0)
        program.emit(self.gradient.dot, self.gradient, norm)
        program.emit(np.sqrt, norm, norm)
        program.emit(np.add, norm, self.scalar(1e-6), norm)
        program.emit(np.divide, self.scalar(self.spec.clip_norm), norm, norm)
        program.emit(np.minimum, norm, self.scalar(1), out=norm)
        program.emit(np.multiply, self.gradient, norm, clipped)
        return clipped

    def _decayed(self, program: Program, theta: Array, g: Array, decayed: Array) -> Array:
        """g ← g + λ θ."""
        if not self.spec.weight_decay:
            return g
        program.emit(np.multiply, theta, self.scalar(self.spec.weight_decay), decayed)
        program.emit(np.add, decayed, g, decayed)
        return decayed


OPTIMIZERS: Registry[type[Optimizer[Any]]] = Registry()
optimizer = OPTIMIZERS
"""The decorator `@optimizer(Spec)` that enters an optimizer."""


@optimizer(optimizers.SGD)
class SGD(Optimizer[optimizers.SGD]):
    """θ ← θ − lr g; with momentum v ← μ v + g and θ ← θ − lr v, Nesterov θ ← θ − lr (g + μ v)."""

    memory = ("momentum_buffer",)

    def kept(self) -> tuple[str, ...]:
        return self.memory if self.spec.momentum else ()

    def move(self, emit: Callable[..., None], theta: Array, g: Array, moments: Array, scratch: Array) -> None:
        step = g
        if self.spec.momentum:
            momentum, step = self.scalar(self.spec.momentum), moments[0]
            emit(np.multiply, step, momentum, step)
            emit(np.add, step, g, step)
            if self.spec.nesterov:
                emit(np.multiply, step, momentum, scratch[0])
                emit(np.add, scratch[0], g, scratch[0])
                step = scratch[0]
        emit(np.multiply, step, self.rate, scratch[0])
        emit(np.subtract, theta, scratch[0], theta)


@optimizer(optimizers.Adagrad)
class Adagrad(Optimizer[optimizers.Adagrad]):
    """s ← s + g², θ ← θ − lr g / (√s + ε). Duchi, Hazan and Singer (2011)."""

    memory = ("sum",)

    def move(self, emit: Callable[..., None], theta: Array, g: Array, moments: Array, scratch: Array) -> None:
        scratch = scratch[0]
        emit(np.square, g, scratch)
        emit(np.add, moments[0], scratch, moments[0])
        emit(np.sqrt, moments[0], scratch)
        emit(np.add, scratch, self.scalar(self.spec.eps), scratch)
        emit(np.divide, g, scratch, scratch)
        emit(np.multiply, scratch, self.rate, scratch)
        emit(np.subtract, theta, scratch, theta)


@optimizer(optimizers.RMSprop)
class RMSprop(Optimizer[optimizers.RMSprop]):
    """v ← α v + (1 − α) g², θ ← θ − lr g / (√v + ε). Tieleman and Hinton (2012)."""

    memory = ("square_avg",)

    def move(self, emit: Callable[..., None], theta: Array, g: Array, moments: Array, scratch: Array) -> None:
        average, scratch = moments[0], scratch[0]
        emit(np.multiply, average, self.scalar(self.spec.alpha), average)
        emit(np.square, g, scratch)
        emit(np.multiply, scratch, self.scalar(1 - self.spec.alpha), scratch)
        emit(np.add, average, scratch, average)
        emit(np.sqrt, average, scratch)
        emit(np.add, scratch, self.scalar(self.spec.eps), scratch)
        emit(np.divide, g, scratch, scratch)
        emit(np.multiply, scratch, self.rate, scratch)
        emit(np.subtract, theta, scratch, theta)


class Adaptive(Optimizer[O]):
    """What Adam and AdamW share.

    m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², θ ← θ − lr m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ).
    With c = √(1 − β₂ᵗ) the step is (lr c / (1 − β₁ᵗ)) m / (√v + ε c): two numbers for each t, none for each θ.
    """

    memory = ("exp_avg", "exp_avg_sq")
    counts = True
    spec: Any

    def __init__(self, spec: O, parameters: Array, gradient: Array) -> None:
        super().__init__(spec, parameters, gradient)
        self.floor = self.scalar(0)  # ε c

    def begin(self, program: Program) -> None:
        program.emit(self._advance)

    def _advance(self) -> None:
        self.steps += 1
        correction = math.sqrt(1 - self.spec.beta2**self.steps)
        self.rate[()] = self.lr * correction / (1 - self.spec.beta1**self.steps)
        self.floor[()] = self.spec.eps * correction

    def move(self, emit: Callable[..., None], theta: Array, g: Array, moments: Array, scratch: Array) -> None:
        keep, news, scratch = self._keep(moments), scratch[:2], scratch[2]  # both moments at once: (2, n)
        emit(np.multiply, g, self.scalar(1 - self.spec.beta1), news[0])
        emit(np.square, g, news[1])
        emit(np.multiply, news[1], self.scalar(1 - self.spec.beta2), news[1])
        emit(np.multiply, moments, keep, moments)
        emit(np.add, moments, news, moments)
        emit(np.sqrt, moments[1], scratch)
        emit(np.add, scratch, self.floor, scratch)
        emit(np.divide, moments[0], scratch, scratch)
        emit(np.multiply, scratch, self.rate, scratch)
        emit(np.subtract, theta, scratch, theta)

    def _keep(self, moments: Array) -> Array:
        """Return β₁ and β₂ for the two rows; written out where a broadcast would cost more than the reading."""
        keep = np.array([[self.spec.beta1], [self.spec.beta2]], moments.dtype)
        return keep if moments.shape[1] > WRITTEN_OUT else np.repeat(keep, moments.shape[1], axis=1)


@optimizer(optimizers.Adam)
class Adam(Adaptive[optimizers.Adam]):
    """Adam; weight decay is added to the gradient. Kingma and Ba (2015)."""


@optimizer(optimizers.AdamW)
class AdamW(Adaptive[optimizers.AdamW]):
    """Adam behind θ ← (1 − lr λ) θ, weight decay apart from the gradient. Loshchilov and Hutter (2019)."""

    def __init__(self, spec: optimizers.AdamW, parameters: Array, gradient: Array) -> None:
        super().__init__(spec, parameters, gradient)
        self.retention = self.scalar(1)  # 1 − lr λ

    def set_lr(self, lr: float) -> None:
        super().set_lr(lr)
        self.retention[()] = 1 - lr * self.spec.weight_decay

    def _decayed(self, program: Program, theta: Array, g: Array, decayed: Array) -> Array:
        """θ ← (1 − lr λ) θ."""
        if self.spec.weight_decay:
            program.emit(np.multiply, theta, self.retention, theta)
        return g
