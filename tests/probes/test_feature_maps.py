"""What each layer makes of a picture: bytes that say what the network's own numbers say, of samples and of drawings."""

from __future__ import annotations

import numpy as np
import pytest

from playground.data.targets import shades
from playground.probes import asks
from playground.spec import SpecError
from tests.probes.looking import LAYERS, experiment, pixels, scene, torch_twin


def test_every_map_is_the_output_of_its_layer() -> None:
    at = scene()
    found = asks.answer("featuremaps", at, {"index": 5, "test": True})
    dataset = at.subject.dataset
    traced = at.subject.net().trace(dataset.x_test[5:6])
    assert [layer["kind"] for layer in found.plain["layers"]] == [layer["kind"] for layer in LAYERS]
    for layer, values in zip(found.plain["layers"], traced, strict=True):
        shown = found.arrays[f"map/{layer['index']}"].astype(float)
        assert layer["shape"] == list(values.shape[1:])
        assert np.abs((shown - 128) / 127 * layer["reach"] - values[0]).max() <= layer["reach"] / 127
        rows = values[0].reshape(len(values[0]), -1)
        meant = np.stack([rows.min(axis=1), rows.max(axis=1)], axis=1)
        assert (found.arrays[f"range/{layer['index']}"] == meant).all()
    assert found.plain["truth"] == dataset.y_test[5]
    expected = shades(at.subject.experiment, traced[-1])[0]
    assert found.plain["probabilities"] == pytest.approx(expected.tolist())
    assert found.plain["taken_for"] == expected.argmax()


def test_drawn_pixels_are_seen_as_they_are() -> None:
    at = scene()
    drawing = np.random.default_rng(0).integers(0, 256, (1, 8, 8))
    found = asks.answer("featuremaps", at, {"pixels": pixels(drawing)})
    assert (found.arrays["x"] == drawing).all()
    assert found.plain["truth"] is None
    expected = shades(at.subject.experiment, at.subject.net().forward(drawing[None].astype("f4") / 255))[0]
    assert found.plain["probabilities"] == pytest.approx(expected.tolist())


def test_kernels_come_when_they_are_wanted() -> None:
    at = scene()
    assert not any(name.startswith("kernel") for name in asks.answer("featuremaps", at, {}).arrays)
    found = asks.answer("featuremaps", at, {"kernels": True})
    for index in (0, 4):
        weight, reach = at.subject.state[f"{index}.weight"], found.plain["kernels"][str(index)]
        shown = found.arrays[f"kernel/{index}"].astype(float)
        assert np.abs((shown - 128) / 127 * reach - weight).max() <= reach / 127


def test_slopes_are_those_of_the_loss_by_every_number() -> None:
    import torch

    at = scene()
    found = asks.answer("featuremaps", at, {"index": 5, "test": True, "slopes": True})
    net, x = torch_twin(at), torch.tensor(at.subject.dataset.x_test[5:6].astype(np.float64))
    outputs: list[torch.Tensor] = []
    for layer in net:
        x = layer(x)
        x.requires_grad_() if not x.requires_grad else x.retain_grad()
        outputs.append(x)
    truth = torch.tensor([int(at.subject.dataset.y_test[5])])
    torch.nn.functional.cross_entropy(x, truth).backward()
    for layer, output in zip(found.plain["layers"], outputs, strict=True):
        meant = output.grad[0].numpy()  # type: ignore[index]
        reach = layer["slope_reach"]
        shown = found.arrays[f"slope/{layer['index']}"].astype(float)
        assert np.abs((shown - 128) / 127 * reach - meant).max() <= reach / 127
        rows = meant.reshape(len(meant), -1)
        ranges = np.stack([rows.min(axis=1), rows.max(axis=1)], axis=1)
        assert found.arrays[f"slope_range/{layer['index']}"] == pytest.approx(ranges, rel=1e-4, abs=1e-9)


def test_only_the_probabilities_are_sent_where_no_maps_are_wanted() -> None:
    found = asks.answer("featuremaps", scene(), {"maps": False})
    assert set(found.arrays) == {"x"}
    assert len(found.plain["probabilities"]) == 10


def test_of_wide_layers_the_first_maps_are_shown_and_the_rest_counted() -> None:
    wide = (
        {"kind": "Conv2d", "out_channels": 100},
        {"kind": "Flatten"},
        {"kind": "Linear", "out_features": 10},
    )
    layer = asks.answer("featuremaps", scene(*wide), {}).plain["layers"][0]
    assert (layer["shape"][0], layer["shown"]) == (100, 32)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"pixels": "abc"}, "stage.look.pixels"),
        ({"pixels": "AAAA"}, "stage.look.pixels"),
        ({"pixels": "A" * 70_000}, "error"),
        ({"index": 100_000}, "stage.backprop.no_sample"),
        ({"index": -1}, "error"),
        ({"colour": 1}, "error"),
    ],
)
def test_what_does_not_fit_is_refused(given: dict[str, object], key: str) -> None:
    with pytest.raises(SpecError) as refused:
        asks.answer("featuremaps", scene(), given)
    assert refused.value.key.startswith(key)
    assert refused.value.text("zh") != refused.value.text("en")


def test_a_network_that_is_too_large_is_refused() -> None:
    wide = {"kind": "Conv2d", "out_channels": 1024, "kernel_size": 5, "padding": 2}
    large = experiment(wide, wide, {"kind": "Flatten"}, {"kind": "Linear", "out_features": 10})
    assert large.model.flops((1, 8, 8)) > 1e9
    at = scene()
    subject = type(at.subject)(large, at.subject.dataset, {})
    with pytest.raises(SpecError, match="million operations"):
        asks.answer("featuremaps", type(at)(subject), {})
