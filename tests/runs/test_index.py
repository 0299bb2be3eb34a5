"""The index loses no row it has acknowledged, shows nobody another's run, and opens again whatever was done to it."""

from __future__ import annotations

import math
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.runs import entries
from playground.runs.index import Changes, Entry, Index, IndexUnavailable, new_id


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def index(tmp_path: Path, clock: Clock) -> Iterator[Index]:
    opened = Index(tmp_path / "index.sqlite", clock=clock)
    yield opened
    opened.close()


def create(index: Index, owner: str = "anna", **options: Any) -> Entry:
    return index.create(owner, '{"seed": 1}', "abc", **options)


def ids(found: tuple[Entry, ...]) -> list[str]:
    return [entry.id for entry in found]


# --- rows -------------------------------------------------------------------------------------------------------


def test_what_was_created_and_changed_is_there_now_and_after_reopening(index: Index, clock: Clock) -> None:
    parent = create(index)
    made = create(index, status="running", reason="", pace=2.5, parent=parent.id, parent_step=40)
    assert made == Entry(
        id=made.id,
        owner="anna",
        status="running",
        reason="",
        experiment='{"seed": 1}',
        digest="abc",
        created=1000.0,
        updated=1000.0,
        seen=1000.0,
        steps=0,
        attempt=0,
        metrics={},
        pace=2.5,
        parent=parent.id,
        parent_step=40,
    )
    clock.now = 1010.0
    assert index.update(
        made.id, status="diverged", reason="nan", steps=2**40, attempt=2, pace=0, digest="def"
    )
    assert index.update(made.id, metrics={"loss": math.inf, "accuracy": 0.5}, experiment="{}", seen=1005.0)
    found = index.get("anna", made.id)
    assert found == Entry(
        id=made.id,
        owner="anna",
        status="diverged",
        reason="nan",
        experiment="{}",
        digest="def",
        created=1000.0,
        updated=1010.0,
        seen=1005.0,
        steps=2**40,
        attempt=2,
        metrics={"loss": math.inf, "accuracy": 0.5},
        pace=0.0,
        parent=parent.id,
        parent_step=40,
    )
    index.close()
    again = Index(index.path)
    assert (again.get("anna", made.id), again.get("anna", parent.id), again.recovered) == (found, parent, "")
    again.close()


def test_nan_metrics_survive_as_strict_json(index: Index) -> None:
    run = create(index).id
    index.update(run, metrics={"loss": math.nan})
    found = index.get("anna", run)
    assert found is not None
    assert math.isnan(found.metrics["loss"])
    with sqlite3.connect(index.path) as raw:
        assert raw.execute("SELECT metrics FROM runs").fetchall() == [('{"loss": null}',)]
    raw.close()


