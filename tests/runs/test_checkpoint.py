"""A checkpoint is there or it is not; a keyframe is near every step; damage costs the newest at most."""

from __future__ import annotations

import errno
import json
import math
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from playground.runs import checkpoint, durable, keyframes
from playground.runs.checkpoint import Checkpoint, CheckpointError

DTYPES = ("f2", "f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "bool")

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
states = st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=10),
    hnp.arrays(st.sampled_from(DTYPES), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)),
    max_size=4,
)


def state(step: int) -> dict[str, Any]:
    return {
        "0.weight": np.full((2, 3), step, np.float32),
        "adam.step": np.array(step),
        "rng": np.array([2**64 - 1], "u8"),
    }


def contents(found: Checkpoint | None) -> Any:
    """Everything in a checkpoint, comparable bit for bit."""
    assert found is not None
    return found.step, found.meta, {n: (a.dtype.str, a.shape, a.tobytes()) for n, a in found.state.items()}


def written(step: int, meta: dict[str, Any] | None = None) -> Any:
    return contents(Checkpoint(Path(), step, {"at": step} if meta is None else meta, state(step)))


def save(folder: Path, step: int) -> Path:
    return checkpoint.save(folder, step, {"at": step}, state(step))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- one file ---------------------------------------------------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    step=st.integers(0, 2**63 - 1), meta=st.dictionaries(st.text(max_size=5), plain, max_size=4), state=states
)
def test_a_state_returns_bit_for_bit(tmp_path: Path, step: int, meta: dict[str, Any], state: Any) -> None:
    checkpoint.cut_back(tmp_path, -1)
    path = checkpoint.save(tmp_path, step, meta, state)
    assert contents(checkpoint.load(path)) == contents(Checkpoint(path, step, meta, state))
    assert contents(checkpoint.latest(tmp_path)) == contents(Checkpoint(path, step, meta, state))


def test_meta_keeps_nan_infinities_and_whole_numbers_of_any_size(tmp_path: Path) -> None:
    meta = {"best": math.inf, "last": [math.nan, {"x": (1, -math.inf)}], "pcg64": 2**127 + 1}
    found = checkpoint.load(checkpoint.save(tmp_path, 1, meta, {}))
    assert repr(found.meta) == repr(meta | {"last": [math.nan, {"x": [1, -math.inf]}]})


def test_a_loaded_state_can_be_trained_on(tmp_path: Path) -> None:
    found = checkpoint.load(save(tmp_path, 3))
    found.state["0.weight"] += 1
    assert found.state["0.weight"].flags.c_contiguous


def test_the_file_is_plain_safetensors_with_strict_json(tmp_path: Path) -> None:
    path = checkpoint.save(tmp_path, 7, {"loss": math.nan}, state(7))
    loaded = safetensors.numpy.load_file(path)
    np.testing.assert_array_equal(loaded["0.weight"], state(7)["0.weight"])
    content = path.read_bytes()
    described = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    assert json.loads(described["__metadata__"]["run"]) == {"step": 7, "meta": {"loss": {"$float": "nan"}}}


def test_memory_order_and_byte_order_do_not_matter(tmp_path: Path) -> None:
    weights = np.arange(6, dtype=np.float32).reshape(2, 3)
    for given_array in (
        np.asfortranarray(weights),
        weights.astype(">f4"),
        np.repeat(weights, 2, axis=0)[::2],
    ):
        found = checkpoint.load(checkpoint.save(tmp_path, 1, {}, {"w": given_array}))
        assert contents(found) == contents(Checkpoint(Path(), 1, {}, {"w": weights}))


@pytest.mark.parametrize(
    ("step", "meta", "tensors"),
    [
        (-1, {}, {}),
        (2**63, {}, {}),
        (1.0, {}, {}),
        (1, {"a": object()}, {}),
        (1, {1: "a"}, {}),
        (1, {"$float": "nan"}, {}),
        (1, {"a": np.float32(1)}, {}),
        (1, {}, {"a": np.array(["text"])}),
        (1, {}, {"a": np.array([None])}),
        (1, {}, {"a": np.zeros(1, complex)}),
        (1, {}, {"__metadata__": np.zeros(1)}),
    ],
)
def test_what_has_no_file_form_is_refused_and_leaves_nothing(
    tmp_path: Path, step: Any, meta: Any, tensors: Any
) -> None:
    with pytest.raises(CheckpointError):
        checkpoint.save(tmp_path, step, meta, tensors)
    assert names(tmp_path) == []


# --- damage -----------------------------------------------------------------------------------------------------


def test_a_checkpoint_changed_in_any_byte_or_cut_anywhere_gives_the_previous_one(tmp_path: Path) -> None:
    save(tmp_path, 10)
    path = save(tmp_path, 20)
    content = path.read_bytes()
    fell_back = 0
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1 << (place % 8)
        for damaged in (bytes(changed), content[:place]):
            path.write_bytes(damaged)
            found = contents(checkpoint.latest(tmp_path))
            # White space between JSON tokens may change and the state is still the same, which its digest says.
            assert found in (written(10), written(20))
            fell_back += found == written(10)
    assert fell_back > 1.95 * len(content)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.binary(max_size=300))
