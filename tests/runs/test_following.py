"""A connection that follows a run hears of every change and gets a frame for every credit: the newest, no queue."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from playground.live.line import Line, Lines
from playground.runs import commands, frames
from playground.runs.commands import Watching
from playground.runs.frames import Snapshot
from playground.runs.reasons import NoSuchRun, error_from
from tests.runs.house import House
from tests.runs.toy_trainer import Toy


class Ear:
    """One end of a line that follows a run."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.view: dict[str, Any] = {}
        self.frames: list[Snapshot] = []

    async def hear(self) -> None:
        parcel = await asyncio.wait_for(self.line.hear(), 30)
        if "error" in parcel.body:
            raise error_from(parcel.body["error"])
        self.view |= parcel.body
        self.frames += [frames.decode(payload) for payload in parcel.payloads]

    async def until(self, holds: Callable[[], object]) -> None:
        while not holds():
            await self.hear()

    async def quiet(self, seconds: float) -> None:
        """Hear whatever comes for so long."""
        deadline = asyncio.get_running_loop().time() + seconds
        while (left := deadline - asyncio.get_running_loop().time()) > 0:
            try:
                await asyncio.wait_for(self.hear(), left)
            except TimeoutError:
                return


def following(
    home: House, run: str, check: Callable[[Ear], Awaitable[None]], owner: str = "", **wanted: Any
) -> None:
    async def go() -> None:
        lines = Lines(home.folder)
        line = await lines.follow(
            owner or home.owner, run, wanted.get("probes", ()), wanted.get("credits", 2)
        )
        try:
            await check(Ear(line))
        finally:
            line.close()

    asyncio.run(go())


def test_a_follower_gets_as_many_frames_as_it_has_given_credits(home: House):
    run = home.start(sleep=0.001)

    async def check(ear: Ear) -> None:
        await ear.until(lambda: len(ear.frames) == 2)
        await ear.quiet(0.5)
        assert len(ear.frames) == 2
        step = ear.frames[-1].step
        ear.line.say(Watching(credits=1))
        await ear.until(lambda: len(ear.frames) == 3)
        assert ear.frames[-1].step > step + 50  # the newest, not the one that came next

    following(home, run, check)


def test_with_credits_frames_come_many_times_a_second(home: House):
    run = home.start(sleep=0.0005)

    async def check(ear: Ear) -> None:
        await ear.until(lambda: ear.frames)
        ear.line.say(Watching(credits=1))
        began = asyncio.get_running_loop().time()
        while len(ear.frames) < 40:
            known = len(ear.frames)
            await ear.until(lambda known=known: len(ear.frames) > known)
            ear.line.say(Watching(credits=1))
        assert 40 / (asyncio.get_running_loop().time() - began) > 10  # sixty on a quiet machine

    following(home, run, check)


def test_without_credits_a_follower_still_hears_what_happens(home: House):
    run = home.start(sleep=0.001)

    async def check(ear: Ear) -> None:
        await ear.until(lambda: ear.view.get("status") == "running")
        await asyncio.to_thread(home.send, run, commands.Pause())
        await ear.until(lambda: ear.view.get("status") == "paused")
        assert ear.frames == []

    following(home, run, check, credits=0)


def test_what_has_not_changed_is_not_said_again(home: House):
    run = home.start(sleep=0.001)

    async def check(ear: Ear) -> None:
        await ear.until(lambda: ear.view.get("status") == "running")
        again = await asyncio.wait_for(ear.line.hear(), 30)
        assert "experiment" not in again.body
        assert "step" in again.body

    following(home, run, check, credits=0)


def test_wishes_that_come_in_one_breath_with_the_first_message_are_heard(home: House):
    run = home.start(sleep=0.001)

    async def check(ear: Ear) -> None:
        ear.line.say(Watching(probes=("weights",)))
        ear.line.say(Watching(credits=2))
        ear.line.say(Watching(credits=2))
        await ear.until(lambda: ear.frames and ear.frames[-1].arrays)
        assert list(ear.frames[-1].arrays) == ["w/0.weight"]

    following(home, run, check, credits=1)


def test_a_wish_reaches_a_worker_that_is_only_just_starting(home: House):
    async def check(ear: Ear) -> None:
        while not any(
            frame.arrays for frame in ear.frames
        ):  # the first ones may have left before the wish came
            known = len(ear.frames)
            await ear.until(lambda known=known: len(ear.frames) > known)
            ear.line.say(Watching(credits=1))

    for _ in range(4):
        run = home.client.submit(home.owner, Toy(sleep=0.001))
        following(home, run, check, probes=("weights",))
        home.client.delete(home.owner, run)


def test_a_paused_run_shows_itself_with_what_is_wished_for_now(home: House):
    run = home.client.submit(home.owner, Toy(sleep=0.001), paused=True)

    async def check(ear: Ear) -> None:
        await ear.until(lambda: ear.frames)
        ear.line.say(Watching(credits=1, probes=("weights",)))
        await ear.until(lambda: ear.frames[-1].arrays)

    following(home, run, check)


def test_another_owner_and_a_made_up_run_are_refused_alike(home: House):
    run = home.start(sleep=0.001)

    async def check(ear: Ear) -> None:
        with pytest.raises(NoSuchRun):
            await ear.hear()

    following(home, run, check, owner="bert")
    following(home, "made-up", check)


def test_a_deleted_run_says_goodbye_to_its_followers(home: House):
    run = home.start(sleep=0.001)

    async def check(ear: Ear) -> None:
        await ear.until(lambda: ear.view.get("status") == "running")
        await asyncio.to_thread(home.client.delete, home.owner, run)
        with pytest.raises(NoSuchRun):
            await ear.until(lambda: False)

    following(home, run, check)


def test_nonsense_ends_the_connection_and_nothing_else(home: House):
    run = home.start(sleep=0.001)

    async def check(ear: Ear) -> None:
        ear.line.say(commands.Info())  # not what is said on such a connection
        with pytest.raises(ConnectionError):
            await ear.until(lambda: False)

    following(home, run, check)
    assert home.until(run, "running").status == "running"


def test_a_follower_that_hangs_up_leaves_nothing_behind(home: House):
    run = home.start(sleep=0.001)

    async def check(ear: Ear) -> None:
        await ear.until(lambda: ear.frames)

    before = home.service().num_fds() if hasattr(home.service(), "num_fds") else 0
    for _ in range(10):
        following(home, run, check)
    home.until(run, "running")
    if before:
        assert home.service().num_fds() <= before + 3
