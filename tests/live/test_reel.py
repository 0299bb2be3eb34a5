"""Which frames a browser draws where more come than it can paint: the newest, and none that tells numbers is lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from playground.live.assets import FOLDER


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """What was drawn, and what became of two wishes for an older moment."""
    node = shutil.which("node")
    if node is None:
        reason = "no node on the path: what a page draws is not tried"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    script = tmp_path_factory.mktemp("reel") / "reel.mjs"
    script.write_text((FOLDER / "reel.js").read_text())
    command = [node, str(Path(__file__).parent / "reel.mjs"), str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def test_no_glance_takes_the_place_of_numbers_that_wait_to_be_painted(drawn: list[object]) -> None:
    assert drawn[:-2] == [2, 4, 6, 7]


def test_a_moment_of_a_run_that_is_no_longer_shown_is_no_failure_and_a_refusal_is_one(
    drawn: list[object],
) -> None:
    assert drawn[-2:] == [None, "busy"]
