"""Every preset reaches its goal, trained by the NumPy engine as a visitor would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from playground import i18n
from playground.data import load
from playground.presets import Goal, preset, presets
from playground.runs.supervised import Supervised
from playground.runs.trainer import trainer_of
from playground.spec import Experiment, SpecError, advise


def trained(experiment: Experiment, epochs: int) -> dict[str, float]:
    trainer = trainer_of(experiment.replace("training.max_epochs", epochs), load(experiment.data))
    while trainer.status == "running":
        trainer.step()
    assert trainer.status == "finished"
    return trainer.metrics()


LONG = ("digits-best", "rgb-cnn", "char-lstm", "gan-grid")


def rounds() -> Iterator[Any]:
    """Every preset with three seeds; another seed of a game says again, in seconds, what the first has said."""
    for key, found in presets().items():
        for seed in range(3):
            long = key in LONG or (found.experiment.adversary is not None and seed)
            yield pytest.param(seed, key, marks=[pytest.mark.long] if long else [])


@pytest.mark.parametrize(("seed", "key"), list(rounds()))
def test_a_preset_reaches_its_goals(key: str, seed: int) -> None:
    found = preset(key)
    if found.experiment.data.nature != "points" and seed:
        pytest.skip(
            "pictures and sequences take seconds and are trained once; more seeds are for the quick ones"
        )
    if found.experiment.adversary is not None and (found.experiment.data.nature == "pictures" or seed == 2):
        pytest.skip("games take seconds; those about pictures are played in test_generated_digits")
    metrics = trained(found.experiment.replace("seed", seed), found.epochs)
    for goal in found.goals:
        assert goal.reached(metrics), f"{goal.text()}: {metrics}"


def test_one_neuron_never_gets_more_than_three_of_the_four_points() -> None:
    experiment = preset("xor-single-neuron").experiment
    for seed in range(5):
        trainer = Supervised(experiment.replace("seed", seed), load(experiment.data))
        for _ in range(1500):
            trainer.step()
            if trainer.steps % 100 == 0:
                assert trainer.metrics()["accuracy"] <= 0.75


@pytest.mark.parametrize("remedy", ["l2", "dropout"])
def test_regularisation_closes_the_gap_of_overfitting(remedy: str) -> None:
    found = preset("overfit")
    worse = trained(found.experiment, found.epochs)
    experiment = found.experiment
    if remedy == "l2":
        for index, layer in enumerate(experiment.model.layers):
            if layer.regularised:
                experiment = experiment.replace(f"layers.{index}.l2", 0.03)
    else:
        layers = []
        for layer in experiment.model.layers:
            layers.append(layer.plain())
            if layer.kind == "ReLU":
                layers.append({"kind": "Dropout", "p": 0.5})
        experiment = experiment.replace("model", {"layers": layers})
    better = trained(experiment, found.epochs)

    def gap(metrics: dict[str, float]) -> float:
        return metrics["test_loss"] - metrics["loss"]

    assert gap(better) < gap(worse) / 2
    assert better["test_loss"] < worse["test_loss"]


@pytest.mark.parametrize("key", list(presets()))
def test_a_preset_has_words_and_gives_no_cause_for_advice(key: str) -> None:
    found = preset(key)
    assert advise(found.experiment) == []
    for lang in i18n.LANGUAGES:
        assert found.title(lang)
        assert found.sentence(lang)
    assert preset("xor-single-neuron").why("zh")


def test_a_goal_with_a_missing_or_undefined_metric_is_not_reached() -> None:
    goal = Goal(metric="loss", most=1.0)
    assert goal.reached({"loss": 0.5})
    assert not goal.reached({})
    assert not goal.reached({"loss": float("nan")})
    assert not goal.reached({"loss": 2.0})


def test_an_unknown_preset_is_refused_with_what_there_is() -> None:
    with pytest.raises(SpecError, match="xor-single-neuron"):
        preset("xr")


def test_a_collapsed_generator_recovers_once_both_learn_equally_often() -> None:
    """The remedy of the example that collapses is the one setting that it names."""
    found = preset("gan-collapse").experiment
    assert trained(found, 64)["modes"] <= 2
    cured = trained(found.replace("adversary.generator_steps", 1), 128)
    assert cured["modes"] >= 7
    assert cured["quality"] >= 0.7
    assert cured["reverse_kl"] < 0.2
