"""How far and how long: by hand, for trainings that end by steps, by epochs, by a goal, or never."""

from __future__ import annotations

import pytest

from playground.runs.progress import clock, progress
from playground.spec import Experiment
from playground.spec.data import Circles

BASE = Experiment(data=Circles(count=500, test_fraction=0.3)).replace(
    "training.batch_size", 10
)  # 35 steps an epoch


def test_epochs_are_counted_down() -> None:
    found = progress(BASE.replace("training.max_epochs", 10), 70, 2.0, 7.0)
    assert (found.unit, found.done, found.total) == ("epochs", 2.0, 10)
    assert found.part == pytest.approx(0.2)
    assert found.seconds == pytest.approx(8 * 35 / 7)


def test_what_comes_first_is_the_end() -> None:
    both = BASE.replace("training.max_epochs", 10).replace("training.max_steps", 100)
    assert progress(both, 50, 50 / 35, 10.0).unit == "steps"
    assert progress(both, 50, 50 / 35, 10.0).seconds == pytest.approx(5.0)
    assert progress(both.replace("training.max_steps", 1000), 50, 50 / 35, 10.0).unit == "epochs"


def test_without_an_end_there_is_nothing_to_count_down() -> None:
    found = progress(BASE, 50, 1.5, 10.0)
    assert (found.unit, found.total, found.seconds, found.part, found.goal) == ("", 0, None, 0.0, False)
    assert progress(BASE.replace("training.target_accuracy", 0.9), 50, 1.5, 10.0).goal


def test_a_training_that_rests_has_no_time_left_to_tell_and_one_that_is_done_has_none_left() -> None:
    ended = BASE.replace("training.max_steps", 100)
    assert progress(ended, 50, 1.5, 0.0).seconds is None
    assert progress(ended, 120, 3.5, 9.0).seconds == 0
    assert progress(ended, 120, 3.5, 9.0).part == 1


def test_a_time_is_written_as_on_a_clock() -> None:
    assert [clock(s) for s in (0, 0.2, 42, 59.5, 725, 11_250)] == [
        "00:00", "00:01", "00:42", "01:00", "12:05", "3:07:30",
    ]  # fmt: skip
