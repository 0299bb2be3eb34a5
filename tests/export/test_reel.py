"""A reel gives back every frame's pictures to the byte, is bounded, and bears numbers that are none."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from playground import probes
from playground.data import load
from playground.export import reel
from playground.export.tape import Tape
from playground.probes import Subject
from playground.runs import frames
from tests.export.training import taped

VIEWS = ("diagram", "plane")


def unpacked(tape: Tape, **bounds: int) -> frames.Snapshot:
    return frames.decode(zlib.decompress(reel.pack(tape, Path(), VIEWS, **bounds)))


def test_pictures_are_those_of_the_live_stage() -> None:
    tape = taped("circle", 40)
    found = unpacked(tape).arrays
    added = np.cumsum(found["track/map/plane"], axis=0, dtype=np.uint8)
    dataset = load(tape.experiment.data)
    for k in (0, 17, len(tape.frames) - 1):
        arrays = tape.frames[k].arrays
        state = {name.removeprefix("w/"): np.array(x) for name, x in arrays.items() if name.startswith("w/")}
        shown = probes.compute("maps", Subject(tape.experiment, dataset, state))
        assert np.array_equal(added[k], shown["map/plane"])
        assert np.array_equal(found["track/w/0.weight"][k], state["0.weight"])


def test_metrics_and_steps_stand_beside_the_pictures() -> None:
    tape = taped("circle", 40)
    found = unpacked(tape).arrays
    assert found["step"].tolist() == [frame.step for frame in tape.frames]
    assert found["metric/loss"].tolist() == [frame.metrics["loss"] for frame in tape.frames]


def test_what_is_too_large_is_thinned_and_keeps_its_ends() -> None:
    tape = taped("circle", 40)
    whole = len(reel.pack(tape, Path(), VIEWS))
    small = unpacked(tape, max_bytes=whole // 3).arrays["step"].tolist()
    assert len(reel.pack(tape, Path(), VIEWS, max_bytes=whole // 3)) <= whole // 3
    assert 2 < len(small) < len(tape.frames)
    assert [small[0], small[-1]] == [0, 40]


def test_large_tensors_are_halved_and_small_ones_keep_their_digits() -> None:
    weights = np.full((2, 80, 80), 1.0e6, np.float32), np.full((2, 3), 1.23456789, np.float32)
    shown = [
        frames.Snapshot(k, 0.0, {}, {"w/large": weights[0][k], "w/small": weights[1][k]}) for k in range(2)
    ]
    found = reel.reel(shown).arrays
    assert [found["track/w/large"].dtype, found["track/w/small"].dtype] == [np.float16, np.float32]
    assert np.isfinite(found["track/w/large"]).all(), "what 16 bits cannot hold is cut to what they can"


def test_what_some_frame_lacks_is_left_out() -> None:
    shown = [
        frames.Snapshot(0, 0.0, {}, {"w/a": np.zeros(2), "map/b": np.zeros(3, np.uint8)}),
        frames.Snapshot(5, 1.0, {"loss": float("nan")}, {"w/a": np.ones(2)}),
    ]
    found = reel.reel(shown).arrays
    assert set(found) == {"step", "epoch", "metric/loss", "track/w/a"}
    assert np.isnan(found["metric/loss"]).all()


@pytest.mark.parametrize("first", [0, 250])
def test_differences_of_bytes_wrap_around(first: int) -> None:
    values = np.array([first, 255, 3, 3, 128], np.uint8)
    shown = [frames.Snapshot(k, 0.0, {}, {"map/a": values[k : k + 1]}) for k in range(5)]
    track = reel.reel(shown).arrays["track/map/a"]
    assert np.cumsum(track, axis=0, dtype=np.uint8)[:, 0].tolist() == values.tolist()


def test_a_reel_of_pictures_holds_verdicts_and_no_tensors() -> None:
    tape = taped("digits-mlp", 6)
    views = ("filters", "confusion", "samples")
    found = frames.decode(zlib.decompress(reel.pack(tape, Path(), views))).arrays
    assert {"track/filter", "track/confusion", "track/verdict/class"} <= set(found)
    assert not any(name.startswith("track/w/") for name in found)
    assert found["track/confusion"].sum(axis=(1, 2)).tolist() == [1000] * len(tape.frames)


def test_moments_without_pictures_are_left_out_where_most_have_them() -> None:
    watched = [frames.Snapshot(k, 0.0, {}, {"filter": np.zeros((2, 2), np.uint8)}) for k in (3, 4, 5, 6)]
    unwatched = [frames.Snapshot(k, 0.0, {}, {}) for k in (0, 1, 9)]
    odd = frames.Snapshot(2, 0.0, {}, {"other": np.zeros(3, np.uint8)})
    assert reel.whole([*unwatched[:2], odd, *watched, unwatched[2]]) == watched
    assert reel.whole(unwatched) == unwatched, "where there are none, the curves and the timeline stay"
