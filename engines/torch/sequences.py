"""The layers of sequences as torch modules: torch's own kernels and names, with texts that begin at different steps.

Which steps count travels beside the tensors (`Padding`), as in the NumPy engine. Nothing here waits for the device:
there is no packing, for which the lengths would have to be fetched. Instead texts are moved to the left before a kernel
runs over them, so that all that is computed behind their ends is thrown away, and moved back afterwards.

Legend: N samples, T steps, F features, H hidden units, D directions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.torch.layers import Drawing, layer
from playground.spec import Shape, recurrent_layers, sequence_layers


class Padding:
    """Which steps count of what the next layer reads: (N, T) bool, or None where all do. One for a model."""

    counts: Tensor | None = None


class Timed(nn.Module):
    """A module that knows which steps count, or says so."""

    padding: Padding


@layer(sequence_layers.Embedding)
class Embedding(Timed):
    """Torch's, for ids that come as floating-point numbers."""

    def __init__(self, spec: sequence_layers.Embedding, shape: Shape) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(spec.num_embeddings, spec.embedding_dim))

    def forward(self, x: Tensor) -> Tensor:
        ids = x.long()
        self.padding.counts = (ids != 0).cumsum(1) > 0
        return F.embedding(ids, self.weight, padding_idx=0)


State = tuple[Tensor, ...]
"""h, and c of an LSTM: (1, N, H) for torch's kernels."""
KERNELS: dict[str, Callable[..., Any]] = {
    "RNN": torch.rnn_tanh,
    "RNN relu": torch.rnn_relu,
    "LSTM": torch.lstm,
    "GRU": torch.gru,
}
CELLS: dict[str, Callable[..., Any]] = {
    "RNN": torch.rnn_tanh_cell,
    "RNN relu": torch.rnn_relu_cell,
    "LSTM": torch.lstm_cell,
    "GRU": torch.gru_cell,
}


class Recurrent(Timed, Drawing):
    """Torch's kernels, a layer and a direction at a time; between them dropout as the NumPy engine draws it.

    Parameters have the names, shapes and order of `torch.nn.RNNBase`.
    """

    def __init__(self, spec: recurrent_layers.Recurrent, shape: Shape) -> None:
        super().__init__()
        self.spec = spec
        self.key = "RNN relu" if getattr(spec, "nonlinearity", "") == "relu" else spec.kind
        self.suffixes = [suffix for suffix, _ in spec.parts(shape)]
        for name, tensor in spec.tensors(shape).items():
            self.register_parameter(name, nn.Parameter(torch.empty(tensor.shape)))

    def forward(self, x: Tensor) -> Tensor:
        spec, counts = self.spec, self.padding.counts
        lasts: list[Tensor] = []
        for number in range(spec.num_layers):
            if number and self.training and spec.dropout:
                mask = (self.draw(x.shape) >= spec.dropout).to(x.dtype)
                x = x * mask.mul_(1 / (1 - spec.dropout))
            parts: list[Tensor] = []
            lasts = []
            for turned in range(spec.directions):
                every, last = self._direction(x, counts, number * spec.directions + turned, bool(turned))
                parts.append(every)
                lasts.append(last)
            x = torch.cat(parts, 2) if len(parts) > 1 else parts[0]
        if spec.return_sequences:
            return x
        self.padding.counts = None
        return torch.cat(lasts, 1) if len(lasts) > 1 else lasts[0]

    def _direction(self, x: Tensor, counts: Tensor | None, index: int, turned: bool) -> tuple[Tensor, Tensor]:
        """Return the states (N, T, H) in the order of time, 0 where nothing counts, and the last one (N, H)."""
        suffix = self.suffixes[index]
        weights = [
            getattr(self, f"{name}{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        ]
        if counts is not None:
            if self.spec.truncate:
                return self._steps(x, counts, weights, turned)
            return self._moved(x, counts, weights, turned)
        found = self._run(x.flip(1) if turned else x, weights)
        return (found.flip(1) if turned else found), found[:, -1]

    def _run(self, x: Tensor, weights: list[Tensor]) -> Tensor:
        """Return the states of all steps in the order of reading; the gradient is cut where `truncate` says."""
        state, found = self._start(x), list[Tensor]()
        for part in x.split(self.spec.truncate or x.shape[1], dim=1):
            y, *state = KERNELS[self.key](
                part.contiguous(),  # of others MPS's LSTM has wrong gradients
                state if self.key == "LSTM" else state[0],
                weights,
                True,  # biases
                1,  # layers
                0.0,  # dropout
                self.training,  # only then cuDNN and MPS keep what the way back needs
                False,  # both directions
                True,  # samples first
            )
            state = [one.detach() for one in state]
            found.append(y)
        return torch.cat(found, 1) if len(found) > 1 else found[0]

    def _moved(self, x: Tensor, counts: Tensor, weights: list[Tensor], turned: bool) -> tuple[Tensor, Tensor]:
        """Read each text from its first step, or backwards from its last, in the place of the padding before it."""
        length = x.shape[1]
        steps = torch.arange(length, device=x.device)
        begins = length - counts.sum(1, keepdim=True)  # (N, 1)
        if turned:
            places = (length - 1 - steps).expand(len(x), length)  # the padding comes last by itself
            back = places
        else:
            places = (steps + begins).clamp(max=length - 1)
            back = (steps - begins).clamp(min=0)
        read = x.masked_fill(~counts[..., None], 0).gather(1, places[..., None].expand_as(x))
        y = self._run(read, weights)
        found = y.gather(1, back[..., None].expand_as(y)).masked_fill(~counts[..., None], 0)
        return found, self._first(found, counts) if turned else found[:, -1]

    def _steps(self, x: Tensor, counts: Tensor, weights: list[Tensor], turned: bool) -> tuple[Tensor, Tensor]:
        """Read step by step: slow, but the gradient can be cut at the same steps for texts that begin anywhere."""
        length, found = x.shape[1], list[Tensor]()
        state: State = tuple(one[0] for one in self._start(x))
        for number in range(length):
            t = length - 1 - number if turned else number
            if number and number % self.spec.truncate == 0:
                state = tuple(one.detach() for one in state)
            inputs = x[:, t].masked_fill(~counts[:, t, None], 0)
            new = CELLS[self.key](inputs, state if self.key == "LSTM" else state[0], *weights)
            new = new if self.key == "LSTM" else (new,)
            state = tuple(
                torch.where(counts[:, t, None], one, old) for one, old in zip(new, state, strict=True)
            )
            found.append(state[0])
        every = torch.stack(found[::-1] if turned else found, 1)
        every = every.masked_fill(~counts[..., None], 0)
        return every, self._first(every, counts) if turned else every[:, -1]

    def _first(self, states: Tensor, counts: Tensor) -> Tensor:
        """Return of states (N, T, H) those where each text begins (N, H), 0 of a text without steps."""
        begins = (counts.shape[1] - counts.sum(1)).clamp(max=counts.shape[1] - 1)
        return states.gather(1, begins[:, None, None].expand(-1, 1, states.shape[2]))[:, 0]

    def _start(self, x: Tensor) -> list[Tensor]:
        zeros = x.new_zeros(1, len(x), self.spec.hidden_size)
        return [zeros, zeros] if self.key == "LSTM" else [zeros]


for kind in (recurrent_layers.RNN, recurrent_layers.LSTM, recurrent_layers.GRU):
    layer(kind)(Recurrent)
