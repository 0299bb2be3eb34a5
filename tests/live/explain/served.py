"""The page of what explains, served: the real stage and its views, fed from rooms (`room.py`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import Browser, Page

from playground.spec import Experiment
from tests.live.explain.room import Room

HERE = Path(__file__).parent
ASSETS = HERE.parents[2] / "playground" / "live" / "assets"
VIEWS = "diagram,backprop,drawer,plane,doctor"


class Handler(SimpleHTTPRequestHandler):
    """`/live/assets/…` from the package, bundles from the rooms, anything else from this folder."""

    protocol_version = "HTTP/1.1"
    rooms: ClassVar[dict[str, Room]] = {}

    def do_POST(self) -> None:
        wanted = json.loads(self.rfile.read(int(self.headers["content-length"])))
        room = self.rooms[parse_qs(urlsplit(self.path).query)["room"][0]]
        body = room.bundle(wanted)
        self.send_response(200)
        self.send_header("content-type", "application/octet-stream")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        self.send_header("cache-control", "no-store")
        super().end_headers()

    def translate_path(self, path: str) -> str:
        plain = path.partition("?")[0]
        asset = plain.removeprefix("/live/assets/")
        return str(ASSETS / asset if asset != plain else HERE / plain.lstrip("/"))

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


class Explained:
    """One page on one run; what the console complains of is kept."""

    def __init__(
        self,
        browser: Browser,
        address: str,
        experiment: Experiment,
        *,
        steps: int = 200,
        lang: str = "en",
        views: str = VIEWS,
        theme: str = "light",
        **screen: Any,
    ) -> None:
        name = str(len(Handler.rooms))
        self.room = Handler.rooms[name] = Room(experiment, steps, lang, views)
        self.context = browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | screen))
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda said: self._hear(said.type, said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(f"{address}?{urlencode({'room': name, 'theme': theme})}")
        self.page.wait_for_selector("body[data-ready]")
        for view in views.split(","):
            self.page.wait_for_selector(f".stage-view[data-view='{view}']", state="attached")
        self.page.wait_for_function(
            "n => Number(document.querySelector('.stage').dataset.mounts) >= n", arg=len(views.split(","))
        )

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "willReadFrequently" not in text:
            self.complaints.append(f"{kind}: {text}")

    def told(self) -> list[dict[str, Any]]:
        """What has been proposed to the page so far."""
        return self.page.evaluate("told")

    def close(self) -> None:
        """Leave; a page that complained is a failure."""
        self.context.close()
        assert self.complaints == []
