"""The setup says what every picture needs to know before the first frame."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from playground.data import load
from playground.i18n import LANGUAGES
from playground.live.setup import facts, setup, static_arrays, words
from playground.presets import presets
from playground.probes import Subject, compute
from playground.probes.asks import Scene, answer
from playground.runs import frames
from playground.spec import Experiment
from tests.live.house import network

PRESETS = {name: found.experiment for name, found in presets().items()}


def header(message: bytes) -> dict[str, Any]:
    return json.loads(message[4 : 4 + int.from_bytes(message[:4], "little")])


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_a_setup_that_is_a_frame(name: str):
    message = setup(PRESETS[name], load(PRESETS[name].data))
    assert frames.decode(message).kind == "setup"
    known = header(message)["setup"]
    assert Experiment.from_plain(known["experiment"]) == PRESETS[name]
    noisy = PRESETS[name].data.kind == "Shapes"  # coloured noise hardly compresses
    assert len(message) < (500_000 if noisy else 260_000)


@pytest.mark.parametrize("name", PRESETS)
def test_columns_name_the_layers_whose_maps_come_in_frames(name: str):
    experiment = PRESETS[name]
    dataset = load(experiment.data)
    known = facts(experiment, dataset)
    state = {k: v.astype("f4") for k, v in experiment.initial_state().items()}
    drawn = compute("maps", Subject(experiment, dataset, state))
    maps = {int(key.split("/")[1]) for key in drawn if key.count("/") == 1 and key.split("/")[1].isdigit()}
    if maps:
        assert maps == {column["until"] for column in known["columns"]}
    for column in known["columns"]:
        assert column["units"] == int(np.prod(known["layers"][column["until"]]["shape"]))
        if len(experiment.input_shape()) == 3:  # as the list of layers numbers and names them
            assert column["name"] == f"{column['layer'] + 1} · {known['layers'][column['layer']]['name']}"


def test_points_and_labels_are_those_of_the_samples():
    experiment = network(4)
    dataset = load(experiment.data)
    arrays = static_arrays(dataset)
    assert dataset.points is not None
    assert np.array_equal(arrays["points"], dataset.points)
    assert np.array_equal(arrays["labels"], dataset.y)
    assert arrays["labels"].dtype == np.int32
    assert arrays["labels_test"].shape == dataset.y_test.shape


def test_pictures_tell_whether_they_are_photographs_and_what_they_stand_on():
    digits, shapes = PRESETS["lenet-5"], PRESETS["rgb-cnn"]
    assert facts(digits, load(digits.data))["input"]["photo"] is False
    assert facts(digits, load(digits.data))["input"]["light"] is False
    dataset = load(shapes.data)
    assert facts(shapes, dataset)["input"]["photo"] is True
    seen = static_arrays(dataset)["pictures"][0]  # of colours, how light they are
    red, green, blue = 255 * dataset.x[0]
    assert np.abs(seen - (0.299 * red + 0.587 * green + 0.114 * blue)).max() <= 0.51


def test_numbers_to_predict_stay_numbers():
    arrays = static_arrays(load(PRESETS["regression-plane"].data))
    assert arrays["labels"].dtype == np.float32
    assert arrays["labels"].ndim == 1


def test_the_map_of_an_input_is_the_input_at_every_place():
    arrays = static_arrays(load(network(4).data))
    across = arrays["input_maps"][0].astype(int)
    up = arrays["input_maps"][1].astype(int)
    assert across.shape == (34, 34)
    assert (np.diff(across, axis=1) > 0).all()
    assert (np.diff(across, axis=0) == 0).all()
    assert (np.diff(up, axis=0) > 0).all()  # row 0 is the lowest
    assert (across[0, 0], across[0, -1]) == (1, 255)


def test_every_text_of_the_stage_travels_in_the_visitors_language():
    english, chinese = words("en"), words("zh")
    assert english.keys() == chinese.keys()
    assert english["line.lost"] != chinese["line.lost"]
    assert words("xx") == english
    assert set(LANGUAGES) == {"en", "zh"}


@pytest.mark.parametrize("name", ["series-lstm", "names-gru", "echo-gru"])
def test_what_needs_no_network_comes_with_the_setup_as_the_answers_have_it(name: str):
    experiment = PRESETS[name]
    dataset = load(experiment.data)
    scene = Scene(Subject(experiment, dataset, experiment.initial_state()))
    message = setup(experiment, dataset)
    known, arrays = header(message)["setup"], frames.decode(message).arrays
    first = answer("theatre", scene, {"index": 0, "test": True})
    assert known["sequence"] == {key: first.plain[key] for key in ("steps", "levels", "tokens", "truth")}
    for array in ("x", "present"):
        assert np.array_equal(arrays[f"sequence/{array}"], first.arrays[array])
    if dataset.series is None:
        assert "series" not in known
        return
    course = answer("forecast", scene, {})
    without = course.plain["rmse"] | {"network": None}
    assert known["series"] == course.plain | {"rmse": without}
    for array in ("values", "naive", "seasonal"):
        assert np.array_equal(arrays[f"series/{array}"], course.arrays[array], equal_nan=True)
