"""Before its first step a network has pictures, however large it is, and nobody waits for a worker to see them."""

from __future__ import annotations

import asyncio
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground.live import completing
from playground.live.desk import Desk
from playground.live.line import Lines
from playground.live.tokens import Claims
from playground.presets import presets
from playground.presets.templates import fitted, templates
from playground.runs import frames
from playground.spec import Experiment


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Experiment:
    """Return a network that counts as too large to be judged here."""
    monkeypatch.setattr(completing, "MOST_FLOPS", 0.0)
    start = presets()["lenet-5"].experiment.replace("seed", 4711)
    return fitted(templates()["tutorial-28"], start.replace("data", {"kind": "Digits8x8"}))


def test_a_large_network_is_shown_before_its_first_step(large: Experiment, tmp_path: Path) -> None:
    # pyright does not know that pydantic's frozen models are hashable.
    frame = completing.untrained(large, tmp_path, ("filters", "verdicts"))  # pyright: ignore[reportArgumentType]
    assert frame is not None
    found = frames.decode(frame)
    assert (found.kind, found.step, found.metrics) == ("glance", 0, {})
    assert found.arrays["filter"].ndim == 3
    assert not [name for name in found.arrays if name.startswith("verdict")], "it has not been judged"


class NoLines(Lines):
    """A service that must not be asked."""

    async def ask(self, request: Any, seconds: float = 0.0) -> Any:
        raise AssertionError(f"{request} was asked of the service")


def test_while_its_worker_is_started_a_network_answers_as_it_begins(
    large: Experiment, tmp_path: Path
) -> None:
    view = {"status": "queued", "step": 0, "parent": "", "experiment": large.to_json()}
    desk = Desk(NoLines(tmp_path), tmp_path)
    said = {"type": "ask", "id": 7, "what": "featuremaps", "index": 3, "test": True, "maps": True}
    claims = Claims("owner", "run", "en", math.inf)
    packed = asyncio.run(desk.answer(claims, said, (), view))
    assert isinstance(packed, bytes)
    header = json.loads(packed[4 : 4 + int.from_bytes(packed[:4], "little")])
    assert header["id"] == 7
    assert header["cost"] >= 0
    chances = header["answer"]["probabilities"]
    dataset = completing.load(large.data, tmp_path)
    subject = completing.Subject(large, dataset, completing.initial_state(large, dataset))
    logits = subject.net().forward(dataset.x_test[3:4]).astype(float)
    expected = np.exp(logits - logits.max())[0]
    assert np.allclose(chances, expected / expected.sum(), atol=1e-5)
