"""Where nothing is said, an experiment is trained where it was measured to be fast; where something is, there."""

from __future__ import annotations

from typing import Any

import pytest

from engines.choice import CONVOLUTION, STEP, place_of
from playground.data import load
from playground.presets import preset, presets
from playground.runs.evaluation import outputs
from playground.runs.supervised import Supervised
from playground.spec import Experiment, SpecError

CPU, GPU = ("cpu",), ("cpu", "cuda", "cuda:0")


def images(channels: int, **more: Any) -> Experiment:
    conv = {"kind": "Conv2d", "out_channels": channels, "padding": "same"}
    layers = [conv, {"kind": "ReLU"}, conv, {"kind": "Flatten"}, {"kind": "Linear", "out_features": 10}]
    loss = {"kind": "CrossEntropy"}
    plain = {"data": {"kind": "Digits8x8"}, "model": {"layers": layers}, "loss": loss}
    return Experiment.from_plain(plain | more)


def test_small_networks_take_numpy_and_large_convolutions_torch() -> None:
    for key in ("xor", "circle", "digits-mlp", "digits-cnn", "lenet-5"):
        assert place_of(preset(key).experiment, CPU).engine == "numpy", key
    small, large = place_of(images(8), CPU), place_of(images(64), CPU)
    assert (small.engine, small.why) == ("numpy", "small")
    assert (large.engine, large.device, large.why) == ("torch", "cpu", "convolutions")
    assert small.work < CONVOLUTION <= large.work


def test_the_work_of_convolutions_is_counted_inside_residual_blocks_too() -> None:
    plain = images(16)
    conv = {"kind": "Conv2d", "out_channels": 16, "padding": "same"}
    block = {"kind": "Residual", "layers": [conv, {"kind": "ReLU"}, conv]}
    more = plain.replace(
        "model.layers", [conv, block, {"kind": "Flatten"}, {"kind": "Linear", "out_features": 10}]
    )
    one = 2 * 8 * 8 * 16 * 9 * 16  # a multiplication and an addition each
    assert place_of(more, CPU).work - place_of(plain, CPU).work == one


def test_an_accelerator_is_taken_for_large_steps_only() -> None:
    large = images(128, training={"batch_size": 256})
    found = place_of(large, GPU, GPU)
    assert (found.engine, found.device, found.why) == ("torch", "cuda", "accelerator")
    assert found.work >= STEP
    assert found.precision == "bfloat16"
    assert place_of(large, GPU, ()).precision == "float32", "where it would be emulated"
    assert place_of(preset("circle").experiment, GPU).engine == "numpy"
    assert place_of(large.replace("engine", "torch"), GPU).device == "cuda"


@pytest.mark.parametrize("devices", [(), CPU, GPU])
def test_what_is_said_is_done(devices: tuple[str, ...]) -> None:
    for engine in ("numpy", "torch"):
        found = place_of(images(128).replace("engine", engine).replace("device", "cpu"), devices)
        assert (found.engine, found.device, found.why) == (engine, "cpu", "said")
    found = place_of(images(1).replace("device", "cuda:1"), devices)
    assert (found.engine, found.device) == ("torch", "cuda:1")
    assert place_of(images(1).replace("precision", "bfloat16"), devices).engine == "torch"
    assert place_of(images(128).replace("device", "cpu"), CPU).device == "cpu"


def test_without_torch_everything_takes_numpy() -> None:
    found = place_of(images(128), ())
    assert (found.engine, found.why) == ("numpy", "alone")


def test_layers_that_do_not_fit_together_have_a_place_too() -> None:
    assert place_of(images(8).replace("model.layers.4.kind", "Conv2d"), CPU).engine == "numpy"


def test_a_run_says_where_it_is_trained_and_keeps_what_was_left_open() -> None:
    large = images(64)
    trainer = Supervised(large, load(large.data))
    assert trainer.place.engine == "torch"
    assert trainer.experiment.engine == "auto"
    trainer.step()
    x = trainer.dataset.x_test[:4]
    assert outputs(trainer.experiment, trainer.state(), x).shape == (4, 10)


def test_numpy_refuses_what_only_torch_can() -> None:
    circle = preset("circle").experiment.replace("engine", "numpy")
    for path, value in (("precision", "bfloat16"), ("device", "cuda")):
        with pytest.raises(SpecError, match=path):
            Supervised(circle.replace(path, value), load(circle.data))


def test_presets_leave_the_choice_open() -> None:
    assert {found.experiment.engine for found in presets().values()} == {"auto"}
