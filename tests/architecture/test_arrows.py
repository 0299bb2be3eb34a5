"""Arrows point down only: import-linter's contracts hold, and what it cannot see is looked at here.

import-linter knows packages; pages/ is a folder of scripts, and a module that stands under no layer escapes it.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("playground", "engines")
# Packages whose own __init__ says how to reach what is in them; they stand for no floor themselves.
DOORS = {"playground", "engines"}


def sources(*folders: str) -> list[Path]:
    return sorted(
        path for folder in folders for path in (ROOT / folder).rglob("*.py") if ".venv" not in path.parts
    )


def imports(path: Path) -> Iterator[str]:
    """Yield the absolute module names a file imports, wherever in the file that happens."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            # importlib.import_module("streamlit") is an import too
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                yield node.args[0].value


def importers(module: str, *folders: str) -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for path in sources(*folders)
        if any(name == module or name.startswith(f"{module}.") for name in imports(path))
    }


def contracts() -> list[dict[str, object]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]


def floors() -> set[str]:
    layers = next(contract["layers"] for contract in contracts() if contract["type"] == "layers")
    assert isinstance(layers, list)
    return {name.strip(" ()") for layer in layers for name in layer.replace("|", ":").split(":")}


def test_every_contract_is_kept() -> None:
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as main; main()",
            "--no-cache",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_module_stands_on_a_floor() -> None:
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sources(*PACKAGES)}
    modules = {name.removesuffix(".__init__") for name in modules}
    homeless = {
        name
        for name in modules
        if name not in DOORS and not any(f"{name}.".startswith(f"{floor}.") for floor in floors())
    }
    assert homeless == set()


def test_only_pages_ui_and_live_import_streamlit() -> None:
    found = importers("streamlit", "playground", "engines", "pages")
    assert found, "the rule would be empty"
    assert {
        name for name in found if not name.startswith(("pages/", "playground/ui/", "playground/live/"))
    } == set()


def test_only_the_torch_engine_imports_torch() -> None:
    found = importers("torch", "playground", "engines", "pages") | importers(
        "safetensors.torch", "playground", "engines"
    )
    assert found, "the rule would be empty"
    assert {name for name in found if not name.startswith("engines/torch/")} == set()


def test_pages_know_no_engine() -> None:
    assert importers("engines", "pages") == set()


def test_nobody_imports_a_page() -> None:
    assert importers("pages", "playground", "engines") == set()
    assert not (ROOT / "pages" / "__init__.py").exists()


@pytest.mark.parametrize("page", sources("pages"), ids=lambda path: path.name)
def test_a_page_is_short(page: Path) -> None:
    assert len(page.read_text("utf-8").splitlines()) <= 80


def test_there_are_pages() -> None:
    assert sources("pages")


def test_names_say_what_is_inside() -> None:
    empty = {
        "utils",
        "util",
        "helpers",
        "helper",
        "common",
        "manager",
        "managers",
        "handler",
        "handlers",
        "misc",
    }
    found = sources("playground", "engines", "pages", "tests")
    stems = {path: set(path.relative_to(ROOT).with_suffix("").parts[-1].split("_")) for path in found}
    folders = {path: set(path.relative_to(ROOT).parts[:-1]) for path in found}
    assert {path.as_posix() for path in found if (stems[path] | folders[path]) & empty} == set()


def test_every_file_says_what_it_is_for() -> None:
    silent = {
        path.relative_to(ROOT).as_posix()
        for path in sources("playground", "engines", "pages")
        if path.read_text("utf-8").strip() and ast.get_docstring(ast.parse(path.read_text("utf-8"))) is None
    }
    assert silent == set()
