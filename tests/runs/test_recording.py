"""A recording keeps what it has taken, whatever is done to its file, and stays within its bound."""

from __future__ import annotations

import errno
import math
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.runs import durable, log, records
from playground.runs.frames import FrameError, Snapshot, decode, encode
from playground.runs.recording import Bounds, Command, Recording
from playground.runs.thinning import decimate, spread

SMALL = Bounds(frame_bytes=40_000, num_frames=64, history_bytes=20_000, num_points=128, command_bytes=4_000)


def frame(step: int, size: int = 8, **metrics: float) -> Snapshot:
    values = np.full(size, step % 251, dtype=np.uint8)
    return Snapshot(step, step / 10, {"loss": 1 / (step + 1)} | metrics, {"grid": values})


def point(step: int, **metrics: float) -> Snapshot:
    return Snapshot(step, step / 10, {"loss": 1 / (step + 1)} | metrics, kind="history")


def shown(recording: Recording) -> dict[str, Any]:
    """Everything that can be asked of a recording, comparable."""
    history = {name: column.tobytes() for name, column in recording.history(10**6).items()}
    return {
        "frames": list(recording.frames()),
        "steps": recording.steps().tolist(),
        "history": history,
        "commands": recording.commands(),
        "last_step": recording.last_step,
    }


def record_a_little(recording: Recording) -> list[int]:
    """A recording of every kind of record; where the file ended after each step of it."""
    ends = [recording.bytes]

    def done(written: bool) -> None:
        assert written
        ends.append(recording.bytes)

    done(recording.append(frame(0)))
    done(recording.append(point(1, accuracy=0.5)))
    done(recording.append_command(1, {"set": "lr", "value": 0.1}))
    done(recording.append(frame(3, loss=math.nan)))
    done(recording.append(encode(frame(3, size=3))))
    done(recording.append(point(4)))
    return ends


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    with Recording.open(tmp_path / "run") as opened:
        yield opened


# --- what was recorded is there ---------------------------------------------------------------------------------


def test_what_was_recorded_is_there_now_and_after_reopening(recording: Recording, tmp_path: Path) -> None:
    record_a_little(recording)
    assert recording.steps().tolist() == [0, 3]
    assert [decode(f).step for f in recording.frames()] == [0, 3]
    assert decode(recording.frame_at(3) or b"").arrays["grid"].tolist() == [
        3,
        3,
        3,
    ]  # the second of that step
    assert recording.commands() == [Command(1, {"set": "lr", "value": 0.1})]
    history = recording.history()
    assert history["step"].tolist() == [0, 1, 3, 4]
    assert history["epoch"].tolist() == [0.0, 0.1, 0.3, 0.4]
    assert history["loss"].tolist() == [1, 1 / 2, 1 / 4, 1 / 5]
    np.testing.assert_array_equal(history["accuracy"], [math.nan, 0.5, math.nan, math.nan])
    before = shown(recording)
    recording.close()
    with Recording.open(tmp_path / "run") as again:
        assert shown(again) == before


def test_a_frame_is_found_by_the_nearest_step_before(recording: Recording) -> None:
    assert recording.frame_at(5) is None
    for step in (10, 20, 30):
        recording.append(frame(step))
    assert [decode(found).step for s in (10, 19, 20, 99) if (found := recording.frame_at(s))] == [
        10,
        10,
        20,
        30,
    ]
    assert recording.frame_at(9) is None
    assert [decode(f).step for f in recording.frames(since=10)] == [20, 30]
    assert [decode(f).step for f in recording.frames(since=-1, limit=2)] == [10, 20]


def test_a_frame_is_kept_byte_for_byte(recording: Recording) -> None:
    encoded = encode(frame(7, size=1000))
    assert recording.append(encoded)
    assert recording.frame_at(7) == encoded


