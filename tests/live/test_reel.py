"""Which frames a browser draws where more come than it can paint: the newest, and none that tells numbers is lost."""

from __future__ import annotations

import json

import pytest

from playground.live.assets import FOLDER
from tests.live.node import said


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """What was drawn, and what became of two wishes for an older moment."""
    script = tmp_path_factory.mktemp("reel") / "reel.mjs"
    script.write_text((FOLDER / "reel.js").read_text())
    return json.loads(said("reel.mjs", script))


def test_no_glance_takes_the_place_of_numbers_that_wait_to_be_painted(drawn: list[object]) -> None:
    assert drawn[:-2] == [2, 4, 6, 7]


def test_a_moment_of_a_run_that_is_no_longer_shown_is_no_failure_and_a_refusal_is_one(
    drawn: list[object],
) -> None:
    assert drawn[-2:] == [None, "busy"]
