"""The live socket as a page finds it: a real run service behind it, real workers, real frames."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from playground.live import tokens
from playground.live.routes import Live
from playground.live.stills import stills
from playground.runs import frames
from playground.runs.client import Client
from playground.runs.frames import Snapshot
from tests.live.house import network
from tests.runs.house import House

ANNA, BERT = "anna", "bert"
PATIENCE = 30.0
pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = House(tmp_path_factory.mktemp("live"), trainers="playground.runs.trainer")
    home.client.info()  # brings the service up with the house's environment
    yield home
    home.close()


class Server:
    """The live routes alone, served from a thread of this process."""

    def __init__(self, house: House) -> None:
        self.folder = house.folder
        self.live = Live(house.folder)
        config = uvicorn.Config(
            Starlette(routes=self.live.routes), port=0, log_level="warning", lifespan="off"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        self.port: int = self._server.servers[0].sockets[0].getsockname()[1]

    def _run(self) -> None:
        async def serve() -> None:
            await self._server.serve()
            await self.live.close()

        asyncio.run(serve())

    def address(self, owner: str, run: str, lang: str = "en", **options: Any) -> str:
        return self.address_with(tokens.issue(tokens.secret(self.folder), owner, run, lang, **options))

    def address_with(self, token: str) -> str:
        return f"ws://127.0.0.1:{self.port}/live/ws?token={token}"

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)


@pytest.fixture(scope="module")
def server(house: House) -> Iterator[Server]:
    found = Server(house)
    yield found
    found.close()


@pytest.fixture
def client(house: House) -> Client:
    return house.client


class Page:
    """What a page does: watches, draws, gives credits, asks."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.setup: dict[str, Any] | None = None
        self.static: Snapshot | None = None
        self.frames: list[Snapshot] = []
        self.statuses: list[dict[str, Any]] = []
        self.answers: dict[int, Any] = {}
        self._number = 0

    def says(self, **message: Any) -> None:
        self.connection.send(json.dumps(message))

    def watch(self, *probes: str) -> Page:
        self.says(type="watch", probes=list(probes))
        return self

    def ask(self, kind: str, **fields: Any) -> Any:
        """Ask, and wait for the answer: a snapshot with its header, or what was said."""
        self._number += 1
        self.says(type=kind, id=self._number, **fields)
        self.until(lambda: self._number in self.answers)
        return self.answers[self._number]

    def tell(self, kind: str, **fields: Any) -> Any:
        return self.ask("command", command={"kind": kind, **fields})

    def until(self, holds: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, "it did not happen in time"
            self.hear()

    def hear(self) -> None:
        data = self.connection.recv(PATIENCE)
        if isinstance(data, str):
            said = json.loads(data)
            if "id" in said:
                self.answers[said["id"]] = said
            elif said["type"] == "status":
                self.statuses.append(said)
            return
        header = json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])
        snapshot = frames.decode(data)
        if "setup" in header:
            self.setup, self.static = header["setup"], snapshot
        elif "id" in header:
            self.answers[header["id"]] = (snapshot, header)
        else:
            self.frames.append(snapshot)
            self.says(type="credit")

    @property
    def arrays(self) -> dict[str, Any]:
        return self.frames[-1].arrays if self.frames else {}

    @property
    def step(self) -> int:
        return self.frames[-1].step if self.frames else -1


def opened(address: str, **options: Any) -> ClientConnection:
    return connect(address, max_size=1 << 24, compression=None, proxy=None, **options)


def code_of(address: str) -> int:
    """Return the code with which a socket is closed before anything is shown."""
    with opened(address) as connection:
        code, said = end_of(connection)
    assert not any(isinstance(message, bytes) for message in said)
    return code


def end_of(connection: ClientConnection) -> tuple[int, list[str | bytes]]:
    """Return the code with which a socket is closed, and what was said before."""
    said: list[str | bytes] = []
    try:
        while True:
            said.append(connection.recv(PATIENCE))
    except ConnectionClosed as goodbye:
        return goodbye.rcvd.code if goodbye.rcvd is not None else 1006, said


