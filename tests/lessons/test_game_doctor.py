"""The doctor of games: what a history shows is named with its figures, and every remedy can be trained and differs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground import i18n
from playground.data import load
from playground.lessons import doctor as entered  # noqa: F401 - enters its question
from playground.lessons.remedies import remedies
from playground.presets import preset
from playground.probes import Subject
from playground.probes.adversarial import illness
from playground.probes.asks import Answer, Scene, answer
from playground.probes.diagnosis import Finding
from playground.runs.trainer import trainer_of
from playground.spec import Experiment

BASE = preset("gan-8-gaussians").experiment
COUNT = 40
HEALTHY = {
    "d_accuracy": 0.55,
    "d_real": 0.53,
    "d_fake": 0.48,
    "g_gradient_norm": 1.0,
    "modes": 8,
    "quality": 0.9,
    "reverse_kl": 0.01,
}


def scene(step: int = 1600, experiment: Experiment = BASE, **lines: Any) -> Scene:
    """A game whose history shows these metrics, a number or a course of it each."""
    history = {
        name: np.broadcast_to(value, COUNT).astype(float) for name, value in {**HEALTHY, **lines}.items()
    }
    history |= {"step": np.linspace(0, step, COUNT), "epoch": np.linspace(0, step / 8, COUNT)}
    state = {name: x.astype(np.float32) for name, x in experiment.initial_state().items()}
    return Scene(Subject(experiment, load(experiment.data), state), step, step / 8, None, history)


def names(found: Scene) -> list[str]:
    return [finding.name for finding in illness.examine(found)]


def test_a_game_in_balance_is_healthy_and_one_that_has_begun_is_not_judged() -> None:
    assert names(scene()) == []
    assert names(scene(modes=1, reverse_kl=2.0)) == ["collapse"]
    assert names(scene(step=100, modes=1, reverse_kl=2.0)) == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ({"d_accuracy": 0.97, "d_real": 0.95, "d_fake": 0.05, "quality": 0.1}, "ahead"),
        (
            {
                "d_accuracy": 0.99,
                "d_real": 0.99,
                "d_fake": 0.01,
                "quality": 0.0,
                "g_gradient_norm": np.geomspace(2, 1e-4, COUNT),
            },
            "vanished",
        ),
        ({"d_accuracy": 0.5 + 0.3 * np.sin(np.arange(COUNT) * 2.0), "quality": 0.3}, "circling"),
        ({"modes": 2, "reverse_kl": 1.4, "quality": 0.9}, "collapse"),
    ],
)
def test_each_illness_is_told_by_its_figures(lines: dict[str, Any], expected: str) -> None:
    sick = scene(**lines)
    assert names(sick) == [expected]
    for lang in i18n.LANGUAGES:
        (found,) = answer("doctor", sick, {}, lang).plain["findings"]
        assert found["name"] == expected
        assert "{" not in found["title"] + found["evidence"] + found["why"] + found["remedy"]["change"]
        remedied = Experiment.from_plain(found["remedy"]["experiment"])
        assert remedied != BASE
        trainer_of(remedied, load(remedied.data)).step()


def test_a_balance_that_swings_is_no_illness_while_samples_become_better() -> None:
    swinging = 0.5 + 0.3 * np.sin(np.arange(COUNT) * 2.0)
    assert names(scene(d_accuracy=swinging, quality=np.linspace(0.1, 0.7, COUNT))) == []
    assert names(scene(d_accuracy=swinging, quality=np.linspace(0.1, 0.9, COUNT))) == []


def test_pictures_of_all_classes_are_no_collapse() -> None:
    experiment = preset("gan-conditional").experiment
    trainer = trainer_of(experiment, load(experiment.data))
    while trainer.steps < 60:
        trainer.step()
    fakes, reals = illness.variety(Scene(Subject(experiment, trainer.dataset, trainer.state())))
    assert fakes > illness.ALIKE * reals
    alike = {name: 0 * x if "generator" in name else x for name, x in trainer.state().items()}
    fakes, _ = illness.variety(Scene(Subject(experiment, trainer.dataset, alike)))
    assert fakes == 0


def test_good_samples_need_no_doctor_however_strong_the_discriminator() -> None:
    assert names(scene(d_accuracy=0.95, d_real=0.9, d_fake=0.1)) == []


@pytest.mark.parametrize(
    ("path", "value", "illness_", "key"),
    [
        ("adversary.latent_dim", 1, "collapse", "latent"),
        ("adversary.generator_steps", 8, "collapse", "turns"),
        ("optimizer.lr", 0.02, "collapse", "g_rate"),
        ("adversary.optimizer.lr", 0.02, "ahead", "d_rate"),
        ("adversary.discriminator_steps", 5, "ahead", "turns"),
        ("optimizer.beta1", 0.9, "circling", "momentum"),
    ],
)
def test_the_first_remedy_undoes_what_is_odd(path: str, value: float, illness_: str, key: str) -> None:
    odd = BASE.replace(path, value)
    assert remedies(Finding(illness_), odd)[0].key == key


def test_a_real_collapse_is_seen_while_it_happens() -> None:
    sick = BASE.replace("adversary.generator_steps", 8).replace("adversary.optimizer.lr", 0.0005)
    trainer = trainer_of(sick, load(sick.data))
    history: dict[str, list[float]] = {}
    while trainer.steps < 320:
        trainer.step()
        if trainer.steps % 16 == 0:
            for name, value in {**trainer.metrics(), "step": trainer.steps, "epoch": trainer.epoch}.items():
                history.setdefault(name, []).append(value)
    subject = Subject(sick, trainer.dataset, trainer.state())
    found: Answer = answer(
        "doctor",
        Scene(subject, trainer.steps, trainer.epoch, None, {k: np.array(v) for k, v in history.items()}),
        {},
    )
    assert found.plain["findings"][0]["name"] == "collapse"
    assert found.plain["findings"][0]["remedy"]["key"] == "turns"
