"""The best weights: how they are judged, that they survive whatever happens to their worker, and that they are true."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from playground.runs import commands as c
from playground.runs.best import FILE, Best, Standing, forget, judge
from playground.runs.frames import decode
from playground.spec import SpecError
from tests.runs.house import House, house, until
from tests.runs.toy_trainer import Toy, undisturbed


def kept(*measured: dict[str, float]) -> Best:
    best = Best()
    for step, metrics in enumerate(measured, 1):
        best.consider(step, step / 10, metrics, lambda step=step: {"0.weight": np.full(3, step, np.float32)})
    return best


def test_classes_are_judged_by_the_held_back_accuracy_and_among_equals_by_the_loss() -> None:
    best = kept(
        {"test_accuracy": 0.8, "test_loss": 0.5, "accuracy": 0.9, "loss": 0.1},
        {"test_accuracy": 0.9, "test_loss": 0.4, "accuracy": 0.8, "loss": 0.2},
        {"test_accuracy": 0.9, "test_loss": 0.3, "accuracy": 0.7, "loss": 0.3},
        {"test_accuracy": 0.9, "test_loss": 0.6, "accuracy": 1.0, "loss": 0.0},
    )
    assert best.standing == Standing(3, 0.3, "test_accuracy", 0.9, 0.3)
    assert best.state["0.weight"].tolist() == [3, 3, 3]


@pytest.mark.parametrize(
    ("metrics", "metric"),
    [
        ({"loss": 1.0, "test_loss": 2.0, "rmse": 1.0}, "test_loss"),
        ({"loss": 1.0, "accuracy": 0.5}, "accuracy"),
        ({"loss": 1.0, "rmse": 0.5}, "loss"),
    ],
)
def test_what_there_is_decides(metrics: dict[str, float], metric: str) -> None:
    found = judge(1, 0.0, metrics)
    assert found is not None
    assert (found.metric, found.value) == (metric, metrics[metric])


def test_a_lower_loss_is_better_and_what_is_not_finite_never_is() -> None:
    best = kept({"test_loss": 2.0}, {"test_loss": 1.0}, {"test_loss": 3.0}, {"test_loss": math.nan}, {})
    assert best.standing is not None
    assert (best.standing.step, best.standing.value) == (2, 1.0)
    assert judge(1, 0.0, {"lr": 0.1}) is None
    assert not Best().consider(0, 0.0, {"loss": 1.0}, dict), "the untrained network is none to be kept"


def test_another_loss_is_judged_anew_and_another_metric_too() -> None:
    best = kept({"test_loss": 0.1})
    assert not best.consider(2, 0.2, {"test_loss": 5.0}, dict)
    best.doubt()
    assert best.consider(3, 0.3, {"test_loss": 5.0}, dict)
    assert best.consider(4, 0.4, {"test_accuracy": 0.1, "test_loss": 6.0}, dict)
    best.doubt()
    assert not best.consider(5, 0.5, {"test_accuracy": 0.0, "test_loss": 0.0}, dict), (
        "an accuracy still holds"
    )


def test_it_comes_back_from_disk_whole_or_not_at_all(tmp_path: Path) -> None:
    best = kept({"test_accuracy": 0.8, "test_loss": 0.5})
    best.keep(tmp_path)
    found = Best.read(tmp_path)
    assert found.standing == best.standing
    np.testing.assert_array_equal(found.state["0.weight"], best.state["0.weight"])
    packed = decode(found.pack())
    assert (packed.step, list(packed.arrays)) == (1, ["0.weight"])
    content = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert Best.read(tmp_path).standing is None
    forget(tmp_path)
    assert not (tmp_path / FILE).exists()
    assert Best.read(tmp_path).standing is None


def test_a_disk_that_refuses_is_asked_again(tmp_path: Path) -> None:
    best = kept({"loss": 1.0})
    best.keep(tmp_path / "missing")
    best.keep(tmp_path, force=True)
    assert Best.read(tmp_path).standing == best.standing


# --- in a run --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("data")) as built:
        yield built


def test_a_run_keeps_the_weights_it_had_when_it_was_best_through_all_that_happens(home: House) -> None:
    toy = Toy(max_steps=400, sleep=0.002, kill_at=250)
    run = home.start(max_steps=400, sleep=0.002, kill_at=250)
    first = until(lambda: home.view(run, probes=("weights",)).best)
    assert first.metric == "loss"
    until(lambda: home.view(run).attempt > 1)
    home.client.shut_down()  # the service comes back with what lies on disk
    view = home.until(run, "finished", "failed", "stopped")
    best = view.best
    assert best is not None
    assert 1 <= best.step <= 400
    weights = home.client.best(home.owner, run)["0.weight"]
    np.testing.assert_array_equal(weights, undisturbed(toy, best.step))
    assert float(np.square(weights).mean()) == pytest.approx(best.value)


def test_a_run_that_begins_again_forgets_it(home: House) -> None:
    run = home.start(max_steps=60)
    home.until(run, "finished")
    assert until(lambda: home.view(run).best) is not None
    home.send(run, c.Reset())
    home.until(run, "paused")
    assert home.view(run).best is None
    with pytest.raises(SpecError, match="nothing has been measured"):
        home.client.best(home.owner, run)
