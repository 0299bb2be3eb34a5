"""A hub shares one run among its viewers, keeps nothing but the newest frame, and costs nothing without viewers."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

import pytest

from playground.live import hub as hubs
from playground.live.hub import CREDITS, Hub, Hubs
from playground.runs.commands import Watching
from playground.runs.reasons import NoSuchRun, ServiceDown, plain_error
from playground.runs.wire import Parcel


class Line:
    """The service's end of a line, as a test plays it."""

    def __init__(self) -> None:
        self.said: list[Watching] = []
        self.closed = False
        self._come: asyncio.Queue[Parcel | Exception] = asyncio.Queue()

    def say(self, message: Watching) -> None:
        self.said.append(message)

    async def hear(self) -> Parcel:
        found = await self._come.get()
        if isinstance(found, Exception):
            raise found
        return found

    def close(self) -> None:
        self.closed = True

    def tell(self, body: dict[str, Any], *frames: bytes) -> None:
        self._come.put_nowait(Parcel(body, frames))

    def breaks(self) -> None:
        self._come.put_nowait(ConnectionResetError())

    @property
    def credits(self) -> int:
        return sum(message.credits for message in self.said)


class Lines:
    def __init__(self, *refusals: Exception) -> None:
        self.opened: list[Line] = []
        self.asked: list[tuple[str, str, tuple[str, ...], int]] = []
        self.refusals = deque(refusals)

    async def follow(self, owner: str, run: str, probes: Any, credits: int) -> Line:
        self.asked.append((owner, run, tuple(probes), credits))
        if self.refusals:
            raise self.refusals.popleft()
        self.opened.append(Line())
        return self.opened[-1]


class Watcher:
    def __init__(self, *probes: str) -> None:
        self.probes = probes
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1


async def breathe() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "PAUSES", (0.0,))


def test_the_newest_frame_wins_and_another_is_asked_for_when_somebody_can_take_it():
    async def check() -> None:
        lines = Lines()
        hub = Hubs(lines).of("anna", "run")
        hub.join(Watcher("weights"))
        await breathe()
        line = lines.opened[0]
        assert lines.asked == [("anna", "run", ("weights",), CREDITS)]
        line.tell({"step": 1}, b"first")
        line.tell({"step": 2}, b"second")
        await breathe()
        assert line.credits == 0  # nobody has taken one
        assert (hub.take(), line.credits) == (b"second", 0)
        assert (hub.take(), line.credits) == (b"second", 1)  # there is nothing newer: one more, to be fresh
        assert (hub.take(), line.credits) == (b"second", 2)
        assert (hub.take(), line.credits) == (b"second", 2)  # as many as have come

    asyncio.run(check())


def test_a_view_is_kept_whole_although_only_changes_come():
    async def check() -> None:
        lines = Lines()
        hub, watcher = Hubs(lines).of("anna", "run"), Watcher()
        hub.join(watcher)
        await breathe()
        lines.opened[0].tell({"status": "running", "step": 1, "pace": 0})
        lines.opened[0].tell({"step": 2, "fresh": True}, b"frame")
        await breathe()
        assert (hub.view, watcher.woken) == ({"status": "running", "step": 2, "pace": 0}, 2)

    asyncio.run(check())


def test_the_service_hears_which_probes_all_viewers_want_together():
    async def check() -> None:
        lines = Lines()
        hub, one, other = Hubs(lines).of("anna", "run"), Watcher("maps"), Watcher("weights", "maps")
        hub.join(one)
        await breathe()
        hub.join(other)
        other.probes = ("histograms",)
        hub.rewatch()
        hub.leave(other)
        said = [message.probes for message in lines.opened[0].said]
        assert said == [("maps", "weights"), ("histograms", "maps"), ("maps",)]

    asyncio.run(check())


def test_what_is_wanted_while_the_line_is_being_opened_is_not_forgotten():
    class SlowLines(Lines):
        async def follow(self, owner: str, run: str, probes: Any, credits: int) -> Line:
            await asyncio.sleep(0)
            return await super().follow(owner, run, probes, credits)

    async def check() -> None:
        lines = SlowLines()
        hub, watcher = Hubs(lines).of("anna", "run"), Watcher()
        hub.join(watcher)
        await asyncio.sleep(0)
        watcher.probes = ("maps",)
        hub.rewatch()
        await breathe()
        assert lines.asked[0][2] == ()
        assert [message.probes for message in lines.opened[0].said] == [("maps",)]

    asyncio.run(check())


def test_a_run_without_viewers_has_no_line_and_no_hub():
    async def check() -> None:
        lines = Lines()
        known = Hubs(lines)
        one, other = Watcher(), Watcher()
        hub = known.of("anna", "run")
        hub.join(one)
        known.of("anna", "run").join(other)
        await breathe()
        assert (len(known), len(lines.opened)) == (1, 1)
        hub.leave(one)
        await breathe()
        assert not lines.opened[0].closed
        hub.leave(other)
        await breathe()
        assert (len(known), lines.opened[0].closed) == (0, True)

    asyncio.run(check())


def test_two_owners_never_share_a_hub():
    lines = Lines()
    known = Hubs(lines)
    assert known.of("anna", "run") is not known.of("bert", "run")


def test_a_lost_service_is_found_again():
    async def check() -> None:
        lines = Lines(ServiceDown("run.service_lost"))
        hub, watcher = Hubs(lines).of("anna", "run"), Watcher("maps")
        hub.join(watcher)
        await breathe()
        line = lines.opened[0]
        line.tell({"step": 1}, b"first")
        await breathe()
        assert (hub.frame, hub.lost) == (b"first", False)
        line.breaks()
        await breathe()
        lines.opened[1].tell({"step": 5}, b"later")
        await breathe()
        assert (hub.frame, hub.lost, hub.take(), lines.opened[1].credits) == (b"later", False, b"later", 0)
        assert line.closed

    asyncio.run(check())


def test_while_the_service_is_away_viewers_know_it():
    async def check() -> None:
        lines = Lines(*[OSError()] * 1000)
        hub = Hubs(lines).of("anna", "run")
        hub.join(Watcher())
        await breathe()
        assert (hub.lost, hub.gone) == (True, False)
        hub.leave(next(iter(hub._watchers)))

    asyncio.run(check())


def test_a_run_that_is_not_there_is_not_asked_for_again():
    async def check() -> None:
        lines = Lines()
        hub, watcher = Hub(lines, "anna", "run", lambda: None), Watcher()
        hub.join(watcher)
        await breathe()
        lines.opened[0].tell({"error": plain_error(NoSuchRun())})
        await breathe()
        assert (hub.gone, len(lines.asked), watcher.woken) == (True, 1, 1)

    asyncio.run(check())
