"""A cell's equations can be recalculated from what is shown; a forecast is what the network says, and nothing else."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from playground.data import load
from playground.probes.asks import Scene, answer
from playground.probes.registry import Subject
from playground.probes.sequence.unrolled import unrolled
from playground.spec import Experiment, SpecError


def scene(data: dict[str, Any], kind: str, hidden: int, **more: Any) -> Scene:
    experiment = Experiment.from_plain(
        {
            "data": data,
            "model": {
                "layers": [
                    {"kind": kind, "hidden_size": hidden, **more},
                    {"kind": "Linear", "out_features": 1},
                ]
            },
            "loss": {"kind": "MSE"},
        }
    )
    dataset = load(experiment.data)
    return Scene(Subject(experiment, dataset, experiment.model.init(dataset.input_shape, 3)))


ADDING: dict[str, Any] = {"kind": "Adding", "count": 100, "length": 8}


def read(text: str) -> float:
    """A number as a page shows it."""
    digits = text.replace("−", "-")
    mantissa, _, power = digits.partition("·10")
    return float(mantissa) * 10 ** int(power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")) or 0)


FUNCTIONS = {
    "σ": lambda a: 1 / (1 + math.exp(-a)),
    "tanh": math.tanh,
}


@pytest.mark.parametrize(("kind", "hidden"), [("RNN", 3), ("LSTM", 3), ("GRU", 3), ("LSTM", 20)])
@pytest.mark.parametrize("at", [0, 5])
def test_the_equations_of_a_cell_are_right_to_the_last_digit(kind: str, hidden: int, at: int) -> None:
    asked = scene(ADDING, kind, hidden)
    found = answer("cell", asked, {"index": 1, "level": "0.l0", "unit": 2, "at": at}).plain
    reads = unrolled(asked.subject, asked.subject.dataset.x[1:2]).reads["0.l0"].gates
    assert [gate["letter"] for gate in found["gates"]] == list(reads)
    for gate in found["gates"]:
        true = float(reads[gate["letter"]][0, at, 2])
        for block in gate["blocks"]:
            if block["kind"] == "sum":
                terms = [read(term["value"]) for term in block["terms"]]
                assert sum(terms) == pytest.approx(read(block["total"]), abs=1e-12 * hidden)
            elif block["formula"].startswith(("σ(a)", "tanh(a)")) and len(block["tokens"]) == 3:
                name = block["tokens"][0].partition("(")[0]
                inner = read(block["tokens"][1])
                places = len(block["result"].partition(".")[2])
                assert round(FUNCTIONS[name](inner), places) == read(block["result"])
        last = gate["blocks"][-1]
        shown = last["total"] + last["power"] if last["kind"] == "sum" else last["result"]
        assert read(shown) == pytest.approx(true, rel=6e-3, abs=1e-9)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_what_comes_in_and_the_biases_stand_however_small_they_are(kind: str) -> None:
    asked = scene(WAVES, kind, 20)
    dataset = asked.subject.dataset
    quiet = np.array(dataset.x)
    quiet[1] *= 1e-6
    silent = Scene(replace(asked.subject, dataset=replace(dataset, x=quiet)))
    found = answer("cell", silent, {"index": 1, "level": "0.l0", "unit": 2, "at": 5}).plain
    for gate in found["gates"]:
        for block in gate["blocks"]:
            if block["kind"] != "sum" or not block["rest"]:
                continue
            names = {term["name"] for term in block["terms"]}
            if block["left"] == "a":
                assert {"w₁·x₁", "b"} <= names
            assert "b′" in names
            assert sum(name.startswith("u") for name in names) >= 5


def test_a_held_gate_is_said_to_be_held() -> None:
    asked = scene(ADDING, "LSTM", 3)
    hold = {"level": "0.l0", "gate": "f", "value": 1.0, "unit": 2}
    given = {"level": "0.l0", "unit": 2, "at": 4, "holds": [hold]}
    gates = {gate["letter"]: gate for gate in answer("cell", asked, given).plain["gates"]}
    assert gates["f"]["blocks"] == [{"kind": "note", "key": "held", "values": {"gate": "f", "value": "1"}}]
    other = answer("cell", asked, given | {"unit": 1}).plain["gates"]
    assert other[1]["blocks"][0]["kind"] == "sum"
    for wrong in ({"unit": 3}, {"at": 8}, {"level": "1.l0"}):
        with pytest.raises(SpecError):
            answer("cell", asked, given | wrong)


WAVES: dict[str, Any] = {"kind": "Waves", "count": 300, "window": 12}


@pytest.mark.parametrize("horizon", [1, 3])
def test_one_step_ahead_is_what_the_network_says_of_the_window_before(horizon: int) -> None:
    asked = scene(WAVES | {"horizon": horizon}, "GRU", 4)
    if horizon > 1:
        layers = asked.subject.experiment.model.layers
        wide = layers[1].model_copy(update={"out_features": horizon})
        experiment = asked.subject.experiment.with_layers((layers[0], wide))
        dataset = asked.subject.dataset
        asked = Scene(Subject(experiment, dataset, experiment.model.init(dataset.input_shape, 3)))
    dataset = asked.subject.dataset
    series = dataset.series
    assert series is not None
    found = answer("forecast", asked, {"first": 0, "count": 300, "ahead": 10})
    assert np.isnan(found.arrays["network"][:12]).all()
    scaling = dataset.target_scaling
    outputs = asked.subject.net().forward(dataset.x_test)
    said = outputs if scaling is None else scaling.undo(outputs)
    first = series.starts_test + series.window
    np.testing.assert_allclose(found.arrays["network"][first], said[:, 0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.arrays["naive"][1:], series.values[:-1].astype(np.float32))
    steps = np.arange(horizon)
    true = series.values[first[:, None] + steps]
    assert found.plain["rmse"]["network"] == pytest.approx(
        float(np.sqrt(np.mean((true - said) ** 2))), rel=1e-4
    )
    naive = np.sqrt(np.mean((true - series.values[first - 1][:, None]) ** 2))
    assert found.plain["rmse"]["naive"] == pytest.approx(float(naive))
    assert found.plain["start"] == series.begins
    assert found.arrays["rolled"][0] == pytest.approx(float(found.arrays["network"][series.begins]), rel=1e-4)


def test_rolled_forward_the_network_sees_what_it_has_said() -> None:
    asked = scene(WAVES, "GRU", 4)
    dataset = asked.subject.dataset
    assert dataset.series is not None
    found = answer("forecast", asked, {"start": -2, "ahead": 30})
    assert found.plain["start"] == 300
    known = dataset.series.values[-12:].tolist()
    scaling = dataset.target_scaling
    for value in found.arrays["rolled"]:
        window = dataset.scaling.apply(np.array(known[-12:]).reshape(-1, 1))
        said = asked.subject.net().forward(window[None])
        known.append(float((said if scaling is None else scaling.undo(said))[0, 0]))
        assert value == pytest.approx(known[-1], rel=1e-4, abs=1e-5)


def test_what_is_no_series_has_no_forecast_and_a_network_without_cells_no_gates() -> None:
    with pytest.raises(SpecError, match="not cut from a series"):
        answer("forecast", scene(ADDING, "GRU", 4), {})
    experiment = Experiment.from_plain(
        {
            "data": ADDING,
            "model": {"layers": [{"kind": "Flatten"}, {"kind": "Linear", "out_features": 1}]},
            "loss": {"kind": "MSE"},
        }
    )
    dataset = load(experiment.data)
    without = Scene(Subject(experiment, dataset, experiment.model.init(dataset.input_shape, 0)))
    for what in ("theatre", "trajectory", "through_time"):
        with pytest.raises(SpecError, match="no recurrent layer"):
            answer(what, without, {})
