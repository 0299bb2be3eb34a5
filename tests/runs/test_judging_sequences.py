"""How good a network is at sequences: what is judged counts, errors have units, text is measured in bits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from playground.data import load
from playground.data.targets import code, decide
from playground.presets import preset
from playground.runs.evaluation import outputs
from playground.runs.supervised import Supervised
from playground.spec import Experiment

STEPS = {"kind": "GRU", "hidden_size": 8, "return_sequences": True}


def experiment(data: dict[str, Any], width: int, loss: str, *, steps: bool) -> Experiment:
    layers = [{**STEPS, "return_sequences": steps}, {"kind": "Linear", "out_features": width}]
    if data["kind"] in ("Corpus", "Idioms", "Reviews"):
        layers.insert(0, {"kind": "Embedding", "num_embeddings": 1000, "embedding_dim": 8})
    return Experiment.from_plain({"data": data, "model": {"layers": layers}, "loss": loss})


def test_only_judged_steps_count() -> None:
    found = experiment({"kind": "CopyDelay", "count": 200}, 4, "CrossEntropy", steps=True)
    data = load(found.data)
    trainer = Supervised(found, data)
    answers = decide(found, outputs(found, trainer.state(), data.x_test))
    judged = data.y_test != -100
    metrics = trainer.metrics()
    assert judged.mean() == pytest.approx(3 / 16)
    assert metrics["test_accuracy"] == pytest.approx((answers[judged] == data.y_test[judged]).mean())
    assert "perplexity" not in metrics


def test_text_is_judged_in_bits() -> None:
    found = experiment({"kind": "Corpus", "count": 5000, "vocabulary": 60}, 60, "CrossEntropy", steps=True)
    data = load(found.data)
    trainer = Supervised(found, data)
    metrics = trainer.metrics()
    logits = outputs(found, trainer.state(), data.x_test).astype(np.float64)
    chances = np.exp(logits - logits.max(-1, keepdims=True))
    chances /= chances.sum(-1, keepdims=True)
    judged = data.y_test != -100
    bits = -np.log2(
        np.take_along_axis(chances, np.where(judged, data.y_test, 0)[..., None], -1)[..., 0][judged]
    ).mean()
    assert metrics["test_bits"] == pytest.approx(bits, rel=1e-5)
    assert metrics["test_perplexity"] == pytest.approx(2**bits, rel=1e-4)
    assert math.log2(60) - 1 < bits < math.log2(60) + 1


@pytest.mark.parametrize("shape", ["many-to-one", "many-to-many"])
def test_forecasts_are_judged_in_the_units_of_the_series(shape: str) -> None:
    found = experiment(
        {"kind": "Series", "source": "us-employment", "shape": shape, "window": 12, "horizon": 2},
        2,
        "MSE",
        steps=shape == "many-to-many",
    )
    data = load(found.data)
    trainer = Supervised(found, data)
    metrics = trainer.metrics()
    told = outputs(found, trainer.state(), data.x_test)
    error = (told.astype(np.float64) - data.y_test) * data.scaling.scale[0]
    assert metrics["test_rmse"] == pytest.approx(math.sqrt((error**2).mean()), rel=1e-5)
    assert metrics["test_rmse"] > 1000, "in thousands of jobs"
    assert metrics["test_skill"] == pytest.approx(1 - metrics["test_rmse"] / metrics["naive_rmse"])
    assert {"naive_rmse", "seasonal_rmse"} <= metrics.keys()


@pytest.mark.parametrize("loss", ["BCEWithLogits", "MSE"])
def test_two_classes_at_each_step_may_be_one_number(loss: str) -> None:
    found = experiment({"kind": "Parity", "length": 3, "count": 200}, 1, loss, steps=True)
    trainer = Supervised(
        found.replace("training.max_steps", 400).replace("optimizer", {"kind": "Adam", "lr": 0.03}),
        load(found.data),
    )
    while trainer.status == "running":
        trainer.step()
    assert trainer.metrics()["test_accuracy"] > 0.95


def test_what_is_not_judged_is_no_number() -> None:
    y = np.array([[0, 1, -100]])
    assert np.array_equal(code(y, "bits", 1)[0, :, 0], [0, 1, np.nan], equal_nan=True)
    assert np.array_equal(code(y, "signs", 1)[0, :, 0], [-1, 1, np.nan], equal_nan=True)
    assert code(y, "bits", 2).shape == (1, 3, 2)
    assert code(y, "classes", 2).tolist() == [[0, 1, -100]]


def test_a_running_text_can_be_left_and_taken_up_again() -> None:
    found = (
        preset("idioms-gru")
        .experiment.replace("data.characters", "300")
        .replace("layers.0.num_embeddings", 303)
    )
    found = found.replace("layers.2.out_features", 303)
    data = load(found.data)
    whole, parted = Supervised(found, data), Supervised(found, data)
    for _ in range(30):
        whole.step()
    for _ in range(17):
        parted.step()
    again = Supervised(found, data)
    again.restore(*parted.checkpoint())
    for _ in range(13):
        again.step()
    assert all(
        np.array_equal(a, b) for a, b in zip(whole.state().values(), again.state().values(), strict=True)
    )
