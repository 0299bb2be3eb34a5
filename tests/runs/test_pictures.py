"""Where metrics are dear a watcher is shown glances between two measurements; what is recorded is measured."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from playground.runs import pictures
from playground.runs.frames import Snapshot, decode, encode
from playground.runs.live import Run
from playground.runs.pictures import (
    BURST,
    BYTES,
    EAGER,
    EAGER_SECONDS,
    LOOKING,
    MEASURING,
    Pictures,
)
from playground.runs.trainer import Trainer


class Trained:
    """A trainer that takes the processor's time as it is told, by a clock of its own."""

    steps, epoch = 7, 0.5

    def __init__(self, metrics: float = 0.0, look: float = 0.0, size: int = 1) -> None:
        self.price, self.effort, self.size = metrics, look, size
        self.now = 0.0

    def look(self, wanted: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
        for name in wanted:
            self.now += self.effort
            yield name, {name: np.zeros(self.size, np.uint8)}

    def metrics(self) -> dict[str, float]:
        self.now += self.price
        return {"loss": 1.0}

    def monotonic(self) -> float:
        return self.now

    thread_time = time = monotonic


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Frames of such a trainer for somebody who watches: `watched(trainer, seconds between, count)`."""

    def taken(
        trainer: Trained, between: float, count: int, probes: tuple[str, ...] = ("probe",), **how: bool
    ) -> list[Snapshot]:
        monkeypatch.setattr(pictures, "time", trainer)
        it, shown = Pictures(cast("Trainer", trainer), probes), list[Snapshot]()
        for _ in range(count):
            shown.append(decode(it.take(**{"everything": False, "watched": True} | how)))
            trainer.now += between
        return shown

    return taken


def test_a_watcher_is_shown_glances_while_metrics_are_too_dear(watched: Any) -> None:
    price, between = 0.02, 1 / 60
    shown = watched(Trained(metrics=price), between, 600)
    kinds = [one.kind for one in shown]
    assert kinds[:5] == ["frame"] * 5, "most happens in the first moments"
    spent = price * kinds.count("frame")
    assert spent <= BURST + price + EAGER * EAGER_SECONDS + MEASURING * (600 * between + spent)
    later = watched(Trained(metrics=price), between, 6000)[3000:]
    assert price * [one.kind for one in later].count("frame") <= BURST + 1.1 * MEASURING * 3000 * between
    assert kinds.count("frame") > 10
    assert {one.kind: one.metrics for one in shown} == {"frame": {"loss": 1.0}, "glance": {}}
    assert all("probe" in one.arrays for one in shown)


def test_cheap_metrics_are_in_every_frame(watched: Any) -> None:
    assert {one.kind for one in watched(Trained(metrics=0.0004), 1 / 60, 200)} == {"frame"}


@pytest.mark.parametrize("how", [{"everything": True}, {"watched": False}])
def test_who_looks_at_a_run_that_rests_or_only_records_it_gets_metrics(watched: Any, how: Any) -> None:
    assert {one.kind for one in watched(Trained(metrics=1.0), 1 / 60, 5, **how)} == {"frame"}


@pytest.mark.parametrize("cost", [{"size": int(BYTES)}, {"look": LOOKING}])
def test_a_large_or_dear_probe_waits_for_its_turn_in_glances(watched: Any, cost: Any) -> None:
    shown = watched(Trained(metrics=1.0, **cost), 0.4, 9)
    assert [one.kind for one in shown[1:]] == ["glance"] * 8
    assert ["probe" in one.arrays for one in shown].count(True) in (3, 4), "about once a second"


def test_a_probe_that_is_cheap_beside_a_measurement_is_not_for_that_reason_in_every_glance(
    watched: Any,
) -> None:
    class Sharing(Trained):
        """Its pictures cost a hundredth of a second unless metrics were measured at the same moment."""

        measured = False

        def metrics(self) -> dict[str, float]:
            self.measured = True
            return super().metrics()

        def look(self, wanted: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
            self.now += 0.0 if self.measured else 0.01 * len(wanted)
            self.measured = False
            return super().look(wanted)

    shown = watched(Sharing(metrics=0.02), 0.1, 400)
    glances = [one for one in shown if one.kind == "glance"]
    assert len(glances) > 200
    assert sum("probe" in one.arrays for one in glances) <= 40 * LOOKING / 0.01 + 1


def test_what_is_recorded_holds_the_tensors_or_every_picture(
    watched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(pictures.PERIODS, "slow", 1e6)
    shown = watched(Trained(metrics=0.05), 1 / 60, 300, ("probe", "slow"))
    assert {one.kind: set(one.arrays) for one in shown} == {"frame": {"probe", "slow"}, "glance": {"probe"}}
    shown = watched(Trained(metrics=0.05), 1 / 60, 300, ("slow", "weights"))
    assert all("weights" in one.arrays for one in shown)
    assert ["slow" in one.arrays for one in shown].count(True) == 1


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


def test_beside_others_dear_metrics_are_measured_where_all_measure_and_nowhere_else(
    watched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "JUDGED", {"judged"})
    probes = ("picture", "judged")
    between = watched(Trained(metrics=0.03), 0.02, 100, probes, beside=False)
    assert {one.kind for one in between} == {"glance"}
    assert all("judged" not in one.arrays for one in between), "a matrix of another moment than the numbers"
    assert all("picture" in one.arrays for one in between)
    there = watched(Trained(metrics=0.03), 0.02, 5, probes, beside=True)
    assert {one.kind for one in there} == {"frame"}
    assert all("judged" in one.arrays for one in there)


def test_beside_others_what_costs_nearly_nothing_is_measured_in_between_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trainer = Trained(metrics=0.0004)
    monkeypatch.setattr(pictures, "time", trainer)
    it = Pictures(cast("Trainer", trainer), ("probe",))
    it.take(everything=False, watched=True, beside=True)
    kinds = list[str]()
    for _ in range(200):
        trainer.now += 1 / 60
        kinds.append(decode(it.take(everything=False, watched=True, beside=False)).kind)
    assert set(kinds) == {"frame"}
