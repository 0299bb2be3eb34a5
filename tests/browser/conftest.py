"""A real browser for each module of journeys, and one real server for all.

Every tab is watched: what it
prints as an error, what it asks of other hosts, and what it is refused fails the test that opened it.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from playground.runs.client import Client
from playground.runs.commands import Pause
from playground.runs.index import Index
from playground.spec import SpecError

# --- the server ------------------------------------------------------------------------------------------------------

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 90


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the server of all journeys."""
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[str]:
    """`playground serve` on a free port with a data folder of its own; the address. It must end cleanly."""
    port = free_port()
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PLAYGROUND_", "STREAMLIT_"))
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "playground", "serve", "--port", str(port), "--no-browser"],
        cwd=ROOT,
        env={**kept, "PYTHONPATH": path, "PLAYGROUND_DATA": str(folder)},
    )
    address = f"http://localhost:{port}"
    _wait_for(address, process)
    yield address
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert not (folder / "service" / "address.json").exists(), "the run service was left behind"


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server has ended"
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"{address} does not answer after {READY_SECONDS} s")


# --- the browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for the tests of a module."""
    from tests.real_browser import real_browser

    with real_browser() as found:
        yield found


@pytest.fixture(scope="module")
def tabs(browser: Any) -> Any:
    """The tabs of that browser."""
    from tests.tabs import Tabs

    return Tabs(browser)


@pytest.fixture
def open_tab(tabs: Any, server: str, folder: Path) -> Iterator[Callable[..., Any]]:
    """Open a page of the app as a new visitor, and watch it; what was trained there rests afterwards."""
    from tests.real_browser import CALM

    opened: list[Any] = []
    troubles: list[str] = []

    def trouble(*lines: str) -> None:
        troubles.extend(lines)

    hears: dict[str, Callable[[Any], object]] = {
        "pageerror": lambda error: trouble(f"exception: {error}"),
        "console": lambda said: said.type == "error" and trouble(f"console: {said.text}"),
        "response": lambda got: got.status >= 400 and trouble(f"{got.status} {got.url}"),
        "request": lambda asked: _is_foreign(asked.url) and trouble(f"left this machine: {asked.url}"),
    }

    def open_tab(
        path: str = "/",
        *,
        width: int = 1440,
        height: int = 900,
        locale: str = "en-US",
        dark: bool = False,
        still: bool = False,
    ) -> Any:
        screen = {
            "viewport": {"width": width, "height": height},
            "locale": locale,
            "color_scheme": "dark" if dark else "light",
            "has_touch": width < 600,
            "reduced_motion": "reduce" if still else "no-preference",
        }
        tab = tabs.lend(screen, hears, CALM)
        tab.set_default_timeout(40_000)
        opened.append(tab)
        tab.goto(server + path)
        tab.wait_for_selector(".figures", state="attached")
        tab.wait_for_selector(".st-key-play button:visible")
        return tab

    yield open_tab
    for tab in opened:
        tabs.take_back(tab)
    _rest(folder)
    assert troubles == []


def _rest(folder: Path) -> None:
    """Let every run rest, so that it takes no processor from the next journey."""
    index, client = Index(folder / "service" / "index.sqlite"), Client(folder, start=False)
    for run in index.with_status("running", "queued"):
        with suppress(SpecError):  # it has ended meanwhile, or the service has
            client.send(run.owner, run.id, Pause(), wait=0)
    index.close()
    client.close()


def _is_foreign(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in ("localhost", "127.0.0.1")
