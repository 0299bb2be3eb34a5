"""A network that is unrolled is the one that is trained: the same outputs, gates that add up, the same slopes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import engines
from playground.data import load
from playground.probes.asks import Scene, answer
from playground.probes.backprop import calm_net, coded_targets
from playground.probes.registry import Subject
from playground.probes.sequence.looked import loss_of
from playground.probes.sequence.unrolled import blamed, levels, unrolled
from playground.spec import Experiment, SpecError

LSTM = {"kind": "LSTM", "hidden_size": 5, "return_sequences": True}
NETWORKS: dict[str, list[dict[str, Any]]] = {
    "rnn": [{"kind": "RNN", "hidden_size": 6}],
    "relu": [{"kind": "RNN", "hidden_size": 6, "nonlinearity": "relu"}],
    "lstm on lstm": [LSTM, {"kind": "LSTM", "hidden_size": 4}],
    "gru both ways, two storeys": [{"kind": "GRU", "hidden_size": 4, "bidirectional": True, "num_layers": 2}],
    "dropout and a dense layer at every step": [
        {"kind": "LSTM", "hidden_size": 4, "num_layers": 2, "dropout": 0.5, "return_sequences": True},
        {"kind": "Linear", "out_features": 3},
        {"kind": "Tanh"},
        {"kind": "GRU", "hidden_size": 3, "bidirectional": True},
    ],
    "cut": [{"kind": "LSTM", "hidden_size": 4, "truncate": 3}],
}


def subject(layers: list[dict[str, Any]], data: dict[str, Any] | None = None) -> Subject:
    experiment = Experiment.from_plain(
        {
            "data": data or {"kind": "Adding", "count": 100, "length": 8},
            "model": {"layers": [*layers, {"kind": "Linear", "out_features": 1}]},
            "loss": {"kind": "MSE"},
            "seed": 5,
        }
    )
    dataset = load(experiment.data)
    return Subject(experiment, dataset, experiment.model.init(dataset.input_shape, 5))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_gives_what_the_engine_gives(name: str) -> None:
    network = subject(NETWORKS[name])
    x = network.dataset.x[:6]
    done = unrolled(network, x)
    for mine, engines_own in zip(done.outputs, calm_net(network).trace(x), strict=True):
        np.testing.assert_allclose(mine, engines_own, atol=1e-9)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_slope_by_the_input_is_the_engines(name: str) -> None:
    network = subject(NETWORKS[name])
    x, y = np.asarray(network.dataset.x[:6], np.float64), network.dataset.y[:6]
    net = calm_net(network)
    output = net.forward(x, training=True)
    coded = coded_targets(network.experiment, network.dataset, y)
    _, slope = engines.get("numpy").loss(network.experiment.loss, output, coded)
    expected = net.backward(slope)
    done = unrolled(network, x)
    loss, mine = loss_of(network, done.outputs[-1], y)
    assert loss == pytest.approx(engines.get("numpy").loss(network.experiment.loss, output, coded)[0])
    np.testing.assert_allclose(blamed(network, done, mine)["x"].x, expected, atol=1e-10)


def scene(layers: list[dict[str, Any]], data: dict[str, Any] | None = None) -> Scene:
    return Scene(subject(layers, data))


def test_the_theatre_shows_every_gate_of_every_level() -> None:
    asked = scene([LSTM, {"kind": "GRU", "hidden_size": 3, "bidirectional": True}])
    found = answer("theatre", asked, {"index": 2})
    assert [level["key"] for level in found.plain["levels"]] == ["0.l0", "1.l0", "1.l0_reverse"]
    f = found.arrays["gate/0.l0/f"].astype(float)
    i, g, c, o, h = (found.arrays[f"gate/0.l0/{letter}"].astype(float) for letter in "igcoh")
    np.testing.assert_allclose(c[1:], f[1:] * c[:-1] + i[1:] * g[1:], atol=1e-6)
    np.testing.assert_allclose(h, o * np.tanh(c), atol=1e-6)
    output = asked.subject.net().forward(asked.subject.dataset.x[2:3])
    np.testing.assert_allclose(found.arrays["answers"], output, atol=1e-5)
    assert found.plain["truth"] == pytest.approx(asked.subject.dataset.y[2].tolist())


def test_a_held_gate_changes_the_answer_and_says_what_it_costs() -> None:
    asked = scene([LSTM, {"kind": "LSTM", "hidden_size": 4}])
    hold = {"level": "0.l0", "gate": "o", "value": 0.0}
    found = answer("theatre", asked, {"index": 0, "holds": [hold]})
    assert not found.arrays["gate/0.l0/h"].any()
    free = answer("theatre", asked, {"index": 0})
    np.testing.assert_array_equal(found.arrays["free"], free.arrays["answers"])
    assert (found.arrays["answers"] != free.arrays["answers"]).any()
    assert found.plain["quality"]["free"] != found.plain["quality"]["held"]
    for wrong in ({"level": "7.l0"}, {"gate": "z"}, {"unit": 5}):
        with pytest.raises(SpecError):
            answer("theatre", asked, {"holds": [hold | wrong]})


def test_a_sequence_of_ones_own_may_be_longer_than_those_of_the_data() -> None:
    import base64

    asked = scene([LSTM, {"kind": "LSTM", "hidden_size": 4}])
    own = np.random.default_rng(0).uniform(0, 1, (20, 2)).astype("<f4")
    given = {"values": base64.b64encode(own.tobytes()).decode(), "steps": 20}
    found = answer("theatre", asked, given)
    assert found.arrays["gate/1.l0/h"].shape == (20, 4)
    assert found.plain["truth"] is None
    np.testing.assert_array_equal(found.arrays["x"], own)
    for wrong in (
        {"steps": 19},
        {"values": "!"},
        {"values": base64.b64encode(b"\x00\x00\xc0\x7f" * 40).decode()},
    ):
        with pytest.raises(SpecError):
            answer("theatre", asked, given | wrong)


def test_the_slope_of_a_long_plain_network_is_said_to_vanish_and_of_a_wild_one_to_explode() -> None:
    long: dict[str, Any] = {"kind": "Adding", "count": 100, "length": 60}
    asked = scene([{"kind": "RNN", "hidden_size": 8}], long)
    found = answer("through_time", asked, {})
    assert found.plain["levels"][0]["verdict"] == "vanishing"
    norms = found.arrays["h/0.l0"]
    assert norms[0] < 1e-4 * norms[-1]
    asked.subject.state["0.weight_hh_l0"] = 3 * np.eye(8)
    asked.subject.state["0.weight_ih_l0"] *= 0
    asked.subject.state["0.bias_ih_l0"] *= 0
    asked.subject.state["0.bias_hh_l0"] *= 0
    assert answer("through_time", asked, {}).plain["levels"][0]["verdict"] == "exploding"


def test_a_trajectory_lies_on_the_plane_of_most_variance() -> None:
    asked = scene([LSTM, {"kind": "LSTM", "hidden_size": 4}])
    found = answer("trajectory", asked, {"index": 3})
    first, second = found.plain["explained"]
    assert 0 < second <= first <= 1
    way = found.arrays["way"]
    assert way.shape == (8, 2)
    states = (
        unrolled(asked.subject, asked.subject.dataset.x_test[:20]).reads["1.l0"].gates["h"].reshape(-1, 4)
    )
    spread = np.linalg.svd(states - states.mean(0), compute_uv=False) ** 2
    assert first + second == pytest.approx(float(spread[:2].sum() / spread.sum()), rel=1e-6)


def test_levels_are_named_as_their_tensors() -> None:
    network = subject(NETWORKS["gru both ways, two storeys"])
    for level in levels(network.experiment.model):
        assert f"{level.layer}.weight_ih_{level.key.partition('.')[2]}" in network.state
