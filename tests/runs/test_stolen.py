"""Only waiting for a processor counts as stolen."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from playground.runs.stolen import COUNTS, Stolen


def test_sleeping_is_not_stolen() -> None:
    stolen = Stolen()
    time.sleep(0.2)
    assert stolen.lately() < 0.1


@pytest.mark.skipif(not COUNTS.exists(), reason="this kernel does not count it")
def test_sharing_a_processor_is() -> None:
    code = "\n".join(
        [
            "import os, time, subprocess, sys",
            "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})",
            "from playground.runs.stolen import Stolen",
            "stolen = Stolen()",
            "other = subprocess.Popen([sys.executable, '-c', 'while True: pass'])",
            "end = time.monotonic() + 1.0",
            "while time.monotonic() < end: pass",
            "print(stolen.lately())",
            "other.kill()",
        ]
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert float(said.stdout) > 0.1


def test_where_nothing_is_counted_nothing_is_stolen(tmp_path: Path) -> None:
    assert Stolen(tmp_path / "none").lately() == 0.0
    (tmp_path / "odd").write_text("what?")
    assert Stolen(tmp_path / "odd").lately() == 0.0
