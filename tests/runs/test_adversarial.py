"""The adversarial trainer: the same experiment takes the same steps, on either engine, however often it is left."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from playground.data import load
from playground.presets import preset
from playground.probes.adversarial import latents
from playground.probes.registry import names
from playground.runs.adversarial import Adversarial
from playground.runs.trainer import trainer_of
from playground.spec import Adversary, Experiment, ModelSpec, SpecError, State, advise
from playground.spec.adversary import GanLoss
from playground.spec.layers import Dropout, LayerSpec, LeakyReLU, Linear, Tanh
from playground.spec.mode_data import Gaussians8
from playground.spec.optimizers import Adam, RMSprop
from tests.states import assert_equal


def dense(*widths: int, between: LayerSpec = LeakyReLU()) -> ModelSpec:  # noqa: B008 - frozen
    layers: list[LayerSpec] = []
    for width in widths[:-1]:
        layers += [Linear(out_features=width), between]
    return ModelSpec(layers=(*layers, Linear(out_features=widths[-1])))


SMALL = Experiment(
    data=Gaussians8(count=60),
    model=dense(8, 2),
    optimizer=Adam(lr=0.01),
    adversary=Adversary(discriminator=dense(8, 1), optimizer=RMSprop(lr=0.002)),
).replace("training.batch_size", 16)
RICH = SMALL.replace("adversary.conditional", "embedding").replace(
    "adversary.discriminator.layers",
    [*dense(8, 1).plain()["layers"][:2], Dropout().plain(), Linear(out_features=1).plain()],
)
for path, value in {
    "adversary.discriminator_steps": 2,
    "adversary.input_noise": 0.1,
    "adversary.label_smoothing": 0.1,
    "adversary.noise": "uniform",
    "schedule": {"kind": "Cosine", "epochs": 20},
}.items():
    RICH = RICH.replace(path, value)


def trainer(experiment: Experiment, **options: Any) -> Adversarial:
    return Adversarial(experiment, load(experiment.data), **options)


def after(steps: int, experiment: Experiment, **options: Any) -> Adversarial:
    found = trainer(experiment, **options)
    for _ in range(steps):
        found.step()
    return found


def everything(found: Adversarial) -> State:
    return found.checkpoint()[1]


def test_an_experiment_with_an_adversary_is_trained_by_this_trainer() -> None:
    assert isinstance(trainer_of(SMALL, load(SMALL.data)), Adversarial)
    with pytest.raises(SpecError, match="discriminator"):
        trainer(SMALL.replace("adversary", None).replace("layers.2.out_features", 8))


@pytest.mark.parametrize("engine", ["numpy", "torch"])
@pytest.mark.parametrize("interrupted_at", [0, 1, 3, 4, 201])
def test_a_restored_trainer_goes_on_bit_for_bit(interrupted_at: int, engine: str) -> None:
    experiment = RICH.replace("engine", engine)
    undisturbed = after(210 if interrupted_at > 200 else 12, experiment)
    meta, state = after(interrupted_at, experiment).checkpoint()
    resumed = trainer(experiment)
    resumed.restore(meta, state)
    while resumed.steps < undisturbed.steps:
        resumed.step()
    assert resumed.epoch == undisturbed.epoch
    assert resumed.metrics() == undisturbed.metrics()
    assert_equal(everything(resumed), everything(undisturbed))


def test_looking_does_not_disturb_training() -> None:
    watched, unwatched = trainer(RICH), trainer(RICH)
    for _ in range(8):
        watched.step()
        watched.snapshot(tuple(names()))
        unwatched.step()
    assert_equal(everything(watched), everything(unwatched))


@pytest.mark.parametrize("experiment", [SMALL, RICH], ids=["small", "rich"])
def test_both_engines_play_the_same_game(experiment: Experiment) -> None:
    ours, theirs = (
        after(30, experiment.replace("engine", name), dtype="float64") for name in ("numpy", "torch")
    )
    for name, value in ours.state().items():
        np.testing.assert_allclose(value, theirs.state()[name], rtol=1e-9, atol=1e-10, err_msg=name)
    assert ours.metrics() == pytest.approx(theirs.metrics(), rel=1e-8)


@pytest.mark.parametrize("kind", list(GanLoss.catalogue()))
def test_a_step_is_what_torch_would_do(kind: str) -> None:
    """Two updates of the discriminator and one of the generator, written as a torch programmer writes them."""
    experiment = SMALL.replace("adversary.loss.kind", kind).replace("adversary.discriminator_steps", 2)
    experiment = experiment.replace("engine", "torch")
    found = trainer(experiment, dtype="float64")
    rules = experiment.adversary
    assert rules is not None
    players = {}
    for name, width in (("generator", 2), ("discriminator", 1)):
        players[name] = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(), nn.Linear(8, width)).double()
        own = {
            k.partition(".")[2]: torch.from_numpy(v) for k, v in found.state().items() if k.startswith(name)
        }
        players[name].load_state_dict(own)
    g, d = players["generator"], players["discriminator"]
    g_optimizer = torch.optim.Adam(g.parameters(), lr=0.01)
    d_optimizer = torch.optim.RMSprop(d.parameters(), lr=0.002)
    random, order = _twin(found), found._order
    x = torch.tensor(found.dataset.x, dtype=torch.float64)
    for turn in range(2):
        real = x[order[16 * turn : 16 * turn + 16]]
        fake = g(torch.from_numpy(latents.drawn(rules, 16, random)).double()).detach()
        d_optimizer.zero_grad()
        loss = _of_discriminator(kind, d(real), d(fake))
        if kind == "WassersteinPenalty":
            share = torch.from_numpy(random.random((16, 1), dtype=np.float32)).double()
            between = (share * real + (1 - share) * fake).requires_grad_()
            (slope,) = torch.autograd.grad(d(between).sum(), between, create_graph=True)
            loss = loss + 10 * ((slope.norm(dim=1) - 1) ** 2).mean()
        loss.backward()
        d_optimizer.step()
        if kind == "Wasserstein":
            with torch.no_grad():
                for parameter in d.parameters():
                    parameter.clamp_(-0.01, 0.01)
    g_optimizer.zero_grad()
    _of_generator(kind, d(g(torch.from_numpy(latents.drawn(rules, 16, random)).double()))).backward()
    g_optimizer.step()
    found.step()
    for name, player in players.items():
        for tensor, value in player.state_dict().items():
            np.testing.assert_allclose(found.state()[f"{name}.{tensor}"], value.numpy(), rtol=1e-6, atol=1e-9)


def _twin(found: Adversarial) -> np.random.Generator:
    twin = np.random.Generator(np.random.PCG64())
    twin.bit_generator.state = found._random.bit_generator.state
    return twin


def _of_discriminator(kind: str, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    if kind in ("NonSaturating", "Minimax"):
        bce = nn.BCEWithLogitsLoss()
        return bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))
    if kind == "LeastSquares":
        return 0.5 * ((real - 1) ** 2).mean() + 0.5 * (fake**2).mean()
    return fake.mean() - real.mean()


def _of_generator(kind: str, fake: torch.Tensor) -> torch.Tensor:
    if kind == "NonSaturating":
        return nn.BCEWithLogitsLoss()(fake, torch.ones_like(fake))
    if kind == "Minimax":
        return torch.log(1 - torch.sigmoid(fake)).mean()
    if kind == "LeastSquares":
        return 0.5 * ((fake - 1) ** 2).mean()
    return -fake.mean()


@pytest.mark.parametrize(("who", "moves"), [("both", "gd"), ("discriminator", "d"), ("generator", "g")])
def test_only_who_is_to_learn_moves(who: str, moves: str) -> None:
    found = after(3, SMALL)
    found.set("adversary.training", who)
    before = found.state()
    found.step()
    assert found.steps == 4
    moved = {name[0] for name, value in found.state().items() if not np.array_equal(value, before[name])}
    assert moved == set(moves)


def test_settings_change_while_it_trains_and_what_would_need_other_tensors_is_refused() -> None:
    found = after(2, SMALL)
    for path, value in {
        "adversary.loss.kind": "LeastSquares",
        "adversary.optimizer.lr": 0.1,
        "adversary.generator_steps": 3,
        "adversary.label_smoothing": 0.2,
        "optimizer.lr": 0.02,
        "training.batch_size": 7,
    }.items():
        found.set(path, value)
        found.step()
    assert found.steps == 8
    assert found.metrics()["d_lr"] == 0.1
    assert found.epoch == pytest.approx((2 * 16 + 5 * 16 + 7) / 60)
    for path, value in {
        "adversary.latent_dim": 3,
        "adversary.discriminator.layers.0.out_features": 9,
        "adversary.conditional": "one-hot",
        "adversary.spectral_norm": True,
        "adversary": None,
        "data.count": 70,
    }.items():
        with pytest.raises(SpecError):
            found.set(path, value)
    assert found.experiment.adversary is not None
    assert found.experiment.adversary.latent_dim == 2


def test_a_training_that_diverges_stops_at_its_last_sound_step() -> None:
    found = after(5, SMALL.replace("adversary.loss.kind", "LeastSquares"))
    found.set("adversary.optimizer", {"kind": "SGD", "lr": 10})
    while found.status == "running" and found.steps < 200:
        found.step()
    assert (found.status, found.reason) == ("diverged", "run.diverged")
    assert 5 <= found.steps < 200
    assert all(np.isfinite(value).all() for value in found.state().values())
    steps = found.steps
    found.step()
    assert found.steps == steps


def test_it_stops_where_it_is_told_to() -> None:
    by_epochs = after(99, SMALL.replace("training.max_epochs", 2))
    assert (by_epochs.steps, by_epochs.status, by_epochs.reason) == (8, "finished", "run.reached_epochs")
    by_steps = after(99, SMALL.replace("training.max_steps", 5))
    assert (by_steps.steps, by_steps.reason) == (5, "run.reached_steps")
    by_steps.set("training.max_steps", 6)
    by_steps.step()
    assert by_steps.steps == 6


def test_a_weight_can_be_set_by_hand() -> None:
    found = after(1, RICH)
    found.set_weight("discriminator.classes.weight", (1, 2), 0.5)
    assert found.state()["discriminator.classes.weight"][1, 2] == 0.5
    with pytest.raises(SpecError, match="judge"):
        found.set_weight("judge.0.weight", (0, 0), 1.0)


def test_each_real_sample_is_shown_as_often_as_any_other() -> None:
    found = trainer(SMALL)
    shown = np.concatenate([found._next(16) for _ in range(15)])
    assert np.bincount(shown, minlength=60).tolist() == [4] * 60


def test_spectral_normalisation_bounds_the_slope_of_the_discriminator() -> None:
    """Three layers of σ = 1 and slopes of at most 1 between them: no score changes faster than its sample."""
    experiment = SMALL.replace("adversary.spectral_norm", True)
    experiment = experiment.replace("adversary.discriminator", dense(8, 8, 1, between=Tanh()).plain())
    found = after(40, experiment)
    assert found.place.engine == "torch"
    net = found._discriminator.net
    x = np.random.default_rng(0).normal(0, 3, (200, 2))
    net.forward(x, training=True)
    slopes = np.linalg.norm(net.backward(np.ones((200, 1))), axis=1)
    assert slopes.max() <= 1 + 1e-4
    weight = found.state()["discriminator.0.weight"]
    assert np.linalg.norm(weight, 2) != pytest.approx(1, abs=1e-3), "the state keeps the learned weight"
    bare = trainer(experiment.replace("adversary.spectral_norm", False).replace("engine", "torch"))
    bare._discriminator.load(found.state())
    effective = {
        name: value / np.linalg.norm(value, 2) if name.endswith("weight") and name[0] == "d" else value
        for name, value in found.state().items()
    }
    bare._discriminator.load(effective)
    np.testing.assert_allclose(bare._discriminator.net.forward(x), net.forward(x), atol=1e-5)


def test_what_only_torch_can_is_refused_by_numpy_with_a_way_out() -> None:
    for change in ({"loss": {"kind": "WassersteinPenalty"}}, {"spectral_norm": True}):
        assert SMALL.adversary is not None
        wanted = SMALL.replace("adversary", SMALL.adversary.plain() | change)
        assert trainer(wanted).place.engine == "torch"
        (advice,) = advise(wanted.replace("engine", "numpy"))
        assert advice.level == "error"
        assert "torch" in advice.text("en")
        assert advice.mend is not None
        assert advice.mend.engine == "torch"


def test_a_conditional_generator_learns_to_do_as_it_is_told() -> None:
    """Each of eight classes is one cloud: what is asked for comes out."""
    experiment = preset("gan-8-gaussians").experiment.replace("adversary.conditional", "one-hot")
    found = after(500, experiment.replace("training.batch_size", 128))
    points, y = found.fixed_samples(400)
    angles = 2 * math.pi * y / 8
    centres = 4 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    assert (np.linalg.norm(points - centres, axis=1) < 1.5).mean() > 0.9
