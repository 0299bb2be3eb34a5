"""Layers are put in, taken out and moved by paths, also inside blocks; a new one lands where the network still fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.presets import presets
from playground.spec import Experiment, ModelSpec, SpecError, advise
from playground.spec.growing import grown, residual
from playground.spec.image_data import Mnist5k
from playground.spec.image_layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout2d,
    MaxPool2d,
    Residual,
)
from playground.spec.layers import BatchNorm1d, Dropout, Flatten, LayerSpec, Linear, ReLU, Tanh
from playground.spec.sequence import Layers, at, duplicate, indices, insert, move, path, remove

ROW: Layers = (Linear(out_features=1), Tanh(), Linear(out_features=2), ReLU())
BLOCKS: Layers = (Flatten(), Residual(layers=(Tanh(), Residual(layers=(ReLU(), Dropout())))), Linear())
LENET = presets()["lenet-5"].experiment.model.layers
DIGIT = (1, 28, 28)


def kinds(layers: Layers) -> str:
    return " ".join(
        f"({kinds(layer.layers)})" if isinstance(layer, Residual) else layer.kind for layer in layers
    )


def test_a_path_is_read_and_written() -> None:
    assert indices("layers.3.layers.0") == (3, 0)
    assert path((3, 0)) == "layers.3.layers.0"


@pytest.mark.parametrize(
    "wrong",
    ["", "layers", "layers.x", "layers.-1", "layers.1.2", "3", "model.1", "layers.1.layers", "layers.9999"],
)
def test_what_is_no_path_is_refused(wrong: str) -> None:
    with pytest.raises(SpecError):
        indices(wrong)


def test_layers_are_edited_where_the_path_says() -> None:
    assert kinds(insert(ROW, (4,), (Tanh(),))) == "Linear Tanh Linear ReLU Tanh"
    assert kinds(remove(ROW, (1,))) == "Linear Linear ReLU"
    assert duplicate(ROW, (2,))[2:4] == (ROW[2], ROW[2])
    assert kinds(insert(BLOCKS, (1, 1, 0), (Tanh(),))) == "Flatten (Tanh (Tanh ReLU Dropout)) Linear"
    assert kinds(remove(BLOCKS, (1, 1, 1))) == "Flatten (Tanh (ReLU)) Linear"
    assert kinds(duplicate(BLOCKS, (1, 0))) == "Flatten (Tanh Tanh (ReLU Dropout)) Linear"
    assert kinds(move(BLOCKS, (1, 1, 0), 1)) == "Flatten (Tanh (Dropout ReLU)) Linear"
    assert at(BLOCKS, (1, 1, 1)) == Dropout()


def test_a_block_goes_with_its_last_layer() -> None:
    assert kinds(remove(remove(BLOCKS, (1, 1, 0)), (1, 1, 0))) == "Flatten (Tanh) Linear"
    assert kinds(remove((Flatten(), Residual(layers=(Residual(),))), (1, 0, 0))) == "Flatten"


@pytest.mark.parametrize("where", [(4,), (-1,), (0, 0), (1, 5), (1, 1, 2)])
def test_a_layer_that_is_not_there_is_refused(where: tuple[int, ...]) -> None:
    for act in (remove, duplicate, at, lambda layers, there: move(layers, there, 0)):
        with pytest.raises(SpecError):
            act(ROW if len(where) == 1 else BLOCKS, where)


@given(st.integers(0, 3), st.integers(-2, 9))
def test_a_move_keeps_everything_and_the_order_of_the_rest(origin: int, number: int) -> None:
    found = move(ROW, (origin,), number)
    assert found[max(0, min(number, 3))] == ROW[origin]
    rest = list(found)
    rest.remove(ROW[origin])
    assert rest == [layer for index, layer in enumerate(ROW) if index != origin]


# --- where a new layer lands ----------------------------------------------------------------------------------


@pytest.mark.parametrize("new", [Conv2d(), MaxPool2d(), AvgPool2d(), BatchNorm2d(), Dropout2d()])
def test_a_layer_of_images_lands_before_flatten(new: LayerSpec) -> None:
    found = grown(LENET, DIGIT, (new,))
    flat = next(index for index, layer in enumerate(found) if isinstance(layer, Flatten))
    assert found[flat - 1] == new
    assert (*found[: flat - 1], *found[flat:]) == LENET
    assert ModelSpec(layers=found).output_shape(DIGIT) == (10,)


@pytest.mark.parametrize("new", [Linear(), BatchNorm1d(), Dropout()])
def test_a_layer_of_vectors_lands_before_the_output_layer(new: LayerSpec) -> None:
    assert grown(LENET, DIGIT, (new,)) == (*LENET[:-1], new, LENET[-1])
    assert grown(ROW, (2,), (new,)) == (*ROW[:2], new, *ROW[2:])


def test_from_nothing_layers_follow_each_other_and_a_dense_one_flattens_the_picture() -> None:
    first = grown((), DIGIT, (Conv2d(), ReLU()))
    assert kinds(first) == "Conv2d ReLU"
    assert kinds(grown(first, DIGIT, (MaxPool2d(),))) == "Conv2d ReLU MaxPool2d"
    assert kinds(grown(first, DIGIT, (Linear(out_features=10),))) == "Conv2d ReLU Flatten Linear"


def test_what_fits_nowhere_stands_before_the_output_layer_where_it_can_be_seen() -> None:
    assert kinds(grown(ROW, (2,), (Conv2d(),))) == "Linear Tanh Conv2d Linear ReLU"


def test_a_block_for_pictures_has_convolutions_that_keep_them() -> None:
    block = residual(LENET, DIGIT)
    assert block.output((16, 5, 5)) == (16, 5, 5)
    assert kinds((block,)) == "(Conv2d BatchNorm2d ReLU Conv2d BatchNorm2d)"
    assert "MaxPool2d (Conv2d" in kinds(grown(LENET, DIGIT, (block,)))
    assert residual(ROW, (2,)) == Residual()


# --- mends ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "mended"),
    [
        ((Conv2d(), Flatten(), MaxPool2d(), Linear(out_features=10)), "Conv2d MaxPool2d Flatten Linear"),
        ((Flatten(), BatchNorm2d(), Linear(out_features=10)), "Flatten BatchNorm1d Linear"),
        ((Conv2d(), BatchNorm1d(), Flatten(), Linear(out_features=10)), "Conv2d BatchNorm2d Flatten Linear"),
        (
            (MaxPool2d(kernel_size=15), MaxPool2d(), Flatten(), Linear(out_features=10)),
            "MaxPool2d Flatten Linear",
        ),
        ((Conv2d(), Linear(out_features=10)), "Conv2d Flatten Linear"),
    ],
)
def test_what_does_not_fit_is_mended_by_one_click(layers: Layers, mended: str) -> None:
    before = Experiment(data=Mnist5k()).replace("loss", "CrossEntropy").with_layers(layers)
    advice = advise(before)[0]
    assert advice.level == "error"
    assert advice.place.startswith("layers.")
    assert advice.mend is not None
    assert kinds(advice.mend.model.layers) == mended
    assert all(found.level != "error" for found in advise(advice.mend))


def test_a_kernel_that_is_too_large_keeps_the_pictures_size_instead() -> None:
    layers = (MaxPool2d(kernel_size=7), Conv2d(kernel_size=5), Flatten(), Linear(out_features=10))
    advice = advise(Experiment(data=Mnist5k()).replace("loss", "CrossEntropy").with_layers(layers))[0]
    assert advice.mend is not None
    assert advice.mend.model.shapes(DIGIT)[1] == (8, 4, 4)
