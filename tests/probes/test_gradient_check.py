"""The gradient check passes what is right, catches what is wrong, and says what it cannot judge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from engines.numpy.layers.from_output import Tanh
from engines.numpy.layers.linear import Linear as LinearOfEngine
from playground.data import load
from playground.presets import preset, presets
from playground.probes.asks import Scene, answer
from playground.probes.gradient_check import check
from playground.probes.registry import Subject
from playground.spec import Experiment, SpecError
from tests import strategies
from tests.probes.test_backprop import scene


def verdicts(given: Scene) -> dict[str, str]:
    rows, _ = check(given.subject)
    return {row.tensor: row.verdict for row in rows}


@given(strategies.experiments())
@settings(max_examples=40)
def test_no_right_gradient_is_called_wrong(experiment: Experiment) -> None:
    assert "wrong" not in verdicts(scene(experiment)).values()


@pytest.mark.parametrize(
    "key", [key for key, found in presets().items() if key != "digits-mlp" and not found.experiment.adversary]
)
def test_the_presets_gradients_are_right(key: str) -> None:
    found = answer("gradient_check", scene(preset(key).experiment), {}).plain
    assert found["verdict"] == "right"
    assert found["worst"] < 1e-6
    assert {row["verdict"] for row in found["rows"]} == {"right"}


def test_a_wrong_slope_of_an_activation_is_caught_in_the_layers_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slope(self: Any, y: np.ndarray, slope: np.ndarray) -> None:
        """1 − y instead of 1 − y²."""
        self.emit(np.subtract, self.scalar(1), y, slope)

    monkeypatch.setattr(Tanh, "slope", slope)
    given = scene(preset("circle").experiment)
    assert verdicts(given) == dict.fromkeys(given.subject.state, "wrong")
    given = scene(preset("moons").experiment)
    assert verdicts(given) == {"0.weight": "wrong", "0.bias": "wrong", "2.weight": "right", "2.bias": "right"}
    assert answer("gradient_check", given, {}).plain["verdict"] == "wrong"


def test_one_wrong_gradient_among_many_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    backward = LinearOfEngine.backward

    def forgets_the_bias(self: Any, dy: Any) -> Any:
        dx = backward(self, dy)
        self.emit(np.multiply, self.gradient[:, -1], self.scalar(0.999), self.gradient[:, -1])
        return dx

    monkeypatch.setattr(LinearOfEngine, "backward", forgets_the_bias)
    found = verdicts(scene(preset("moons").experiment))
    assert found == {"0.weight": "right", "0.bias": "wrong", "2.weight": "right", "2.bias": "wrong"}


def test_a_forgotten_penalty_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = preset("moons").experiment.replace("layers.0.l2", 0.1)
    assert set(verdicts(scene(experiment)).values()) == {"right"}
    monkeypatch.setattr(LinearOfEngine, "penalise", lambda self, *given: None)
    assert verdicts(scene(experiment))["0.weight"] == "wrong"


def test_kinks_are_left_out_and_counted() -> None:
    """Without a bias, the point (0, 0) of XOR lies exactly on the kink of every ReLU."""
    layers = [{"kind": "Linear", "out_features": 4, "bias": True, "init": "kaiming"}, {"kind": "ReLU"}]
    layers.append({"kind": "Linear", "out_features": 1})
    experiment = preset("xor").experiment.replace("model", {"layers": layers})
    dataset = load(experiment.data)
    rows, batch = check(Subject(experiment, dataset, experiment.model.init((2,), 0)))
    assert batch == 4
    bias = next(row for row in rows if row.tensor == "0.bias")
    assert (bias.kinks, bias.checked) == (4, 4)
    assert {row.verdict for row in rows if row is not bias} == {"right"}


def test_an_estimated_gradient_is_not_judged() -> None:
    layers = [{"kind": "Linear", "out_features": 4}, {"kind": "Step"}, {"kind": "Linear", "out_features": 1}]
    found = verdicts(scene(preset("moons").experiment.replace("model", {"layers": layers})))
    assert found == {"0.weight": "estimate", "0.bias": "estimate", "2.weight": "right", "2.bias": "right"}


def test_dropout_and_batch_statistics_are_those_of_training() -> None:
    layers = [
        {"kind": "Linear", "out_features": 8},
        {"kind": "BatchNorm1d"},
        {"kind": "Tanh"},
        {"kind": "Dropout", "p": 0.3},
        {"kind": "Linear", "out_features": 1},
    ]
    found = verdicts(scene(preset("moons").experiment.replace("model", {"layers": layers})))
    # A bias before a normalisation by the batch has no effect at all.
    assert found.pop("0.bias") == "nothing"
    assert set(found.values()) == {"right"}


def test_a_large_network_is_sampled_and_bounded() -> None:
    experiment = preset("digits-mlp").experiment.replace("layers.1.out_features", 700)
    given = scene(experiment)
    rows, batch = check(given.subject)
    assert batch <= 8
    assert {row.checked for row in rows} <= set(range(4, 41))
    assert rows[0].size == 784 * 700
    assert {row.verdict for row in rows} == {"right"}
    with pytest.raises(SpecError, match="2,000,000"):
        check(scene(experiment.replace("layers.1.out_features", 8000)).subject)