def test_what_is_no_frame_is_refused_and_leaves_nothing(recording: Recording) -> None:
    recording.append(frame(5))
    before = shown(recording), recording.bytes
    with pytest.raises(FrameError):
        recording.append(b"nonsense")
    with pytest.raises(ValueError, match="step"):
        recording.append(frame(4))
    with pytest.raises(ValueError, match="kind"):
        recording.append(Snapshot(6, 0.6, kind="gossip"))
    with pytest.raises(ValueError, match="command"):
        recording.append_command(6, {"value": object()})
    with pytest.raises(ValueError, match="JSON"):
        recording.append_command(6, {"value": math.nan})
    with pytest.raises(ValueError, match="bytes"):
        recording.append_command(6, {"value": "x" * 100_000})
    with pytest.raises(ValueError, match="step"):
        recording.append_command(-1, {})
    assert (shown(recording), recording.bytes) == before


def test_a_closed_recording_takes_nothing_and_raises_nothing(recording: Recording) -> None:
    recording.append(frame(1))
    recording.close()
    recording.close()
    assert recording.append(frame(2)) is False
    assert recording.frame_at(1) is None
    assert list(recording.frames()) == []
    recording.sync()


# --- damage -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[int], list[dict[str, Any]]]:
    """The bytes of a small log, where each record group ends, and what the log shows when cut there."""
    folder = tmp_path_factory.mktemp("little")
    with Recording.open(folder) as recording:
        ends = record_a_little(recording)
    content = (folder / "log.bin").read_bytes()
    with (folder / "log.bin").open("rb") as file:
        boundaries = [0, *(offset + record.size for offset, record in records.scan(file))]
    assert set(ends) <= set(boundaries)
    prefixes: list[dict[str, Any]] = []
    for end in boundaries:
        (folder / "log.bin").write_bytes(content[:end])
        with Recording.open(folder) as recording:
            assert recording.bytes == end
            prefixes.append(shown(recording))
    assert prefixes[0]["frames"] == []
    assert all(a != b for a, b in pairwise(prefixes))
    return content, boundaries, prefixes


def check_prefix(folder: Path, damaged: bytes, expected: dict[str, Any], end: int) -> None:
    (folder / "log.bin").write_bytes(damaged)
    with Recording.open(folder) as recording:
        assert (shown(recording), recording.bytes) == (expected, end)
        assert recording.append(frame(50))
    with Recording.open(folder) as recording:
        assert recording.steps().tolist() == [*expected["steps"], 50]


def test_a_log_cut_at_any_byte_keeps_its_whole_records(tmp_path: Path, little: Any) -> None:
    content, boundaries, prefixes = little
    for length in range(len(content) + 1):
        good = max(i for i, end in enumerate(boundaries) if end <= length)
        check_prefix(tmp_path, content[:length], prefixes[good], boundaries[good])


def test_a_log_with_any_byte_changed_keeps_the_records_before_it(tmp_path: Path, little: Any) -> None:
    content, boundaries, prefixes = little
    for place in range(len(content)):
        good = max(i for i, end in enumerate(boundaries) if end <= place)
        changed = bytearray(content)
        changed[place] ^= 1 << (place % 8)
        check_prefix(tmp_path, bytes(changed), prefixes[good], boundaries[good])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_damage_is_an_exception(tmp_path: Path, little: Any, data: st.DataObject) -> None:
    content = bytearray(little[0])
    for _ in range(data.draw(st.integers(1, 5))):
        a, b = sorted(data.draw(st.tuples(st.integers(0, len(content)), st.integers(0, len(content)))))
        content[a:b] = data.draw(st.one_of(st.binary(max_size=40), st.just(bytes(content[a:b]) * 2)))
    (tmp_path / "log.bin").write_bytes(content)
    with Recording.open(tmp_path) as recording:
        assert recording.append(frame(max(recording.last_step, 0) + 1))