def test_ids_are_random_128_bit_words_for_links_files_and_command_lines() -> None:
    made = [new_id() for _ in range(2000)]
    assert len(set(made)) == 2000
    assert {len(run) for run in made} == {22}
    assert not any(run.startswith("-") for run in made)
    assert set("".join(made)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_runs_are_listed_newest_first_and_queued_oldest_first(index: Index, clock: Clock) -> None:
    made: list[str] = []
    for number in range(5):
        clock.now += number % 2  # two in one instant keep the order in which they came
        made.append(create(index, status="queued" if number else "running").id)
    create(index, owner="bob")
    assert ids(index.list("anna")) == made[::-1]
    assert ids(index.list("anna", limit=2)) == made[:2:-1]
    assert ids(index.with_status("queued"))[:4] == made[1:]
    assert ids(index.with_status("running", "paused")) == made[:1]
    assert (index.count(), index.count("queued"), index.count("queued", owner="anna")) == (6, 5, 4)
    assert (index.count(owner="bob"), index.count("queued", "running", owner="carl")) == (1, 0)


def test_runs_nobody_has_looked_at_are_due_for_collection(index: Index, clock: Clock) -> None:
    old, seen, busy = (create(index, status=status).id for status in ("finished", "finished", "running"))
    clock.now = 1100.0
    new = create(index, status="finished").id
    assert index.touch("anna", seen)
    assert ids(index.due_for_collection(1050.0)) == [old, busy]
    assert ids(index.due_for_collection(1050.0, "finished", "stopped")) == [old]
    assert ids(index.due_for_collection(1200.0, limit=1)) == [old]
    assert set(ids(index.due_for_collection(1200.0, "finished"))) == {old, seen, new}
    assert index.forget(old)
    assert not index.forget(old)
    assert ids(index.due_for_collection(1050.0)) == [busy]


def test_a_glance_right_after_another_is_not_written(index: Index, clock: Clock) -> None:
    run = create(index).id
    for clock.now in (1001.0, 1004.9, 1005.0, 1009.0):
        assert index.touch("anna", run)
    found = index.find(run)
    assert found is not None
    assert (found.seen, found.updated) == (1005.0, 1000.0)


def test_many_updates_are_one_transaction(index: Index) -> None:
    made = [create(index).id for _ in range(3)]
    assert index.update_many([(run, {"steps": 7, "metrics": {"loss": 1.0}}) for run in made])
    assert {entry.steps for entry in index.list("anna")} == {7}
    wrong: Any = None  # a column that is never empty
    with pytest.raises(sqlite3.IntegrityError):
        index.update_many([(made[0], {"steps": 8}), (made[1], {"steps": wrong})])
    assert {entry.steps for entry in index.list("anna")} == {7}
    assert index.update_many([])


def test_only_what_may_change_can_change(index: Index) -> None:
    run = create(index).id
    hostile: Any = {"owner": "bob"}
    with pytest.raises(TypeError, match="owner"):
        index.update(run, **hostile)
    injected: Any = {"status = 'x', owner": "bob"}
    with pytest.raises(TypeError):
        index.update(run, **injected)
    assert index.count(owner="anna") == 1
    assert set(Changes.__annotations__) < set(entries.columns)


def test_changing_a_run_that_is_gone_changes_nothing(index: Index) -> None:
    run = create(index).id
    assert index.delete("anna", run)
    assert not index.update(run, status="running")
    assert not index.touch("anna", run)
    assert index.update_many([(run, {"steps": 1})])
    assert index.count() == 0


def test_threads_may_share_an_index(index: Index) -> None:
    made: list[str] = []
    failures: list[BaseException] = []

    def work(owner: str) -> None:
        try:
            for step in range(20):
                run = create(index, owner).id
                assert index.update(run, steps=step)
                assert len(index.list(owner)) == step + 1
                made.append(run)
        except BaseException as error:  # noqa: BLE001 (shown below, in the test's own thread)
            failures.append(error)

    threads = [threading.Thread(target=work, args=(f"owner-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert index.count() == len(set(made)) == 80


# --- whose they are ---------------------------------------------------------------------------------------------

texts = st.text(max_size=30) | st.sampled_from(
    ["", "' OR 1=1 --", "%", "\0", "\ud800", "bob", "anna", "*", "1" * 10_000]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(owner=texts, run=texts)
def test_anothers_run_looks_exactly_like_a_missing_one(index: Index, owner: str, run: str) -> None:
    if index.count() == 0:
        create(index, "carl")
    mine = index.list("carl")[0]
    for asked in (run, mine.id):
        assert index.get(owner, asked) is None
        assert index.touch(owner, asked) is False
        assert index.delete(owner, asked) is False
    assert index.list(owner) == ()
    assert index.list("carl") == (mine,)


def test_the_file_is_private(index: Index) -> None:
    create(index)
    for path in index.path.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


# --- real kills -------------------------------------------------------------------------------------------------

CREATOR = """
import sys
from pathlib import Path
from playground.runs.index import Index
index = Index(Path(sys.argv[1]))
assert not index.recovered
print("open", index.count(), flush=True)
while True:
    run = index.create("anna", "{}", "d").id
    print("made", run, flush=True)
    index.update(run, steps=1, status="running")
    print("ran", run, flush=True)
"""


def test_ten_kills_lose_no_acknowledged_row(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    acknowledged: dict[str, int] = {}
    pauses = random.Random(0)
    for _ in range(10):
        with subprocess.Popen(
            [sys.executable, "-c", CREATOR, str(path)], stdout=subprocess.PIPE, text=True
        ) as creator:
            assert creator.stdout is not None
            opened, count = creator.stdout.readline().split()
            assert opened == "open"
            assert int(count) >= len(acknowledged)
            said = "".join(creator.stdout.readline() for _ in range(pauses.randrange(4, 15)))
            time.sleep(pauses.uniform(0.0, 0.01))  # somewhere in the middle of the next ones
            creator.kill()
            said += creator.stdout.read()
        assert creator.returncode == -signal.SIGKILL
        for word, run in (
            line.split() for line in said.split("\n")[:-1]
        ):  # one without its end was never said
            acknowledged[run] = 1 if word == "ran" else 0
    index = Index(path)
    found = {entry.id: entry.steps for entry in index.list("anna", limit=10**6)}
    index.close()
    assert index.recovered == ""
    assert all(found[run] >= steps for run, steps in acknowledged.items())
    assert len(acknowledged) <= len(found) <= len(acknowledged) + 10  # at most one unsaid row for each kill
    assert len(acknowledged) > 20


# --- damage -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, dict[str, Entry]]:
    """The bytes of an index with forty runs on many pages, and the runs."""
    path = tmp_path_factory.mktemp("whole") / "index.sqlite"
    index = Index(path)
    made = [index.create("anna", "x" * 1500, f"{n}") for n in range(40)]
    index.close()
    return path.read_bytes(), {entry.id: entry for entry in made}


def reopen(folder: Path, content: bytes) -> Index:
    """The index that comes from a file with this content; that it works, and opens again without more ado."""
    for path in folder.iterdir():
        path.unlink()
    path = folder / "index.sqlite"
    path.write_bytes(content)
    index = Index(path)
    recovered = index.recovered
    assert not recovered or (folder / recovered).is_file()
    made = create(index, "zoe")
    assert index.get("zoe", made.id) == made
    index.list("anna")
    assert index.update(made.id, status="running")
    index.close()
    again = Index(path)
    assert again.recovered == ""
    assert ids(again.list("zoe")) == [made.id]
    again.close()
    return index


@pytest.mark.parametrize(
    "content", [b"no database" * 500, b"SQLite format 3\0" + bytes(5000), b"\xff" * 4096, b"no data"]
)
def test_a_file_that_is_no_database_is_moved_aside(tmp_path: Path, content: bytes) -> None:
    index = reopen(tmp_path, content)
    assert index.recovered == "index-damaged-0001.sqlite"
    assert (tmp_path / index.recovered).read_bytes() == content


def test_an_empty_file_is_a_new_index(tmp_path: Path) -> None:
    assert reopen(tmp_path, b"").recovered == ""


def test_an_index_cut_anywhere_is_no_crash_and_no_loop(tmp_path: Path, whole: Any) -> None:
    content, _ = whole
    moved = [
        reopen(tmp_path, content[:length]).recovered for length in range(1, len(content), len(content) // 60)
    ]
    assert sum(map(bool, moved)) > 50


noises = st.binary(min_size=1, max_size=64) | st.just(bytes(4096))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 200) | st.integers(0, 10**5), noises), min_size=1, max_size=4))
def test_an_index_with_changed_bytes_is_no_crash_and_no_loop(
    tmp_path: Path, whole: Any, changes: list[tuple[int, bytes]]
) -> None:
    content = bytearray(whole[0])
    for start, noise in changes:
        content[start : start + len(noise)] = noise
    reopen(tmp_path, bytes(content))


def test_what_can_still_be_read_is_taken_over(tmp_path: Path, whole: Any) -> None:
    content, made = whole
    page = 4096
    middle = len(content) // page // 2 * page
    path = tmp_path / "index.sqlite"
    path.write_bytes(content[:middle] + b"\xff" * page + content[middle + page :])
    index = Index(path)
    saved = {entry.id: entry for entry in index.list("anna")}
    index.close()
    assert index.recovered == "index-damaged-0001.sqlite"
    assert 30 <= len(saved) < 40
    assert saved.items() <= made.items()


def test_an_index_of_another_version_is_moved_aside_with_its_rows_taken_over(
    tmp_path: Path, whole: Any
) -> None:
    path = tmp_path / "index.sqlite"
    path.write_bytes(whole[0])
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA user_version = 99")
    raw.close()
    index = Index(path)
    assert index.recovered
    assert {entry.id: entry for entry in index.list("anna")} == whole[1]
    index.close()


def test_a_row_of_wrong_types_is_passed_over(index: Index) -> None:
    good, bad, odd = (create(index).id for _ in range(3))
    assert index.connection is not None
    index.connection.execute("UPDATE runs SET steps = x'ff00' WHERE id = ?", (bad,))
    index.connection.execute(
        "UPDATE runs SET metrics = '[[[', experiment = CAST(x'ff' AS TEXT) WHERE id = ?", (odd,)
    )
    found = {entry.id: entry for entry in index.list("anna")}
    assert found.keys() == {good, odd}
    assert (found[odd].metrics, found[odd].experiment) == ({}, "\ufffd")


def test_damage_while_it_is_open_is_mended(index: Index, whole: Any) -> None:
    for n in range(60):
        index.create("anna", "x" * 1500, f"{n}")
    index.close()
    index = Index(index.path)
    assert index.connection is not None
    index.connection.execute("PRAGMA cache_size = 0")
    content = bytearray(index.path.read_bytes())
    for page in range(4, len(content) // 4096, 3):
        content[page * 4096 : (page + 1) * 4096] = b"\xff" * 4096
    index.path.write_bytes(content)
    index.list("anna")
    assert index.recovered == "index-damaged-0001.sqlite"
    made = create(index)
    assert index.get("anna", made.id) == made
    index.close()
    again = Index(index.path)
    assert (again.recovered, again.get("anna", made.id)) == ("", made)
    again.close()


def test_only_the_newest_damaged_files_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    for number in range(6):
        path.write_bytes(b"damage %d" % number)
        Index(path).close()
    kept = sorted(p.name for p in tmp_path.glob("index-damaged-*"))
    assert kept == [f"index-damaged-000{n}.sqlite" for n in (4, 5, 6)]
    assert (tmp_path / kept[-1]).read_bytes() == b"damage 5"


# --- refusals that are no damage --------------------------------------------------------------------------------


def test_a_full_disk_is_said_and_recovers_by_itself(index: Index) -> None:
    run = create(index).id
    assert index.connection is not None
    (pages,) = index.connection.execute("PRAGMA page_count").fetchone()
    index.connection.execute(
        f"PRAGMA max_page_count = {pages}"
    )  # SQLite itself then says that the disk is full
    with pytest.raises(IndexUnavailable) as refused:
        index.create("anna", "x" * 20_000, "d")
    assert (refused.value.reason, index.stalled) == ("disk_full", "disk_full")
    assert index.update(run, experiment="x" * 10_000) is False
    assert index.update_many([(run, {"experiment": "x" * 10_000})]) is False
    assert index.recovered == ""
    before = index.list("anna")
    assert before[-1].id == run
    index.connection.execute("PRAGMA max_page_count = 100000")
    assert index.update(run, experiment="x" * 10_000)
    assert index.stalled == ""
    create(index)
    assert index.count() == len(before) + 1


def test_a_busy_index_is_not_taken_for_a_damaged_one(index: Index, tmp_path: Path) -> None:
    run = create(index).id
    assert index.connection is not None
    index.connection.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(index.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(IndexUnavailable) as refused:
        create(index)
    assert refused.value.reason == "unwritable"
    assert index.update(run, steps=1) is False
    found = index.get("anna", run)
    assert found is not None  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    assert index.update(run, steps=1)
    assert not list(tmp_path.glob("*damaged*"))


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(IndexUnavailable) as refused:
        Index(tmp_path / "file" / "index.sqlite")
    assert refused.value.reason == "unwritable"
    (tmp_path / "folder.sqlite").mkdir()
    with pytest.raises(IndexUnavailable):
        Index(tmp_path / "folder.sqlite")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_closed_index_says_so(index: Index) -> None:
    index.close()
    index.close()
    with pytest.raises(IndexUnavailable):
        index.count()
    assert index.update("run", steps=1) is False
