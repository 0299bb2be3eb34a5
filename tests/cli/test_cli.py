"""The command line: real training, real files, one JSON object, and a sentence with exit code 2 for bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from playground.__main__ import command
from playground.cli import main
from playground.data import load
from playground.data.targets import decide
from playground.presets import preset, presets
from playground.presets.home import LABS
from playground.runs.evaluation import outputs
from playground.spec import Experiment

ROOT = Path(__file__).resolve().parents[2]


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Run the command; return exit code, the JSON object on stdout and what was said on stderr."""
    code = main(arguments)
    out, err = capsys.readouterr()
    return code, json.loads(out) if out.startswith("{") else {"text": out}, err


def test_training_a_preset_reports_everything_in_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    code, report, err = said(capsys, "train", "xor", "--json")
    assert code == 0
    assert report["experiment"] == "xor"
    assert report["engine"] == "numpy"
    assert report["device"] == "cpu"
    assert report["status"] == "finished"
    assert report["goal_reached"] is True
    assert report["steps"] == 300
    assert report["epochs"] == 300
    assert report["seconds"] > 0
    assert report["steps_per_second"] > 0
    assert report["metrics"]["loss"] < 0.01
    assert report["metrics"]["accuracy"] == 1
    assert "Goal reached" in err


def test_both_engines_report_the_same_curve(capsys: pytest.CaptureFixture[str]) -> None:
    curves = [
        said(capsys, "train", "circle", "--engine", engine, "--steps", "100", "--json")[1]["curve"]
        for engine in ("numpy", "torch")
    ]
    assert [[point["step"] for point in curve] for curve in curves] == [list(range(5, 101, 5))] * 2
    for name in ("loss", "test_loss"):
        one, other = ([point[name] for point in curve] for curve in curves)
        assert one == pytest.approx(other, abs=1e-3)
        assert one[0] > one[-1]


