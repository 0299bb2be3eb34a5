"""What a service does with requests that no honest client sends: a typed refusal at once, and it goes on."""

from __future__ import annotations

import json
import random
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from playground import i18n
from playground.runs.address import Address, read_address
from playground.runs.commands import PROTOCOL, Command, Request
from playground.runs.connection import Connection
from playground.runs.wire import Assembler, pack
from playground.spec.errors import SpecError
from tests.runs.house import House, house

NASTY: list[Any] = [
    None, True, -1, 0, 1e300, 2**70, "", "a", "\0", "é" * 1000, "../../etc/passwd", "__import__('os')", [], [[]], {},
    {"kind": "play"}, {"kind": []}, {"kind": "step", "n": -1}, {"kind": "step", "n": 1e30}, {"kind": "set"},
    {"kind": "set", "path": "lr", "value": {"a": [1, {"b": None}]}}, {"kind": "set", "path": 5, "value": 5},
    {"kind": "set_weight", "name": "0.weight", "index": [-1], "value": 1.0},
    {"kind": "set_weight", "name": "0.weight", "index": [10**12], "value": 1.0},
    {"kind": "set_weight", "name": "0.weight", "index": list(range(100)), "value": 1.0},
    {"kind": "pace", "steps_per_second": -5}, {"kind": "pace", "steps_per_second": "fast"},
    '{"size": 0}', '{"size": 1e9}', '{"size": 100000000}', '{"seed": "x"}', "[" * 5000, '{"kind": "x"}',
]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("data"), owner_queue=3, owner_runs=5) as built:
        built.client.info()
        yield built


def address(home: House) -> Address:
    found = read_address(home.folder)
    assert found is not None
    return found


def raw(connection: Connection, body: dict[str, Any]) -> dict[str, Any]:
    """Send a body as it is, without the client's own checks."""
    connection._socket.sendall(pack(body))
    while not connection._come:
        data = connection._socket.recv(1 << 16)
        assert data, "the service has hung up"
        connection._come.extend(connection._assembler.feed(data))
    return connection._come.popleft().body


def invent(draw: random.Random, runs: list[str]) -> dict[str, Any]:
    """A request that is nearly right: the fields of a real one with values of anything, and sometimes one too many."""
    kinds = [kind for kind in Request.catalogue() if kind not in ("hello", "shutdown", "delete", "follow")]
    kind = draw.choice([*kinds, "send", "send", "submit", "submit", "nonsense"])
    model = Request.catalogue().get(kind)
    body: dict[str, Any] = {"kind": kind}
    for name in model.model_fields if model else ("owner",):
        if name not in ("kind", "wait") and draw.random() < 0.9:
            body[name] = draw.choice(NASTY)
    if draw.random() < 0.8:
        body["owner"] = "anna"
    if "run" in body and draw.random() < 0.6:
        body["run"] = draw.choice(runs)
    if kind == "send" and draw.random() < 0.6:
        body["command"] = {
            "kind": draw.choice(list(Command.catalogue())),
            **draw.choice([{}, {"n": 2}, {"x": 1}]),
        }
    if draw.random() < 0.1:
        body["extra"] = draw.choice(NASTY)
    return body


def test_five_hundred_invented_requests_are_answered_or_refused_in_a_sentence(home: House):
    runs = [home.start(sleep=0.001) for _ in range(2)]
    for run in runs:
        home.until(run, "running")
    draw, times = random.Random(0), list[float]()
    with closing(Connection(address(home))) as connection:
        for _ in range(500):
            body = invent(draw, runs)
            began = time.monotonic()
            answer = raw(connection, body)
            if "error" in answer:
                error = answer["error"]
                assert error["key"] != "run.internal", body
                assert i18n.has(error["key"]), error
                times.append(time.monotonic() - began)
    assert len(times) > 250
    assert sorted(times)[int(0.9 * len(times))] < 0.05
    assert "Traceback" not in home.log()
    assert home.view(runs[0]).run == runs[0]


def test_a_refusal_comes_before_anything_is_allocated(home: House):
    before = home.client.info()["stored"]
    for text in ("", "{", "[]", "null", '{"size": 1e12}', '{"size": NaN}', "{" * 100_000, "\0"):
        with pytest.raises(SpecError):
            home.client.submit(home.owner, text)
    assert home.client.info()["stored"] == before


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x80\x04\x95" * 100,
        struct.pack("<I", 0xFFFFFFFF),
        struct.pack("<I", 4) + b"null",
        struct.pack("<I", 2) + b"{}",
        pack({"kind": "hello", "protocol": PROTOCOL}, [b"payload"]),
        struct.pack("<I", 60) + b'{"body": {"kind": "hello", "protocol": NaN}, "sizes": []}   ',
        struct.pack("<I", 33) + b'{"body": {"kind": 1}, "sizes": 1}',
    ],
    ids=["http", "pickle", "length", "null", "nothing", "payload", "NaN", "sizes"],
)
def test_bytes_that_are_no_message_end_the_connection_and_nothing_else(home: House, data: bytes):
    with address(home).connect(5) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answers = Assembler().feed(b"".join(iter(lambda: connection.recv(1 << 16), b"")))
    assert all("error" in answer.body for answer in answers)
    assert home.client.info()["pid"] == home.service().pid


def test_nothing_is_answered_before_the_greeting(home: House):
    for body in ({"kind": "info"}, {"kind": "list", "owner": "anna"}, {"kind": "shutdown"}):
        with address(home).connect(5) as connection:
            connection.sendall(pack(body))
            answers = Assembler().feed(b"".join(iter(lambda c=connection: c.recv(1 << 16), b"")))
        assert [answer.body["error"]["key"] for answer in answers] == ["run.refused"]
    home.client.info()


def test_a_client_that_hangs_up_in_the_middle_is_no_loss(home: House):
    for _ in range(20):
        connection = address(home).connect(5)
        connection.sendall(pack({"kind": "hello", "protocol": PROTOCOL, "token": ""})[:7])
        connection.close()
    assert json.dumps(home.client.info())
