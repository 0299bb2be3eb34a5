"""The page of the pictures, served: the real modules, their words and colours, and a stage that the test drives."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from playground.live.setup import words
from playground.views import theme

HERE = Path(__file__).parent
ASSETS = HERE.parents[2] / "playground" / "live" / "assets"


class Handler(SimpleHTTPRequestHandler):
    """`/live/assets/…` from the package, words and themes as the setup has them, anything else from this folder."""

    def do_GET(self) -> None:
        if self.path.startswith("/words/"):
            self.answer(words(self.path.removeprefix("/words/").removesuffix(".json")))
        elif self.path == "/themes.json":
            self.answer({"light": asdict(theme.LIGHT), "dark": asdict(theme.DARK)})
        else:
            super().do_GET()

    def answer(self, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        self.send_header("cache-control", "max-age=3600")  # the port lives no longer than the tests
        super().end_headers()

    def translate_path(self, path: str) -> str:
        plain = path.partition("?")[0]
        asset = plain.removeprefix("/live/assets/")
        return str(ASSETS / asset if asset != plain else HERE / plain.lstrip("/"))

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[str]:
    """Serve the page; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/page.html"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Contexts:
    """One browser context for each kind of screen: what one page has fetched the next need not fetch again."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.known: dict[str, BrowserContext] = {}

    def of(self, screen: Mapping[str, Any]) -> BrowserContext:
        """The context of a screen, 1200 × 800 unless it says otherwise."""
        name = json.dumps(screen, sort_keys=True)
        if name not in self.known:
            self.known[name] = self.browser.new_context(
                **({"viewport": {"width": 1200, "height": 800}} | dict(screen))
            )
        return self.known[name]


class Pictures:
    """One page with the pictures of one case; counts what the console complains about."""

    def __init__(self, context: BrowserContext, address: str, query: str) -> None:
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda said: self._hear(said.type, said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(f"{address}?{query}")
        self.page.wait_for_selector("body[data-ready]")
        self.settle()

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "willReadFrequently" not in text:
            self.complaints.append(f"{kind}: {text}")

    def settle(self) -> None:
        """Wait until what was asked for has been drawn."""
        self.page.evaluate("() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")

    def told(self) -> list[dict[str, Any]]:
        """What the page would have been told so far: commands and proposals."""
        return self.page.evaluate("told")

    def close(self) -> None:
        """Leave; a page that complained is a failure."""
        self.page.close()
        assert self.complaints == []
