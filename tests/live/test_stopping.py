"""A server with open sockets stops at once, and the runs never notice."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.live.house import OWNER, network, serving

pytestmark = pytest.mark.timeout(120)


def closed(socket: ClientConnection) -> bool:
    """Take what is still there, and tell whether the other side has then closed the socket."""
    try:
        while True:
            socket.recv(5)
    except ConnectionClosed:
        return True
    except TimeoutError:
        return False


def test_a_server_with_open_sockets_stops_at_once_and_its_runs_go_on(tmp_path: Path):
    with serving(tmp_path / "data") as server, contextlib.ExitStack() as stack:
        run = server.client.submit(OWNER, network(4, 2))
        sockets: list[ClientConnection] = []
        for _ in range(5):
            address = server.socket_address(run)
            socket = stack.enter_context(connect(address, max_size=1 << 24, compression=None, proxy=None))
            socket.send(json.dumps({"type": "watch", "probes": ["weights", "maps"]}))
            while not isinstance(socket.recv(30), bytes):
                pass
            sockets.append(socket)
        took = server.stop()
        assert (
            took < 2.0
        )  # a quarter of a second on a quiet machine; a socket that never looks up would hang it
        assert all(closed(socket) for socket in sockets)
        before = server.client.poll(OWNER, run).step
        deadline = time.monotonic() + 20
        while server.client.poll(OWNER, run).step <= before:
            assert time.monotonic() < deadline, "the run has stopped with the server"
            time.sleep(0.05)
        server.client.delete(OWNER, run)
