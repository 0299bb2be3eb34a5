"""What the pictures of a game show is what its networks say: answers, pulls, modes, neighbours, a step of both."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from playground.data import load
from playground.data.targets import decide
from playground.presets import preset
from playground.probes import Subject, compute
from playground.probes.adversarial import latents, rivalry
from playground.probes.adversarial.imagine import between, plane
from playground.probes.adversarial.nearest import apart, nearest
from playground.probes.adversarial.players import players
from playground.probes.adversarial.walk import Batch
from playground.probes.asks import Bench, Judge, Scene, answer
from playground.runs.adversarial import Adversarial
from playground.runs.trainer import trainer_of
from playground.spec import Experiment, SpecError

POINTS = preset("gan-8-gaussians").experiment
DIGITS = Experiment.from_plain(
    {
        "data": {"kind": "Digits8x8"},
        "model": {
            "layers": [
                {"kind": "Linear", "out_features": 24},
                {"kind": "LeakyReLU"},
                {"kind": "Linear", "out_features": 64},
                {"kind": "Tanh"},
                {"kind": "Unflatten", "channels": 1, "height": 8},
            ]
        },
        "training": {"batch_size": 32},
        "adversary": {
            "latent_dim": 6,
            "conditional": "embedding",
            "embedding_dim": 3,
            "discriminator": {
                "layers": [
                    {"kind": "Conv2d", "out_channels": 4, "kernel_size": 3},
                    {"kind": "LeakyReLU"},
                    {"kind": "Flatten"},
                    {"kind": "Linear", "out_features": 1},
                ]
            },
        },
    }
)
SGD = {"kind": "SGD", "lr": 0.05}


@cache
def trained(experiment: str, steps: int = 30) -> Subject:
    """A game after some steps."""
    spec = Experiment.from_json(experiment)
    trainer = trainer_of(spec, load(spec.data))
    for _ in range(steps):
        trainer.step()
    return Subject(trainer.experiment, trainer.dataset, trainer.state())


def points(**changes: Any) -> Subject:
    spec = POINTS
    for path, value in changes.items():
        spec = spec.replace(path.replace("__", "."), value)
    return trained(spec.to_json())


def test_the_arena_shows_the_discriminators_answer_and_the_fakes_of_fixed_noise() -> None:
    subject = points()
    found, pair = compute("arena", subject), players(subject)
    (left, right), (bottom, top) = subject.dataset.extent  # type: ignore[misc]
    rows, columns = found["gan/plane"].shape
    for row, column in ((0, 0), (rows - 1, 3), (20, columns - 1)):
        x = left + (right - left) * column / (columns - 1)
        y = bottom + (top - bottom) * row / (rows - 1)
        said = pair.share(pair.scores(np.array([[x, y]], np.float32)))[0]
        assert found["gan/plane"][row, column] == pytest.approx(128 + 127 * (2 * said - 1), abs=1.01)
    made = pair.fakes(latents.fixed(subject.experiment, 360))
    np.testing.assert_allclose(found["gan/fake"], subject.dataset.scaling.undo(made), rtol=1e-5)


@pytest.mark.parametrize("kind", ["NonSaturating", "Minimax", "LeastSquares", "Wasserstein"])
def test_a_fake_is_pulled_to_where_the_generators_loss_falls(kind: str) -> None:
    subject = points(adversary__loss={"kind": kind})
    found, pair = compute("arena", subject), players(subject)
    at, pull, h = found["gan/fake"][:20].astype(np.float64), found["gan/pull"][:20], 1e-2
    loss = subject.experiment.adversary.loss  # type: ignore[union-attr]

    def paid(x: np.ndarray) -> np.ndarray:
        scores = pair.scores(x.astype(np.float32))
        return np.array([rivalry.generator_loss(loss, score)[0] for score in scores[:, None]])

    for axis in (0, 1):
        step = np.eye(2)[axis] * h
        slope = (paid(at + step) - paid(at - step)) / (2 * h)
        # Kinks of LeakyReLU within the step make a few of them differ.
        assert np.median(np.abs(slope + pull[:, axis])) < 0.02 * max(np.abs(pull).max(), 1e-3)
    assert np.abs(pull).max() > 0


def test_a_critics_plane_is_scaled_to_its_scores() -> None:
    subject = points(adversary__loss={"kind": "Wasserstein"})
    found, pair = compute("arena", subject), players(subject)
    middle, reach = map(float, found["gan/scale"])
    (left, _), (bottom, _) = subject.dataset.extent  # type: ignore[misc]
    score = pair.scores(np.array([[left, bottom]], np.float32))[0]
    assert middle + (float(found["gan/plane"][0, 0]) - 128) / 127 * reach == pytest.approx(
        score, abs=reach / 120
    )


def test_answers_and_modes_are_counted_completely() -> None:
    subject = points()
    balance, spread = compute("balance", subject), compute("spread", subject)
    assert balance["gan/answers/real"].sum() == balance["gan/answers/fake"].sum() == 800
    middles = (np.arange(30) + 0.5) / 30
    mean = (balance["gan/answers/fake"] * middles).sum() / 800
    assert balance["gan/answers/mean"][1] == pytest.approx(mean, abs=1 / 60)
    assert spread["gan/modes/fake"].sum() == pytest.approx(1) == spread["gan/modes/real"].sum()
    assert (spread["gan/modes/good"] <= spread["gan/modes/fake"] + 1e-6).all()


def test_where_nothing_is_generated_there_is_nothing_to_see_and_nothing_to_ask() -> None:
    spec = preset("circle").experiment
    state = {name: x.astype(np.float32) for name, x in spec.initial_state().items()}
    subject = Subject(spec, load(spec.data), state)
    for name in ("arena", "sheet", "balance", "spread", "anatomy", "gallery"):
        assert compute(name, subject) == {}
    with pytest.raises(SpecError):
        answer("duel_walk", Scene(subject), {})


def test_the_generators_sheet_lies_where_the_noise_is_put() -> None:
    subject = points()
    sheet = compute("sheet", subject)["gan/manifold"]
    middle = players(subject).fakes(np.zeros((1, 2), np.float32))
    np.testing.assert_allclose(sheet[12, 12], subject.dataset.scaling.undo(middle)[0], rtol=1e-4, atol=1e-4)


def test_the_walk_is_a_step_as_torch_takes_it() -> None:
    subject = points(optimizer=SGD, adversary__optimizer=SGD, adversary__input_noise=0.0)
    found = answer("duel_walk", Scene(subject, step=7), {"number": 3})
    batch = Batch(players(subject), 3, 7)
    g, d = _torch(subject, "generator", 3), _torch(subject, "discriminator", 3)
    real, z, fresh = (torch.tensor(np.array(x)) for x in (batch.real, batch.z, batch.fresh))
    soft = torch.nn.functional.softplus
    paid = soft(-d(real)).mean() + soft(d(g(z).detach())).mean()
    paid.backward()
    with torch.no_grad():
        for weight in d.parameters():
            assert weight.grad is not None
            weight.sub_(0.05 * weight.grad)
    made = g(fresh)
    made.retain_grad()
    asked = soft(-d(made)).mean()
    asked.backward()
    with torch.no_grad():
        for weight in g.parameters():
            assert weight.grad is not None
            weight.sub_(0.05 * weight.grad)
    assert found.plain["before"]["d_loss"] == pytest.approx(paid.item(), rel=1e-4)
    assert found.plain["after"]["g_loss"] != found.plain["end"]["g_loss"]
    np.testing.assert_allclose(found.arrays["fresh"], made.detach().numpy(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.arrays["moved"], g(fresh).detach().numpy(), rtol=1e-3, atol=1e-4)
    assert made.grad is not None
    np.testing.assert_allclose(found.arrays["pull"], -made.grad.numpy() * batch.size, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("base", [POINTS, DIGITS], ids=["dense", "convolutions"])
def test_a_normalised_discriminator_is_shown_as_it_judges(base: Experiment) -> None:
    spec = base.replace("adversary.spectral_norm", True)
    trainer = trainer_of(spec, load(spec.data))
    assert isinstance(trainer, Adversarial)
    for _ in range(20):
        trainer.step()
    x, y = trainer.dataset.x[:50], trainer.dataset.y[:50]
    shown = players(Subject(spec, trainer.dataset, trainer.state())).scores(x, y)
    meant = trainer._judged(trainer._shown(x), y)
    np.testing.assert_allclose(shown, np.ravel(meant), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("path", ["adversary.spectral_norm", "adversary.loss.kind"])
def test_a_step_that_only_torch_can_take_is_not_walked(path: str) -> None:
    spec = POINTS.replace(path, True if path.endswith("norm") else "WassersteinPenalty")
    state = {name: x.astype(np.float32) for name, x in spec.initial_state().items()}
    with pytest.raises(SpecError) as refused:
        answer("duel_walk", Scene(Subject(spec, load(spec.data), state)), {})
    assert refused.value.key == "stage.duel.torch_only"


def test_noise_before_the_discriminator_is_walked_too() -> None:
    calm, noisy = (
        answer("duel_walk", Scene(points(adversary__input_noise=noise)), {"number": 1}).plain
        for noise in (0.0, 0.5)
    )
    assert calm["known"] == noisy["known"]
    assert calm["d_gradient_norm"] != pytest.approx(noisy["d_gradient_norm"], rel=1e-3)


def test_walking_leaves_the_networks_as_they_are() -> None:
    subject = points()
    before = {name: x.copy() for name, x in subject.state.items()}
    first = answer("duel_walk", Scene(subject), {}).arrays["moved"]
    np.testing.assert_array_equal(answer("duel_walk", Scene(subject), {}).arrays["moved"], first)
    for name, x in subject.state.items():
        np.testing.assert_array_equal(x, before[name])


def test_pictures_are_walked_through_too_with_their_classes() -> None:
    subject = trained(DIGITS.to_json(), 3)
    found = answer("duel_walk", Scene(subject), {})
    assert found.arrays["moved"].shape == found.arrays["pull"].shape == (10, 8, 8)
    assert "plane/before" not in found.arrays
    shown = compute("gallery", subject)
    assert shown["gan/samples"].shape == (60, 8, 8)
    tiles = compute("anatomy", subject)
    assert tiles["gan/d/-1"].shape == (1, 8, 8)
    assert tiles["gan/g/-1"].shape == (1, 2, 3)  # 6 numbers of noise, in rows
    for player in "gd":  # the class is told by three numbers of each player's own
        number = subject.state[f"{'discriminator' if player == 'd' else 'generator'}.classes.weight"][:, 0]
        told = (tiles[f"gan/{player}/-1/told"][0, 0].astype(float) - 128) / 127
        assert np.corrcoef(told, number)[0, 1] > 0.999


def test_noise_by_hand() -> None:
    subject = points()
    pair, scene = players(subject), Scene(subject)
    here = answer("imagine", scene, {"way": "place", "u": 0.5, "v": -1})
    z = (0.5 * plane(pair)[0] - plane(pair)[1])[None].astype(np.float32)
    np.testing.assert_allclose(here.arrays["samples"], subject.dataset.scaling.undo(pair.fakes(z)), rtol=1e-5)
    digits = Scene(trained(DIGITS.to_json(), 3))
    sheet = answer("imagine", digits, {"way": "sheet", "label": 4}).arrays["samples"]
    middle = answer("imagine", digits, {"way": "place", "label": 4, "near": True})
    np.testing.assert_array_equal(sheet[40], middle.arrays["samples"][0])
    other = answer("imagine", digits, {"way": "place", "label": 5}).arrays["samples"]
    assert (other != middle.arrays["samples"]).any()
    way = answer("imagine", digits, {"way": "between", "first": 2, "second": 12}).arrays["samples"]
    shown = compute("gallery", digits.subject)["gan/samples"]
    assert np.abs(way[0].astype(int) - shown[2]).max() <= 1
    assert np.abs(way[-1].astype(int) - shown[12]).max() <= 1
    with pytest.raises(SpecError):
        answer("imagine", digits, {"u": 7})


def test_between_two_latents_normal_noise_keeps_its_length() -> None:
    a, b = latents.fixed(POINTS.replace("adversary.latent_dim", 64), 2)
    lengths = [float(np.linalg.norm(between(a, b, part, "normal"))) for part in (0.0, 0.5, 1.0)]
    assert lengths[1] == pytest.approx((lengths[0] + lengths[2]) / 2, rel=0.03)
    np.testing.assert_allclose(between(a, b, 0.25, "uniform"), a + 0.25 * (b - a), rtol=1e-5)


def test_a_copy_is_recognised() -> None:
    dataset = load(DIGITS.data)
    index, distance = nearest(dataset, dataset.x[5:9])
    np.testing.assert_array_equal(index, [5, 6, 7, 8])
    assert distance.max() < 0.01 < apart(dataset)[0] < apart(dataset)[1]
    found = answer("copies", Scene(trained(DIGITS.to_json(), 3)), {})
    assert found.plain["copied"] == 0  # noise is like no digit
    seen = answer("recognise", Scene(trained(DIGITS.to_json(), 3)), {})
    assert seen.plain["judge"] == ""
    assert seen.arrays["seen"].sum() == pytest.approx(1)


def test_a_classifier_of_ones_own_judges_what_is_generated() -> None:
    classifier = DIGITS.replace("adversary", None).replace("loss", {"kind": "CrossEntropy"})
    classifier = classifier.replace("optimizer", {"kind": "Adam", "lr": 0.01}).replace(
        "model",
        {
            "layers": [
                {"kind": "Flatten"},
                {"kind": "Linear", "out_features": 32},
                {"kind": "ReLU"},
                {"kind": "Linear", "out_features": 10},
            ]
        },
    )
    trainer = trainer_of(classifier, load(classifier.data))
    while trainer.epoch < 10:
        trainer.step()
    accuracy = trainer.metrics()["accuracy"]
    assert accuracy > 0.95
    subject = Subject(classifier, trainer.dataset, trainer.state())
    scene = Scene(trained(DIGITS.to_json(), 3), bench=Bench(judge=Judge(subject, "mine", accuracy)))
    found = answer("recognise", scene, {})
    made = players(scene.subject).fakes(latents.fixed(DIGITS, found.plain["count"]))
    taken = decide(classifier, subject.net().forward(made.astype(np.float32)))
    np.testing.assert_array_equal(found.arrays["taken"], taken)
    assert found.plain["sure"] == pytest.approx((found.arrays["confidence"] >= 0.9).mean())
    assert (found.plain["judge"], found.plain["accuracy"]) == ("mine", accuracy)
    assert 0 <= found.plain["sure"] <= 1
    real = trainer.dataset.x
    assert made.min() >= real.min() - 1e-6, "generated pictures are shown to it as real ones are"
    assert made.max() <= real.max() + 1e-6


def _torch(subject: Subject, player: str, linear: int) -> torch.nn.Sequential:
    """The same network, built by torch alone."""
    layers: list[torch.nn.Module] = []
    for number in range(linear):
        weight, bias = (
            torch.tensor(subject.state[f"{player}.{2 * number}.{part}"]) for part in ("weight", "bias")
        )
        dense = torch.nn.Linear(weight.shape[1], weight.shape[0])
        dense.weight.data, dense.bias.data = weight.clone(), bias.clone()
        layers += [dense, torch.nn.LeakyReLU()] if number < linear - 1 else [dense]
    return torch.nn.Sequential(*layers)
