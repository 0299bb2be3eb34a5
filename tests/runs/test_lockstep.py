"""Runs side by side: none is ahead of another, what drives one drives all, and nobody is waited for who has gone."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from playground.runs import commands
from playground.runs.frames import Snapshot
from playground.runs.reasons import NoSuchRun
from playground.spec import SpecError
from tests.runs.house import House, house, until

pytestmark = pytest.mark.timeout(120)
SLOW = 0.002


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("lockstep")) as found:
        yield found


@pytest.fixture
def pair(home: House) -> Iterator[list[str]]:
    """A fast run and a slow one, bound together, at rest at step 0."""
    runs = [home.start_resting(), home.start_resting(sleep=SLOW)]
    home.client.together(home.owner, runs)
    yield runs
    for run in runs:
        if any(known.run == run for known in home.client.list(home.owner)):
            home.client.delete(home.owner, run)


def steps(home: House, runs: list[str]) -> list[int]:
    return [home.view(run, probes=("weights",)).step for run in runs]


def all_at_rest(home: House, runs: list[str]) -> list[int]:
    """Wait until all rest, and return where."""
    for run in runs:
        home.until(run, "paused")
    return steps(home, runs)


def test_the_fast_one_waits_for_the_slow_one(home: House, pair: list[str]):
    home.send(pair[0], commands.Play())
    home.until(pair[1], step=200)
    for _ in range(20):
        fast, slow = steps(home, pair)
        assert abs(fast - slow) < 100, "a tenth of a second of the slow one, and not a hundred thousand steps"
        time.sleep(0.01)


def test_all_come_to_rest_at_the_same_step_and_go_on_from_there(home: House, pair: list[str]):
    for driven in (0, 1, 0):
        before = max(steps(home, pair))
        home.send(pair[driven], commands.Play())
        home.until(pair[1], step=before + 30)
        home.send(pair[driven], commands.Pause())
        fast, slow = all_at_rest(home, pair)
        assert fast == slow > before


def test_a_step_an_epoch_and_a_new_start_are_taken_by_all(home: House, pair: list[str]):
    home.send(pair[1], commands.Step(n=3))
    until(lambda: steps(home, pair) == [3, 3])
    home.send(pair[0], commands.Epoch())
    until(lambda: steps(home, pair) == [50, 50])
    home.send(pair[0], commands.Reset())
    until(lambda: steps(home, pair) == [0, 0])
    assert all_at_rest(home, pair) == [0, 0]
    home.send(pair[0], commands.Play())
    home.until(pair[0], step=60)
    home.until(pair[1], step=60)


def test_a_step_while_they_train_is_a_rest_at_the_same_step(home: House, pair: list[str]):
    home.send(pair[0], commands.Play())
    home.until(pair[1], step=30)
    home.send(pair[0], commands.Step())
    fast, slow = all_at_rest(home, pair)
    assert fast == slow


def test_a_pace_is_everybodys_and_a_setting_is_not(home: House, pair: list[str]):
    home.send(pair[0], commands.Pace(steps_per_second=100))
    home.send(pair[0], commands.Set(path="lr", value=0.5))
    home.send(pair[0], commands.Step())
    until(lambda: [home.view(run).pace for run in pair] == [100, 100])
    fast, slow = (home.view(run).experiment for run in pair)
    assert '"lr": 0.5' in fast
    assert '"lr": 0.5' not in slow


def test_batches_of_other_sizes_have_seen_the_same_samples(home: House):
    runs = [home.start_resting(steps_per_epoch=50), home.start_resting(steps_per_epoch=5, sleep=SLOW)]
    home.client.together(home.owner, runs)
    home.send(runs[0], commands.Play())
    home.until(runs[1], step=40)
    home.send(runs[0], commands.Pause())
    many, few = all_at_rest(home, runs)
    assert abs(many / 50 - few / 5) < 1 / 5 + 1e-9, "within one step of the larger batch"


def test_nobody_waits_for_a_run_that_has_ended(home: House):
    runs = [home.start_resting(), home.start_resting(sleep=SLOW, max_steps=20)]
    home.client.together(home.owner, runs)
    home.send(runs[0], commands.Play())
    home.until(runs[1], "finished")
    home.until(runs[0], step=2000)


def test_nobody_waits_for_a_run_that_is_deleted(home: House, pair: list[str]):
    home.send(pair[0], commands.Play())
    home.until(pair[1], step=10)
    home.client.delete(home.owner, pair[1])
    home.until(pair[0], step=5000)


def test_a_killed_worker_is_waited_for(home: House, pair: list[str]):
    home.send(pair[0], commands.Play())
    home.until(pair[1], step=100)
    for worker in home.workers():
        worker.kill()
    home.until(pair[0], step=400)
    home.send(pair[0], commands.Pause())
    fast, slow = all_at_rest(home, pair)
    assert fast == slow


def test_one_alone_goes_its_own_way_again(home: House, pair: list[str]):
    home.client.together(home.owner, pair[:1])
    home.send(pair[0], commands.Play())
    home.until(pair[0], step=2000)
    assert home.view(pair[1]).step == 0


def test_a_run_of_somebody_else_cannot_be_bound(home: House, pair: list[str]):
    theirs = home.start(owner="bert")
    with pytest.raises(NoSuchRun):
        home.client.together(home.owner, [pair[0], theirs])
    home.client.delete("bert", theirs)


def test_five_are_too_many(home: House):
    runs = [home.start_resting() for _ in range(5)]
    with pytest.raises(SpecError) as refused:
        home.client.together(home.owner, runs)
    assert refused.value.key == "run.too_many_together"
    for run in runs:
        home.client.delete(home.owner, run)


NOTHING = Snapshot(0, -1.0)


def compared(home: House, runs: list[str]) -> list[Snapshot]:
    return [home.view(run, probes=("weights",)).together or NOTHING for run in runs]


def same_moment(home: House, runs: list[str], step: int = -1) -> list[Snapshot]:
    """Return what is compared, if all of it is of one moment (of this step); nothing else."""
    found = compared(home, runs)
    steps = {one.step for one in found}
    return found if NOTHING not in found and len(steps) == 1 and (step < 0 or steps == {step}) else []


def measured(home: House, run: str) -> set[int]:
    """Return the steps at which a run has been measured."""
    history = home.view(run, history=True).history
    assert history is not None
    return set(history["step"].astype(int).tolist())


def test_what_is_compared_was_measured_at_the_same_steps_however_dear_it_is(home: House):
    runs = [home.start_resting(sleep=0.001, dear=0.03), home.start_resting(sleep=SLOW, lr=0.2)]
    home.client.together(home.owner, runs)
    assert compared(home, runs) == [NOTHING, NOTHING]
    home.send(runs[0], commands.Play())
    home.until(runs[1], step=300)
    first = until(lambda: same_moment(home, runs))
    home.send(runs[0], commands.Pause())
    stopped, _ = all_at_rest(home, runs)
    last = until(lambda: same_moment(home, runs, stopped))
    assert 0 < first[0].step < stopped
    assert last[0].metrics["loss"] != last[1].metrics["loss"]
    dear = measured(home, runs[0])
    assert len(dear) > 4
    assert dear <= measured(home, runs[1]), "what is dear is measured nowhere else"
    home.client.together(home.owner, runs[:1])
    assert compared(home, runs) == [NOTHING, NOTHING], "one alone is compared with nobody"
    for run in runs:
        home.client.delete(home.owner, run)


def test_cheap_metrics_are_compared_a_few_times_a_second_and_measured_in_between(
    home: House, pair: list[str]
):
    home.send(pair[0], commands.Play())
    moments = set[int]()
    for _ in range(60):
        moments |= {one.step for one in compared(home, pair) if one is not NOTHING}
        time.sleep(0.01)
    assert len(moments) > 3
    assert measured(home, pair[1]) > moments


def test_who_has_ended_is_compared_as_it_ended(home: House):
    runs = [home.start_resting(sleep=SLOW), home.start_resting(sleep=SLOW, max_steps=40)]
    home.client.together(home.owner, runs)
    home.send(runs[0], commands.Play())
    home.until(runs[1], "finished")
    home.until(runs[0], step=100)
    until(lambda: compared(home, runs)[0].step > 60 and compared(home, runs)[1].step == 40)
    home.client.delete(home.owner, runs[0])


def test_a_new_start_compares_anew(home: House, pair: list[str]):
    home.send(pair[0], commands.Play())
    until(lambda: same_moment(home, pair))
    home.send(pair[0], commands.Reset())
    until(lambda: same_moment(home, pair, 0))


def test_runs_that_are_as_fast_as_they_can_lose_little_by_waiting(home: House):
    alone = home.start_resting(sleep=0.0002)
    runs = [home.start_resting(sleep=0.0002), home.start_resting(sleep=0.0002)]
    home.client.together(home.owner, runs)
    for run in (alone, runs[0]):
        home.send(run, commands.Play())
    home.until(runs[0], step=1000)
    assert home.view(alone).step < 4 * home.view(runs[0]).step
