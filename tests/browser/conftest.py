"""The real browser of the journeys: found, or skipped loudly, or demanded where CI is set; and one real server for all.

`make test` has already tried to fetch Playwright's own Chromium where there was none. Every tab is watched: what it
prints as an error, what it asks of other hosts, and what it is refused fails the test that opened it.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",  # root in a container has no sandbox to offer
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> Path | None:
    """Return the browser that `CHROMIUM` names, else the first one on the path, else Playwright's own."""
    for name in (os.environ.get("CHROMIUM", ""), *NAMES):
        found = shutil.which(name) if name else None
        if found:
            return Path(found)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return own if own.exists() else None


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The executable of a real browser; without one the test is skipped, or fails where CI is set."""
    found = find_chromium()
    if found is None:
        reason = f"no real browser: CHROMIUM is not set, none of {', '.join(NAMES)} is on the path, Playwright has none"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


# --- the server ------------------------------------------------------------------------------------------------------

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 90


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`playground serve` on a free port with a data folder of its own; the address. It must end cleanly."""
    port, folder = free_port(), tmp_path_factory.mktemp("browser")
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


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Any]:
    """One browser for all tests."""
    from tests.shared_playwright import shared_playwright

    with shared_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(chromium), args=list(ARGUMENTS))
        yield found
        found.close()


@pytest.fixture
def open_tab(browser: Any, server: str) -> Iterator[Callable[..., Any]]:
    """Open a page of the app in a fresh visitor's browser, and watch it."""
    contexts: list[Any] = []
    troubles: list[str] = []

    def watch(tab: Any) -> None:
        tab.on("pageerror", lambda error: troubles.append(f"exception: {error}"))
        tab.on(
            "console", lambda said: troubles.append(f"console: {said.text}") if said.type == "error" else None
        )
        tab.on(
            "response", lambda got: troubles.append(f"{got.status} {got.url}") if got.status >= 400 else None
        )
        tab.on(
            "request",
            lambda asked: (
                troubles.append(f"left this machine: {asked.url}") if _is_foreign(asked.url) else None
            ),
        )

    def open_tab(
        path: str = "/",
        *,
        width: int = 1440,
        height: int = 900,
        locale: str = "en-US",
        dark: bool = False,
        context: Any = None,
    ) -> Any:
        if context is None:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                locale=locale,
                color_scheme="dark" if dark else "light",
                has_touch=width < 600,
            )
            context.set_default_timeout(40_000)
            contexts.append(context)
        tab = context.new_page()
        watch(tab)
        tab.goto(server + path)
        tab.wait_for_selector(".figures", state="attached")
        tab.wait_for_selector(".st-key-play button:visible")
        return tab

    yield open_tab
    for context in contexts:
        context.close()
    assert troubles == []


def _is_foreign(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in ("localhost", "127.0.0.1")
