"""How a worker divides its time, with a clock that the test winds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.runs.cadence import MAX_SLICE_STEPS, SLICE, Looks, Pacer, Slices, Speed


@given(st.floats(1e-7, 10))
def test_a_slice_comes_to_about_five_milliseconds_for_every_size_of_model(step_seconds: float):
    slices = Slices()
    for _ in range(40):
        slices.took(slices.steps, slices.steps * step_seconds)
    assert slices.steps == max(1, min(int(SLICE / step_seconds * (1 + 1e-9)), MAX_SLICE_STEPS)) or (
        abs(slices.steps * step_seconds - SLICE) < 2 * step_seconds
    )


def test_a_slice_grows_at_most_twofold_so_that_one_hiccup_does_no_harm():
    slices = Slices()
    slices.took(1, 1e-9)
    assert slices.steps == 2


def train(
    looks: Looks, seconds: float, *, cost: float, credit_every: float = 0, tick: float = 0.005
) -> list[float]:
    """Train for `seconds` in slices of `tick`, a thousand steps a second; the moments of the looks."""
    now, next_credit, found = 0.0, 0.0, list[float]()
    while now < seconds:
        now += tick
        if credit_every and now >= next_credit:
            looks.watch(1)
            next_credit = now + credit_every
        if looks.due(now, int(now * 1000)):
            found.append(now)
            looks.looked(now, cost)
            now += cost
    return found


def test_unwatched_a_run_is_looked_at_once_a_second_in_the_end():
    late = [moment for moment in train(Looks(0.0, 0), 60, cost=0.001) if moment > 30]
    assert 28 <= len(late) <= 34


def test_watched_it_is_looked_at_as_often_as_somebody_can_take_it():
    late = [moment for moment in train(Looks(0.0, 0), 20, cost=0.001, credit_every=0.1) if moment > 10]
    assert 95 <= len(late) <= 110


def test_whoever_draws_sixty_times_a_second_is_shown_sixty_looks():
    late = [
        moment
        for moment in train(Looks(0.0, 0), 20, cost=0.001, credit_every=1 / 60, tick=0.001)
        if moment > 10
    ]
    assert 570 <= len(late) <= 610


def test_a_slice_ends_when_the_next_look_is_due():
    looks = Looks(0.0, 0)
    assert looks.wait(0.0) == Looks.SLOWEST  # nobody watches
    looks.watch(2)
    looks.looked(10.0, 0.001)
    assert looks.wait(10.004) == pytest.approx(Looks.WATCHED - 0.004)
    assert looks.wait(10.0 + Looks.WATCHED) == 0
    assert looks.due(10.0 + Looks.WATCHED, 5)


def test_while_the_share_is_used_up_slices_are_whole_again():
    looks = Looks(0.0, 0)
    looks.watch(2)
    looks.looked(1.0, 0.5)
    assert looks.wait(1.1) > SLICE
    assert not looks.due(1.1, 5)


@pytest.mark.parametrize("cost", [0.005, 0.05, 0.5])
def test_looking_never_takes_more_than_its_share(cost: float):
    found = train(Looks(0.0, 0), 60, cost=cost, credit_every=0.01)
    assert len(found) * cost <= Looks.SHARE * 60 + Looks.BURST + cost


def test_time_that_others_took_is_not_shared():
    looks, now, found = Looks(0.0, 0), 0.0, 0
    while now < 60:
        now += 0.005
        looks.lose(0.004)
        looks.watch(1)
        if looks.due(now, int(now * 1000)):
            found += 1
            looks.looked(now, 0.005)
    assert found * 0.005 <= Looks.SHARE * 60 / 5 + Looks.BURST + 0.005


def test_the_first_steps_are_seen_however_fast_they_are():
    looks, seen = Looks(0.0, 0), list[int]()
    for step in range(60):
        if looks.due(step * 1e-5, step):
            seen.append(step)
            looks.looked(step * 1e-5, 1e-4)
    assert seen[:6] == [0, 1, 2, 3, 4, 5] or seen[:6] == [1, 2, 3, 4, 5, 6]
    assert len(seen) >= 12


@given(st.floats(0.5, 2000), st.floats(0.001, 0.02))
def test_a_pace_is_kept_to_the_step(pace: float, tick: float):
    pacer, taken = Pacer(), 0
    pacer.start(pace, 0.0)
    now = 0.0
    while now < 3:
        allowed = pacer.allowed(now)
        taken += allowed
        pacer.took(allowed)
        now += tick
    assert abs(taken - 3 * pace) <= 2 + pace * tick


def test_lost_time_is_not_caught_up_with():
    pacer = Pacer()
    pacer.start(100, 0.0)
    assert pacer.allowed(0.0) == 1
    pacer.took(1)
    assert pacer.allowed(60.0) == 25
    pacer.took(25)
    assert pacer.allowed(60.0) == 0
    assert 0 < pacer.wait(60.0) <= 0.011


def test_no_pace_is_as_fast_as_possible():
    pacer = Pacer()
    assert (pacer.allowed(0.0), pacer.wait(0.0)) == (MAX_SLICE_STEPS, 0.0)


def test_the_speed_is_that_of_the_last_moments():
    speed, step = Speed(), 0
    for _ in range(1000):
        speed.took(step := step + 10, 0.01)
    assert speed.now() == pytest.approx(1000)
    for _ in range(200):
        speed.took(step := step + 1, 0.01)
    assert speed.now() == pytest.approx(100)
