"""The two sequence networks that are measured: their experiments, their samples, and the same in torch's modules.

Texts have 5 to 40 words. What is timed beside ours is what is usually typed, a module over the padded texts; its
results differ, since it reads the padding too. So that the same can be compared before, there is a second module that
begins where each text begins.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from playground.data import Dataset
from playground.data.dataset import Scaling
from playground.spec import Experiment, Shape, Target
from playground.spec.series_data import Waves

COUNT = 640
STEPS, FEATURES = 30, 10
LONGEST, SHORTEST, WORDS = 40, 5, 1000
HIDDEN = 32


class Wide(Waves):
    """A series of several features; it stands in no catalogue, since its kind is another's."""

    def input_shape(self) -> Shape:
        return (self.window, FEATURES)


def forecast() -> Experiment:
    """Return LSTM(50) → LSTM(50) → Linear(1)."""
    layers = [
        {"kind": "LSTM", "hidden_size": 50, "return_sequences": True},
        {"kind": "LSTM", "hidden_size": 50},
        {"kind": "Linear", "out_features": 1},
    ]
    return _experiment({"kind": "Waves"}, layers, "MSE").model_copy(update={"data": Wide(window=STEPS)})


def reading() -> Experiment:
    """Return Embedding(16) → RNN(32) → Linear(1)."""
    layers = [
        {"kind": "Embedding", "num_embeddings": WORDS, "embedding_dim": 16},
        {"kind": "RNN", "hidden_size": HIDDEN},
        {"kind": "Linear", "out_features": 1},
    ]
    return _experiment({"kind": "Reviews", "length": LONGEST}, layers, "BCEWithLogits")


def _experiment(data: dict[str, Any], layers: list[dict[str, Any]], loss: str) -> Experiment:
    plain = {"data": data, "model": {"layers": layers}, "loss": {"kind": loss}}
    return Experiment.from_plain(
        plain
        | {"optimizer": {"kind": "Adam", "lr": 0.001}, "training": {"batch_size": 32}, "engine": "numpy"}
    )


def noise() -> Dataset:
    """Return random series (640, 30, 10), each with a number to be found."""
    random = np.random.default_rng(0)
    x = random.normal(size=(COUNT, STEPS, FEATURES)).astype(np.float32)
    return _dataset(x, random.normal(size=(COUNT, 1)).astype(np.float32), Target("regression", 1))


def words() -> Dataset:
    """Return random texts (640, 40), padded on the left, of two classes."""
    random = np.random.default_rng(0)
    x = random.integers(1, WORDS, (COUNT, LONGEST)).astype(np.float32)
    lengths = random.integers(SHORTEST, LONGEST + 1, COUNT)
    x[np.arange(LONGEST) < LONGEST - lengths[:, None]] = 0
    return _dataset(x, random.integers(0, 2, COUNT), Target("classes", 2))


def _dataset(x: Any, y: Any, target: Target) -> Dataset:
    return Dataset(
        x=x,
        y=y,
        x_test=x[:0],
        y_test=y[:0],
        target=target,
        class_names=(),
        feature_names=(),
        points=None,
        points_test=None,
        scaling=Scaling("none", np.zeros(1), np.ones(1)),
        source="",
        licence="",
    )


class Every(nn.LSTM):
    """All states."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x)[0]


class Last(nn.LSTM):
    """The last state."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x)[0][:, -1]


class LastOfRNN(nn.RNN):
    """The last state."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x)[0][:, -1]


class Packed(nn.Module):
    """The embedding and the recurrent module of a net, over packed texts."""

    def __init__(self, table: nn.Module, inner: nn.Module) -> None:
        super().__init__()
        self.table, self.inner = table, inner

    def forward(self, x: Tensor) -> Tensor:
        lengths = (x != 0).sum(1)
        rows = [row.roll(int(length)) for row, length in zip(x, lengths, strict=True)]
        packed = nn.utils.rnn.pack_padded_sequence(
            self.table(torch.stack(rows)), lengths, batch_first=True, enforce_sorted=False
        )
        return nn.RNN.forward(self.inner, packed)[1][0]  # type: ignore[arg-type]


class Checked(nn.Sequential):
    """A net whose first two modules run over packed texts; its tensors keep their names."""

    def forward(self, x: Tensor) -> Tensor:
        table, inner, *others = self
        y = Packed(table, inner)(x)
        for module in others:
            y = module(y)
        return y


def lstm_net() -> nn.Sequential:
    """Return what a torch user types for `forecast`."""
    return nn.Sequential(
        Every(FEATURES, 50, batch_first=True), Last(50, 50, batch_first=True), nn.Linear(50, 1)
    )


def rnn_net() -> nn.Sequential:
    """Return what a torch user types for `reading`, who pads and leaves it at that."""
    table = nn.Embedding(WORDS, 16, padding_idx=0)
    return nn.Sequential(table, LastOfRNN(16, HIDDEN, batch_first=True), nn.Linear(HIDDEN, 1))


def alone(module: nn.Sequential) -> nn.Sequential:
    """Return the net `reading` that reads each text alone, with the same tensors."""
    return Checked(*module)
