"""What the documents tell people to type works: make targets exist, options exist, the examples run."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest

from playground.cli import COMMANDS, main

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "playground/README.md")
HOUSE = ("playground", "engines", "tests", "pages")
BLOCK = re.compile(r"^```(?:sh|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:make|playground) [^`]+)`")


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def lines() -> list[str]:
    """Return every command of the documents' code blocks, comments cut off."""
    blocks = "\n".join(block for name in DOCUMENTS for block in BLOCK.findall(read(name)))
    blocks = blocks.replace("\\\n", " ")
    return [line for line in (raw.split("  #")[0].strip() for raw in blocks.splitlines()) if line]


def written() -> list[str]:
    return lines() + [command for name in DOCUMENTS for command in INLINE.findall(read(name))]


def commands(program: str) -> list[list[str]]:
    found = [shlex.split(line) for line in written()]
    return [words[1:] for words in found if words[0] == program]


def test_every_module_that_the_documents_name_exists() -> None:
    there = {f"/{path.relative_to(ROOT)}" for folder in HOUSE for path in (ROOT / folder).rglob("*.*")}
    for name in (*DOCUMENTS, "engines/README.md"):
        named = re.findall(r"`([\w./-]+\.(?:py|js|css|json|toml))`", read(name))
        assert len(named) > 2 or name == "README.md"
        missing = {path for path in named if not any(known.endswith(f"/{path}") for known in there)}
        assert missing - {"pyproject.toml", "bench.json"} == set(), name


def test_make_targets_and_variables_of_the_documents_exist() -> None:
    makefile = read("Makefile")
    targets = set(re.findall(r"^([a-z-]+):(?!=)", makefile, re.MULTILINE))
    words = [word for command in commands("make") for word in command]
    assert {"run", "test", "check", "bench"} <= set(words)
    assert {word for word in words if "=" not in word} <= targets
    assert {word.partition("=")[0] for word in words if "=" in word} <= set(
        re.findall(r"\$\(([A-Z_]+)\)", makefile)
    ) | set(re.findall(r"\$\((?:if|filter-out 0,|origin) ?\$?\(?([A-Z_]+)", makefile))


def test_make_help_tells_of_every_target() -> None:
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    phony = re.search(r"^\.PHONY: (.*)$", read("Makefile"), re.MULTILINE)
    assert phony is not None
    assert {target for target in phony[1].split() if f"make {target}" not in told} == {"help"}


def test_commands_and_options_of_the_documents_exist(capsys: pytest.CaptureFixture[str]) -> None:
    told: dict[str, str] = {}
    for name in COMMANDS:
        with pytest.raises(SystemExit) as left:
            main([name, "--help"])
        assert left.value.code == 0
        told[name] = capsys.readouterr().out
    used = commands("playground")
    assert {words[0] for words in used if words} == set(COMMANDS), "each command is explained"
    for words in used:
        options = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert {option for option in options if option not in told[words[0]]} == set(), words


def test_examples_of_the_documents_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("digits.npy", np.zeros((2, 28, 28), np.uint8))
    examples = [shlex.split(line)[1:] for line in lines() if line.startswith("playground ")]
    examples = [words for words in examples if words[0] not in ("serve", "bench", "download", "record")]
    assert {words[0] for words in examples} == {"train", "predict", "generate", "presets", "replay", "doctor"}
    for words in examples:
        # A goal that needs the whole training is a promise of tests/presets; here a short one shows that it starts.
        short = ["--epochs", "1"] if words[0] == "train" and not {"--epochs", "--steps"} & set(words) else []
        assert main([*words, *short]) == 0, words
        capsys.readouterr()
    assert np.load("guess.npy").shape == (2, 10)


def test_every_dependency_is_explained() -> None:
    import tomllib

    project = tomllib.loads(read("pyproject.toml"))["project"]
    names = [re.split(r"[\[<>=~! ]", line)[0] for line in project["dependencies"]]
    assert {name for name in names if f"`{name}`" not in read("README.md")} == set()


def test_every_dependency_is_pinned() -> None:
    import tomllib

    project = tomllib.loads(read("pyproject.toml"))["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["dev"]
    pins = [line for line in read("constraints.txt").splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", pin) for pin in pins), (
        "no path, host or local version"
    )
    pinned = {pin.partition("==")[0].lower().replace("_", "-") for pin in pins}
    assert {re.split(r"[\[<>=~! ]", line)[0].lower() for line in asked} - pinned == set()
    assert "torch==2.13.0" in pins


def test_inner_links_of_the_documents_lead_somewhere() -> None:
    for name in (*DOCUMENTS, "playground/CHANGELOG.md"):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", read(name)):
            assert ((ROOT / name).parent / target).exists(), f"{name}: {target}"


def test_pictures_of_the_documents_are_small() -> None:
    shown = set(re.findall(r"!\[[^\]]+\]\(([^)]+)\)", read("README.md")))
    assert len(shown) >= 2, "a picture without words for those who do not see it does not count"
    assert sum(file.stat().st_size for file in (ROOT / "playground" / "pictures").iterdir()) <= 2_500_000