def test_a_page_that_watches_gets_setup_status_and_the_frames_it_wants(server: Server, client: Client):
    run = client.submit(ANNA, network(4, 2), pace=200)
    with opened(server.address(ANNA, run, "zh")) as connection:
        page = Page(connection).watch("weights", "maps")
        page.until(lambda: page.step > 20 and "map/plane" in page.arrays)
        assert page.setup is not None
        assert (page.setup["lang"], page.setup["target"]["kind"]) == ("zh", "classes")
        assert page.static is not None
        assert page.static.arrays["points"].shape == (350, 2)
        newest = page.frames[-1]
        assert newest.arrays["map/plane"].shape == (100, 100)
        assert newest.arrays["w/0.weight"].shape == (4, 2)
        assert time.time() - newest.at < 60
        assert page.statuses[-1]["status"] == "running"
    client.delete(ANNA, run)


def test_play_pause_and_a_changed_weight_show_at_once(server: Server, client: Client):
    run = client.submit(ANNA, network(3), paused=True)
    with opened(server.address(ANNA, run)) as connection:
        page = Page(connection).watch("weights")
        page.until(lambda: page.frames and page.statuses[-1]["status"] == "paused")
        page.tell("play")
        page.until(lambda: page.step > 0)
        page.tell("pause")
        page.until(lambda: page.statuses[-1]["status"] == "paused")
        before = page.step
        assert page.tell("set_weight", name="0.weight", index=[1, 0], value=7.5)["type"] == "done"
        page.until(lambda: "w/0.weight" in page.arrays and page.arrays["w/0.weight"][1, 0] == 7.5)
        assert page.step - before < 100_000
    client.delete(ANNA, run)


def test_a_refusal_is_a_sentence_in_the_visitors_language(server: Server, client: Client):
    run = client.submit(ANNA, network(3), paused=True)
    with opened(server.address(ANNA, run, "zh")) as connection:
        page = Page(connection)
        refused = page.tell("set", path="optimizer.lr", value=-3)
        assert refused["type"] == "refused"
        assert any("\u4e00" <= letter <= "\u9fff" for letter in refused["sentence"])
        assert page.tell("no_such_thing")["type"] == "refused"
        assert page.tell("play")["type"] == "done"
    client.delete(ANNA, run)


