"""Where metrics are dear a watcher is shown glances between two measurements; what is recorded is measured."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, cast

import numpy as np

from playground.runs.frames import Snapshot, decode, encode
from playground.runs.live import Run
from playground.runs.pictures import BURST, BYTES, Pictures
from playground.runs.trainer import Trainer


class Dear:
    """A trainer whose metrics take more of the processor than there is to spend at once."""

    steps, epoch = 7, 0.5
    size = 1

    def look(self, wanted: tuple[str, ...]) -> dict[str, dict[str, Any]]:
        return {name: {f"{name}/all": np.zeros(self.size, np.uint8)} for name in wanted}

    def metrics(self) -> dict[str, float]:
        began = time.thread_time()
        while time.thread_time() - began < BURST + 0.01:
            pass
        return {"loss": 1.0}


def pictures(size: int = 1) -> Pictures:
    trainer = Dear()
    trainer.size = size
    return Pictures(cast("Trainer", trainer), ("small",))


def test_a_watcher_is_shown_glances_while_metrics_are_too_dear() -> None:
    it = pictures()
    shown = [decode(it.take(everything=False, watched=True)) for _ in range(3)]
    assert [(one.kind, one.metrics) for one in shown] == [
        ("frame", {"loss": 1.0}),
        ("glance", {}),
        ("glance", {}),
    ]
    assert all("small/all" in one.arrays for one in shown)


def test_whoever_looks_at_a_run_that_rests_or_only_records_gets_metrics() -> None:
    it = pictures()
    kinds = [decode(it.take(everything=rests)).kind for rests in (False, True, False)]
    assert kinds == ["frame"] * 3


def test_a_large_probe_waits_for_its_turn_in_glances() -> None:
    it = pictures(size=int(10 * BYTES))
    shown = [decode(it.take(everything=False, watched=True)) for _ in range(2)]
    assert [one.kind for one in shown] == ["frame", "glance"]
    assert ["small/all" in one.arrays for one in shown] == [True, False]
    assert "small/all" in decode(it.take(everything=True)).arrays


def test_a_glance_is_shown_to_followers_and_never_recorded(tmp_path: Path) -> None:
    run = Run("r", "o", tmp_path, "running", "{}", "")
    frame = encode(Snapshot(3, 0.1, {"loss": 2.0}))
    glance = encode(Snapshot(5, 0.2, {}, {"x": np.zeros(2, np.uint8)}, "glance"))
    run.take_frame(frame)
    before = run.number
    run.take_frame(glance)
    assert run.latest_frame() == glance
    assert run.newest_frame() == frame
    assert run.number > before, "followers look again"
    assert run.metrics == {"loss": 2.0}
    assert run.recording.steps().tolist() == [3]
    assert run.recording.history()["step"].tolist() == [3]
    run.take_frame(encode(Snapshot(9, 0.3, {"loss": 1.0})))
    assert run.latest_frame() == run.newest_frame()
    run.close()
