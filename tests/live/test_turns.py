"""Whoever asks much does not keep others waiting: in the browser among its views, on the server among its visitors.

No clock decides anything here: answers come when a test gives them.
"""

from __future__ import annotations

import asyncio
import json
import math
import threading
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from playground.live.assets import FOLDER
from playground.live.desk import Desk
from playground.live.line import Lines
from playground.live.tokens import Claims
from playground.live.turns import Turns
from playground.presets import preset
from playground.probes import asks
from tests.live.node import said


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    script = tmp_path_factory.mktemp("turns") / "turns.mjs"
    script.write_text((FOLDER / "turns.js").read_text())
    return json.loads(said("turns.mjs", script))


def longest_wait(order: list[str], who: str) -> int:
    """Return how many questions of others were asked at most between two of this one's."""
    places = [place for place, name in enumerate(order) if name == who]
    return max(after - before - 1 for before, after in pairwise(places))


def test_a_view_waits_for_one_question_of_each_other_view_at_most(browser: dict[str, Any]) -> None:
    order = browser["greedy"]
    assert len(order) == 401
    for view in ("a", "b", "c", "greedy"):
        assert longest_wait(order, view) <= 3, view
    counts = Counter(order)
    assert max(counts.values()) - min(counts.values()) <= 1


def test_two_questions_are_under_way_at_once_and_none_is_lost(browser: dict[str, Any]) -> None:
    assert browser["most"] == 2
    assert browser["many"] == [f"voice {n % 3}" for n in range(9)]


def test_a_refusal_gives_the_turn_away(browser: dict[str, Any]) -> None:
    assert browser["outcomes"] == ["refused", "refused", "no words", "answered"]


def test_a_question_is_put_when_its_turn_comes(browser: dict[str, Any]) -> None:
    assert browser["late"] == ["first", "moment 2"]


def test_visitors_take_turns_whoever_asks_most() -> None:
    async def play() -> list[str]:
        turns, order = Turns(), list[str]()

        async def one(who: str) -> None:
            async with turns.of(who):
                order.append(who)
                await asyncio.sleep(0)

        async def seldom(who: str) -> None:
            for _ in range(10):
                await one(who)

        crowd = [one("greedy") for _ in range(60)]
        await asyncio.gather(*crowd, seldom("a"), seldom("b"))
        return order

    order = asyncio.run(play())
    assert len(order) == 80
    for who in ("a", "b"):
        assert longest_wait(order, who) <= 2, who


def test_only_one_thinks_at_a_time_and_whoever_leaves_takes_no_turn_along() -> None:
    async def play() -> tuple[list[str], int]:
        turns, order = Turns(), list[str]()
        inside = most = 0

        async def one(who: str, *, breaks: bool = False) -> None:
            nonlocal inside, most
            async with turns.of(who):
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1
                order.append(who)
                if breaks:
                    raise ValueError(who)

        tasks = {who: asyncio.create_task(one(who, breaks=who == "b")) for who in "abcde"}
        await asyncio.sleep(0)
        tasks["c"].cancel()  # while it waits
        tasks["a"].add_done_callback(lambda _: tasks["d"].cancel())  # perhaps just when its turn has come
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        async with turns.of("late"):  # nobody holds it for ever
            order.append("late")
        return order, most

    order, most = asyncio.run(play())
    assert most == 1
    assert order == ["a", "b", "e", "late"]


def test_nobody_waits_for_a_slow_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def ponder(scene: asks.Scene, nothing: asks.Nothing, lang: str) -> asks.Answer:
        begun.set()
        assert go_on.wait(30)
        return asks.Answer({})

    monkeypatch.setitem(asks.ASKS, "ponder", asks.Ask(ponder, asks.Nothing, frozenset(), slow=True))
    assert asks.find("neighbourhood").slow
    assert asks.find("gradient_check").slow
    experiment = preset("xor").experiment
    view = {"status": "queued", "step": 0, "parent": "", "experiment": experiment.to_json()}
    desk = Desk(Lines(tmp_path), tmp_path)

    def question(who: str, what: str, **arguments: int) -> asyncio.Task[Any]:
        said = {"type": "ask", "id": 1, "what": what, **arguments}
        return asyncio.create_task(desk.answer(Claims(who, "run", "en", math.inf), said, (), view))

    async def play() -> tuple[bool, bool]:
        slow = question("a", "ponder")
        assert await asyncio.to_thread(begun.wait, 30)
        behind = question("b", "ponder")
        quick = await asyncio.wait_for(question("b", "formula", column=0, unit=0), 30)
        waits = not slow.done() and not behind.done()
        go_on.set()
        await asyncio.gather(slow, behind)
        return isinstance(quick, bytes), waits

    assert asyncio.run(play()) == (True, True)
