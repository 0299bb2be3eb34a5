"""A visitor who waits is told for what."""

from __future__ import annotations

import pytest

from playground.i18n import keys
from playground.presets import presets
from playground.runs.frames import Snapshot
from playground.spec import Experiment
from playground.ui import status
from playground.ui.run import Now

DIGITS = presets()["lenet-5"].experiment


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(status.st, "session_state", {})
    monkeypatch.setattr(status, "t", lambda key, **_: key)
    monkeypatch.setattr(status, "say", lambda text, *_, **__: found.append(text))
    return found


@pytest.mark.parametrize(
    ("engine", "stands", "step", "expected"),
    [
        ("torch", "queued", 0, ["ui.state.starting_torch"]),
        ("torch", "running", 0, ["ui.state.first_step"]),
        ("torch", "running", 1, []),
        ("numpy", "queued", 0, []),  # it is there before the sentence could be read
        ("numpy", "running", 0, []),
    ],
)
def test_what_a_start_waits_for_is_said(
    said: list[str], engine: str, stands: str, step: int, expected: list[str]
) -> None:
    experiment: Experiment = DIGITS.replace("engine", engine)
    status.explain(Now(experiment, stands, Snapshot(step, float(step), {}, {})))
    assert said == expected
    assert set(expected) <= set(keys("en")) & set(keys("zh"))
