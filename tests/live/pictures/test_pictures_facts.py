"""What the pictures are told where the data are no plane: lines have maps of one row, pictures have pictures."""

from __future__ import annotations

import zlib

import numpy as np

from playground.data import load
from playground.live.setup import static_arrays
from playground.presets import presets
from playground.runs.supervised import Supervised
from playground.spec import Experiment


def one_dimensional() -> Experiment:
    plain = presets()["regression-plane"].experiment.replace("data", {"kind": "Function1D"})
    return plain.replace(
        "model",
        {
            "layers": [
                {"kind": "Linear", "out_features": 5},
                {"kind": "Tanh"},
                {"kind": "Linear", "out_features": 1},
            ]
        },
    )


def test_units_of_a_line_have_maps_of_one_row() -> None:
    experiment = one_dimensional()
    dataset = load(experiment.data)
    trainer = Supervised(experiment, dataset)
    arrays = trainer.snapshot(("maps", "weights")).arrays
    assert arrays["map/1"].shape == (5, 1, 34)
    assert dataset.extent is not None
    x = np.linspace(*dataset.extent[0], 34)
    meant = np.tanh(np.outer(arrays["w/0.weight"][:, 0], x) + arrays["w/0.bias"][:, None])
    assert np.abs((arrays["map/1"][:, 0] - 128.0) / 127 - meant).max() < 0.005


def test_the_input_of_a_line_is_a_ramp() -> None:
    maps = static_arrays(load(one_dimensional().data))["input_maps"]
    assert maps.shape == (1, 1, 34)
    assert (np.diff(maps[0, 0].astype(int)) > 0).all()


def test_samples_that_are_pictures_come_as_pictures() -> None:
    dataset = load(presets()["xor"].experiment.replace("data", {"kind": "Digits8x8"}).data)
    pictures = static_arrays(dataset)["pictures"]
    assert pictures.shape == (64, 8, 8)
    assert np.abs(pictures / 255 - dataset.x[:64, 0]).max() < 0.003


def test_the_pictures_that_are_judged_come_deflated_in_the_order_of_the_verdicts() -> None:
    dataset = load(presets()["digits-mlp"].experiment.data)
    arrays = static_arrays(dataset)
    pictures = np.frombuffer(zlib.decompress(arrays["judged"].tobytes()), np.uint8)
    pictures = pictures.reshape(arrays["judged/shape"])
    assert pictures.shape == (1000, 28, 28)
    assert np.abs(pictures / 255 - dataset.x_test[:, 0]).max() < 0.04
    assert (arrays["labels_test"] == dataset.y_test).all()
