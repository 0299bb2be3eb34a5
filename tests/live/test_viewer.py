"""What a live socket hears of a page is believed only when it is understood; what it is told is never a queue."""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.websockets import WebSocketState

from playground.live import viewer as viewers
from playground.live.tokens import Claims
from playground.live.viewer import (
    BLUNDERS,
    CREDITS,
    LEAVING,
    MAX_BLUNDERS,
    MAX_MESSAGE,
    MAX_REQUESTS,
    NO_RUN,
    TOO_BIG,
    UNFIT,
    Viewer,
)
from playground.spec import SpecError

VIEW = {"status": "running", "step": 0, "epoch": 0.0, "rate": 0.0, "experiment": "one"}


class Socket:
    """A page, as a test plays it: takes what is sent, `slow` at a time."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.texts: list[dict[str, Any]] = []
        self.binary: list[bytes] = []
        self.closed: int | None = None
        self.application_state = WebSocketState.CONNECTED
        self.may_go = asyncio.Event()
        self.may_go.set()

    def says(self, message: object) -> None:
        text = message if isinstance(message, str) else json.dumps(message)
        self.incoming.put_nowait({"type": "websocket.receive", "text": text})

    def leaves(self) -> None:
        self.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})

    async def receive(self) -> dict[str, Any]:
        return await self.incoming.get()

    async def send_text(self, text: str) -> None:
        await self.may_go.wait()
        self.texts.append(json.loads(text))

    async def send_bytes(self, data: bytes) -> None:
        await self.may_go.wait()
        self.binary.append(data)

    async def close(self, code: int) -> None:
        self.closed = code


class Source:
    def __init__(self) -> None:
        self.view: dict[str, Any] = dict(VIEW)
        self.frame: bytes | None = None
        self.numbers: bytes | None = None
        self.gone = self.lost = False
        self.watchers: list[Any] = []
        self.taken: list[bytes | None] = []

    def join(self, watcher: Any) -> None:
        self.watchers.append(watcher)
        watcher.wake()

    def leave(self, watcher: Any) -> None:
        self.watchers.remove(watcher)

    def rewatch(self) -> None: ...

    def take(self) -> bytes | None:
        self.taken.append(self.frame)
        return self.frame

    def comes(self, frame: bytes, **view: Any) -> None:
        self.frame, self.view = frame, self.view | view
        for watcher in self.watchers:
            watcher.wake()


class Desk:
    """Answers at once, or never (`holds`)."""

    def __init__(self) -> None:
        self.holds = False
        self.asked: list[dict[str, Any]] = []

    async def setup(self, experiment: str, before: str, lang: str) -> bytes | None:
        if experiment == "unfit":
            raise SpecError("run.internal")
        return f"setup {experiment} {lang}".encode()

    async def shown(self, frame: bytes | None, view: Any, probes: Any) -> bytes | None:
        return frame

    def status(self, view: dict[str, Any], lang: str) -> dict[str, Any]:
        return dict(view)

    def whole(self, experiment: str) -> dict[str, Any]:
        return {"whole": experiment}

    def renewed(self, claims: Claims) -> str:
        return "fresh"

    async def answer(self, claims: Claims, said: dict[str, Any], probes: Any, view: Any) -> str:
        self.asked.append(said)
        if self.holds:
            await asyncio.Event().wait()
        if said["type"] == "ask":
            raise SpecError("run.no_such_run")
        if said["type"] == "steps":
            raise ZeroDivisionError
        return json.dumps({"type": "done", "id": said["id"]})


class Room:
    """A viewer with a page before it and a source behind it."""

    def __init__(self) -> None:
        self.socket, self.source, self.desk = Socket(), Source(), Desk()
        claims = Claims("anna", "run", "en", math.inf)
        self.viewer = Viewer(self.socket, claims, self.source, self.desk)  # type: ignore[arg-type]
        self.stopping = asyncio.Event()
        self.task = asyncio.create_task(self.viewer.serve(self.stopping))

    async def breathe(self) -> None:
        for _ in range(30):
            await asyncio.sleep(0)

    async def end(self) -> None:
        self.socket.leaves()
        await asyncio.wait_for(self.task, 2)
        assert self.source.watchers == []

    def frames(self) -> list[bytes]:
        return [data for data in self.socket.binary if not data.startswith(b"setup")]


def test_a_page_hears_first_what_it_is_about_then_how_it_stands_then_frames():
    async def check() -> None:
        room = Room()
        room.source.comes(b"frame 1", step=1)
        await room.breathe()
        assert room.socket.binary == [b"setup one en", b"frame 1"]
        assert [text["type"] for text in room.socket.texts] == ["status"]
        await room.end()

    asyncio.run(check())


def test_a_slow_viewer_gets_the_newest_frame_and_never_a_queue():
    async def check() -> None:
        room = Room()
        for number in range(1, 51):
            room.source.comes(f"frame {number}".encode(), step=number)
            await room.breathe()
        assert room.frames() == [f"frame {n}".encode() for n in range(1, CREDITS + 1)]
        room.socket.says({"type": "credit"})
        await room.breathe()
        assert room.frames()[CREDITS:] == [b"frame 50"]
        await room.end()

    asyncio.run(check())


def test_no_glance_takes_the_place_of_numbers_that_a_slow_viewer_has_not_seen():
    async def check() -> None:
        room = Room()
        for number in range(1, 10):
            if number == 5:
                room.source.numbers = b"numbers 5"
            room.source.comes(f"frame {number}".encode() if number != 5 else b"numbers 5", step=number)
            await room.breathe()
        assert room.frames() == [f"frame {n}".encode() for n in range(1, CREDITS + 1)]
        for _ in range(3):
            room.socket.says({"type": "credit"})
            await room.breathe()
        assert room.frames()[CREDITS:] == [b"numbers 5", b"frame 9"], (
            "each once, in the order in which they came"
        )
        await room.end()

    asyncio.run(check())


def test_a_viewer_whose_line_is_stuck_holds_up_nobody_and_then_gets_the_newest():
    async def check() -> None:
        room = Room()
        await room.breathe()
        room.socket.may_go.clear()
        for number in range(1, 100):
            room.source.comes(f"frame {number}".encode(), step=number)
            await room.breathe()
        room.socket.may_go.set()
        await room.breathe()
        assert len(room.frames()) <= CREDITS
        assert room.frames()[-1] == b"frame 99"
        await room.end()

    asyncio.run(check())


def test_credits_cannot_be_hoarded():
    async def check() -> None:
        room = Room()
        for _ in range(100):
            room.socket.says({"type": "credit", "n": 1000})
        await room.breathe()
        for number in range(1, 20):
            room.source.comes(f"frame {number}".encode(), step=number)
            await room.breathe()
        assert len(room.frames()) == CREDITS
        await room.end()

    asyncio.run(check())


def test_a_page_without_credit_is_not_told_numbers_but_what_has_happened():
    async def check() -> None:
        room = Room()
        for number in range(1, 200):
            room.source.comes(f"frame {number}".encode(), step=number)
            await room.breathe()
        quiet = len(room.socket.texts)
        await asyncio.sleep(0.25)
        room.source.comes(b"frame 200", step=200)
        await room.breathe()
        assert len(room.socket.texts) == quiet
        room.source.comes(b"frame 201", status="finished")
        await room.breathe()
        assert room.socket.texts[-1]["status"] == "finished"
        await room.end()

    asyncio.run(check())


def test_a_changed_experiment_is_told_once_and_whole():
    async def check() -> None:
        room = Room()
        await room.breathe()
        assert "experiment" not in room.socket.texts[0]  # the setup has it
        room.source.comes(b"frame", experiment="two")
        await room.breathe()
        assert room.socket.texts[-1]["experiment"] == {"whole": "two"}
        await room.end()

    asyncio.run(check())


def test_what_was_asked_for_is_answered_and_refused_by_its_number():
    async def check() -> None:
        room = Room()
        room.socket.says({"type": "command", "id": 7, "command": {"kind": "play"}})
        room.socket.says({"type": "ask", "id": 8, "what": "anything"})
        room.socket.says({"type": "steps", "id": 9})
        await room.breathe()
        answers = {text["id"]: text for text in room.socket.texts if "id" in text}
        assert answers[7] == {"type": "done", "id": 7}
        assert answers[8] == {"type": "refused", "id": 8, "sentence": "There is no such run"}
        assert answers[9]["type"] == "refused"  # a mistake of ours is told, and ends nothing
        await room.end()

    asyncio.run(check())


def test_only_so_many_requests_are_open_at_once():
    async def check() -> None:
        room = Room()
        room.desk.holds = True
        for number in range(MAX_REQUESTS + 5):
            room.socket.says({"type": "history", "id": number})
        await room.breathe()
        refused = [text["id"] for text in room.socket.texts if text["type"] == "refused"]
        assert (len(room.desk.asked), refused) == (MAX_REQUESTS, list(range(MAX_REQUESTS, MAX_REQUESTS + 5)))
        await room.end()

    asyncio.run(check())


def test_a_page_may_ask_before_anything_is_known_of_the_run():
    async def check() -> None:
        room = Room()
        room.source.view = {}
        room.socket.says({"type": "command", "id": 1, "command": {"kind": "play"}})
        await room.breathe()
        assert room.desk.asked == []
        room.source.view = dict(VIEW)
        room.viewer.wake()
        await room.breathe()
        assert room.socket.texts[-1] == {"type": "done", "id": 1}
        await room.end()

    asyncio.run(check())


def test_a_message_that_is_too_long_ends_the_socket():
    async def check() -> None:
        room = Room()
        room.socket.says(json.dumps({"type": "watch", "probes": ["x" * MAX_MESSAGE]}))
        await asyncio.wait_for(room.task, 2)
        assert room.socket.closed == TOO_BIG

    asyncio.run(check())


def test_whoever_only_talks_nonsense_is_shown_the_door():
    async def check() -> None:
        room = Room()
        for _ in range(MAX_BLUNDERS + 1):
            room.socket.says("{")
        await asyncio.wait_for(room.task, 2)
        assert room.socket.closed == BLUNDERS

    asyncio.run(check())


HOSTILE = [
    "",
    "null",
    "[]",
    "1e999",
    '{"type":NaN}',
    '{"type":["credit"]}',
    '{"type":{}}',
    '{"type":"credit","n":-1}',
    '{"type":"credit","n":1e9}',
    '{"type":"credit","n":true}',
    '{"type":"credit","n":99999999999999999999999999}',
    '{"type":"watch"}',
    '{"type":"watch","probes":"maps"}',
    json.dumps({"type": "watch", "probes": ["maps"] * 1000}),
    '{"type":"watch","probes":[1,null,{"a":1},"../../etc/passwd","__import__"]}',
    '{"type":"command"}',
    '{"type":"command","id":"1"}',
    '{"type":"command","id":-1}',
    '{"type":"command","id":1.5}',
    '{"type":"_request","id":1}',
    '{"type":"__class__","id":1}',
    '{"type":"seek","id":1,"step":"1; DROP TABLE runs"}',
    "[" * 5000 + "]" * 5000,
    '{"a":' * 3000 + "1" + "}" * 3000,
    "\x00\xff",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_message_does_no_harm(text: str):
    async def check() -> None:
        room = Room()
        room.socket.says(text)
        await room.breathe()
        room.source.comes(b"frame", step=1)
        room.socket.says({"type": "command", "id": 42, "command": {"kind": "play"}})
        await room.breathe()
        assert {"type": "done", "id": 42} in room.socket.texts
        assert b"frame" in room.socket.binary
        await room.end()

    asyncio.run(check())


scraps = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
messages = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["credit", "watch", "command", "seek", "steps", "history", "ask", "x"])
        | scraps
    },
    optional={"n": scraps, "id": scraps, "probes": scraps, "command": scraps, "step": scraps, "what": scraps},
)


@settings(max_examples=30)
@given(st.lists(messages | scraps, max_size=15))
def test_no_message_breaks_a_viewer(said: list[object]):
    async def check() -> None:
        room = Room()
        for message in said:
            room.socket.says(message)
        await room.breathe()
        assert not room.task.done()
        await room.end()

    asyncio.run(check())


def test_an_unknown_probe_is_not_asked_for():
    async def check() -> None:
        room = Room()
        room.socket.says({"type": "watch", "probes": ["maps", "weights", "no_such_probe", 3]})
        await room.breathe()
        assert room.viewer.probes == ("maps", "weights")
        await room.end()

    asyncio.run(check())


def test_a_run_that_has_gone_ends_the_socket_with_its_own_code():
    async def check() -> None:
        room = Room()
        await room.breathe()
        room.source.gone = True
        room.viewer.wake()
        await asyncio.wait_for(room.task, 2)
        assert room.socket.closed == NO_RUN

    asyncio.run(check())


def test_a_network_whose_layers_do_not_fit_is_told_apart_from_a_lost_line():
    async def check() -> None:
        room = Room()
        room.source.view = VIEW | {"experiment": "unfit"}
        room.viewer.wake()
        await asyncio.wait_for(room.task, 2)
        assert room.socket.closed == UNFIT

    asyncio.run(check())


def test_a_server_that_stops_waits_for_nobody():
    async def check() -> None:
        room = Room()
        room.desk.holds = True
        room.socket.says({"type": "history", "id": 1})
        await room.breathe()
        room.socket.may_go.clear()
        room.source.comes(b"stuck", step=1)
        await room.breathe()
        room.stopping.set()
        await asyncio.wait_for(room.task, 0.2)
        assert room.socket.closed == LEAVING

    asyncio.run(check())


def test_a_token_is_renewed_before_it_ends(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(viewers, "RENEW_EVERY", 0.0)

    async def check() -> None:
        room = Room()
        room.source.comes(b"frame", step=1)
        await room.breathe()
        assert {"type": "token", "token": "fresh"} in room.socket.texts
        await room.end()

    asyncio.run(check())