def test_noise_is_no_checkpoint(tmp_path: Path, noise: bytes) -> None:
    path = tmp_path / "checkpoint-1.safetensors"
    for content in (noise, len(noise).to_bytes(8, "little") + noise):
        path.write_bytes(content)
        with pytest.raises(CheckpointError):
            checkpoint.load(path)
        assert checkpoint.latest(tmp_path) is None


class Bomb:
    """Unpickling this writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_a_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    path = tmp_path / "checkpoint-1.safetensors"
    path.write_bytes(pickle.dumps(Bomb(victim)))
    with pytest.raises(CheckpointError):
        checkpoint.load(path)
    np.savez(tmp_path / "a.npz", a=np.array([Bomb(victim)], dtype=object), allow_pickle=True)
    (tmp_path / "a.npz").rename(path)
    assert checkpoint.latest(tmp_path) is None
    assert not victim.exists()


def test_a_file_under_another_step_is_not_believed(tmp_path: Path) -> None:
    path = save(tmp_path, 20)
    (tmp_path / "checkpoint-99.safetensors").write_bytes(path.read_bytes())
    found = checkpoint.latest(tmp_path)
    assert found is not None
    assert (found.path, found.step) == (path, 20)


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    others = [
        "checkpoint-1.safetensors.bak",
        "checkpoint-x.safetensors",
        "checkpoint-.safetensors",
        "log.bin",
    ]
    others += ["checkpoint-٣.safetensors", "keyframe-1.safetensors", f"checkpoint-{'9' * 25}.safetensors"]
    for other in others:
        (tmp_path / other).write_bytes(b"mine")
    for step in range(5):
        save(tmp_path, step)
    assert names(tmp_path) == sorted([*others, "checkpoint-3.safetensors", "checkpoint-4.safetensors"])
    assert checkpoint.latest(tmp_path / "nowhere") is None


# --- which ones stay --------------------------------------------------------------------------------------------


def test_the_last_two_checkpoints_stay(tmp_path: Path) -> None:
    for step in (1, 5, 9, 100):
        save(tmp_path, step)
    assert names(tmp_path) == ["checkpoint-100.safetensors", "checkpoint-9.safetensors"]
    assert contents(checkpoint.latest(tmp_path)) == written(100)


def test_a_run_that_goes_back_gives_up_its_later_checkpoints(tmp_path: Path) -> None:
    save(tmp_path, 100)
    save(tmp_path, 200).write_bytes(b"damaged")
    save(tmp_path, 150)  # resumed from 100
    assert names(tmp_path) == ["checkpoint-100.safetensors", "checkpoint-150.safetensors"]
    checkpoint.cut_back(tmp_path, 149)
    assert contents(checkpoint.latest(tmp_path)) == written(100)
    checkpoint.cut_back(tmp_path, -1)
    assert checkpoint.latest(tmp_path) is None


def test_a_checkpoint_is_due_after_twenty_times_its_cost_and_a_second_at_least() -> None:
    assert [checkpoint.pause_after(cost) for cost in (0.0, 0.001, 0.05, 0.5)] == [1.0, 1.0, 1.0, 10.0]


# --- a full disk, a killed process ------------------------------------------------------------------------------


def test_a_full_disk_costs_nothing_but_the_new_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, 1)

    def refuse(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as full:
        full.setattr(durable.os, "fsync", refuse)
        with pytest.raises(OSError, match="space") as refused:
            save(tmp_path, 2)
        with pytest.raises(OSError, match="space"):
            keyframes.save(tmp_path, 2, {}, state(2))
    assert durable.stall_reason(refused.value) == "disk_full"
    assert names(tmp_path) == ["checkpoint-1.safetensors"]
    assert contents(checkpoint.latest(tmp_path)) == written(1)
    save(tmp_path, 2)
    assert contents(checkpoint.latest(tmp_path)) == written(2)


SAVER = """
import sys
from pathlib import Path
import numpy as np
from playground.runs import checkpoint, keyframes
folder = Path(sys.argv[1])
newest = checkpoint.latest(folder)
step = newest.step if newest else 0
print("open", step, flush=True)
while True:
    step += 1
    state = {"0.weight": np.full((300, 300), step, np.float32)}
    checkpoint.save(folder, step, {"at": step}, state)
    keyframes.save(folder, step, {"at": step}, state, max_files=6, pinned=step % 10 == 0)
    print(step, flush=True)
