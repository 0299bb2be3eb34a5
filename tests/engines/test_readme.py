"""What engines/README.md shows works as shown."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "engines" / "README.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 2


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_run(example: str) -> None:
    """Each in a process of its own: one of them enters a layer into the catalogue."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_file_of_the_numpy_engine_is_explained() -> None:
    files = {path.name for path in (ROOT / "engines" / "numpy").glob("*.py")} - {"__init__.py"}
    assert {name for name in files if f"`{name}`" not in README} == set()
