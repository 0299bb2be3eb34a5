"""A server with the stage, a run service behind it, a folder of their own: started as processes, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playground.live import tokens
from playground.runs.client import Client
from playground.spec import Experiment

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OWNER = "somebody"


def network(*sizes: int, activation: str = "Tanh", data: str = "Spiral", **training: object) -> Experiment:
    """Return a small experiment in the plane: hidden layers of these sizes, one output."""
    layers: list[dict[str, object]] = []
    for size in (*sizes, 1):
        kind = activation if len(layers) < 2 * len(sizes) else "Tanh"
        layers += [{"kind": "Linear", "out_features": size}, {"kind": kind}]
    return Experiment.parse({"data": {"kind": data}, "model": {"layers": layers}, "training": training})


class Server:
    """`streamlit run` of the app beside this file."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.environment = {
            **os.environ,
            "PLAYGROUND_DATA": str(folder),
            "PYTHONPATH": str(ROOT),
            **environment,
        }
        self.client = Client(folder, self.environment)
        options = {
            "server.port": str(self.port),
            "server.address": "127.0.0.1",
            "server.headless": "true",
            "server.fileWatcherType": "none",
            "server.enableWebsocketCompression": "false",
            "server.allowedHosts": "127.0.0.1",
            "runner.postScriptGC": "false",
            "browser.gatherUsageStats": "false",
            "browser.serverAddress": "127.0.0.1",
        }
        flags = [part for name, value in options.items() for part in (f"--{name}", value)]
        self.log = folder / "server.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "streamlit", "run", str(HERE / "app" / "server.py"), *flags],
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait(self) -> None:
        """Wait until the server answers."""
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.address}/_stcore/health"):
                return
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def socket_address(self, run: str, owner: str = OWNER) -> str:
        """Return the address of a run's live socket, with a token."""
        token = tokens.issue(tokens.secret(self.folder), owner, run)
        return f"ws://127.0.0.1:{self.port}/live/ws?token={token}"

    def stop(self) -> float:
        """Ask the server to leave; return the seconds it has taken."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return time.monotonic() - began


@contextlib.contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Server]:
    """A server that answers, and leaves nothing behind."""
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(folder, **environment)
    try:
        server.wait()
        yield server
    finally:
        server.stop()
        with contextlib.suppress(Exception):
            Client(folder, start=False).shut_down()
        server.client.close()
