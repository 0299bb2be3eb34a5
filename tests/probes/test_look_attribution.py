"""What made a network decide so: each answer against torch's autograd, against finite differences, or done by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground.data.targets import shades
from playground.probes import asks
from playground.probes.backprop import calm_net
from playground.probes.look import occlusion, preference
from playground.probes.look.gradient import lies
from playground.probes.look.nudge import EPSILONS
from playground.probes.look.penultimate import activations, penultimate
from playground.probes.look.picture import as_bytes
from playground.spec import ModelSpec, SpecError
from playground.spec.image_layers import Conv2d, MaxPool2d, Upsample
from tests.probes.looking import LAYERS, experiment, pixels, scene, torch_twin

AT = {"index": 3, "test": True}


def picture(at: asks.Scene, index: int = 3) -> np.ndarray:
    return at.subject.dataset.x_test[index : index + 1].astype(np.float64)


@pytest.mark.parametrize("target", [-1, 0, 7])
def test_saliency_is_the_slope_of_the_score(target: int) -> None:
    import torch

    at = scene()
    x = torch.tensor(picture(at), requires_grad=True)
    scores = torch_twin(at)(x)[0]
    meant = int(scores.argmax()) if target < 0 else target
    scores[meant].backward()
    scores = scores.detach()
    gradient = x.grad[0].numpy()  # type: ignore[index]
    found = asks.answer("saliency", at, {**AT, "target": target})
    assert found.plain["target"] == meant
    assert found.plain["score"] == pytest.approx(float(scores[meant]))
    assert found.plain["probability"] == pytest.approx(float(scores.softmax(0)[meant]), rel=1e-5)
    reach = found.plain["reach"]
    assert reach == pytest.approx(np.abs(gradient).max())
    assert np.abs(found.arrays["saliency"] / 255 * reach - np.abs(gradient)[0]).max() <= reach / 255
    assert np.abs((found.arrays["gradient"] - 128.0) / 127 * reach - gradient).max() <= reach / 127


def test_a_pixel_that_moves_changes_the_score_by_its_slope() -> None:
    at = scene({"kind": "Conv2d", "out_channels": 3}, {"kind": "Tanh"}, {"kind": "Flatten"}, dict(LAYERS[-1]))
    found = asks.answer("saliency", at, {**AT, "target": 2})
    net, x, step = calm_net(at.subject), picture(at), 1e-5
    for row, column in ((0, 0), (3, 4), (7, 7)):
        move = np.zeros_like(x)
        move[0, 0, row, column] = step
        slope = (net.forward(x + move)[0, 2] - net.forward(x - move)[0, 2]) / (2 * step)
        shown = (found.arrays["gradient"][0, row, column] - 128.0) / 127 * found.plain["reach"]
        assert shown == pytest.approx(slope, abs=found.plain["reach"] / 127)


@pytest.mark.parametrize("layer", [-1, 2, 5])
def test_gradcam_weighs_the_maps_by_the_means_of_their_slopes(layer: int) -> None:
    import torch

    at = scene()
    net = torch_twin(at)
    meant = 4 if layer < 0 else layer
    maps = net[: meant + 1](torch.tensor(picture(at))).detach().requires_grad_()
    net[meant + 1 :](maps)[0, 6].backward()
    weights = maps.grad[0].mean(dim=(1, 2))
    cam = torch.relu((weights[:, None, None] * maps[0]).sum(0)).detach().numpy()
    found = asks.answer("gradcam", at, {**AT, "target": 6, "layer": layer})
    assert found.plain["layer"] == meant
    assert found.arrays["weights"] == pytest.approx(weights.numpy(), rel=1e-4, abs=1e-7)
    assert found.plain["reach"] == pytest.approx(cam.max() or 1.0)
    assert np.abs(found.arrays["cam"] / 255 * found.plain["reach"] - cam).max() <= found.plain["reach"] / 255


def test_places_of_maps_lie_in_the_middle_of_what_they_look_at() -> None:
    layers = (
        Conv2d(out_channels=1, kernel_size=5, padding=2),
        MaxPool2d(kernel_size=2),
        Conv2d(out_channels=1, kernel_size=5),
    )
    model = ModelSpec(layers=layers)
    assert [lies(model, layer) for layer in range(3)] == [[0.0, 1.0], [0.5, 2.0], [4.5, 2.0]]
    count = model.shapes((1, 28, 28))[2][1]
    assert 4.5 + 2.0 * (count - 1) == 27 - 4.5, "as far from the end as from the beginning"
    assert lies(ModelSpec(layers=(Upsample(), *layers)), 3) is None


def test_occlusion_is_what_the_probability_loses() -> None:
    at = scene()
    x, net = picture(at).astype(np.float32), at.subject.net()
    found = asks.answer("occlusion", at, {**AT, "target": 4, "size": 3, "stride": 2})
    sure = shades(at.subject.experiment, net.forward(x))[0, 4]
    assert found.plain["probability"] == pytest.approx(float(sure))
    places = [0, 2, 4, 5]  # the last square ends where the picture does
    loss = np.zeros((4, 4))
    for i, row in enumerate(places):
        for j, column in enumerate(places):
            covered = x.copy()
            covered[0, 0, row : row + 3, column : column + 3] = 0
            loss[i, j] = sure - shades(at.subject.experiment, net.forward(covered))[0, 4]
    assert found.plain["patches"] == 16
    assert found.arrays["loss"] == pytest.approx(loss, abs=1e-6)
    spread = occlusion.spread_out(loss, 3, places, places, (8, 8))
    assert spread[0, 0] == pytest.approx(loss[0, 0])
    assert spread[5, 5] == pytest.approx(loss[2:4, 2:4].mean())
    reach = found.plain["reach"]
    assert np.abs((found.arrays["occlusion"] - 128.0) / 127 * reach - spread).max() <= 1.01 * reach / 127


def test_too_many_squares_are_refused() -> None:
    at = scene()
    assert asks.answer("occlusion", at, {"size": 1, "stride": 1}).plain["patches"] == 64
    wide = {"kind": "Conv2d", "out_channels": 600, "kernel_size": 7, "padding": 3}
    again = {"kind": "Conv2d", "out_channels": 300, "kernel_size": 5, "padding": 2}
    with pytest.raises(SpecError, match="squares"):
        asks.answer("occlusion", scene(wide, again, {"kind": "Flatten"}, dict(LAYERS[-1])), {"size": 1})


def test_neighbours_are_the_nearest_training_pictures() -> None:
    at = scene()
    dataset = at.subject.dataset
    found = asks.answer("neighbours", at, {**AT, "count": 5})
    assert found.plain["layer"] == 9
    net = at.subject.net()
    there, here = net.trace(dataset.x)[9], net.trace(dataset.x_test[3:4])[9]
    for name, rows, row in (
        ("seen", there, here),
        ("pixels", dataset.x.reshape(len(dataset.x), -1), dataset.x_test[3].reshape(1, -1)),
    ):
        away = np.linalg.norm(rows - row, axis=1)
        order = np.argsort(away, kind="stable")[:5]
        assert [one["index"] for one in found.plain[name]] == order.tolist()
        assert [one["distance"] for one in found.plain[name]] == pytest.approx(away[order].tolist(), rel=1e-4)
        assert [one["class"] for one in found.plain[name]] == dataset.y[order].tolist()
        assert (found.arrays[name] == as_bytes(dataset.x[order])).all()


def test_a_training_picture_is_no_neighbour_of_itself_but_its_copy_is() -> None:
    at = scene()
    own = asks.answer("neighbours", at, {"index": 12, "test": False})
    assert 12 not in [one["index"] for one in own.plain["pixels"] + own.plain["seen"]]
    copied = asks.answer("neighbours", at, {"pixels": pixels(as_bytes(at.subject.dataset.x[12]))})
    assert copied.plain["pixels"][0]["index"] == 12


def test_the_penultimate_layer_is_what_the_last_weights_look_at() -> None:
    found = experiment()
    assert penultimate(found.model, (1, 8, 8)) == 9
    assert penultimate(experiment({"kind": "Flatten"}, dict(LAYERS[-1])).model, (1, 8, 8)) == 0
    softmax = experiment(*map(dict, LAYERS), {"kind": "Softmax"})
    assert penultimate(softmax.model, (1, 8, 8)) == 9
    at = scene()
    rows = activations(at.subject.net(), at.subject.dataset.x[:70], 6)
    assert rows == pytest.approx(
        at.subject.net().trace(at.subject.dataset.x[:70])[6].reshape(70, -1), abs=1e-6
    )


def test_a_nudge_follows_the_sign_of_the_losses_slope() -> None:
    import torch

    at = scene()
    found = asks.answer("nudge", at, AT)
    truth = int(at.subject.dataset.y_test[3])
    assert found.plain["target"] == truth
    x, net = torch.tensor(picture(at), requires_grad=True), torch_twin(at)
    loss = torch.nn.functional.cross_entropy(net(x), torch.tensor([truth]))
    loss.backward()
    assert found.plain["loss"] == pytest.approx(loss.item())
    sign = x.grad.sign()  # type: ignore[union-attr]
    assert (found.arrays["sign"] == np.array([1, 128, 255])[sign[0].numpy().astype(int) + 1]).all()
    assert found.plain["epsilons"] == pytest.approx(EPSILONS.tolist(), abs=1e-4)
    for number in (0, 4, 30):
        moved = (x.detach() + EPSILONS[number] * sign).clamp(0, 1)
        meant = net(moved).softmax(1)[0].detach().numpy()
        assert found.arrays["probabilities"][number] == pytest.approx(meant, abs=1e-5)
        assert found.plain["taken_for"][number] == meant.argmax()
    guesses = found.plain["taken_for"]
    turned = [e for e, guess in zip(EPSILONS, guesses, strict=True) if guess != guesses[0]]
    assert found.plain["turns"] == (pytest.approx(turned[0]) if turned else None)
    assert found.arrays["probabilities"][4, truth] < found.arrays["probabilities"][0, truth]


@pytest.mark.parametrize(("layer", "channel"), [(0, 1), (5, 4), (8, 3), (10, 9)])
def test_what_a_map_likes_best_makes_it_answer_more(layer: int, channel: int) -> None:
    at = scene()
    found = asks.answer("preference", at, {"layer": layer, "channel": channel, "steps": 30})
    answers = found.plain["answers"]
    assert len(answers) == 31
    assert answers[-1] > answers[0] + 0.1 * np.abs(answers).max()
    assert found.arrays["film"].shape == (13, 1, 8, 8)
    assert found.plain["steps"][0] == 0
    assert found.plain["steps"][-1] == 30
    last = found.arrays["film"][-1:].astype(np.float64) / 255
    best = calm_net(at.subject).trace(last)[layer][0, channel].max()
    assert best == pytest.approx(answers[-1], rel=0.02, abs=0.02)
    again = asks.answer("preference", at, {"layer": layer, "channel": channel, "steps": 30})
    assert (again.arrays["film"] == found.arrays["film"]).all()


def test_of_a_map_the_squares_of_its_positive_numbers_are_to_grow() -> None:
    outputs = np.random.default_rng(0).normal(size=(1, 3, 4, 4))
    slope, step = preference.slope_of(outputs, 1), 1e-6
    move = step * np.random.default_rng(1).normal(size=outputs.shape)
    before, after = (0.5 * np.square(np.maximum(y[0, 1], 0)).sum() for y in (outputs - move, outputs + move))
    assert (slope * move).sum() == pytest.approx((after - before) / 2, rel=1e-5)
    assert (preference.slope_of(-np.abs(outputs), 1)[0, 1] == 1).all()
    assert preference.slope_of(np.array([[3.0, -2.0]]), 1).tolist() == [[0.0, 1.0]]


def test_a_step_of_ascent_goes_along_the_slope_and_the_blur_keeps_the_mean() -> None:
    x = np.full((1, 1, 5, 5), 0.5)
    gradient = np.zeros_like(x)
    gradient[0, 0, 2, 2], gradient[0, 0, 0, 0] = 3.0, -3.0
    moved = preference.ascended(x, gradient, 0)
    assert moved[0, 0, 2, 2] > 0.5 > moved[0, 0, 0, 0]
    assert moved.min() >= 0
    spike = np.zeros((1, 2, 7, 7))
    spike[0, 1, 3, 3] = 1
    assert preference.blurred(spike).sum() == pytest.approx(1)
    assert not preference.blurred(spike)[0, 0].any()


@pytest.mark.parametrize(
    ("what", "given", "key"),
    [
        ("saliency", {"target": 10}, "error.no_element"),
        ("gradcam", {"layer": 8}, "stage.look.no_maps"),
        ("preference", {"layer": 11}, "error.no_element"),
        ("preference", {"layer": 0, "channel": 4}, "error.no_element"),
        ("preference", {"layer": 0, "steps": 1000}, "error"),
        ("neighbours", {"count": 500}, "error"),
        ("occlusion", {"size": 99}, "error"),
        ("nudge", {"pixels": "AA"}, "stage.look.pixels"),
    ],
)
def test_what_cannot_be_asked_is_refused(what: str, given: dict[str, Any], key: str) -> None:
    with pytest.raises(SpecError) as refused:
        asks.answer(what, scene(), given)
    assert refused.value.key.startswith(key)
