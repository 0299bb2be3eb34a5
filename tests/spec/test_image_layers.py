"""Layers of images: shapes, counts and costs by hand, and refusals that say what does not fit."""

from __future__ import annotations

import pytest

from playground.spec import Experiment, LayerSpec, ModelSpec, Shape, SpecError, advise, estimate
from playground.spec.image_layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout2d,
    MaxPool2d,
    Residual,
    Upsample,
)
from playground.spec.layers import Dropout, Flatten, Linear, ReLU


@pytest.mark.parametrize(
    ("layer", "given", "expected", "parameters"),
    [
        (Conv2d(out_channels=32), (1, 28, 28), (32, 26, 26), 32 * 9 + 32),
        (Conv2d(out_channels=8, kernel_size=5, padding="same"), (3, 7, 6), (8, 7, 6), 8 * 3 * 25 + 8),
        (
            Conv2d(out_channels=8, kernel_size=3, stride=2, padding=1, bias=False),
            (4, 7, 6),
            (8, 4, 3),
            8 * 4 * 9,
        ),
        (Conv2d(out_channels=6, dilation=2, groups=2), (4, 7, 6), (6, 3, 2), 6 * 2 * 9 + 6),
        (ConvTranspose2d(out_channels=3), (4, 7, 6), (3, 14, 12), 4 * 3 * 4 + 3),
        (MaxPool2d(), (4, 7, 6), (4, 3, 3), 0),
        (MaxPool2d(kernel_size=3, stride=2, padding=1), (4, 7, 6), (4, 4, 3), 0),
        (AvgPool2d(kernel_size=3, stride=1), (4, 7, 6), (4, 5, 4), 0),
        (AdaptiveAvgPool2d(output_size=2), (4, 7, 6), (4, 2, 2), 0),
        (Upsample(scale_factor=3), (4, 7, 6), (4, 21, 18), 0),
        (BatchNorm2d(), (4, 7, 6), (4, 7, 6), 8),
        (Dropout2d(), (4, 7, 6), (4, 7, 6), 0),
        (Residual(layers=(Conv2d(out_channels=4, padding=1), ReLU())), (4, 7, 6), (4, 7, 6), 4 * 4 * 9 + 4),
    ],
    ids=repr,
)
def test_shapes_and_parameters_are_those_by_hand(
    layer: LayerSpec, given: Shape, expected: Shape, parameters: int
) -> None:
    assert layer.output(given) == expected
    assert layer.parameters(given) == parameters
    assert layer.kept(given) >= 1
    assert ModelSpec.parse(ModelSpec(layers=(layer,)).plain()).layers == (layer,)


@pytest.mark.parametrize(
    ("layer", "given", "message"),
    [
        (Conv2d(), (784,), r"needs images .* got \(784,\)"),
        (Conv2d(kernel_size=9), (1, 8, 8), "reaches over 9 rows.*8 without"),
        (Conv2d(padding="same", stride=2), (1, 8, 8), "stride"),
        (Conv2d(out_channels=8, groups=3), (3, 8, 8), "out_channels = 8"),
        (Conv2d(out_channels=9, groups=3), (4, 8, 8), "in_channels = 4"),
        (MaxPool2d(kernel_size=2, padding=2), (1, 8, 8), "more than half"),
        (ConvTranspose2d(output_padding=2), (1, 8, 8), "smaller than stride"),
        (ConvTranspose2d(kernel_size=1, stride=1, padding=4), (1, 8, 8), "nothing is left"),
        (Residual(layers=(Conv2d(out_channels=4),)), (4, 8, 8), r"give \(4, 6, 6\), but \(4, 8, 8\)"),
        (Residual(layers=(ReLU(), Linear())), (4, 8, 8), r"layers.0.layers.1: Linear needs one row"),
    ],
    ids=repr,
)
def test_what_does_not_fit_is_said_at_the_layer(layer: LayerSpec, given: Shape, message: str) -> None:
    with pytest.raises(SpecError, match=message) as error:
        ModelSpec(layers=(layer,)).shapes(given)
    assert error.value.place.startswith("layers.0")
    assert error.value.text("zh") != str(error.value)


def test_an_image_layer_on_points_is_an_advice_and_no_mishap() -> None:
    (advice,) = advise(Experiment().with_layers((Conv2d(), *Experiment().model.layers)))
    assert (advice.level, advice.place) == ("error", "layers.0")


def test_nothing_is_mended_inside_a_block() -> None:
    """A Flatten before the block would not help, and inside it would change the shape."""
    layers = [{"kind": "Residual", "layers": [{"kind": "Linear"}]}, {"kind": "Flatten"}, {"kind": "Linear"}]
    (advice,) = advise(Experiment.from_plain({"data": {"kind": "Mnist5k"}, "model": {"layers": layers}}))
    assert (advice.place, advice.mend) == ("layers.0.layers.0", None)


def test_blocks_are_nested_so_deep_and_no_deeper() -> None:
    nested: dict = {"kind": "ReLU"}
    for depth in range(900):
        nested = {"kind": "Residual", "layers": [nested]}
        if depth < 3:
            ModelSpec.parse({"layers": [nested]})
        elif depth in (3, 899):
            with pytest.raises(SpecError, match="3 deep"):
                ModelSpec.parse({"layers": [nested]})


def test_names_inside_a_block_are_torchs_and_weights_start_by_their_names() -> None:
    block = Residual(layers=(Conv2d(out_channels=2, padding=1), BatchNorm2d()))
    model = ModelSpec(layers=(block, Flatten(), Linear(out_features=2)))
    names = list(model.tensors((2, 4, 4)))
    assert names[:3] == ["0.layers.0.weight", "0.layers.0.bias", "0.layers.1.weight"]
    bound = 1 / (2 * 9) ** 0.5
    weight = model.init((2, 4, 4), 0)["0.layers.0.weight"]
    assert weight.shape == (2, 2, 3, 3)
    assert 0.8 * bound < abs(weight).max() <= bound


def test_an_absurd_image_network_is_refused_by_its_estimate() -> None:
    layers = [{"kind": "Conv2d", "out_channels": 1024, "padding": "same"}] * 3
    plain = {
        "data": {"kind": "Mnist5k"},
        "model": {"layers": [*layers, {"kind": "Flatten"}, {"kind": "Linear"}]},
    }
    cost = estimate(Experiment.from_plain(plain))
    assert cost.parameters > 2 * 1024 * 1024 * 9
    assert cost.step_flops > 10 * 3 * 2 * 2 * 1024 * 1024 * 9 * 28 * 28


def test_dropout_and_normalisation_leave_the_initial_weights_of_other_layers_as_they_are() -> None:
    dense, conv = Linear(out_features=3), Conv2d(out_channels=2, padding=1)
    bare = ModelSpec(layers=(Residual(layers=(conv,)), Flatten(), dense, dense)).init((2, 4, 4), 0)
    block = Residual(layers=(BatchNorm2d(), conv))
    rich = ModelSpec(layers=(block, BatchNorm2d(), Flatten(), dense, Dropout(), dense)).init((2, 4, 4), 0)
    for here, there in (("0.layers.0", "0.layers.1"), ("2", "3"), ("3", "5")):
        for tensor in ("weight", "bias"):
            assert (bare[f"{here}.{tensor}"] == rich[f"{there}.{tensor}"]).all()
    assert (bare["2.bias"] != bare["3.bias"]).any()
