"""Which picture is looked at: what was drawn stays while the pictures are the same, and goes with them."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from playground.live.assets import FOLDER
from tests.live.node import said


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = shutil.copytree(FOLDER / "views" / "look", tmp_path_factory.mktemp("looking") / "look")
    (folder / "package.json").write_text('{"type": "module"}')
    return json.loads(said("looking.mjs", folder / "subject.js"))


def test_a_drawing_and_its_strokes_outlive_the_network_that_looked_at_them(looked: dict[str, Any]) -> None:
    assert looked["drawn"] == looked["another network"] == {"drawn": True, "strokes": 1}


def test_a_drawing_ends_with_the_pictures_it_was_one_among(looked: dict[str, Any]) -> None:
    assert looked["clothes"] == {"drawn": False, "strokes": 0, "index": 0}  # of the same size
    assert looked["own"] == {"drawn": False, "strokes": 0, "index": 3}
    assert looked["own, drawn"]["drawn"]
    assert looked["other own"] == looked["small"] == {"drawn": False, "strokes": 0, "index": 0}
