"""Activations of each number alone whose slope needs their input. Shapes stay: (F, B) → (F, B), any torch shape.

Each states f and its derivative f′; dx = dy f′ is common to all.
"""

from __future__ import annotations

import math
from abc import abstractmethod

import numpy as np

from engines.numpy.block import Block
from engines.numpy.layer import Layer, S, layer
from engines.protocol import Array
from playground.spec import layers


class Pointwise(Layer[S]):
    """y = f(x), dx = dy f′(x)."""

    @abstractmethod
    def value(self, x: Array, y: Array) -> None:
        """Append the calls that make y (F, B) from x (F, B); what `slope` needs may be kept."""

    @abstractmethod
    def slope(self, x: Array, slope: Array) -> None:
        """Append the calls that make f′ (F, B) from x (F, B) and what was kept."""

    def forward(self, x: Block) -> Block:
        self.x = x.values
        y = self.block(self.num_in)
        self.value(self.x, y.values)
        return y

    def backward(self, dy: Block) -> Block:
        """dx = dy f′(x)."""
        slope = self.scratch()
        self.slope(self.x, slope)
        self.emit(np.multiply, dy.values, slope, dy.values)
        return dy


@layer(layers.LeakyReLU)
class LeakyReLU(Pointwise[layers.LeakyReLU]):
    """f(x) = max(x, s x) for the negative slope s ≤ 1; f′ = 1 where x > 0, else s. Maas et al. (2013)."""

    def value(self, x: Array, y: Array) -> None:
        scaled = self.scratch()
        self.emit(np.multiply, x, self.scalar(self.spec.negative_slope), scaled)
        self.emit(np.maximum, x, scaled, out=y)

    def slope(self, x: Array, slope: Array) -> None:
        self.emit(np.heaviside, x, self.scalar(0), slope)
        self.emit(np.maximum, slope, self.scalar(self.spec.negative_slope), out=slope)


@layer(layers.ELU)
class ELU(Pointwise[layers.ELU]):
    """f(x) = x for x > 0, else α (eˣ − 1); f′ = 1 where x > 0, else α eˣ. Clevert et al. (2016)."""

    def value(self, x: Array, y: Array) -> None:
        self.below = self.scratch()  # α (eˣ − 1) where x < 0, else 0
        self.emit(np.minimum, x, self.scalar(0), out=self.below)
        self.emit(np.expm1, self.below, self.below)
        self.emit(np.multiply, self.below, self.scalar(self.spec.alpha), self.below)
        self.emit(np.maximum, x, self.scalar(0), out=y)
        self.emit(np.add, y, self.below, y)

    def slope(self, x: Array, slope: Array) -> None:
        """α eˣ = α (eˣ − 1) + α."""
        above = np.empty(x.shape, np.bool_)
        self.emit(np.add, self.below, self.scalar(self.spec.alpha), slope)
        self.emit(np.greater, x, self.scalar(0), above)
        self.emit(np.copyto, slope, self.scalar(1), "same_kind", above)


@layer(layers.GELU)
class GELU(Pointwise[layers.GELU]):
    """f(x) = x Φ(x) with Φ(x) = ½ (1 + erf(x / √2)); f′ = Φ(x) + x e^(−x²/2) / √(2π). Hendrycks and Gimpel (2016)."""

    def value(self, x: Array, y: Array) -> None:
        from scipy.special import erf  # only this layer needs SciPy, and it takes a while to import

        self.share = self.scratch()  # Φ(x)
        self.emit(np.multiply, x, self.scalar(math.sqrt(0.5)), self.share)
        self.emit(erf, self.share, self.share)
        self.emit(np.add, self.share, self.scalar(1), self.share)
        self.emit(np.multiply, self.share, self.scalar(0.5), self.share)
        self.emit(np.multiply, x, self.share, y)

    def slope(self, x: Array, slope: Array) -> None:
        self.emit(np.square, x, slope)
        self.emit(np.multiply, slope, self.scalar(-0.5), slope)
        self.emit(np.exp, slope, slope)
        self.emit(np.multiply, slope, self.scalar(1 / math.sqrt(2 * math.pi)), slope)
        self.emit(np.multiply, slope, x, slope)
        self.emit(np.add, slope, self.share, slope)


