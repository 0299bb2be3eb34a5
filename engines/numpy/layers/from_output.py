"""Activations whose slope follows from their output: Tanh, Sigmoid, ReLU.

Their outputs lie side by side, so the slopes of all of one kind are made in one pass (`workspace.Pool`).
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np

from engines.numpy.block import Block
from engines.numpy.layer import Layer, layer
from engines.protocol import Array
from playground.spec import layers


class FromOutput(Layer[Any]):
    """y = f(x) for each number, dx = dy f′ with f′ a function of y. Shapes stay."""

    pooled: ClassVar[bool] = True

    @abstractmethod
    def value(self, x: Array, y: Array) -> None:
        """Append the calls that make y (F, B) from x (F, B)."""

    @abstractmethod
    def slope(self, y: Array, slope: Array) -> None:
        """Append the calls that make f′ from y; both have the same shape, whatever it is."""

    def forward(self, x: Block) -> Block:
        self.pool = self.at.pool(type(self), self.num_in)
        y, self.own_slope = self.pool.take(self.num_in)
        self.value(x.values, y.values)
        return y

    def backward(self, dy: Block) -> Block:
        """dx = dy f′."""
        if not self.pool.has_slope:
            self.slope(self.pool.y, self.pool.slope)
            self.pool.has_slope = True
        self.emit(np.multiply, dy.values, self.own_slope, dy.values)
        return dy


@layer(layers.Tanh)
class Tanh(FromOutput):
    """y = tanh x, f′ = 1 − y²."""

    def value(self, x: Array, y: Array) -> None:
        self.emit(np.tanh, x, y)

    def slope(self, y: Array, slope: Array) -> None:
        self.emit(np.square, y, slope)
        self.emit(np.subtract, self.scalar(1), slope, slope)


@layer(layers.Sigmoid)
class Sigmoid(FromOutput):
    """y = 1 / (1 + e⁻ˣ), f′ = y (1 − y). e⁻ˣ may overflow to infinity, which gives the right 0."""

    def value(self, x: Array, y: Array) -> None:
        self.emit(np.negative, x, y)
        self.emit(np.exp, y, y)
        self.emit(np.add, y, self.scalar(1), y)
        self.emit(np.divide, self.scalar(1), y, y)

    def slope(self, y: Array, slope: Array) -> None:
        self.emit(np.subtract, self.scalar(1), y, slope)
        self.emit(np.multiply, slope, y, slope)


@layer(layers.ReLU)
class ReLU(FromOutput):
    """y = max(0, x), f′ = 1 where y > 0, else 0 (also at 0, as in torch). Nair and Hinton (2010)."""

    def value(self, x: Array, y: Array) -> None:
        self.emit(np.maximum, x, np.zeros_like(y), out=y)  # twice as fast as against a single 0

    def slope(self, y: Array, slope: Array) -> None:
        self.emit(np.sign, y, slope)
