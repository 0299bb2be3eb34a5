"""A number of a map, opened: window, products, sums and bias, whatever stride, margin, spacing and groups."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from playground.probes import asks
from playground.probes.backprop import calm_net
from playground.spec import SpecError
from tests.probes.looking import LAYERS, scene
from tests.probes.recalculation import calculate, check, read, unit

DENSE = {"kind": "Linear", "out_features": 10}
CONVOLUTIONS: list[dict[str, Any]] = [
    {},
    {"kernel_size": 5, "padding": 2},
    {"kernel_size": 3, "padding": "same", "dilation": 2},
    {"kernel_size": 2, "padding": "same"},
    {"kernel_size": 3, "stride": 2, "padding": 1, "groups": 2},
    {"kernel_size": 1, "bias": False},
    {"kernel_size": 3, "dilation": 3, "padding": 3, "stride": 3, "groups": 4},
    {"kernel_size": 8, "padding": 3},
]


@pytest.mark.parametrize("knobs", CONVOLUTIONS)
def test_a_window_times_its_kernel_and_the_bias_is_the_number_in_the_map(knobs: dict[str, Any]) -> None:
    first = {"kind": "Conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1}
    at = scene(first, {"kind": "Conv2d", "out_channels": 8, **knobs}, {"kind": "Flatten"}, DENSE)
    x = at.subject.dataset.x_test[2:3].astype(np.float64)
    before, after = (values[0] for values in calm_net(at.subject).trace(x)[:2])
    spec: Any = at.subject.experiment.model.layers[1]
    weight = at.subject.state["1.weight"].astype(np.float64)
    group, inputs = 8 // spec.groups, 4 // spec.groups
    padded = np.pad(before, ((0, 0), (20, 20), (20, 20)))
    rng = np.random.default_rng(1)
    for channel in (0, 7):
        row, column = (int(rng.integers(size)) for size in after.shape[1:])
        first_in = channel // group * inputs
        wanted = {
            "layer": 1,
            "channel": channel,
            "row": row,
            "column": column,
            "partner": first_in + inputs - 1,
        }
        plain = asks.answer("pixel", at, {"index": 2, "test": True, **wanted}).plain
        assert float(read(plain["value"])) == pytest.approx(after[channel, row, column], rel=6e-3)
        assert plain["partner"] == first_in + inputs - 1
        rows, columns = np.array(plain["cells"]).T + 20
        patch = padded[first_in : first_in + inputs, rows, columns]
        products = patch * weight[channel].reshape(inputs, -1)
        bias = float(at.subject.state["1.bias"][channel]) if spec.bias else 0.0
        assert products.sum() + bias == pytest.approx(after[channel, row, column], abs=1e-12)
        assert dict(plain["parts"]) == pytest.approx(dict(enumerate(products.sum(axis=1), first_in)))
        for block in plain["blocks"]:
            check(block)
        total = plain["blocks"][-1]
        assert abs(float(read(total["total"])) - after[channel, row, column]) <= 0.51 * float(
            unit(total["total"])
        )
        if "grid" in plain:
            _check_grid(plain, products[-1], weight[channel, -1])


def _check_grid(plain: dict[str, Any], products: np.ndarray, kernel: np.ndarray) -> None:
    height, width = plain["shapes"][0][1:]
    shown = [cell for row in plain["grid"] for cell in row]
    assert len(shown) == len(products)
    for (row, column), cell, exact, w in zip(plain["cells"], shown, products, kernel.ravel(), strict=True):
        assert cell["inside"] == (0 <= row < height and 0 <= column < width)
        if not cell["inside"]:
            assert exact == 0
            continue
        assert float(read(cell["product"])) == pytest.approx(exact, abs=1.01 * float(unit(cell["product"])))
        assert float(read(cell["w"])) == pytest.approx(w, rel=6e-3)
        again = calculate(["(", cell["x"], ")*(", cell["w"], ")"])
        assert abs(Decimal(again) - read(cell["product"])) <= Decimal("1.01") * unit(cell["product"])
    assert sum(read(cell["product"]) for cell in shown if cell["inside"]) == read(plain["part"])


def test_every_layer_opens_with_formulas_that_are_right() -> None:
    at = scene()
    x = at.subject.dataset.x_test[4:5].astype(np.float64)
    traced = [values[0] for values in calm_net(at.subject).trace(x)]
    raised = np.exp(traced[-1] - traced[-1].max())
    traced.append(raised / raised.sum())
    for layer, values in enumerate(traced):
        shape = values.shape
        place = dict(zip(("channel", "row", "column"), (size - 1 for size in shape), strict=False))
        plain = asks.answer("pixel", at, {"index": 4, "test": True, "layer": layer, **place}).plain
        assert plain["kind"] == (LAYERS[layer]["kind"] if layer < len(LAYERS) else "Softmax")
        assert float(read(plain["value"])) == pytest.approx(values.flat[-1], rel=6e-3, abs=1e-12)
        for block in plain["blocks"]:
            check(block)
        last = plain["blocks"][-1]
        result = last["result"] if last["kind"] == "line" else last["total"]
        assert float(read(result)) == pytest.approx(values.flat[-1], rel=6e-3, abs=float(unit(result)))


def test_softmax_shows_every_exponential() -> None:
    plain = asks.answer("pixel", scene(), {"layer": len(LAYERS), "channel": 3}).plain
    assert [len(block["terms"]) for block in plain["blocks"] if block["kind"] == "sum"] == [10]


def test_a_pool_shows_which_number_wins() -> None:
    at = scene()
    found = asks.answer("pixel", at, {"layer": 3, "channel": 1, "row": 1, "column": 2, "test": True})
    cells, before = found.plain["cells"], found.arrays["before"]
    assert cells == [(2, 4), (2, 5), (3, 4), (3, 5)]
    values = [before[cell] for cell in cells]
    assert tuple(found.plain["winner"]) == cells[int(np.argmax(values))]
    assert float(read(found.plain["value"])) == pytest.approx(max(values), rel=6e-3)


@pytest.mark.parametrize(
    "place", [{"layer": 0, "channel": 4}, {"layer": 0, "row": 8}, {"layer": 12}, {"layer": 8, "channel": 9}]
)
def test_there_is_no_such_place(place: dict[str, int]) -> None:
    with pytest.raises(SpecError) as refused:
        asks.answer("pixel", scene(), {"layer": 0, **place})
    assert refused.value.key == "error.no_element"
