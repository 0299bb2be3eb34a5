"""A training on sequences becomes a file, too, with the pictures that need nobody to be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from playground.data import load
from playground.export.replay import replay, views
from playground.spec import Experiment
from tests.export.training import recorded

ADDING: dict[str, Any] = {"kind": "Adding", "count": 100, "length": 6}
ECHO: dict[str, Any] = {"kind": "Echo", "count": 100, "length": 6}


@pytest.mark.parametrize(
    ("data", "loss", "width", "shown"),
    [
        (ADDING, "MSE", 1, ("agreement", "curves", "timeline")),
        (ECHO, "CrossEntropy", 4, ("curves", "timeline")),
    ],
)
def test_its_views_are_those_that_can_be_drawn_from_frames(
    data: dict[str, Any], loss: str, width: int, shown: tuple[str, ...]
) -> None:
    cells = {"kind": "GRU", "hidden_size": 3, "return_sequences": data is ECHO}
    experiment = Experiment.from_plain(
        {
            "data": data,
            "model": {"layers": [cells, {"kind": "Linear", "out_features": width}]},
            "loss": {"kind": loss},
            "training": {"max_steps": 6},
        }
    )
    assert views(experiment, load(experiment.data)) == shown
    assert b"<html" in replay(recorded(experiment), Path())
