"""`playground generate`: a network goes on writing; the same seed writes the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from playground.cli import main
from playground.data import load
from playground.presets import preset

QUICK = [
    "--set",
    "data.characters=300",
    "--set",
    "layers.0.num_embeddings=303",
    "--set",
    "layers.2.out_features=303",
]


def test_a_network_writes_from_a_prompt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = str(tmp_path / "w.safetensors")
    assert main(["train", "idioms-gru", "--steps", "60", *QUICK, "--save", weights]) == 0
    capsys.readouterr()
    arguments = [
        "generate",
        "idioms-gru",
        *QUICK,
        "--weights",
        weights,
        "--prompt",
        "一",
        "--length",
        "30",
        "--json",
    ]
    texts: list[str] = []
    for extra in ([], [], ["--seed", "5"], ["--temperature", "0"]):
        assert main([*arguments, *extra]) == 0
        texts.append(json.loads(capsys.readouterr().out)["text"])
    assert all(len(text) == 30 for text in texts)
    assert texts[0] == texts[1]
    assert len(set(texts)) == 3
    known = set(load(preset("idioms-gru").experiment.replace("data.characters", 300).data).vocabulary)
    assert set(texts[0]) <= known - {"\N{REPLACEMENT CHARACTER}"}


def test_what_the_network_has_never_seen_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "idioms-gru", *QUICK, "--steps", "3", "--prompt", "Z一", "--length", "4"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("Z一")
    assert "Z" in captured.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["xor"], "does not write"),
        (["reviews-rnn", "--steps", "1"], "does not write"),
        (["idioms-gru", "--length", "0"], "--length"),
        (["idioms-gru", "--temperature", "-1"], "temperature"),
    ],
)
def test_what_cannot_write_is_refused_in_a_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", *arguments]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""