def test_a_frame_that_rots_on_disk_is_passed_over(recording: Recording) -> None:
    for step in range(4):
        recording.append(frame(step, size=500))
    content = recording.log.path.read_bytes()
    with recording.log.path.open("r+b") as file:
        file.seek(content.index(bytes([2] * 500)))
        file.write(b"\xff")
    assert [decode(f).step for f in recording.frames()] == [0, 1, 3]
    assert decode(recording.frame_at(2) or b"").step == 1


# --- real kills -------------------------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
import numpy as np
from playground.runs.frames import Snapshot
from playground.runs.recording import Bounds, Recording
bounds = Bounds(frame_bytes=40_000, num_frames=64, history_bytes=20_000, num_points=128, command_bytes=4_000)
with Recording.open(Path(sys.argv[1]), bounds=bounds) as recording:
    step = recording.last_step
    print("open", step, flush=True)
    while True:
        step += 1
        assert recording.append(Snapshot(step, 0.0, {"loss": float(step)}, {"a": np.full(300, step)}))
        if step % 50 == 0:
            recording.append_command(step, {"at": step})
        print(step, flush=True)
"""


def test_a_killed_writer_loses_no_acknowledged_record(tmp_path: Path) -> None:
    """Bounds are so small that the kills also meet rewrites."""
    acknowledged = -1
    pauses = random.Random(0)
    for _ in range(6):
        command = [sys.executable, "-c", WRITER, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == f"open {acknowledged}\n"
            said = "".join(writer.stdout.readline() for _ in range(pauses.randrange(40, 70)))
            time.sleep(pauses.uniform(0.0, 0.01))  # somewhere in the middle of the next ones
            writer.kill()
            said += writer.stdout.read()
        assert writer.returncode == -signal.SIGKILL
        acknowledged = int(said.split("\n")[-2])  # a last line without its end was never said
        with Recording.open(tmp_path, bounds=SMALL) as recording:
            # One record may have been written and not yet acknowledged.
            assert recording.last_step in (acknowledged, acknowledged + 1)
            acknowledged = recording.last_step
            assert recording.steps()[[0, -1]].tolist() == [0, acknowledged]
            last = decode(recording.frame_at(acknowledged) or b"")
            assert (last.arrays["a"] == acknowledged).all()
            assert len(recording.steps()) <= SMALL.num_frames
            assert recording.history()["loss"][[0, -1]].tolist() == [0.0, acknowledged]
    assert acknowledged > 200  # it went through several rewrites


# --- bounds -----------------------------------------------------------------------------------------------------


def bound(bounds: Bounds) -> int:
    return bounds.frame_bytes + bounds.history_bytes + bounds.command_bytes


def test_the_bound_holds_and_the_first_the_newest_and_the_extremes_stay(tmp_path: Path) -> None:
    sizes = random.Random(1)
    with Recording.open(tmp_path, bounds=SMALL) as recording:
        for step in range(3000):
            loss = {500: 99.0, 501: -99.0}.get(step, math.cos(step))
            assert recording.append(frame(step, size=sizes.randrange(0, 2000), loss=loss))
            recording.append_command(step, {"set": "lr", "value": step})
            assert recording.bytes <= bound(SMALL)
        assert len(recording.steps()) <= SMALL.num_frames
        assert recording.steps()[[0, -1]].tolist() == [0, 2999]
        history = recording.history()
        assert len(history["step"]) <= SMALL.num_points
        assert history["step"][[0, -1]].tolist() == [0, 2999]
        assert (history["loss"].max(), history["loss"].min()) == (99.0, -99.0)
        assert recording.commands()[-1] == Command(2999, {"set": "lr", "value": 2999})
        assert 20 < len(recording.commands()) < 3000
        before = shown(recording)
    assert [path.name for path in tmp_path.iterdir()] == ["log.bin"]
    with Recording.open(tmp_path, bounds=SMALL) as again:
        assert shown(again) == before


def test_the_default_bound_is_the_documented_one() -> None:
    assert Bounds() == Bounds(32 << 20, 4096, 4 << 20, 16384, 1 << 20)


def test_frames_shown_again_and_again_at_one_step_do_not_fill_the_disk(tmp_path: Path) -> None:
    with Recording.open(tmp_path, bounds=SMALL) as recording:
        for _ in range(300):
            recording.append(frame(7, size=1000))
        assert recording.bytes <= bound(SMALL)
        assert recording.steps().tolist() == [7]


def test_a_frame_too_large_for_the_bound_is_not_recorded(tmp_path: Path) -> None:
    with Recording.open(tmp_path, bounds=SMALL) as recording:
        assert recording.append(frame(1, size=SMALL.frame_bytes // 4)) is False
        assert recording.append(frame(1, size=SMALL.frame_bytes // 5))
        assert recording.stalled == ""


def test_thinned_frames_lie_half_evenly_half_logarithmically() -> None:
    steps = np.arange(100_000)
    kept = spread(steps, np.ones_like(steps), 200, 10**9)
    assert 180 <= len(kept) <= 200
    assert (kept[0], kept[-1]) == (0, 99_999)
    assert np.diff(kept).max() < 2 * 100_000 / 100  # nowhere a hole in the timeline
    assert np.searchsorted(kept, 1000) > 50  # the first hundredth keeps more than a quarter
    sizes = np.where(steps % 2, 1000, 10)
    assert sizes[spread(steps, sizes, 10**6, 50_000)].sum() <= 50_000
    assert spread(steps[:5], sizes[:5], 5, 10**6).tolist() == [0, 1, 2, 3, 4]
    assert spread(steps[:5], sizes[:5], 3, 1).tolist() == [0, 4]  # first and last in any case


def test_recording_only_wanted_frames_makes_rewrites_rare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrites: list[int] = []
    replace = log.Log.replace
    monkeypatch.setattr(log.Log, "replace", lambda self, kept: (rewrites.append(1), replace(self, kept))[1])
    bounds = Bounds(num_frames=64)
    with Recording.open(tmp_path, bounds=bounds) as recording:
        taken = [
            step for step in range(10_000) if recording.wants_frame(step) and recording.append(frame(step))
        ]
        assert len(rewrites) <= 8  # each time the run has become twice as long
        assert 32 <= len(recording.steps()) <= 64
        assert taken[-1] > 9_500
    assert taken[:32] == list(range(32))


# --- the history ------------------------------------------------------------------------------------------------

columns = st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), min_size=1, max_size=300)


@given(columns, st.integers(2, 80), st.integers(1, 1000))
def test_a_decimated_history_keeps_first_last_and_extremes(
    loss: list[float], points: int, stride: int
) -> None:
    values = np.array(loss)
    steps = np.cumsum(np.arange(len(values)) % 7 * stride + 1)
    kept = decimate(steps, {"loss": values}, points)
    assert len(kept) <= points or len(values) <= points
    assert (np.diff(kept) > 0).all()
    assert (kept[0], kept[-1]) == (0, len(values) - 1)
    finite = values[np.isfinite(values)]
    if len(finite) and points >= 8:
        shown_values = values[kept][np.isfinite(values[kept])]
        assert (shown_values.min(), shown_values.max()) == (finite.min(), finite.max())


def test_a_decimated_history_shows_every_spike_of_the_loss_and_no_hole(recording: Recording) -> None:
    spikes = {777: 50.0, 4242: 60.0, 8888: 70.0}
    for step in range(10_000):
        recording.append(point(step, loss=spikes.get(step, 1.0), accuracy=math.sin(step)))
    history = recording.history(400)
    assert 200 <= len(history["step"]) <= 400
    assert (
        spikes.items() <= dict(zip(history["step"].tolist(), history["loss"].tolist(), strict=True)).items()
    )
    assert np.diff(history["step"]).max() < 150
    assert history["accuracy"].max() > 0.9999
    assert recording.history(2)["step"].tolist() == [0, 9999]
    assert recording.history(10**6)["step"].tolist() == list(range(10_000))


def test_an_empty_history_has_its_axes(recording: Recording) -> None:
    assert {name: column.tolist() for name, column in recording.history().items()} == {
        "step": [],
        "epoch": [],
    }


# --- cutting back -----------------------------------------------------------------------------------------------


def test_cutting_back_drops_everything_after_a_step(recording: Recording, tmp_path: Path) -> None:
    expected: dict[int, dict[str, Any]] = {}
    for step in range(30):
        recording.append(frame(step) if step % 3 == 0 else point(step))
        recording.append_command(step, {"n": step})
        expected[step] = shown(recording)
    for step in (28, 17, 16, 3, 0):
        recording.cut_back(step)
        assert shown(recording) == expected[step]
        with Recording.open(tmp_path / "run") as again:
            assert shown(again) == expected[step]
            assert again.contents.written == recording.contents.written
    recording.cut_back(-1)
    assert (recording.last_step, recording.bytes) == (-1, 0)
    assert recording.append(frame(0))


def test_commands_to_come_can_be_kept_and_are_recorded_once_when_applied_again(recording: Recording) -> None:
    for step in range(10):
        recording.append(frame(step))
        recording.append_command(step, {"seq": step})
    every = recording.commands()
    recording.cut_back(4, keep_commands=True)
    assert recording.steps().tolist() == [0, 1, 2, 3, 4]
    assert recording.commands() == every
    assert recording.commands(after=4) == every[5:]
    for step in range(5, 10):
        assert recording.append(frame(step))
        assert recording.append_command(step, {"seq": step})
    assert recording.commands() == every
    recording.append_command(9, {"seq": 99})
    assert len(recording.commands()) == 11


def test_what_was_kept_for_later_can_be_dropped_later(recording: Recording, tmp_path: Path) -> None:
    for step in range(10):
        recording.append(frame(step))
        recording.append_command(step, {"seq": step})
    recording.cut_back(2, keep_commands=True)
    for step in range(3, 6):
        recording.append(frame(step))
    recording.cut_back(4)
    for opened in (recording, Recording.open(tmp_path / "run")):
        assert opened.steps().tolist() == [0, 1, 2, 3, 4]
        assert [command.step for command in opened.commands()] == [0, 1, 2, 3, 4]
        opened.close()


def test_cutting_back_after_a_killed_worker_needs_no_space_and_no_rewrite(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in range(100):
        recording.append(frame(step))
    monkeypatch.setattr(log, "fill", None)
    recording.cut_back(90)
    assert recording.steps().tolist() == list(range(91))
    assert recording.append(frame(91))


# --- a full disk ------------------------------------------------------------------------------------------------


class Disk:
    """A disk with room for so many bytes more; what does not fit is refused half way, as a real one does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = 10**9
        self.error = errno.ENOSPC
        write_all, fill = durable.write_all, durable.fill

        def write_some(file: BinaryIO, offset: int, data: bytes) -> None:
            fits = data[: self.room]
            self.room -= len(fits)
            write_all(file, offset, fits)
            if len(fits) < len(data):
                raise OSError(self.error, os.strerror(self.error))

        def fill_some(temporary: Path, write: Any) -> None:
            def check(file: BinaryIO) -> None:
                write(file)
                if file.tell() > self.room:
                    raise OSError(self.error, os.strerror(self.error))

            fill(temporary, check)

        monkeypatch.setattr(log, "write_all", write_some)
        monkeypatch.setattr(log, "fill", fill_some)