def test_recorded_frames_steps_and_history_come_when_asked_for(server: Server, client: Client):
    run = client.submit(ANNA, network(3, max_steps=300))
    with opened(server.address(ANNA, run)) as connection:
        page = Page(connection).watch("weights")
        page.until(lambda: page.statuses and page.statuses[-1]["status"] == "finished")
        steps = page.ask("steps")[0].arrays["steps"]
        assert (steps[0], steps[-1], bool((np.diff(steps) > 0).all())) == (0, 300, True)
        middle = int(steps[len(steps) // 2])
        found, _ = page.ask("seek", step=middle + 1 if middle + 1 not in steps else middle)
        assert found.step == middle
        history, _ = page.ask("history")
        assert {"step", "loss", "accuracy"} <= set(history.arrays)
    client.delete(ANNA, run)


def test_a_recorded_frame_is_completed_with_the_pictures_that_are_wanted(server: Server, client: Client):
    run = client.submit(ANNA, network(3, max_steps=50), probes=("weights",))
    deadline = time.monotonic() + PATIENCE
    while client.poll(ANNA, run).status != "finished":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    recorded = client.frame_at(ANNA, run, 50)
    assert recorded is not None
    assert not any(name.startswith("map/") for name in recorded.arrays)
    with opened(server.address(ANNA, run)) as connection:
        page = Page(connection).watch("weights", "maps")
        page.until(lambda: "map/plane" in page.arrays)
        found, _ = page.ask("seek", step=50)
        assert found.step == 50
        assert np.array_equal(found.arrays["map/plane"], page.frames[-1].arrays["map/plane"])
        assert np.array_equal(found.arrays["w/0.weight"], recorded.arrays["w/0.weight"])
    client.delete(ANNA, run)


def test_a_network_without_a_run_is_shown_and_cannot_be_steered(server: Server):
    name = stills.put(network(4, 2))
    with opened(server.address(ANNA, name)) as connection:
        page = Page(connection).watch("weights", "maps")
        page.until(lambda: "map/plane" in page.arrays)
        assert (page.step, page.statuses[-1]["status"]) == (0, "ready")
        refused = page.tell("play")
        assert (refused["type"], refused["sentence"]) == (
            "refused",
            "Nothing has been trained yet; press Train first",
        )


def test_two_pages_of_two_runs_do_not_mix(server: Server, client: Client):
    wide = client.submit(ANNA, network(5), pace=100)
    narrow = client.submit(ANNA, network(2), pace=100)
    with (
        opened(server.address(ANNA, wide)) as one,
        opened(server.address(ANNA, narrow)) as other,
    ):
        pages = [Page(one).watch("weights"), Page(other).watch("weights")]
        for page in pages:
            page.until(lambda page=page: page.step > 10)
        pages[0].tell("pause")
        here = pages[1].step
        pages[1].until(lambda: pages[1].step > here + 10)
        name = "w/0.weight"
        shapes = [
            {frame.arrays[name].shape for frame in page.frames if name in frame.arrays} for page in pages
        ]
        assert shapes == [{(5, 2)}, {(2, 2)}]
        assert client.poll(ANNA, wide).status == "paused"
        assert client.poll(ANNA, narrow).status == "running"
    client.delete(ANNA, wide)
    client.delete(ANNA, narrow)


def test_another_owners_run_can_neither_be_watched_nor_steered(server: Server, client: Client):
    run = client.submit(ANNA, network(3), paused=True)
    assert code_of(server.address(BERT, run)) == 4404
    assert code_of(server.address(BERT, "made-up")) == 4404  # the very same answer
    with opened(server.address(BERT, run)) as connection:
        with contextlib.suppress(ConnectionClosed):  # the goodbye may be here before the message is sent
            connection.send(json.dumps({"type": "command", "id": 1, "command": {"kind": "play"}}))
        assert end_of(connection) == (4404, [])
    assert client.poll(ANNA, run).status in ("paused", "queued")
    assert client.poll(ANNA, run).step == 0
    client.delete(ANNA, run)


def test_a_message_cannot_name_another_run_or_owner(server: Server, client: Client):
    hers, mine = client.submit(ANNA, network(3), paused=True), client.submit(BERT, network(3), paused=True)
    with opened(server.address(BERT, mine)) as connection:
        page = Page(connection)
        page.says(type="command", id=1, owner=ANNA, run=hers, command={"kind": "play"})
        page.until(lambda: 1 in page.answers)
        page.until(lambda: page.statuses and page.statuses[-1]["status"] == "running")
    assert client.poll(ANNA, hers).step == 0
    client.delete(ANNA, hers)
    client.delete(BERT, mine)


@pytest.mark.parametrize("token", ["", "x", "a.b", "A" * 5000])
def test_without_a_good_token_nothing_is_said(server: Server, token: str):
    assert code_of(server.address_with(token)) == 4401


def test_an_expired_token_is_told_apart_so_that_the_page_asks_for_a_fresh_one(server: Server, client: Client):
    run = client.submit(ANNA, network(3), paused=True)
    assert code_of(server.address(ANNA, run, lifetime=-1)) == 4401
    client.delete(ANNA, run)


def test_a_strangers_page_is_refused_before_the_socket_opens(server: Server, client: Client):
    run = client.submit(ANNA, network(3), paused=True)
    with pytest.raises(InvalidStatus) as refusal:
        opened(server.address(ANNA, run), origin="http://evil.example")
    assert refusal.value.response.status_code == 403
    with opened(server.address(ANNA, run), origin=f"http://127.0.0.1:{server.port}") as connection:
        page = Page(connection)
        page.until(lambda: page.setup is not None)
    client.delete(ANNA, run)


def test_hostile_messages_close_their_own_socket_and_no_other(server: Server, client: Client):
    run = client.submit(ANNA, network(3), pace=100)
    with opened(server.address(ANNA, run)) as good:
        page = Page(good).watch("weights")
        page.until(lambda: page.step > 0)
        with opened(server.address(ANNA, run)) as bad:
            bad.send(b"\x00" * 100)
            bad.send("[" * 10_000)
            bad.send("x" * 70_000)
            assert end_of(bad)[0] == 1009
        here = page.step
        page.until(lambda: page.step > here)
    client.delete(ANNA, run)


def test_a_run_that_is_deleted_leaves_its_pages(server: Server, client: Client):
    run = client.submit(ANNA, network(3), pace=100)
    with opened(server.address(ANNA, run)) as connection:
        page = Page(connection).watch("weights")
        page.until(lambda: page.step > 0)
        client.delete(ANNA, run)
        assert end_of(connection)[0] == 4404


def test_a_run_that_starts_again_is_shown_from_its_first_step(server: Server, client: Client):
    run = client.submit(ANNA, network(3), pace=500)
    with opened(server.address(ANNA, run)) as connection:
        page = Page(connection).watch("weights")
        page.until(lambda: page.step > 50)
        page.tell("reset")
        page.until(lambda: page.step == 0)
        page.tell("play")
        page.until(lambda: page.step > 0)
    client.delete(ANNA, run)
