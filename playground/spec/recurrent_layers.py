"""The recurrent layers: RNN, LSTM and GRU, stacked and in both directions if asked for.

Names, defaults, gate orders and tensor layouts are those of `torch.nn`; a sample is (T, F): steps, features. Text that
is shorter than T is padded on the left; where it has not begun yet the state stays 0 (see `Embedding`).

Legend: T steps, F features, H = hidden_size, D directions, G gates.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from playground.spec.base import Shape, number
from playground.spec.initialisation import TensorSpec
from playground.spec.layers import LayerSpec
from playground.spec.sequence_layers import steps


class Recurrent(LayerSpec):
    """What RNN, LSTM and GRU share. (T, F) → (T, D H), or the last state (D H,) without `return_sequences`.

    The last state is the forward direction's at the last step and the reverse direction's at the first, side by side.
    For each layer k and direction (`_reverse` is appended to the names of the second):
    weight_ih_lk (G H, F), of layers above the first (G H, D H); weight_hh_lk (G H, H); bias_ih_lk, bias_hh_lk (G H,).
    All begin uniform in ±1/√H, as in torch. `dropout` drops between layers, not behind the last.
    `truncate` k > 0: the gradient through the state is cut every k steps, counted from where the direction begins.
    Rumelhart, Hinton and Williams (1986); truncation: Williams and Peng (1990).
    """

    group: ClassVar = "sequence"
    mixes: ClassVar[bool] = True
    gates: ClassVar[tuple[str, ...]] = ("h",)
    """The blocks of rows of a weight, in torch's order."""
    hidden_size: int = number(32, 1, 1024, step=1)
    num_layers: int = number(1, 1, 4, step=1)
    bidirectional: bool = False
    return_sequences: bool = False
    dropout: float = number(0.0, 0, 0.95, step=0.05)
    truncate: int = number(0, 0, 1000, step=1, unit="steps", advanced=True)

    @property
    def directions(self) -> int:
        """D."""
        return 2 if self.bidirectional else 1

    def parts(self, shape: Shape) -> list[tuple[str, int]]:
        """Return for each layer and direction what torch appends to its tensors' names, and its number of inputs."""
        suffixes = ("", "_reverse")[: self.directions]
        width = self.directions * self.hidden_size
        return [
            (f"_l{number}{suffix}", width if number else steps(self.kind, shape)[1])
            for number in range(self.num_layers)
            for suffix in suffixes
        ]

    def output(self, shape: Shape) -> Shape:
        length, _ = steps(self.kind, shape)
        width = self.directions * self.hidden_size
        return (length, width) if self.return_sequences else (width,)

    def tensors(self, shape: Shape) -> dict[str, TensorSpec]:
        hidden, rows = self.hidden_size, len(self.gates) * self.hidden_size
        found: dict[str, TensorSpec] = {}
        for suffix, inputs in self.parts(shape):
            found[f"weight_ih{suffix}"] = TensorSpec((rows, inputs), "uniform", fan_in=hidden)
            found[f"weight_hh{suffix}"] = TensorSpec((rows, hidden), "uniform", fan_in=hidden)
            found[f"bias_ih{suffix}"] = self._input_bias(rows)
            found[f"bias_hh{suffix}"] = TensorSpec((rows,), "uniform", fan_in=hidden)
        return found

    def flops(self, shape: Shape) -> int:
        length, hidden = shape[0], self.hidden_size
        rows = len(self.gates) * hidden
        return sum(2 * length * rows * (inputs + hidden) for _, inputs in self.parts(shape))

    def kept(self, shape: Shape) -> int:
        length, hidden = shape[0] + 1, self.hidden_size
        each = sum(length * (inputs + (len(self.gates) + 4) * hidden) for _, inputs in self.parts(shape))
        return each + length * self.directions * hidden

    def calm(self) -> LayerSpec:
        return self.model_copy(update={"dropout": 0.0})

    def _input_bias(self, rows: int) -> TensorSpec:
        return TensorSpec((rows,), "uniform", fan_in=self.hidden_size)


class RNN(Recurrent):
    """hₜ = tanh(W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh), or max(0, ·): Elman (1990)."""

    kind: Literal["RNN"] = "RNN"
    nonlinearity: Literal["tanh", "relu"] = "tanh"


class LSTM(Recurrent):
    """Long short-term memory: Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000).

    i, f, o = σ(W x + b + V h + d), g = tanh(...), each with its rows; cₜ = f cₜ₋₁ + i g; hₜ = o tanh cₜ.
    Gates in torch's order i, f, g, o. `forget_bias` is added to the forget gate's part of bias_ih at the start, so that
    the cell remembers before it has learned to: Jozefowicz et al. (2015). With 0 it begins as torch's.
    """

    kind: Literal["LSTM"] = "LSTM"
    gates: ClassVar[tuple[str, ...]] = ("i", "f", "g", "o")
    bounds: ClassVar = (-1, 1)
    forget_bias: float = number(1.0, -5, 5, step=0.5, advanced=True)

    def _input_bias(self, rows: int) -> TensorSpec:
        hidden = self.hidden_size
        raised = (hidden, 2 * hidden, self.forget_bias)
        return TensorSpec((rows,), "uniform", fan_in=hidden, raised=raised)


class GRU(Recurrent):
    """Gated recurrent unit: Cho et al. (2014), in the form of torch and cuDNN.

    r, z = σ(W x + b + V h + d), each with its rows; n = tanh(W_n x + b_n + r (V_n h + d_n)); hₜ = (1 − z) n + z hₜ₋₁.
    Gates in torch's order r, z, n.
    """

    kind: Literal["GRU"] = "GRU"
    gates: ClassVar[tuple[str, ...]] = ("r", "z", "n")
    bounds: ClassVar = (-1, 1)
