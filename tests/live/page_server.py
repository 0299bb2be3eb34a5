"""A page of a test, served with the stage's own modules.

Assets and plotly.js come from the packages, words and themes as the setup has them, all else from the test's folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import plotly

from playground.live.setup import words
from playground.views import theme

ASSETS = Path(__file__).parents[2] / "playground" / "live" / "assets"
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


class PageHandler(SimpleHTTPRequestHandler):
    """Answers for the page in `folder`, which a browser may keep: the port lives no longer than the tests."""

    folder: ClassVar[Path]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.startswith("/words/"):
            self.answer(words(self.path.removeprefix("/words/").removesuffix(".json")))
        elif self.path == "/themes.json":
            self.answer({"light": asdict(theme.LIGHT), "dark": asdict(theme.DARK)})
        else:
            super().do_GET()

    def answer(self, value: Any) -> None:
        self.send(json.dumps(value).encode(), "application/json")

    def send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        with suppress(ConnectionError):  # the page may have been left meanwhile
            self.wfile.write(body)

    def end_headers(self) -> None:
        self.send_header("cache-control", "max-age=3600")
        super().end_headers()

    def translate_path(self, path: str) -> str:
        plain = path.partition("?")[0]
        if plain == "/live/plotly.js":
            return str(PLOTLY)
        asset = plain.removeprefix("/live/assets/")
        return str(ASSETS / asset if asset != plain else self.folder / plain.lstrip("/"))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def served(handler: type[PageHandler]) -> Iterator[str]:
    """Serve a page; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/page.html"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
