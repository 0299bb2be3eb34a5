"""A tape holds the first moment and the last, early moments more finely than late ones, and never too many."""

from __future__ import annotations

import numpy as np

from playground.data import load
from playground.export.tape import MAX_FRAMES, chosen
from playground.presets import preset
from playground.runs.supervised import Supervised
from tests.export.training import recorded, taped


def test_a_tape_begins_before_the_first_step_and_ends_with_the_last() -> None:
    tape = taped("xor", 120)
    assert [tape.frames[0].step, tape.frames[-1].step] == [0, 120]
    assert tape.history["step"].tolist()[-1] == 120


def test_recording_does_not_disturb_the_training() -> None:
    tape = taped("circle", 300)
    alone = Supervised(tape.experiment, load(tape.experiment.data))
    while alone.status == "running":
        alone.step()
    last = tape.frames[-1].arrays
    assert all(np.array_equal(last[f"w/{name}"], value) for name, value in alone.state().items())


def test_a_long_training_leaves_no_more_frames_than_a_file_holds() -> None:
    tape = recorded(preset("xor").experiment.replace("training.max_steps", 4000))
    steps = [frame.step for frame in tape.frames]
    assert MAX_FRAMES // 2 < len(steps) <= MAX_FRAMES
    assert [steps[0], steps[1], steps[-1]] == [0, 1, 4000]
    assert max(np.diff(steps[:20])) < min(np.diff(steps[-20:]))


def test_of_few_frames_all_are_chosen_and_of_none_none() -> None:
    assert chosen(np.array([0, 5, 9]), 300).tolist() == [0, 1, 2]
    assert chosen(np.zeros(0, np.int64), 300).tolist() == []
