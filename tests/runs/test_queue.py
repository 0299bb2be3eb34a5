"""The fair queue, against a simulation of the turns it promises."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from playground.runs.queue import FairQueue


def drain(queue: FairQueue) -> list[str]:
    found: list[str] = []
    while (run := queue.take({}, 1)) is not None:
        found.append(run)
    return found


def test_an_owner_is_served_first_in_first_out():
    queue = FairQueue()
    for run in ("a1", "a2", "a3"):
        queue.push("a", run)
    assert drain(queue) == ["a1", "a2", "a3"]


def test_owners_take_turns_however_many_runs_one_has():
    queue = FairQueue()
    for i in range(4):
        queue.push("greedy", f"g{i}")
    queue.push("a", "a0")
    queue.push("b", "b0")
    assert drain(queue) == ["g0", "a0", "b0", "g1", "g2", "g3"]


def test_an_owner_at_the_cap_is_passed_over_and_keeps_the_turn():
    queue = FairQueue()
    queue.push("a", "a0")
    queue.push("b", "b0")
    assert queue.take({"a": 2}, 2) == "b0"
    assert queue.take({"a": 2}, 2) is None
    assert queue.take({"a": 1}, 2) == "a0"
    assert len(queue) == 0


def test_a_run_that_is_pushed_again_keeps_its_place():
    queue = FairQueue()
    queue.push("a", "a0")
    queue.push("a", "a1")
    queue.push("a", "a0")
    assert drain(queue) == ["a0", "a1"]


def test_a_run_that_died_waits_at_the_front():
    queue = FairQueue()
    queue.push("a", "a0")
    queue.push("a", "died", front=True)
    assert drain(queue) == ["died", "a0"]


def test_a_run_taken_out_is_gone():
    queue = FairQueue()
    queue.push("a", "a0")
    assert queue.remove("a", "a0")
    assert not queue.remove("a", "a0")
    assert (len(queue), queue.waiting("a"), queue.position("a", "a0")) == (0, 0, 0)


runs = st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=24)


@settings(max_examples=200, deadline=None)
@given(runs)
def test_the_position_is_the_number_of_turns(pushed: list[tuple[str, bool]]):
    queue = FairQueue()
    owners: dict[str, str] = {}
    for i, (owner, take) in enumerate(pushed):
        owners[f"{owner}{i}"] = owner
        queue.push(owner, f"{owner}{i}")
        if take:
            queue.take({}, 1)
    places = {run: queue.position(owner, run) for run, owner in owners.items()}
    waiting = {run: place for run, place in places.items() if place}
    assert len(waiting) == len(queue)
    assert [*drain(queue)] == sorted(waiting, key=waiting.__getitem__)
    assert sorted(waiting.values()) == list(range(1, len(waiting) + 1))
