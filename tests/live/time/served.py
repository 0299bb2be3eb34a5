"""The page of the views of time, served: the real modules and plotly.js, and a stage with a made-up run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import plotly
from playwright.sync_api import Browser, Locator, Page

from playground.live.setup import words
from playground.views import theme

HERE = Path(__file__).parent
ASSETS = HERE.parents[2] / "playground" / "live" / "assets"
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


class TimeHandler(SimpleHTTPRequestHandler):
    """`/live/…` from the package, words and themes as the setup has them, anything else from this folder."""

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

    def translate_path(self, path: str) -> str:
        plain = path.partition("?")[0]
        if plain == "/live/plotly.js":
            return str(PLOTLY)
        asset = plain.removeprefix("/live/assets/")
        return str(ASSETS / asset if asset != plain else HERE / plain.lstrip("/"))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[str]:
    """Serve the page; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), TimeHandler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/page.html"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Views:
    """Some views of time in a browser page of their own."""

    def __init__(
        self, browser: Browser, address: str, views: str, context: dict[str, Any], **query: object
    ) -> None:
        self.complaints: list[str] = []
        self.context = browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | context))
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        asked = "&".join(f"{name}={value}" for name, value in {"views": views, **query}.items())
        self.page.goto(f"{address}?{asked}")
        self.page.wait_for_selector("body[data-ready=yes]")

    def close(self) -> None:
        """Close the page, which may have had nothing to complain of."""
        self.context.close()
        assert not self.complaints, self.complaints

    def find(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def run(self, script: str, argument: object = None) -> Any:
        """Evaluate an expression or function in the page."""
        return self.page.evaluate(script, argument)

    def until(self, script: str) -> None:
        """Wait until an expression holds."""
        self.page.wait_for_function(script, timeout=40_000)

    def diary(self, name: str) -> Any:
        """What the stage has been asked for."""
        return self.run("name => stage.diary[name]", name)

    def push(self, count: int) -> None:
        """Let the training go on by so many frames."""
        self.run("count => stage.push(count)", count)
