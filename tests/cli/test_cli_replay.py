"""`playground replay`: one file, named after the network where no name is given, also of a training that went wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from playground.cli import main


def test_a_replay_is_one_file_named_after_the_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "circle", "--steps", "30", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    file = Path("circles-2-4-2-1.html")
    assert report == {
        "file": str(file),
        "bytes": file.stat().st_size,
        "steps": 30,
        "status": "finished",
    }
    assert " · 30 steps, " in file.read_text("utf-8")


def test_a_training_that_diverges_is_replayed_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    sets = ["--set", "optimizer.lr=10", "--steps", "2000"]
    assert main(["replay", "regression-plane", *sets, "-o", "wild.html", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["status"] == "diverged"
    assert Path("wild.html").stat().st_size > 100_000


@pytest.mark.parametrize("target", ["nowhere/a.html", "a.txt"])
def test_a_place_that_cannot_be_written_is_refused_before_training(
    target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", "xor", "-o", target]) == 2
    assert target in capsys.readouterr().err
