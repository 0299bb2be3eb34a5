"""The stage's pictures are what the network answers at every place, as bytes that can be read back."""

from __future__ import annotations

import numpy as np
import pytest

from playground.data import featurise, load
from playground.data.targets import shades
from playground.presets import presets
from playground.probes import Subject, compute
from playground.probes.columns import columns
from playground.probes.maps import GRID, TILE, nice, plane_points, signed
from playground.runs.supervised import Supervised
from playground.spec import Experiment

PLANES = {
    name: found.experiment
    for name, found in presets().items()
    if len(load(found.experiment.data).extent or ()) == 2 and found.experiment.adversary is None
}


def trained(experiment: Experiment, steps: int = 60) -> Supervised:
    trainer = Supervised(experiment.model_copy(update={"engine": "numpy"}), load(experiment.data))
    for _ in range(steps):
        trainer.step()
    return trainer


def subject(trainer: Supervised) -> Subject:
    return Subject(trainer.experiment, trainer.dataset, trainer.state())


def read(values: np.ndarray, reach: float) -> np.ndarray:
    return (values.astype(float) - 128) / 127 * reach


@pytest.mark.parametrize("name", PLANES)
def test_the_plane_is_the_networks_answer_everywhere(name: str):
    seen = subject(trained(PLANES[name]))
    arrays = compute("maps", seen)
    inputs = featurise(seen.dataset, plane_points(seen.dataset, GRID))
    answer = shades(seen.experiment, seen.net().forward(inputs))
    if "map/class" in arrays:
        assert (
            arrays["map/class"].ravel() == answer.argmax(axis=1)
        ).mean() > 0.999  # ties may fall either way
        assert np.abs(arrays["map/confidence"].ravel() / 255 - answer.max(axis=1)).max() < 0.003
        return
    reach = float(arrays["map/reach"][0])
    shown = answer[:, 0] if answer.shape[1] == 1 else answer[:, 1] - answer[:, 0]
    expected = np.clip(shown, -reach, reach)
    assert np.abs(read(arrays["map/plane"].ravel(), reach) - expected).max() <= reach / 127 / 2 + 1e-5


@pytest.mark.parametrize("name", PLANES)
def test_every_unit_is_its_response_at_every_third_place(name: str):
    seen = subject(trained(PLANES[name]))
    arrays = compute("maps", seen)
    inputs = featurise(seen.dataset, plane_points(seen.dataset, GRID))
    responses = seen.net().trace(inputs)
    for column in columns(seen.experiment.model, seen.dataset.input_shape):
        drawn, reach = arrays[f"map/{column.until}"], float(arrays[f"map/{column.until}/reach"][0])
        assert drawn.shape == (min(column.units, 64), TILE, TILE)
        every = responses[column.until].reshape(GRID, GRID, -1)[::3, ::3]
        for unit, picture in enumerate(drawn):
            error = np.abs(read(picture, reach) - every[..., unit])
            assert error.max() <= reach / 127 / 2 + 1e-4 * reach


def test_row_zero_is_the_lowest_place():
    seen = subject(trained(presets()["circle"].experiment, 0))
    places = plane_points(seen.dataset, GRID)
    assert places[0].tolist() == [seen.dataset.extent[0][0], seen.dataset.extent[1][0]]  # type: ignore[index]
    assert places[-1].tolist() == [seen.dataset.extent[0][1], seen.dataset.extent[1][1]]  # type: ignore[index]


def test_a_bounded_unit_has_a_scale_that_never_moves():
    trainer = trained(presets()["circle"].experiment, 0)
    for _ in range(5):
        arrays = compute("maps", subject(trainer))
        hidden = columns(trainer.experiment.model, trainer.dataset.input_shape)[:-1]
        assert [float(arrays[f"map/{column.until}/reach"][0]) for column in hidden] == [1.0] * len(hidden)
        for _ in range(50):
            trainer.step()


def test_data_without_a_plane_have_no_maps():
    experiment = presets()["digits-mlp"].experiment
    dataset = load(experiment.data)
    state = {name: x.astype("f4") for name, x in experiment.model.init(dataset.input_shape, 0).items()}
    assert compute("maps", Subject(experiment, dataset, state)) == {}


def test_looking_at_the_trainers_own_net_gives_the_same_as_looking_at_its_state():
    trainer = trained(presets()["moons"].experiment)
    apart = compute("maps", subject(trainer))
    own = trainer.snapshot(("maps",)).arrays
    assert own.keys() == apart.keys()
    assert all(np.array_equal(own[name], apart[name]) for name in own)


def test_the_probes_of_one_look_do_not_disturb_each_other():
    experiment = presets()["circle"].experiment
    model = {
        "layers": [
            {"kind": "Linear", "out_features": 4},
            {"kind": "BatchNorm1d"},
            {"kind": "Tanh"},
            {"kind": "Linear", "out_features": 1},
            {"kind": "Tanh"},
        ]
    }
    seen = subject(trained(experiment.replace("model", model)))
    alone = compute("maps", seen)
    again = Subject(seen.experiment, seen.dataset, seen.state)
    compute("histograms", again)  # makes a training pass, which moves the statistics of batch normalisation
    after = compute("maps", again)
    assert all(np.array_equal(alone[name], after[name]) for name in alone)


@pytest.mark.parametrize(
    ("value", "byte"),
    [
        (0.0, 128),
        (2.0, 255),
        (-2.0, 1),
        (5.0, 255),
        (-5.0, 1),
        (1.0, 192),
        (np.nan, 128),
        (np.inf, 255),
        (-np.inf, 1),
    ],
)
def test_a_byte_stands_for_its_part_of_the_reach(value: float, byte: int):
    assert signed(np.array([value, 0.0], np.float32), 2.0).tolist() == [byte, 128]


@pytest.mark.parametrize("size", [1e-30, 0.0031, 0.9999, 1.0, 1.01, 7.0, 99.0, 12345.0, 3e30])
def test_a_scale_is_a_round_number_that_holds_everything(size: float):
    found = nice(size)
    assert size <= found * (1 + 1e-5)
    assert found <= 1.7 * size
    assert nice(found) == pytest.approx(found)


@pytest.mark.parametrize("size", [0.0, np.nan, np.inf])
def test_where_there_is_nothing_to_scale_the_scale_is_one(size: float):
    assert nice(size) == 1.0
