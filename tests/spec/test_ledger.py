"""The ledger's rows: shapes, learned numbers and operations, counted by hand."""

from __future__ import annotations

from playground.presets import presets
from playground.spec import ModelSpec
from playground.spec.image_layers import Conv2d, MaxPool2d, Residual
from playground.spec.layers import Flatten, Linear, ReLU
from playground.spec.ledger import ledger

DIGIT = (1, 28, 28)


def test_lenet_is_counted_as_by_hand() -> None:
    found = ledger(presets()["lenet-5"].experiment.model.layers, DIGIT)
    assert [(row.layer.kind, row.shape, row.parameters, row.flops) for row in found] == [
        ("Conv2d", (6, 28, 28), 156, 2 * 25 * 1 * 6 * 28 * 28),
        ("ReLU", (6, 28, 28), 0, 6 * 28 * 28),
        ("MaxPool2d", (6, 14, 14), 0, 4 * 6 * 14 * 14),
        ("Conv2d", (16, 10, 10), 2416, 2 * 25 * 6 * 16 * 10 * 10),
        ("ReLU", (16, 10, 10), 0, 1600),
        ("MaxPool2d", (16, 5, 5), 0, 4 * 400),
        ("Flatten", (400,), 0, 0),
        ("Linear", (120,), 48_120, 2 * 400 * 120),
        ("ReLU", (120,), 0, 120),
        ("Linear", (84,), 10_164, 2 * 120 * 84),
        ("ReLU", (84,), 0, 84),
        ("Linear", (10,), 850, 2 * 84 * 10),
    ]


def test_strides_and_groups_cost_less() -> None:
    rows = ledger((Conv2d(out_channels=8, stride=2, padding=1, groups=4),), (4, 9, 9))
    assert (rows[0].shape, rows[0].parameters, rows[0].flops) == ((8, 5, 5), 8 * 9 + 8, 2 * 9 * 8 * 25)


def test_a_block_has_rows_of_its_own_and_costs_what_they_cost_and_the_sum() -> None:
    inside = (Conv2d(out_channels=3, padding="same"), ReLU())
    rows = ledger((Residual(layers=inside), Flatten()), (3, 4, 4))
    assert [(row.place, row.depth) for row in rows] == [
        ("layers.0", 0),
        ("layers.0.layers.0", 1),
        ("layers.0.layers.1", 1),
        ("layers.1", 0),
    ]
    assert rows[0].flops == rows[1].flops + rows[2].flops + 48
    assert rows[0].parameters == rows[1].parameters == 3 * 3 * 9 + 3


def test_rows_end_where_layers_do_not_fit() -> None:
    rows = ledger((MaxPool2d(), Linear(), ReLU()), DIGIT)
    assert [row.shape for row in rows] == [(1, 14, 14), None, None]
    assert (rows[1].parameters, rows[1].flops) == (0, 0)


def test_the_rows_add_up_to_the_model() -> None:
    for preset in presets().values():
        model, shape = preset.experiment.model, preset.experiment.input_shape()
        rows = [row for row in ledger(model.layers, shape) if row.depth == 0]
        assert (
            sum(row.parameters for row in rows)
            == model.parameters(shape)
            == ModelSpec.parameters(model, shape)
        )
        assert sum(row.flops for row in rows) == model.flops(shape)
        assert [row.shape for row in rows] == model.shapes(shape)