@layer(layers.SiLU)
class SiLU(Pointwise[layers.SiLU]):
    """f(x) = x σ(x); f′ = σ (1 + x (1 − σ)). Elfwing et al. (2018)."""

    def value(self, x: Array, y: Array) -> None:
        self.gate = self.scratch()  # σ(x)
        self.emit(np.negative, x, self.gate)
        self.emit(np.exp, self.gate, self.gate)
        self.emit(np.add, self.gate, self.scalar(1), self.gate)
        self.emit(np.divide, self.scalar(1), self.gate, self.gate)
        self.emit(np.multiply, x, self.gate, y)

    def slope(self, x: Array, slope: Array) -> None:
        self.emit(np.subtract, self.scalar(1), self.gate, slope)
        self.emit(np.multiply, slope, x, slope)
        self.emit(np.add, slope, self.scalar(1), slope)
        self.emit(np.multiply, slope, self.gate, slope)


@layer(layers.Softplus)
class Softplus(Pointwise[layers.Softplus]):
    """f(x) = ln(1 + e^(βx)) / β; f′ = σ(βx). Above βx = 20 torch takes f(x) = x, and so do we.

    ln(1 + eᶻ) = max(z, 0) + ln(1 + e^(−|z|)) never overflows.
    """

    LINEAR_ABOVE = 20.0

    def value(self, x: Array, y: Array) -> None:
        self.z, rest = self.scratch(), self.scratch()  # βx
        self.linear = np.empty(self.z.shape, np.bool_)
        self.emit(np.multiply, x, self.scalar(self.spec.beta), self.z)
        self.emit(np.greater, self.z, self.scalar(self.LINEAR_ABOVE), self.linear)
        self.emit(np.absolute, self.z, rest)
        self.emit(np.negative, rest, rest)
        self.emit(np.exp, rest, rest)
        self.emit(np.log1p, rest, rest)
        self.emit(np.maximum, self.z, self.scalar(0), out=y)
        self.emit(np.add, y, rest, y)
        self.emit(np.divide, y, self.scalar(self.spec.beta), y)
        self.emit(np.copyto, y, x, "same_kind", self.linear)

    def slope(self, x: Array, slope: Array) -> None:
        self.emit(np.negative, self.z, slope)
        self.emit(np.exp, slope, slope)
        self.emit(np.add, slope, self.scalar(1), slope)
        self.emit(np.divide, self.scalar(1), slope, slope)
        self.emit(np.copyto, slope, self.scalar(1), "same_kind", self.linear)


@layer(layers.Sine)
class Sine(Pointwise[layers.Sine]):
    """f(x) = sin x; f′ = cos x. Sitzmann et al. (2020)."""

    def value(self, x: Array, y: Array) -> None:
        self.emit(np.sin, x, y)

    def slope(self, x: Array, slope: Array) -> None:
        self.emit(np.cos, x, slope)


@layer(layers.Step)
class Step(Pointwise[layers.Step]):
    """f(x) = 1 for x > 0, else 0. For f′, which is 0, stands 1 where |x| ≤ 1, else 0.

    That is the straight-through estimate of Bengio et al. (2013), cut off as by Courbariaux et al. (2016).
    """

    def value(self, x: Array, y: Array) -> None:
        self.emit(np.heaviside, x, self.scalar(0), y)

    def slope(self, x: Array, slope: Array) -> None:
        near = np.empty(x.shape, np.bool_)
        self.emit(np.absolute, x, slope)
        self.emit(np.less_equal, slope, self.scalar(1), near)
        self.emit(np.copyto, slope, near)
