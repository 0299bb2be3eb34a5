"""Layers are gathered into the columns that are drawn."""

from __future__ import annotations

import math

from playground.probes.columns import Column, columns
from playground.spec import ModelSpec


def drawn(*kinds: str, shape: tuple[int, ...] = (2,)) -> list[tuple[int, int, int, str]]:
    layers = [{"kind": kind, **({"out_features": 3} if kind == "Linear" else {})} for kind in kinds]
    return [
        (c.layer, c.until, c.units, c.activation) for c in columns(ModelSpec.parse({"layers": layers}), shape)
    ]


def test_a_column_goes_from_one_linear_layer_to_the_next():
    assert drawn("Linear", "Tanh", "Linear") == [(0, 1, 3, "Tanh"), (2, 2, 3, "")]
    assert drawn("Linear", "BatchNorm1d", "ReLU", "Dropout", "Linear", "Softmax") == [
        (0, 3, 3, "ReLU"),
        (4, 5, 3, "Softmax"),
    ]


def test_flatten_belongs_to_the_input():
    assert drawn("Flatten", "Linear", "Tanh", shape=(1, 4, 4)) == [(1, 2, 3, "Tanh")]


def test_what_changes_the_input_before_the_first_layer_is_a_column_of_its_own():
    assert drawn("LayerNorm", "Linear") == [(0, 0, 2, ""), (1, 1, 3, "")]
    assert drawn("Sine") == [(0, 0, 2, "Sine")]


def test_bounds_are_those_of_what_comes_out():
    (column,) = columns(
        ModelSpec.parse(
            {"layers": [{"kind": "Linear", "out_features": 1}, {"kind": "Tanh"}, {"kind": "Dropout"}]}
        ),
        (2,),
    )
    assert column == Column(0, 2, 1, "Tanh", -1, 1)
    assert column.bounded
    (column,) = columns(
        ModelSpec.parse(
            {"layers": [{"kind": "Linear", "out_features": 1}, {"kind": "Tanh"}, {"kind": "LayerNorm"}]}
        ),
        (2,),
    )
    assert (column.bounded, column.high) == (False, math.inf)
