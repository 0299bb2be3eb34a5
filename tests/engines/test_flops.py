"""What a specification says a layer costs is what torch counts, where torch counts: products."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import engines
from playground.presets import presets
from playground.presets.templates import templates
from playground.spec import ModelSpec, Shape
from playground.spec.image_layers import Conv2d, ConvTranspose2d
from playground.spec.layers import Flatten, Identity, LeakyReLU, Linear, ReLU
from playground.spec.ledger import ledger
from playground.spec.optimizers import SGD
from playground.spec.recurrent_layers import GRU, LSTM, RNN
from playground.spec.sequence_layers import Conv1d

COUNTED = ("Linear", "Conv2d", "ConvTranspose2d", "RNN", "LSTM", "GRU", "Conv1d")
ODD = ModelSpec(
    layers=(
        Conv2d(out_channels=6, stride=2, padding=1, groups=3),
        Conv2d(out_channels=4, dilation=2, padding="same"),
        ConvTranspose2d(out_channels=6, kernel_size=3, stride=2, padding=1, groups=2),
        Flatten(),
        Linear(out_features=5),
    )
)
SEQUENCES = ModelSpec(
    layers=(
        Conv1d(out_channels=3, kernel_size=2, stride=2),
        RNN(hidden_size=5, return_sequences=True),
        GRU(hidden_size=3, bidirectional=True, return_sequences=True),
        Linear(out_features=4),
        LSTM(hidden_size=2, num_layers=3),
    )
)
CASES: dict[str, tuple[ModelSpec, Shape]] = {
    "odd": (ODD, (3, 11, 8)),
    "sequences": (SEQUENCES, (9, 2)),
    "lenet-5": (presets()["lenet-5"].experiment.model, (1, 28, 28)),
    "tutorial-32": (ModelSpec(layers=templates()["tutorial-32"].layers), (3, 32, 32)),
    "vgg": (ModelSpec(layers=templates()["vgg"].layers), (1, 28, 28)),
    "resnet": (ModelSpec(layers=templates()["resnet"].layers), (3, 32, 32)),
}


@pytest.mark.parametrize("name", list(CASES))
def test_dense_layers_convolutions_and_recurrent_layers_cost_what_torch_counts(name: str) -> None:
    model, shape = CASES[name]
    net = engines.get("torch").net(
        model, shape, SGD(), dtype="float64"
    )  # a float32 LSTM is one uncounted call
    rows = [row for row in ledger(model.layers, shape) if row.layer.kind in COUNTED]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net.forward(torch.zeros(1, *shape).numpy())
    assert sum(row.flops for row in rows) == counter.get_total_flops()


def test_a_relu_costs_one_operation_for_each_number_and_no_activation_hides_the_products() -> None:
    assert ReLU().flops((6, 28, 28)) == 4704
    assert LeakyReLU().flops((7,)) == 14, "a comparison and a product"
    assert Identity().flops((7,)) == 0
    model, shape = CASES["lenet-5"]
    rows = ledger(model.layers, shape)
    products = sum(row.flops for row in rows if row.layer.kind in COUNTED)
    assert model.flops(shape) == sum(row.flops for row in rows)
    assert products < model.flops(shape) < 1.03 * products
