"""Slots, turns, leases and room: what happens when more is asked for than this machine gives."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground.runs import commands as c
from playground.runs.reasons import NoSuchRun
from playground.spec.errors import SpecError
from tests.runs.house import House, house, until
from tests.runs.toy_trainer import Toy, undisturbed


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    limits: dict[str, Any] = {"slots": 2, "owner_slots": 2, "owner_queue": 4, "lease_seconds": 60}
    with house(tmp_path_factory.mktemp("data"), **limits) as built:
        yield built


@pytest.fixture(scope="module")
def built_narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    limits: dict[str, Any] = {"slots": 3, "owner_slots": 2, "lease_seconds": 0.5, "owner_bytes": 3_000_000}
    with house(tmp_path_factory.mktemp("data"), **limits) as built:
        yield built


@pytest.fixture
def home(built: House) -> Iterator[House]:
    yield built
    empty(built)


@pytest.fixture
def narrow(built_narrow: House) -> Iterator[House]:
    """A house that lends a worker for half a second and keeps little."""
    yield built_narrow
    empty(built_narrow)


def empty(built: House) -> None:
    for owner in (built.owner, "berta", "carl"):
        for row in built.client.list(owner):
            built.client.delete(owner, row.run)
    until(lambda: not built.workers())


def test_who_waits_sees_a_place_and_takes_a_turn(home: House):
    busy = [home.start(sleep=0.01) for _ in range(2)]
    for run in busy:
        home.until(run, "running")
    mine = [home.start(max_steps=10) for _ in range(3)]
    hers = home.start(owner="berta", max_steps=10)
    assert [home.view(run).position for run in mine] == [1, 3, 4]
    view = home.view(hers, owner="berta")
    assert (view.status, view.position) == ("queued", 2)
    assert len(home.workers()) == 2
    home.send(busy[0], c.Stop())
    for run in mine:
        assert home.until(run, "finished").position == 0
    home.until(hers, "finished", owner="berta")
    assert home.view(busy[1]).status == "running"


def test_a_fork_rests_where_it_was_made_also_while_it_waits_for_a_worker(home: House):
    busy = [home.start(sleep=0.005) for _ in range(2)]
    home.until(busy[0], step=120)
    fork = home.client.fork(home.owner, busy[0], 60)
    view = home.view(fork)
    assert (view.status, view.rests, view.step, view.epoch) == ("queued", True, 60, pytest.approx(1.2))
    home.send(fork, c.Play(), wait=0)
    assert not home.view(fork).rests
    home.send(fork, c.Pause(), wait=0)
    assert home.view(fork).rests
    home.send(busy[1], c.Stop())
    assert home.until(fork, "paused").rests
    assert not home.view(busy[0]).rests


def test_workers_stand_back_for_the_pages_once_they_share_processors(tmp_path: Path):
    cores, own = os.cpu_count() or 1, os.nice(0)  # a priority counts from that of who asks for it
    with house(tmp_path, slots=cores + 1, owner_slots=cores + 1, few_nice=2, nice=7) as home:
        for _ in range(cores):
            home.until(home.start(sleep=0.01), "running")
        assert {worker.nice() for worker in home.workers()} == {own + 2}
        home.until(home.start(sleep=0.01), "running")
        until(lambda: {worker.nice() for worker in home.workers()} == {own + 7})


def test_one_owner_cannot_take_every_slot(narrow: House):
    greedy = [narrow.start(sleep=0.01) for _ in range(3)]
    hers = narrow.start(owner="berta", sleep=0.01)
    narrow.until(hers, "running", owner="berta", step=1)
    for run in greedy[:2]:
        narrow.until(run, "running")
    assert narrow.view(greedy[2]).status == "queued"


def test_a_line_that_is_too_long_is_refused(home: House):
    for _ in range(2):
        home.until(home.start(sleep=0.01), "running")
    for _ in range(4):
        home.start(sleep=0.01)
    with pytest.raises(SpecError, match="4 of your runs are waiting already; at most 4 may wait"):
        home.start()
    home.until(home.start(owner="berta", max_steps=5), "queued", owner="berta")


def test_a_run_in_the_queue_can_be_paused_stopped_and_deleted(home: House):
    for _ in range(2):
        home.until(home.start(sleep=0.01), "running")
    paused, stopped, deleted = (home.start() for _ in range(3))
    home.send(paused, c.Pause())
    home.send(stopped, c.Stop())
    home.client.delete(home.owner, deleted)
    assert (home.view(paused).status, home.view(stopped).status) == ("paused", "stopped")
    assert home.client.info()["waiting"] == 0
    with pytest.raises(NoSuchRun):
        home.view(deleted)


def test_a_paused_run_makes_room_for_one_that_waits(home: House):
    first, second = home.start(sleep=0.001), home.start(sleep=0.001)
    for run in (first, second):
        home.until(run, "running", step=20)
    step = home.send(first, c.Pause()).step
    third = home.start(max_steps=20)
    home.until(third, "finished")
    view = home.view(first)
    assert (view.status, view.step) == ("paused", step)
    home.send(first, c.Step(n=5))
    assert home.until(first, "paused", step=step + 5).step == step + 5
    assert np.array_equal(home.client.state(home.owner, first)["0.weight"], undisturbed(Toy(), step + 5))


def test_steps_that_wait_add_up(home: House):
    paused = home.submit(Toy(), paused=True)
    home.until(paused, "paused")
    for _ in range(2):
        home.until(home.start(sleep=0.01), "running")
    home.send(paused, c.Step(n=5))
    home.send(paused, c.Step(n=7))
    view = home.view(paused)
    assert (view.status, view.step) == ("queued", 0)
    for row in home.client.list(home.owner):
        if row.run != paused:
            home.client.delete(home.owner, row.run)
    assert home.until(paused, "paused", step=1).step == 12


def test_a_change_to_a_run_without_a_worker_is_made_when_it_gets_one(home: House):
    runs = [home.start(sleep=0.001) for _ in range(2)]
    for run in runs:
        home.until(run, "running", step=10)
    step = home.send(runs[0], c.Pause()).step
    home.until(home.start(sleep=0.01), "running")
    assert len(home.workers()) == 2
    ack = home.send(runs[0], c.Set(path="lr", value=0.4), wait=0)
    assert not ack.acknowledged
    home.send(runs[1], c.Stop())
    until(lambda: home.view(runs[0]).ack >= ack.seq)
    home.send(runs[0], c.Step(n=10))
    home.until(runs[0], "paused", step=step + 10)
    expected = undisturbed(Toy(), step + 10, [(step, "lr", 0.4)])
    assert np.array_equal(home.client.state(home.owner, runs[0])["0.weight"], expected)


def test_a_lease_ends(narrow: House):
    run = narrow.start(sleep=0.001)
    narrow.until(run, "running", step=20)
    step = narrow.send(run, c.Pause()).step
    assert len(narrow.workers()) == 1
    until(lambda: not narrow.workers())
    view = narrow.view(run)
    assert (view.status, view.step, view.snapshot is not None) == ("paused", step, True)
    narrow.send(run, c.Play())
    narrow.until(run, "running", step=step + 20)


def test_a_run_that_nobody_looks_at_is_paused_and_says_so(tmp_path: Path):
    with house(tmp_path, idle_seconds=2) as home:
        run = home.start(sleep=0.001)
        home.until(run, "running", step=10)
        watched = home.start(sleep=0.001)
        home.until(watched, "running", step=10)
        until(lambda: home.view(watched) and len(home.workers()) == 1)
        assert home.view(watched).status == "running"
        view = until(lambda: (v := home.view(run)).status == "paused" and v)
        assert (
            view.reason.text() == "Paused because nobody has looked for 0.0333 minutes; press play to go on"
        )
        home.send(run, c.Play())
        view = home.until(run, "running", step=view.step + 10)
        assert not view.reason


def test_runs_that_nobody_comes_back_to_are_collected(tmp_path: Path):
    with house(tmp_path, keep_seconds=1) as home:
        run = home.start(max_steps=10)
        home.until(run, "finished")
        home.client.shut_down()
        time.sleep(1.2)
        until(lambda: home.client.info()["stored"] == 0)  # a service goes round when it starts
        assert not list((tmp_path / "runs").iterdir())
        with pytest.raises(NoSuchRun):
            home.view(run)


def test_the_oldest_runs_that_have_ended_make_room(tmp_path: Path):
    with house(tmp_path, owner_runs=3, owner_slots=3) as home:
        ended = [home.start(max_steps=5) for _ in range(2)]
        for run in ended:
            home.until(run, "finished")
        active = home.start(sleep=0.01)
        home.until(active, "running")
        hers = home.start(owner="berta", max_steps=5)
        newest = home.start(sleep=0.01)
        assert {row.run for row in home.client.list(home.owner)} == {ended[1], active, newest}
        home.start(sleep=0.01)
        with pytest.raises(SpecError, match="You have 3 runs that are still active"):
            home.start()
        assert [row.run for row in home.client.list("berta")] == [hers]


def test_a_crowded_house_forgets_the_run_unseen_for_longest(tmp_path: Path):
    with house(tmp_path, total_runs=2) as home:
        old = home.start(owner="berta", max_steps=5)
        home.until(old, "finished", owner="berta")
        time.sleep(0.01)
        kept = home.start(sleep=0.01)
        home.until(kept, "running")
        newest = home.start(sleep=0.01)
        assert home.client.list("berta") == ()
        assert {row.run for row in home.client.list(home.owner)} == {kept, newest}
        home.until(newest, "running")
        with pytest.raises(SpecError, match="This server keeps no more runs"):
            home.start(owner="carl")


def test_a_full_disk_quota_lets_the_oldest_make_room(narrow: House):
    big = narrow.start(size=60_000, max_steps=3)
    narrow.until(big, "finished")
    small = narrow.start(max_steps=3)
    assert {row.run for row in narrow.client.list(narrow.owner)} == {small}
