"""The command line on a generator and its adversary: trained, saved, asked for samples, replayed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from playground.cli import main
from playground.data import load
from playground.presets import preset
from playground.runs.adversarial import Adversarial

SHORT = ("gan-8-gaussians", "--steps", "40", "--json")


def test_training_reports_how_the_game_stands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *SHORT, "--set", "adversary.optimizer.lr=0.001"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["steps"], report["status"], report["goal_reached"]) == (40, "finished", None)
    assert set(report["metrics"]) == {
        *("d_loss", "g_loss", "d_real", "d_fake", "d_accuracy", "d_gradient_norm", "g_gradient_norm"),
        *("modes", "quality", "reverse_kl", "lr", "d_lr"),
    }
    assert report["metrics"]["d_lr"] == 0.001


def test_saved_players_make_the_samples_that_they_made_while_they_trained(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["train", *SHORT, "--save", "w.safetensors"]) == 0
    weights = load_file("w.safetensors")
    assert {name.partition(".")[0] for name in weights} == {"generator", "discriminator"}
    experiment = preset("gan-8-gaussians").experiment
    trainer = Adversarial(experiment, load(experiment.data))
    for _ in range(40):
        trainer.step()
    for name, value in trainer.state().items():
        np.testing.assert_array_equal(weights[name], value)
    z = np.random.default_rng(0).normal(size=(7, 2)).astype(np.float32)
    np.save("z.npy", z)
    capsys.readouterr()
    asked = [
        "predict",
        "gan-8-gaussians",
        "--weights",
        "w.safetensors",
        "--input",
        "z.npy",
        "--output",
        "x.npy",
    ]
    assert main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["output"] == [7, 2]
    np.testing.assert_allclose(np.load("x.npy"), trainer._generator.forward(z, None), rtol=1e-6)
    np.save("z.npy", z[:, :1])
    assert main(asked) == 2
    assert "['N', 2]" in capsys.readouterr().err
    assert main([*asked, "--classes"]) == 2


def test_a_conditional_generator_is_told_the_class_in_one_more_column(
    capsys: pytest.CaptureFixture[str],
) -> None:
    change = ("--set", "adversary.conditional=one-hot")
    assert main(["train", *SHORT, "--save", "w.safetensors", *change]) == 0
    asked = [
        "predict",
        "gan-8-gaussians",
        "--weights",
        "w.safetensors",
        "--input",
        "z.npy",
        "--output",
        "x.npy",
    ]
    np.save("z.npy", np.array([[0.1, 0.2, 0], [0.1, 0.2, 7]]))
    assert main([*asked, *change]) == 0
    one, other = np.load("x.npy")
    assert (one != other).all()
    np.save("z.npy", np.array([[0.1, 0.2, 8.0]]))
    capsys.readouterr()
    assert main([*asked, *change]) == 2
    assert "without 8" in capsys.readouterr().err


def test_no_weights_are_called_the_best(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *SHORT, "--keep", "best"]) == 2
    assert "--keep" in capsys.readouterr().err


def test_a_game_is_replayed_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", *SHORT]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["file"] == "gaussians8-2-64-64-2.html"
    assert Path(report["file"]).stat().st_size > 50_000