def test_a_full_disk_makes_a_recording_quiet_until_there_is_space(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    recording.append(frame(0))
    before = shown(recording)
    for disk.room in range(0, 200, 10):  # less than a frame and its point need
        assert recording.append(frame(1)) is False
        assert recording.stalled == "disk_full"
        assert shown(recording) == before
        with Recording.open(tmp_path / "run") as reopened:
            assert shown(reopened) == before
    disk.room = 0
    assert recording.append_command(2, {"set": "lr"}) is False
    assert recording.append_command(2, {"set": "lr"}) is False
    assert recording.commands() == [Command(2, {"set": "lr"})]  # owed
    disk.room = 10**6
    assert recording.append(frame(3))
    assert recording.stalled == ""
    assert recording.steps().tolist() == [0, 3]
    after = shown(recording)
    assert after["commands"] == [Command(2, {"set": "lr"})]
    with Recording.open(tmp_path / "run") as again:
        assert shown(again) == after


def test_the_reason_of_a_stall_is_named(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    disk.room = 0
    for number, reason in (
        (errno.ENOSPC, "disk_full"),
        (errno.EFBIG, "too_large"),
        (errno.EIO, "unwritable"),
    ):
        disk.error = number
        assert recording.append(frame(1)) is False
        assert recording.stalled == reason


def test_a_rewrite_without_space_is_made_up_for_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    with Recording.open(tmp_path, bounds=SMALL) as recording:
        for step in range(60):
            recording.append(frame(step))
        recording.append_command(50, {"set": "lr"})
        recording.cut_back(10, keep_commands=True)
        for step in range(11, 31):
            recording.append(frame(step))
        disk.room = 0
        recording.cut_back(20)  # the command to drop lies before frames to keep
        assert recording.stalled == "disk_full"
        assert recording.commands() == []
        assert recording.steps().tolist() == list(range(21))  # as asked, though the file still has the rest
        assert len(list(recording.frames())) == 21
        for step in range(21, 40):
            assert recording.append(frame(step)) is False
        disk.room = 10**6
        resumed = next(step for step in range(40, 100) if recording.append(frame(step)))
        assert recording.stalled == ""
        before = shown(recording)
        assert before["steps"] == [*range(21), resumed]
    assert [path.name for path in tmp_path.iterdir()] == ["log.bin"]
    with Recording.open(tmp_path, bounds=SMALL) as again:
        assert shown(again) == before


LIMITED = """
import resource, sys
from pathlib import Path
import numpy as np
from playground.runs.frames import Snapshot
from playground.runs.recording import Recording
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
with Recording.open(Path(sys.argv[1])) as recording:
    taken = [recording.append(Snapshot(step, 0.0, {}, {"a": np.zeros(1000, np.uint8)})) for step in range(40)]
    assert taken == sorted(taken, reverse=True) and 10 < sum(taken) < 20, taken
    assert recording.stalled == "too_large", recording.stalled
    assert len(list(recording.frames())) == sum(taken)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert recording.append(Snapshot(40, 0.0)) and recording.stalled == ""
    print(recording.steps().tolist())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_limit_that_the_system_enforces_is_survived(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with Recording.open(tmp_path) as recording:
        assert str(recording.steps().tolist()) == done.stdout.strip()


# --- readers ----------------------------------------------------------------------------------------------------


def test_readers_see_whole_frames_while_the_recording_is_thinned(tmp_path: Path) -> None:
    seen: list[int] = []
    failures: list[BaseException] = []
    stop = threading.Event()

    def watch(recording: Recording) -> None:
        try:
            while not stop.is_set():
                steps = [decode(encoded).step for encoded in recording.frames()]
                assert steps == sorted(set(steps))
                newest = recording.frame_at(10**9)
                assert newest is None or (decode(newest).arrays["grid"] == decode(newest).step % 251).all()
                assert len(recording.history(50)["step"]) <= 50
                seen.append(len(steps))
        except BaseException as error:  # noqa: BLE001 (shown below, in the test's own thread)
            failures.append(error)

    with Recording.open(tmp_path, bounds=SMALL) as recording:
        readers = [threading.Thread(target=watch, args=(recording,)) for _ in range(2)]
        for reader in readers:
            reader.start()
        for step in range(600):
            recording.append(frame(step, size=300))
        stop.set()
        for reader in readers:
            reader.join()
    assert failures == []
    assert max(seen) > 1
