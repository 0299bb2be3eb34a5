"""Without a socket all still works: each bundle answers the whole of what a page wants; nothing is done twice."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.live.slow import REPEATS, Feed, Memory, Wanted, nothing
from playground.live.stills import stills
from playground.runs import frames
from playground.runs.frames import Snapshot
from tests.live.house import network
from tests.runs.house import House

ANNA, BERT = "anna", "bert"
OPTIONS = {"views": ["plane"], "transport": "data"}
PATIENCE = 30.0
pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = House(tmp_path_factory.mktemp("slow"), trainers="playground.runs.trainer")
    home.client.info()
    yield home
    home.close()


class Page:
    """The browser's half: what `dataline.js` does with bundles."""

    def __init__(self, folder: Path, owner: str, run: str, lang: str = "en") -> None:
        self.feed = Feed(owner, run, folder, lang)
        self.memory: Memory = nothing()
        self.wanted: dict[str, Any] = {"probes": [], "setup": "", "requests": []}
        self.answers: dict[int, Any] = {}
        self.frames: list[Snapshot] = []
        self.header: dict[str, Any] = {}
        self.setups = 0

    def tick(self) -> None:
        bundle = self.feed.bundle(OPTIONS, self.wanted, self.memory)
        snapshot = frames.decode(bundle)
        self.header = json.loads(bundle[4 : 4 + int.from_bytes(bundle[:4], "little")])
        assert self.header["mount"] == OPTIONS
        if "setup" in self.header:
            self.setups += 1
            self.wanted["setup"] = self.header["setup_id"]
        for answer in self.header.get("answers", []):
            self.answers[answer["id"]] = answer
        if "answered" in self.header:
            self.answers[self.header["answered"]] = snapshot
        if "number" in self.header:
            self.frames.append(snapshot)

    def until(self, holds: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, "it did not happen in time"
            self.tick()
            time.sleep(0.02)

    def ask(self, kind: str, **fields: Any) -> Any:
        number = len(self.answers) + 1
        self.wanted["requests"] = [{"type": kind, "id": number, **fields}]
        self.until(lambda: number in self.answers)
        self.wanted["requests"] = []
        return self.answers[number]


def test_a_page_without_a_socket_sees_the_run_move_and_steers_it(house: House):
    run = house.client.submit(ANNA, network(4, 2), paused=True)
    page = Page(house.folder, ANNA, run)
    page.wanted["probes"] = ["weights", "maps"]
    page.until(lambda: page.frames and "map/plane" in page.frames[-1].arrays)
    assert page.setups == 1
    assert page.ask("command", command={"kind": "play"})["type"] == "done"
    page.until(lambda: page.frames[-1].step > 0)
    assert page.header["status"]["status"] == "running"
    page.ask("command", command={"kind": "pause"})
    page.until(lambda: page.header["status"]["status"] == "paused")
    steps = page.ask("steps").arrays["steps"]
    assert page.ask("seek", step=int(steps[1])).step == steps[1]
    assert "loss" in page.ask("history").arrays
    house.client.delete(ANNA, run)


def test_a_command_is_carried_out_once_however_often_it_is_seen(house: House):
    run = house.client.submit(ANNA, network(4), paused=True)
    page = Page(house.folder, ANNA, run)
    page.until(lambda: page.frames)
    page.wanted["requests"] = [{"type": "command", "id": 5, "command": {"kind": "step", "n": 3}}]
    for _ in range(6):
        page.tick()
    page.until(lambda: page.frames[-1].step == 3)
    assert page.answers[5]["type"] == "done"
    assert house.client.poll(ANNA, run).step == 3
    house.client.delete(ANNA, run)


def test_the_setup_is_sent_until_the_page_has_it(house: House):
    run = house.client.submit(ANNA, network(4), paused=True)
    page = Page(house.folder, ANNA, run)
    page.tick()
    page.wanted["setup"] = ""  # Streamlit left the bundle out
    page.tick()
    page.tick()
    assert page.setups == 2
    house.client.delete(ANNA, run)


def test_a_refusal_comes_as_a_sentence(house: House):
    run = house.client.submit(ANNA, network(4), paused=True)
    page = Page(house.folder, ANNA, run, "zh")
    page.until(lambda: page.frames)
    refused = page.ask("command", command={"kind": "set", "path": "optimizer.lr", "value": -1})
    assert any("\u4e00" <= letter <= "\u9fff" for letter in refused["sentence"])
    house.client.delete(ANNA, run)


def test_another_owners_run_is_not_there(house: House):
    run = house.client.submit(ANNA, network(4), paused=True)
    page = Page(house.folder, BERT, run)
    page.wanted["requests"] = [{"type": "command", "id": 1, "command": {"kind": "play"}}]
    page.tick()
    assert (page.header["gone"], page.frames, page.answers) == (True, [], {})
    assert house.client.poll(ANNA, run).step == 0
    house.client.delete(ANNA, run)


def test_a_network_without_a_run_is_shown_too(house: House):
    page = Page(house.folder, ANNA, stills.put(network(3)))
    page.wanted["probes"] = ["maps"]
    page.until(lambda: page.setups)
    bundle = page.feed.bundle(OPTIONS, page.wanted, page.memory)
    assert frames.decode(bundle).arrays["map/plane"].shape == (100, 100)
    assert page.ask("command", command={"kind": "play"})["sentence"].startswith(
        "Nothing has been trained yet"
    )


def test_answers_are_not_kept_for_ever(house: House):
    page = Page(house.folder, ANNA, stills.put(network(3)))
    for number in range(200):
        page.wanted["requests"] = [{"type": "history", "id": number}]
        page.tick()
    assert len(page.memory["answers"]) <= 32


def test_what_rests_is_sent_often_enough_and_not_for_ever(house: House):
    page = Page(house.folder, ANNA, stills.put(network(3)))
    page.wanted["probes"] = ["maps"]
    for _ in range(REPEATS + 5):
        page.tick()
    assert len(page.frames) == REPEATS
    page.wanted["probes"] = ["maps", "weights"]
    page.tick()
    assert len(page.frames) == REPEATS + 1, "other pictures are wanted: it is sent again"


def test_no_bundle_is_like_another(house: House):
    page = Page(house.folder, ANNA, stills.put(network(3)))
    bundles = {page.feed.bundle(OPTIONS, page.wanted, page.memory) for _ in range(5)}
    assert len(bundles) == 5


scraps = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(
    scraps | st.fixed_dictionaries({"probes": scraps, "requests": scraps | st.lists(scraps), "setup": scraps})
)
def test_whatever_a_browser_says_is_read_or_left_out(said: object):
    wanted = Wanted.read(said)
    assert all(isinstance(name, str) for name in wanted.probes)
    assert all(isinstance(request["id"], int) for request in wanted.requests)


def test_pictures_come_the_same_way_as_over_a_socket(house: House):
    run = house.client.submit(ANNA, network(3, max_steps=40))
    page = Page(house.folder, ANNA, run)
    page.wanted["probes"] = ["maps", "weights"]
    page.until(lambda: page.header.get("status", {}).get("status") == "finished" and page.frames)
    page.until(lambda: page.frames[-1].step == 40 and "w/0.weight" in page.frames[-1].arrays)
    recorded = house.client.frame_at(ANNA, run, 40)
    assert recorded is not None
    assert np.array_equal(page.frames[-1].arrays["w/0.weight"], recorded.arrays["w/0.weight"])
    house.client.delete(ANNA, run)
