"""What owners can do with their runs, through the client, a real service and real workers."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from playground.runs import commands as c
from playground.runs.reasons import NoSuchRun
from playground.spec.errors import SpecError
from tests.runs.house import House, until
from tests.runs.toy_trainer import Toy, undisturbed


def test_a_run_trains_to_its_end_and_is_recorded_from_the_first_step(home: House):
    run = home.start(max_steps=300)
    view = home.until(run, "finished")
    assert (view.step, view.epoch, view.reason.key) == (300, 6.0, "run.reached_steps")
    assert np.array_equal(home.client.state(home.owner, run)["0.weight"], undisturbed(Toy(), 300))
    steps = home.client.steps(home.owner, run)
    assert (steps[0], steps[-1]) == (0, 300)
    history = home.view(run, history=True).history
    assert history is not None
    assert (history["step"][0], history["step"][-1]) == (0, 300)
    assert history["loss"][-1] == pytest.approx(view.metrics["loss"])
    first, last = home.client.frame_at(home.owner, run, 0), home.client.frame_at(home.owner, run, 10**9)
    assert first is not None
    assert last is not None
    assert not first.arrays["w/0.weight"].any()
    assert np.array_equal(last.arrays["w/0.weight"], undisturbed(Toy(), 300))


def test_a_frame_comes_only_when_it_is_new(home: House):
    run = home.submit(Toy(), paused=True)
    view = home.until(run, "paused")
    assert view.snapshot is not None
    again = home.view(run, since=view.number)
    assert (again.snapshot, again.number) == (None, view.number)


def test_a_waiting_poll_is_answered_by_the_next_frame(home: House):
    run = home.submit(Toy(), paused=True)
    view = home.until(run, "paused")
    began = time.monotonic()
    assert home.view(run, since=view.number, wait=0.2).snapshot is None
    assert time.monotonic() - began >= 0.2
    home.send(run, c.Step(), wait=0)
    fresh = home.view(run, since=view.number, wait=20)
    assert fresh.number > view.number


def test_watched_frames_come_several_times_a_second(home: House):
    run = home.start(sleep=0.001)
    number, seen, deadline = 0, 0, time.monotonic() + 3
    while time.monotonic() < deadline and seen < 12:
        view = home.view(run, since=number, wait=1)
        number, seen = view.number, seen + (view.snapshot is not None)
    assert seen >= 8


def test_a_paused_submission_shows_the_beginning_and_waits(home: House):
    run = home.submit(Toy(), paused=True)
    view = home.until(run, "paused")
    assert (view.step, view.snapshot is not None) == (0, True)
    home.send(run, c.Play())
    home.until(run, "running", step=1)


def test_pause_step_and_epoch_stop_exactly_where_they_say(home: House):
    run = home.start(sleep=0.0005)
    home.until(run, "running", step=10)
    ack = home.send(run, c.Pause())
    view = home.view(run)
    assert (view.status, view.step) == ("paused", ack.step)
    home.send(run, c.Step())
    assert home.until(run, "paused", step=ack.step + 1).step == ack.step + 1
    home.send(run, c.Step(n=7))
    assert home.until(run, "paused", step=ack.step + 8).step == ack.step + 8
    home.send(run, c.Epoch())
    epoch = home.until(run, "paused", step=ack.step + 9)
    assert (epoch.step % 50, epoch.step - ack.step <= 58) == (0, True)
    home.send(run, c.Epoch())
    assert home.until(run, "paused", step=epoch.step + 1).step == epoch.step + 50


def test_a_setting_changes_without_a_restart(home: House):
    run = home.start(sleep=0.0005)
    home.until(run, "running", step=5)
    ack = home.send(run, c.Set(path="lr", value=0.5))
    assert ack.acknowledged
    home.until(run, "running", step=ack.step + 5)
    paused = home.send(run, c.Pause())
    assert json.loads(home.view(run).experiment)["lr"] == 0.5
    expected = undisturbed(Toy(), paused.step, [(ack.step, "lr", 0.5)])
    assert np.array_equal(home.client.state(home.owner, run)["0.weight"], expected)


def test_a_refused_change_is_a_sentence_and_the_run_goes_on(home: House):
    run = home.start(sleep=0.0005)
    before = home.until(run, "running", step=5)
    with pytest.raises(SpecError, match="lr: -1 is too small; at least 0 is expected"):
        home.send(run, c.Set(path="lr", value=-1))
    assert home.view(run).notice.key == "error.ge"
    after = home.until(run, "running", step=before.step + 10)
    assert after.attempt == 1
    assert json.loads(after.experiment)["lr"] == 0.1


def test_a_value_beyond_all_measure_is_refused_before_it_travels(home: House):
    with pytest.raises(SpecError, match="at most 16384 are read"):
        home.send("run", c.Set(path="lr", value="x" * 20_000))


def test_a_command_that_breaks_the_worker_is_given_up_and_the_run_goes_on(home: House):
    run = home.start(sleep=0.0005)
    before = home.until(run, "running", step=20)
    with pytest.raises(SpecError, match="set could not be carried out; the run goes on without it"):
        home.send(run, c.Set(path="poison", value=1), wait=20)
    after = home.until(run, "running", step=before.step + 200)
    assert after.attempt == 3
    home.send(run, c.Pause())
    expected = undisturbed(Toy(), home.view(run).step)
    assert np.array_equal(home.client.state(home.owner, run)["0.weight"], expected)


def test_one_weight_can_be_set_by_hand(home: House):
    run = home.submit(Toy(), paused=True)
    home.until(run, "paused")
    number = home.view(run).number
    home.send(run, c.SetWeight(name="0.weight", index=(3,), value=2.5))
    assert home.client.state(home.owner, run)["0.weight"].tolist() == [0, 0, 0, 2.5, 0, 0, 0, 0]
    snapshot = home.view(run, since=number, wait=10).snapshot
    assert snapshot is not None
    assert snapshot.arrays["w/0.weight"][3] == 2.5


def test_a_pace_is_kept(home: House):
    run = home.client.submit(home.owner, Toy(), pace=50)
    first = home.until(run, "running", step=5)
    began = time.monotonic()
    later = home.until(run, "running", step=first.step + 50)
    took = time.monotonic() - began
    assert 0.7 < took < 5
    assert later.pace == 50
    home.send(run, c.Pace(steps_per_second=0))
    home.until(run, "running", step=later.step + 1000)


def test_a_reset_begins_again_with_the_present_settings(home: House):
    run = home.start(sleep=0.0005)
    home.until(run, "running", step=20)
    home.send(run, c.Set(path="lr", value=0.3))
    home.send(run, c.Reset())
    view = home.until(run, "paused")
    assert (view.step, json.loads(view.experiment)["lr"]) == (0, 0.3)
    assert home.client.steps(home.owner, run).tolist() == [0]
    home.send(run, c.Step(n=30))
    home.until(run, "paused", step=30)
    expected = undisturbed(Toy(lr=0.3), 30)
    assert np.array_equal(home.client.state(home.owner, run)["0.weight"], expected)


def test_a_stopped_run_frees_its_worker_and_keeps_what_it_learned(home: House):
    run = home.start()
    home.until(run, "running", step=100)
    ack = home.send(run, c.Stop())
    view = home.view(run)
    assert (view.status, view.reason.text("zh"), view.step >= ack.step > 0) == ("stopped", "已停止", True)
    until(lambda: not home.workers())
    state = home.client.state(home.owner, run)["0.weight"]
    assert np.array_equal(state, undisturbed(Toy(), view.step))


def test_a_finished_run_goes_on_when_its_goal_is_moved(home: House):
    run = home.start(max_steps=100)
    home.until(run, "finished")
    home.send(run, c.Play())
    assert home.until(run, "finished").step == 100
    home.send(run, c.Set(path="max_steps", value=150), wait=20)
    home.send(run, c.Play())
    assert home.until(run, "finished", step=150).step == 150
    assert np.array_equal(home.client.state(home.owner, run)["0.weight"], undisturbed(Toy(), 150))


def test_what_has_ended_is_neither_paused_nor_stopped_afterwards(home: House):
    run = home.start(max_steps=30)
    seen = {home.view(run).status}
    while "finished" not in seen:
        seen.add(home.view(run).status)
    assert seen <= {"queued", "running", "finished"}
    home.send(run, c.Pause())
    home.send(run, c.Stop())
    view = home.view(run)
    assert (view.status, view.reason.key) == ("finished", "run.reached_steps")


def test_a_diverged_run_says_so(home: House):
    run = home.start(diverge_at=40)
    view = home.until(run, "diverged")
    assert (view.step, view.reason.key) == (40, "run.diverged")


def test_a_fork_from_any_step_is_exact(home: House):
    run = home.submit(Toy(), paused=True)
    home.until(run, "paused")
    for step, lr in ((35, 0.5), (80, 0.02)):
        home.send(run, c.Step(n=step - home.view(run).step))
        home.until(run, "paused", step=step)
        home.send(run, c.Set(path="lr", value=lr))
    home.send(run, c.Step(n=60))
    home.until(run, "paused", step=140)
    changes = [(35, "lr", 0.5), (80, "lr", 0.02)]
    for step in (0, 20, 35, 50, 80, 81, 140):
        fork = home.client.fork(home.owner, run, step)
        view = home.until(fork, "paused", step=step)
        known = [change for change in changes if change[0] <= step]
        assert (view.step, view.parent, view.parent_step) == (step, run, step)
        assert json.loads(view.experiment)["lr"] == (known[-1][2] if known else 0.1)
        assert home.client.steps(home.owner, fork)[-1] == step
        home.send(fork, c.Step(n=25))
        home.until(fork, "paused", step=step + 25)
        expected = undisturbed(Toy(), step + 25, known)
        assert np.array_equal(home.client.state(home.owner, fork)["0.weight"], expected)


def test_a_fork_outlives_its_parent(home: House):
    run = home.start(max_steps=200)
    home.until(run, "finished")
    fork = home.client.fork(home.owner, run, 150)
    home.client.delete(home.owner, run)
    home.until(fork, "paused", step=150)
    assert np.array_equal(home.client.state(home.owner, fork)["0.weight"], undisturbed(Toy(), 150))


def test_the_weights_of_any_step_can_be_had_while_it_trains(home: House):
    run = home.start(sleep=0.0005)
    home.until(run, "running", step=120)
    for step in (0, 33, 118):
        state = home.client.state(home.owner, run, step)["0.weight"]
        assert np.array_equal(state, undisturbed(Toy(), step))
    assert home.view(run).status == "running"
    with pytest.raises(SpecError, match="step: 1000000 is not recorded; the last"):
        home.client.state(home.owner, run, 1_000_000)
    with pytest.raises(SpecError, match="is not recorded"):
        home.client.fork(home.owner, run, 1_000_000)


def test_a_broken_picture_does_not_end_a_training(home: House):
    run = home.start(broken_probe=True, max_steps=200)
    view = home.until(run, "finished")
    assert (view.attempt, view.snapshot is not None) == (1, True)


def test_missing_data_is_a_refusal_and_not_a_crash(home: House):
    run = home.start(missing=True)
    view = home.until(run, "failed")
    assert (view.attempt, view.reason.text()) == (
        1,
        f"{home.folder / 'data.csv'}: this field is missing",
    )


def test_the_list_shows_the_newest_run_first(home: House):
    runs = [home.start(max_steps=10), home.start(max_steps=20)]
    for run in runs:
        home.until(run, "finished")
    rows = home.client.list(home.owner)
    assert [(row.run, row.status, row.step) for row in rows] == [
        (runs[1], "finished", 20),
        (runs[0], "finished", 10),
    ]


def test_a_deleted_run_is_gone_with_its_folder(home: House):
    run = home.start()
    home.until(run, "running", step=10)
    home.client.delete(home.owner, run)
    with pytest.raises(NoSuchRun):
        home.view(run)
    until(lambda: not (home.folder / "runs" / run).exists())
    until(lambda: not home.workers())


def test_every_verb_knows_only_the_owners_runs(home: House):
    hers = home.start(owner="berta", max_steps=10)
    home.until(hers, "finished", owner="berta")
    deleted = home.start(max_steps=10)
    home.until(deleted, "finished")
    home.client.delete(home.owner, deleted)
    client, texts = home.client, set[str]()
    for run in (hers, deleted, "guessed", "../runs", "", "a" * 10_000, "\0"):
        for verb in (
            lambda run: client.poll(home.owner, run),
            lambda run: client.poll(home.owner, run, 1, history=True, wait=5),
            lambda run: client.send(home.owner, run, c.Play()),
            lambda run: client.send(home.owner, run, c.Stop()),
            lambda run: client.delete(home.owner, run),
            lambda run: client.fork(home.owner, run, 0),
            lambda run: client.frame_at(home.owner, run, 0),
            lambda run: client.steps(home.owner, run),
            lambda run: client.state(home.owner, run),
            lambda run: client.submit(home.owner, Toy(), parent=run) if run else client.poll(home.owner, run),
        ):
            with pytest.raises(NoSuchRun) as refused:
                verb(run)
            texts.add(str(refused.value))
    assert texts == {"There is no such run"}
    assert [row.run for row in client.list("berta")] == [hers]
    assert client.list(home.owner) == ()
    client.delete("berta", hers)
