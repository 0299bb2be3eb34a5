"""The doctor finds what is wrong by its right name, is silent where nothing is, and its remedies really help."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

from playground import i18n
from playground.lessons.doctor import doctor
from playground.lessons.remedies import REMEDIES, remedies
from playground.presets import preset, presets
from playground.probes import Subject
from playground.probes.adversarial import illness
from playground.probes.asks import Scene, answer
from playground.probes.diagnosis import RULES, Finding, examine
from playground.spec import Experiment
from tests.lessons.cases import CASES, Case, adam, dense, scenes

ILL = {"xor-single-neuron": "too_small", "overfit": "overfitting"}
"""Presets that are there to show an illness."""
LONG = (
    *("digits-cnn", "digits-best", "rgb-cnn"),
    *("series-lstm", "adding-lstm", "polarity-gru", "names-gru", "char-lstm", "idioms-gru"),
)
ENOUGH = {"digits-mlp": 2, "digits-cnn": 2, "lenet-5": 2, "digits-best": 2, "rgb-cnn": 1}


def ask(scene: Scene, lang: str = "en") -> list[dict[str, Any]]:
    assert doctor
    found: list[dict[str, Any]] = answer("doctor", scene, {}, lang).plain["findings"]
    return found


def last(scene: Scene, name: str) -> float:
    return float(scene.history[name][-1]) if name in scene.history else math.nan


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(key, marks=[pytest.mark.long] if key in LONG else [])
        for key, found in presets().items()
        if key not in ILL and found.experiment.adversary is None
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_healthy_preset_gives_no_cause_for_alarm(key: str, seed: int) -> None:
    found = preset(key)
    digits = len(found.experiment.data.input_shape()) == 3
    dear = found.experiment.data.nature != "points"
    if dear and seed:
        pytest.skip("pictures and sequences are trained once; the other seed is for the quick ones")
    epochs = ENOUGH.get(key, found.epochs)
    moments = [0.1] if dear else [0.1, 1, 3.1, 6, 12, 25, epochs / 2]
    experiment = found.experiment.replace("seed", seed)
    if digits:  # a thousand pictures show an illness as well as all
        experiment = experiment.replace("data.count", 1000)
    for scene in scenes(experiment, epochs, moments):
        assert examine(scene) == [], scene.epoch
        assert ask(scene) == []


@pytest.mark.parametrize(("key", "name"), ILL.items())
def test_presets_that_show_an_illness_are_diagnosed_in_time(key: str, name: str) -> None:
    found = preset(key)
    early, *_, late = scenes(found.experiment, found.epochs / 2, [1])
    assert ask(early) == []
    assert [one["name"] for one in ask(late)] == [name]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_illness_is_called_by_its_name_and_its_remedy_helps(case: Case) -> None:
    *_, sick = scenes(case.experiment, case.epochs)
    found = ask(sick)
    assert [one["name"] for one in found] == [case.name, *case.also]
    remedy = found[0]["remedy"]
    assert remedy["key"] == case.remedy
    remedied = Experiment.from_plain(remedy["experiment"])
    assert len(differences(case.experiment, remedied)) == 1, "one thing is different"
    *_, well = scenes(remedied, case.epochs)
    assert well.status == "running"
    assert case.name not in [one["name"] for one in ask(well)]
    if case.name == "overfitting":
        assert last(well, "test_loss") < 0.5 * last(sick, "test_loss")
    else:
        assert sick.status == "diverged" or last(well, "loss") < 0.9 * last(sick, "loss")
        assert remedy["rehearsed"]


def differences(one: Experiment, other: Experiment) -> set[str]:
    """What was changed: a setting by its path, or what was done to all layers alike."""

    def leaves(value: Any, path: str = "") -> dict[str, Any]:
        if isinstance(value, dict):
            return {k: v for name, inner in value.items() for k, v in leaves(inner, f"{path}.{name}").items()}
        return {path: value}

    parts = ("data", "optimizer", "schedule", "loss", "training")
    mine, theirs = ({p: getattr(e, p).model_dump() for p in parts} for e in (one, other))
    # What a schedule needs besides its kind is part of choosing it.
    found = {p.removesuffix(".epochs").removesuffix(".floor") for p in _unequal(leaves(mine), leaves(theirs))}
    found = {p.removesuffix(".kind") for p in found}
    before, after = ([layer.plain() for layer in e.model.layers] for e in (one, other))
    if before != after:
        found.add("layers: " + ("more" if len(before) != len(after) else _kind_of_change(before, after)))
    return found


def _unequal(mine: dict[str, Any], theirs: dict[str, Any]) -> set[str]:
    return {path for path in mine.keys() | theirs.keys() if mine.get(path) != theirs.get(path)}


def _kind_of_change(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> str:
    changed = {name for b, a in zip(before, after, strict=True) for name in _unequal(b, a)}
    assert len(changed) == 1, changed
    return changed.pop()


def test_equal_neurons_are_seen_before_the_first_step() -> None:
    first, *_ = scenes(CASES["equal neurons"].experiment, 1, [0.02])
    assert [one["name"] for one in ask(first)] == ["symmetry"]


def test_a_class_that_is_overlooked_is_named() -> None:
    """Nineteen of twenty samples are of one class, and both lie in the same place."""
    experiment = dense(
        {"kind": "Gaussians", "count": 400, "noise": 1.0, "test_fraction": 0}, [], "Tanh", adam(0.03)
    )
    *_, scene = scenes(experiment, 5)
    dataset = scene.subject.dataset
    y = (np.arange(len(dataset.y)) % 20 == 0).astype(np.int64)
    biased = type(dataset)(**{**dataset.__dict__, "y": y})
    state = {name: np.zeros_like(values) for name, values in scene.subject.state.items()}
    state["0.bias"] -= 3
    found = ask(Scene(Subject(experiment, biased, state), 500, 5.0, None, scene.history))
    assert [one["name"] for one in found] == ["imbalance"]
    assert found[0]["figures"]["count"] == 20
    assert found[0]["remedy"] is None


def test_the_doctor_looks_and_disturbs_nothing() -> None:
    *_, scene = scenes(CASES["a learning rate too low"].experiment, 5)
    before = {name: values.copy() for name, values in scene.subject.state.items()}
    memory = {name: np.copy(values) for name, values in (scene.memory or {}).items()}
    assert ask(scene) == ask(scene)
    for name, values in before.items():
        np.testing.assert_array_equal(scene.subject.state[name], values)
    for name, values in memory.items():
        np.testing.assert_array_equal((scene.memory or {})[name], values)


def test_every_illness_has_its_words_in_every_language_and_a_source_of_remedies() -> None:
    names = {rule.__name__ for rule in (*RULES, *illness.RULES)} - {"too_fast"}
    assert names == {
        key.removeprefix("stage.doctor.").removesuffix("_why")
        for key in i18n.keys("en")
        if re.fullmatch(r"stage\.doctor\.\w+_why", key)
    }
    assert set(REMEDIES) == names - {"imbalance"}
    assert remedies(Finding("imbalance"), preset("circle").experiment) == []


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_evidence_is_said_in_words_and_figures(lang: str) -> None:
    *_, scene = scenes(CASES["equal neurons"].experiment, 4)
    (found,) = ask(scene, lang)
    assert "8" in found["evidence"]
    assert found["title"] == i18n.text("stage.doctor.symmetry", lang, column=1)
    assert found["remedy"]["change"] == i18n.text("stage.doctor.change_random", lang)
    assert not re.search(
        r"[{}]", found["title"] + found["evidence"] + found["why"] + found["remedy"]["rehearsed"]
    )