def test_a_training_that_stops_earlier_has_a_curve_to_its_last_step(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = said(capsys, "train", "xor", "--set", "training.target_loss=0.1", "--json")[1]
    assert [point["step"] for point in report["curve"]][-1] == report["steps"] < 300
    assert report["curve"][-1].items() >= report["metrics"].items()


def test_test_metrics_are_reported_where_there_is_a_test_set(capsys: pytest.CaptureFixture[str]) -> None:
    _, report, _ = said(capsys, "train", "circle", "--epochs", "2", "--json")
    assert {"loss", "test_loss", "accuracy", "test_accuracy"} <= set(report["metrics"])
    assert report["epochs"] == 2
    assert report["goal_reached"] is None


def test_the_same_seed_gives_the_same_figures_and_another_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one, again, other = (
        said(capsys, "train", "circle", "--steps", "50", "--seed", seed, "--json")[1]["metrics"]
        for seed in ("4", "4", "5")
    )
    assert one == again != other


def test_the_best_weights_can_be_kept_instead_of_the_last(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "best.safetensors"
    wild = (
        "train",
        "moons",
        "--set",
        "optimizer.lr=3",
        "--set",
        "data.noise=0.4",
        "--epochs",
        "12",
        "--json",
    )
    code, report, err = said(capsys, *wild, "--save", str(file), "--keep", "best")
    assert code == 0
    best = report["best"]
    assert best["metric"] == "test_accuracy"
    assert (best["value"], -best["tie"]) > (
        report["metrics"]["test_accuracy"],
        -report["metrics"]["test_loss"],
    )
    assert best["step"] < report["steps"]
    assert f"{best['step']:,}" in err
    experiment = Experiment.from_link(report["link"])
    dataset = load(experiment.data)
    answers = decide(experiment, outputs(experiment, load_file(file), dataset.x_test))
    assert float((answers == dataset.y_test).mean()) == best["value"]
    _, last, _ = said(capsys, *wild, "--save", str(file))
    assert last["best"] is None
    assert last["metrics"] == report["metrics"], "to judge disturbs nothing"


def test_a_presets_schedule_ends_when_its_training_does(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("train", "digits-best", "--set", "data.kind=digits8X8", "--set", "data.test_fraction=0.5")
    layers = json.dumps({"layers": [{"kind": "Flatten"}, {"kind": "Linear", "out_features": 10}]})
    small = (*arguments, "--set", f"model={layers}", "--epochs", "2", "--json")
    code, report, err = said(capsys, *small)
    assert code == 0
    assert Experiment.from_link(report["link"]).schedule.plain() == {"kind": "Cosine", "epochs": 2}
    assert report["metrics"]["lr"] == pytest.approx(0, abs=1e-9)
    assert "ends after 2" in err
    _, report, err = said(capsys, *small, "--set", "schedule.epochs=5")
    assert Experiment.from_link(report["link"]).schedule.plain() == {"kind": "Cosine", "epochs": 5}
    assert "ends after" not in err


def test_data_that_are_not_there_are_a_sentence_that_says_what_to_do(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _, err = said(capsys, "train", "digits-best", "--set", "data.kind=mnist", "--epochs", "1", "--json")
    assert code == 2
    assert str(tmp_path / "data" / "datasets" / "mnist") in err
    assert "playground download mnist" in err


def test_an_experiment_can_be_a_file_or_a_link(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    experiment = preset("circle").experiment.replace("seed", 3)
    file = tmp_path / "mine.json"
    file.write_text(experiment.to_json())
    reports = [
        said(capsys, "train", text, "--steps", "30", "--json")[1]
        for text in (str(file), experiment.to_link(), f"http://localhost:8501/?e={experiment.to_link()}")
    ]
    assert [report["metrics"] for report in reports] == [reports[0]["metrics"]] * 3


def test_settings_are_changed_by_path(capsys: pytest.CaptureFixture[str]) -> None:
    _, report, _ = said(
        capsys,
        "train",
        "circle",
        "--steps",
        "5",
        "--set",
        "optimizer.kind=Adam",
        "--set",
        "optimizer.lr=0.5",
        "--json",
    )
    assert report["metrics"]["lr"] == 0.5
    assert Experiment.from_link(report["link"]).optimizer.kind == "Adam"


def test_weights_are_saved_under_torchs_names_and_predict_as_trained(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    import torch

    weights, x, y = tmp_path / "w.safetensors", tmp_path / "x.npy", tmp_path / "y.npy"
    said(capsys, "train", "spiral", "--steps", "100", "--save", str(weights), "--json")
    points = np.random.default_rng(0).uniform(-5, 5, (40, 2)).astype("f4")
    np.save(x, points)
    code, report, _ = said(
        capsys,
        "predict",
        "spiral",
        "--weights",
        str(weights),
        "--input",
        str(x),
        "--output",
        str(y),
        "--json",
    )
    assert code == 0
    assert report["output"] == [40, 1]
    net = torch.nn.Sequential(
        torch.nn.Linear(2, 32),
        torch.nn.Tanh(),
        torch.nn.Linear(32, 32),
        torch.nn.Tanh(),
        torch.nn.Linear(32, 1),
    )
    net.load_state_dict({name: torch.from_numpy(value) for name, value in load_file(weights).items()})
    np.testing.assert_allclose(np.load(y), net(torch.from_numpy(points)).detach().numpy(), atol=1e-5)


def test_digits_are_predicted_from_pixels_however_they_are_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from playground.data import load

    weights = tmp_path / "w.safetensors"
    said(capsys, "train", "digits-mlp", "--epochs", "1", "--save", str(weights), "--json")
    data = load(preset("digits-mlp").experiment.data)
    pixels = np.rint(data.x_test * 255).astype("u1")
    answers = []
    for name, x in (("bytes", pixels[:, 0]), ("flat", pixels.reshape(-1, 784)), ("fractions", data.x_test)):
        np.save(tmp_path / f"{name}.npy", x)
        arguments = ["--weights", str(weights), "--input", str(tmp_path / f"{name}.npy")]
        code, _, _ = said(
            capsys,
            "predict",
            "digits-mlp",
            *arguments,
            "--output",
            str(tmp_path / "y.npy"),
            "--classes",
            "--json",
        )
        assert code == 0
        answers.append(np.load(tmp_path / "y.npy"))
    assert (answers[0] == data.y_test).mean() > 0.8
    for answer in answers[1:]:
        np.testing.assert_array_equal(answer, answers[0])


def test_a_diverged_run_exits_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    code, report, err = said(
        capsys, "train", "regression-plane", "--set", "optimizer.lr=10", "--steps", "2000", "--json"
    )
    assert (code, report["status"]) == (1, "diverged")
    assert "smaller learning rate" in err


def test_a_missed_goal_exits_with_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shortened = preset("spiral").model_copy(update={"epochs": 1})
    monkeypatch.setitem(presets(), "spiral", shortened)
    code, report, _ = said(capsys, "train", "spiral", "--json")
    assert (code, report["goal_reached"]) == (1, False)


def test_torch_trains_the_same_experiment(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("train", "circle", "--steps", "40", "--json")
    one = said(capsys, *arguments)[1]
    other = said(capsys, *arguments, "--engine", "torch")[1]
    assert other["engine"] == "torch"
    assert other["metrics"]["loss"] == pytest.approx(one["metrics"]["loss"], rel=1e-4)


BAD = {
    "unknown experiment": (["train", "xr"], "neither a preset"),
    "missing file": (["train", "no.json"], "cannot be read"),
    "broken link": (["train", "1.AAAA"], "damaged"),
    "unknown setting": (["train", "xor", "--set", "speed=1"], "speed"),
    "setting without a value": (["train", "xor", "--set", "optimizer.lr"], "PATH=VALUE"),
    "absurd learning rate": (["train", "xor", "--set", "optimizer.lr=1e30"], "1e+30"),
    "empty network": (["train", "xor", "--set", 'model={"layers": []}'], "no layer"),
    "absurd size": (["train", "circle", "--set", "layers.0.out_features=1e12"], "out_features"),
    "over a limit": (
        ["train", "circle", "--set", "layers.0.out_features=8192", "--set", "layers.2.out_features=8192"],
        "parameters",
    ),
    "a setting that is not here": (["train", "xor", "--set", "lr=1"], "did you mean optimizer.lr?"),
    "a setting misspelt": (["train", "xor", "--set", "layers.0.features=1"], "layers.0.out_features?"),
    "a setting far off": (["train", "xor", "--set", "qqq.z=1"], "there are: data, layers, loss, optimizer"),
    "a layer beyond the last": (["train", "xor", "--set", "layers.77.p=1"], "layers.77.p"),
    "an argument too many": (["presets", "more"], "playground --help"),
    "no steps": (["train", "xor", "--steps", "0"], "--steps"),
    "steps that are no number": (["train", "xor", "--steps", "many"], "--steps"),
    "steps and epochs": (["train", "xor", "--steps", "1", "--epochs", "1"], "--epochs"),
    "unknown engine": (["train", "xor", "--engine", "jax"], "jax"),
    "unknown device": (["train", "xor", "--engine", "torch", "--device", "tpu"], "tpu"),
    "absent device": (["train", "xor", "--engine", "torch", "--device", "cuda:77"], "cuda:77"),
    "negative seed": (["train", "xor", "--seed", "-1"], "seed"),
    "wrong ending": (["train", "xor", "--save", "w.pt"], "safetensors"),
    "no such folder": (["train", "xor", "--save", "/no/such/folder/w.safetensors"], "cannot be written"),
    "loss that does not fit": (["train", "xor", "--set", "loss=CrossEntropy"], "one output per class"),
    "unknown upload": (
        ["train", "1." + "q64FAA", "--set", json.dumps({"kind": "Csv"}).join(["data=", ""])],
        "missing",
    ),
    "unknown command": (["fly"], "fly"),
    "missing weights": (
        ["predict", "xor", "--weights", "no.safetensors", "--input", "x", "--output", "y"],
        "no.safetensors",
    ),
    "port out of range": (["serve", "--port", "99999"], "99999"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_is_one_sentence_and_exit_code_2(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, expected = BAD[case]
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert expected in err
    assert err.count("\n") == 1
    assert err.count("playground: ") <= 1
    assert "Traceback" not in err


def test_a_refusal_is_in_the_language_of_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLAYGROUND_LANG")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert main(["train", "xr"]) == 2
    assert "预设" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.zeros((3, 5), "f4"), "shape"),
        (np.array(["a", "b"]), "not an array of numbers"),
        (np.array([[1.0, np.nan]]), "NaN"),
        (np.array([{}], dtype=object), "not an array of numbers"),
        (np.zeros((2, 2, 2)), "shape"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(
    array: np.ndarray, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights, x = tmp_path / "w.safetensors", tmp_path / "x.npy"
    said(capsys, "train", "circle", "--steps", "1", "--save", str(weights), "--json")
    np.save(x, array, allow_pickle=True)
    code, _, err = said(
        capsys,
        "predict",
        "circle",
        "--weights",
        str(weights),
        "--input",
        str(x),
        "--output",
        str(tmp_path / "y.npy"),
    )
    assert code == 2
    assert expected in err
    assert not (tmp_path / "y.npy").exists()


@pytest.mark.parametrize("damage", ["text", "other shape", "missing tensor"])
def test_weights_that_do_not_fit_are_refused(
    damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights, x = tmp_path / "w.safetensors", tmp_path / "x.npy"
    said(capsys, "train", "circle", "--steps", "1", "--save", str(weights), "--json")
    np.save(x, np.zeros((3, 2)))
    state = load_file(weights)
    if damage == "text":
        weights.write_text("not weights")
    elif damage == "other shape":
        save_file(state | {"0.weight": np.zeros((7, 7), "f4")}, weights)
    else:
        save_file({name: value for name, value in state.items() if name != "2.bias"}, weights)
    code, _, err = said(
        capsys,
        "predict",
        "circle",
        "--weights",
        str(weights),
        "--input",
        str(x),
        "--output",
        str(tmp_path / "y.npy"),
    )
    assert code == 2
    assert "Traceback" not in err


def test_presets_are_listed_with_their_goals(capsys: pytest.CaptureFixture[str]) -> None:
    _, report, _ = said(capsys, "presets", "--json")
    assert [entry["key"] for entry in report["presets"]] == list(presets())
    assert {entry["lab"] for entry in report["presets"]} == set(LABS)
    assert main(["presets"]) == 0
    *blocks, last = capsys.readouterr().out.split("\n\n")
    titles = [block.splitlines()[0] for block in (*blocks[1:], last)]
    assert titles == ["Points and tables", "Image lab", "Sequence lab", "Text lab", "GAN lab"]
    assert "digits-mlp" in blocks[2]
    assert all(line.startswith("gan-") for line in last.splitlines()[1:])


def test_the_doctor_tells_versions_engines_sources_and_limits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_SLOTS", "3")
    code, report, _ = said(capsys, "doctor", "--json")
    assert code == 0
    assert report["ok"]
    assert report["packages"]["numpy"] == np.__version__
    assert report["engines"]["torch"]["devices"][0] == "cpu"
    in_force = {
        "SLOTS": 3,
        "WALL_SECONDS": 24 * 3600,
        "MAX_PARAMETERS": 5e6,
        "MAX_UPLOAD_ROWS": 2e5,
        "IMAGES_FILES": 5e3,
    }
    assert {name: report["limits"][f"PLAYGROUND_{name}"] for name in in_force} == in_force
    assert report["data_folder"]["writable"]
    needs_a_download = {"mnist", "fashion-mnist", "cifar-10"}
    assert {source["name"] for source in report["sources"] if not source["found"]} == needs_a_download
    absent = next(source for source in report["sources"] if source["name"] == "mnist")
    assert "playground download mnist" in absent["problem"]
    assert "Mnist:" not in absent["problem"], "a word of the code"


def test_the_doctor_names_a_folder_that_cannot_be_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PLAYGROUND_DATA", str(tmp_path / "file" / "data"))
    code, report, _ = said(capsys, "doctor", "--json")
    assert code == 1
    assert str(tmp_path / "file") in report["data_folder"]["complaint"]


def test_the_installed_command_keeps_stdout_for_the_json_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "playground", "train", "xor", "--steps", "20", "--json"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["steps"] == 20


def test_an_interruption_while_it_loads_leaves_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("playground.cli.main", interrupted)
    assert command() == 130
