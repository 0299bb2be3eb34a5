"""The promises of one machine, each with a real kill: of workers, clients and the service, and of greedy runs."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from playground.runs import commands as c
from playground.runs.address import read_address
from playground.runs.client import Client, RunView
from tests.runs.house import ROOT, House, alive, house, until
from tests.runs.toy_trainer import Toy, undisturbed

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills by signal")
STEPS = 1500
SLOW = Toy(sleep=0.0003, max_steps=STEPS)


def weights(home: House, run: str) -> np.ndarray:
    return home.client.state(home.owner, run)["0.weight"]


def newest_step(home: House, run: str) -> int:
    return home.view(run).step


# --- somebody kills -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
def test_a_killed_worker_is_resumed_and_ends_with_the_same_weights(home: House, seed: int):
    run = home.submit(SLOW)
    draw = random.Random(seed)
    for attempt in (1, 2):
        home.until(run, "running", step=newest_step(home, run) + draw.randrange(1, 400))
        home.worker().kill()
        resumed = until(lambda n=attempt: (v := home.view(run)).attempt > n and v.status == "running" and v)
        assert resumed.step <= STEPS
    assert home.until(run, "finished").step == STEPS
    assert np.array_equal(weights(home, run), undisturbed(SLOW, STEPS))
    assert np.all(np.diff(home.client.steps(home.owner, run)) > 0)


def test_a_worker_that_leaves_while_it_is_asked_is_answered_for(home: House):
    run = home.submit(SLOW)
    home.until(run, "running", step=100)
    worker = home.worker()
    worker.suspend()  # the question reaches it, and no answer comes
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(weights, home, run)
        until(lambda: asked.running() and home.view(run).step)
        time.sleep(0.2)
        worker.kill()
        assert np.isfinite(asked.result(timeout=30)).all()


def test_a_change_survives_the_kill_that_follows_it(home: House):
    run = home.submit(SLOW)
    home.until(run, "running", step=50)
    ack = home.send(run, c.Set(path="lr", value=0.7))
    home.worker().kill()
    home.until(run, "finished", step=STEPS)
    assert np.array_equal(weights(home, run), undisturbed(SLOW, STEPS, [(ack.step, "lr", 0.7)]))


def test_attempts_are_given_back_to_a_run_that_gets_beyond_its_death(tmp_path: Path):
    with house(tmp_path, healthy_seconds=0.1) as home:
        run = home.submit(Toy(sleep=0.001))
        for _ in range(4):
            died_at = newest_step(home, run)
            home.until(run, "running", step=died_at + 150)
            home.worker().kill()
        assert home.until(run, "running", step=newest_step(home, run) + 50).attempt <= 2


def test_a_paused_run_comes_back_to_the_same_step(home: House):
    run = home.submit(SLOW)
    home.until(run, "running", step=123)
    step = home.send(run, c.Pause()).step
    home.worker().kill()
    view = until(lambda: (v := home.view(run)).attempt == 2 and v.status == "paused" and v)
    assert view.step == step
    assert np.array_equal(weights(home, run), undisturbed(SLOW, step))


def test_a_killed_fork_server_takes_nothing_with_it_for_long(home: House):
    run = home.submit(SLOW)
    home.until(run, "running", step=100)
    (server,) = home.service().children()
    worker = home.worker()
    server.kill()
    until(lambda: not alive(worker))
    assert home.until(run, "finished").attempt <= 2
    assert np.array_equal(weights(home, run), undisturbed(SLOW, STEPS))


def test_a_run_does_not_notice_that_its_app_is_killed(home: House):
    script = (
        "import sys, time; from pathlib import Path; from playground.runs.client import Client\n"
        "client = Client(Path(sys.argv[1])); run = client.submit('anna', sys.argv[2]); print(run, flush=True)\n"
        "while True: client.poll('anna', run, wait=1)"
    )
    app = subprocess.Popen(
        [sys.executable, "-c", script, str(home.folder), SLOW.to_json()],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with app:
        assert app.stdout is not None
        run = app.stdout.readline().strip()
        home.until(run, "running", step=50)
        app.kill()
    began = time.monotonic()
    assert home.view(run).status == "running"
    assert time.monotonic() - began < 1
    view = home.until(run, "finished")
    assert (view.step, view.attempt) == (STEPS, 1)


def test_a_killed_service_leaves_no_worker_and_resumes_exactly(tmp_path: Path):
    with house(tmp_path) as home:
        running, stopped, paused = home.submit(SLOW), home.submit(SLOW), home.submit(SLOW)
        home.until(paused, "running", step=40)
        step = home.send(paused, c.Pause()).step
        home.until(running, "running", step=300)
        home.until(stopped, "running", step=100)
        processes = home.processes()
        assert len(processes) == 5
        # One worker cannot even notice: the kernel has to end it.
        os.kill(home.workers()[0].pid, signal.SIGSTOP)
        processes[0].kill()
        until(lambda: not any(map(alive, processes)), 5)

        assert home.view(paused).status == "paused"  # this has started another service
        for run in (running, stopped):
            assert home.until(run, "finished").step == STEPS
            assert np.array_equal(weights(home, run), undisturbed(SLOW, STEPS))
        view = home.view(paused)
        assert (view.status, view.step) == ("paused", step)
        home.send(paused, c.Play())
        home.until(paused, "finished", step=STEPS)
        assert np.array_equal(weights(home, paused), undisturbed(SLOW, STEPS))


def test_a_terminated_service_lets_its_runs_write_a_checkpoint_first(tmp_path: Path):
    with house(tmp_path) as home:
        run = home.submit(SLOW)
        home.until(run, "running", step=200)
        processes = home.processes()
        processes[0].terminate()
        until(lambda: not any(map(alive, processes)), 10)
        assert read_address(tmp_path) is None
        assert {path.name for path in (tmp_path / "service").iterdir()} <= {"index.sqlite", "lock", "log"}
        assert any((tmp_path / "runs" / run).glob("checkpoint-*.safetensors"))
        assert home.until(run, "finished").step == STEPS
        assert np.array_equal(weights(home, run), undisturbed(SLOW, STEPS))


def test_a_damaged_checkpoint_costs_time_and_nothing_else(tmp_path: Path):
    with house(tmp_path) as home:
        run = home.submit(SLOW)
        home.until(run, "running", step=400)
        home.service().kill()
        home.client.close()
        folder = tmp_path / "runs" / run
        until(lambda: not (folder / "keyframe.tmp").exists())
        for path in sorted(folder.glob("*.safetensors"), key=lambda path: path.stat().st_mtime)[-2:]:
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 0xFF
            path.write_bytes(data)
        with (folder / "log.bin").open("r+b") as log:
            log.truncate(log.seek(0, os.SEEK_END) - 5)
        assert home.until(run, "finished").step == STEPS
        assert np.array_equal(weights(home, run), undisturbed(SLOW, STEPS))


# --- a run misbehaves ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("stuck", ["stopped", "asleep", "spinning"])
def test_a_stuck_worker_is_killed_when_it_is_cancelled(home: House, stuck: str):
    run = home.submit(Toy(sleep=0.001, hang_at=60 * (stuck == "asleep"), spin_at=60 * (stuck == "spinning")))
    home.until(run, "running", step=40)
    worker = home.worker()
    if stuck == "stopped":
        worker.suspend()
    time.sleep(0.1)
    began = time.monotonic()
    home.send(run, c.Stop(), wait=10)
    assert time.monotonic() - began < 5
    view = home.view(run)
    assert (view.status, view.reason.text()) == ("stopped", "Stopped")
    assert not alive(worker)
    assert home.client.info()["workers"] == 0


def test_a_crash_loop_ends_after_three_attempts_with_its_cause(home: House):
    run = home.start(crash_at=30)
    view = home.until(run, "failed")
    assert (view.attempt, view.step <= 30) == (3, True)
    assert view.reason.text() == "Given up after 3 attempts: RuntimeError: the toy broke"
    home.send(run, c.Play())  # its owner may try again, as often
    view = until(lambda: (v := home.view(run)).status == "failed" and v)
    assert view.attempt == 3


def test_a_worker_that_kills_itself_is_no_different(home: House):
    run = home.start(kill_at=30)
    assert home.until(run, "failed").reason.text() == "Given up after 3 attempts: signal 9 (SIGKILL)"


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with one slot and little to use."""
    limits: dict[str, Any] = {"memory": 300_000_000, "cpu_seconds": 0.5, "storage": 2_000_000}
    with house(tmp_path_factory.mktemp("data"), slots=1, **limits) as built:
        yield built


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with one slot and little time."""
    with house(tmp_path_factory.mktemp("data"), slots=1, wall_seconds=0.5, drain_seconds=0.3) as built:
        yield built


@pytest.mark.parametrize(
    ("toy", "key", "limit"),
    [
        (Toy(hog_at=20), "run.limit_memory", "300 MB"),
        (Toy(shared_hog_at=20), "run.limit_memory", "300 MB"),
        (Toy(burn_at=20), "run.limit_cpu", "0.5"),
        (Toy(spin_at=20), "run.limit_cpu", "0.5"),
    ],
    ids=["memory", "shared memory", "processor", "processor of a stuck one"],
)
def test_a_limit_stops_a_run_by_name_and_is_not_tried_again(narrow: House, toy: Toy, key: str, limit: str):
    run, other = narrow.submit(toy), narrow.start(max_steps=50)
    view = narrow.until(run, "stopped")
    assert (view.reason.key, view.reason.values["limit"], view.attempt) == (key, limit, 1)
    assert narrow.until(other, "finished").attempt == 1


@pytest.mark.parametrize("toy", [Toy(sleep=0.01), Toy(hang_at=20)], ids=["busy", "stuck"])
def test_the_time_limit_stops_a_run_by_name(hasty: House, toy: Toy):
    run, other = hasty.submit(toy), hasty.start(max_steps=10)
    view = hasty.until(run, "stopped")
    assert (view.reason.text(), view.attempt) == (
        "Stopped: the limit of 0.5 s of training time is used up",
        1,
    )
    hasty.until(other, "finished")


def test_a_run_that_fills_its_folder_is_stopped_by_name(tmp_path: Path):
    with house(tmp_path, storage=6_000_000) as home:
        run = home.submit(Toy(size=60_000))
        view = home.until(run, "stopped")
        assert (view.reason.key, view.reason.values) == ("run.limit_storage", {"limit": "6 MB"})
        assert np.isfinite(weights(home, run)).all()


def test_a_state_that_cannot_be_saved_is_told_and_the_run_goes_on(narrow: House):
    run = narrow.submit(Toy(size=200_000))

    def told() -> RunView | None:
        view = narrow.view(run)
        return view if view.step > 3 and view.notice else None

    view = until(told)
    assert view.notice.key == "run.too_large"
    assert view.status == "running"


# --- nothing is left over -----------------------------------------------------------------------------------


def test_fifty_runs_leave_no_descriptor_and_no_process_behind(home: House):
    def round_of(count: int) -> None:
        runs = [home.start(max_steps=20) for _ in range(count)]
        for run in runs:
            home.until(run, "finished")
        for run in runs:
            home.client.delete(home.owner, run)
        until(lambda: not home.workers())

    def open_files() -> int:
        return sum(process.num_fds() for process in home.processes())

    round_of(10)
    before = open_files()
    for _ in range(5):
        round_of(10)
    until(lambda: open_files() <= before, 10)
    assert len(home.processes()) == 2


def test_a_client_holds_only_a_few_connections(home: House):
    process = psutil.Process()
    home.client.close()
    before = process.num_fds()
    clients = [Client(home.folder) for _ in range(20)]
    for client in clients:
        client.info()
        client.close()
    assert process.num_fds() <= before