"""


def test_a_killed_writer_leaves_the_newest_acknowledged_checkpoint_or_a_newer_one(tmp_path: Path) -> None:
    acknowledged = 0
    pauses = random.Random(0)
    for _ in range(6):
        command = [sys.executable, "-c", SAVER, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as saver:
            assert saver.stdout is not None
            assert saver.stdout.readline() == f"open {acknowledged}\n"
            said = "".join(saver.stdout.readline() for _ in range(pauses.randrange(1, 12)))
            time.sleep(pauses.uniform(0.0, 0.01))  # somewhere in the middle of the next ones
            saver.kill()
            said += saver.stdout.read()
        assert saver.returncode == -signal.SIGKILL
        acknowledged = int(said.split("\n")[-2])  # a last line without its end was never said
        found = checkpoint.latest(tmp_path)
        assert found is not None
        assert found.step in (acknowledged, acknowledged + 1)
        acknowledged = found.step
        assert found.meta == {"at": found.step}
        assert (found.state["0.weight"] == found.step).all()
        near = keyframes.keyframe_before(tmp_path, acknowledged)
        assert near is not None
        assert near.step in (acknowledged, acknowledged - 1)
        leftovers = [name for name in names(tmp_path) if name.endswith(".tmp")]
        assert set(leftovers) <= {"checkpoint.tmp", "keyframe.tmp"}  # and the next save takes their place
    assert acknowledged > 20


# --- keyframes --------------------------------------------------------------------------------------------------


def keep(folder: Path, step: int, **options: Any) -> Path:
    return keyframes.save(folder, step, {"at": step}, state(step), **options)


def test_keyframes_are_due_ever_more_rarely() -> None:
    due = [0]
    while due[-1] < 10**9:
        due.append(keyframes.next_step(due[-1]))
    assert due[:9] == [0, 1, 2, 3, 4, 6, 9, 13, 19]
    assert len(due) < 60


def test_the_nearest_keyframe_before_a_step_is_found_whatever_is_damaged(tmp_path: Path) -> None:
    for step in (0, 4, 9):
        keep(tmp_path, step)
    assert [contents(keyframes.keyframe_before(tmp_path, s))[0] for s in (0, 3, 4, 8, 9, 99)] == [
        0,
        0,
        4,
        4,
        9,
        9,
    ]
    (tmp_path / "keyframe-4.safetensors").write_bytes(b"damaged")
    assert contents(keyframes.keyframe_before(tmp_path, 8)) == written(0)
    assert keyframes.keyframe_before(tmp_path, -1) is None
    assert keyframes.keyframe_before(tmp_path / "nowhere", 5) is None


def test_keyframes_stay_log_spaced_within_their_bound(tmp_path: Path) -> None:
    for step in range(400):
        keep(tmp_path, step, max_files=12)
    steps = keyframes.steps(tmp_path)
    assert len(steps) == 12
    assert (steps[0], steps[-1]) == (0, 399)
    ratios = [(b + 1) / (a + 1) for a, b in pairwise(steps)]
    assert max(ratios) <= 4  # 400 in eleven steps: 1.7 each if it were known beforehand where the run ends


def test_keyframes_stay_within_their_bytes(tmp_path: Path) -> None:
    size = keep(tmp_path, 0).stat().st_size
    for step in range(1, 30):
        keep(tmp_path, step, max_bytes=5 * size + 100)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 5 * size + 100
    keep(tmp_path, 30, max_bytes=1)
    assert keyframes.steps(tmp_path) == [0, 30]  # the first and the newest stay in any case


def test_a_pinned_keyframe_stays_while_others_go(tmp_path: Path) -> None:
    for step in range(100):
        keep(tmp_path, step, max_files=8, pinned=step in (50, 51, 77))
    keep(tmp_path, 99, max_files=8)
    steps = keyframes.steps(tmp_path)
    assert len(steps) == 8
    assert {0, 50, 51, 77, 99} <= set(steps)
    for step in range(100, 140):
        keep(tmp_path, step, max_files=8, pinned=True)
    assert len(keyframes.steps(tmp_path)) == 8  # the bound holds even if all are pinned
    assert keyframes.steps(tmp_path)[0] == 0


def test_a_pinned_keyframe_stays_pinned_when_its_step_is_written_again(tmp_path: Path) -> None:
    keep(tmp_path, 0)
    keep(tmp_path, 5, pinned=True)
    keep(tmp_path, 5)
    assert names(tmp_path) == ["keyframe-0.safetensors", "keyframe-5-pinned.safetensors"]
    keep(tmp_path, 8)
    keep(tmp_path, 8, pinned=True)
    assert names(tmp_path)[1:] == ["keyframe-5-pinned.safetensors", "keyframe-8-pinned.safetensors"]


def test_a_run_that_goes_back_gives_up_its_later_keyframes(tmp_path: Path) -> None:
    for step in (0, 10, 20, 30):
        keep(tmp_path, step, pinned=step == 20)
    keep(tmp_path, 15)
    assert keyframes.steps(tmp_path) == [0, 10, 15]
    keyframes.cut_back(tmp_path, 10)
    assert keyframes.steps(tmp_path) == [0, 10]
    keyframes.cut_back(tmp_path, -1)
    assert names(tmp_path) == []


def test_the_default_bound_is_the_documented_one() -> None:
    assert (keyframes.MAX_FILES, keyframes.MAX_BYTES) == (48, 64 << 20)
