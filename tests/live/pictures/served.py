"""The page of the pictures, served: the real modules, their words and colours, and a stage that the test drives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from tests.live.page_server import PageHandler


class Handler(PageHandler):
    """The page of the pictures."""

    folder = Path(__file__).parent


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
