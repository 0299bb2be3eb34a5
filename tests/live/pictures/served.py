"""The page of the pictures, served: the real modules, their words and colours, and a stage that the test drives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.live.page_server import PageHandler
from tests.tabs import Tabs


class Handler(PageHandler):
    """The page of the pictures."""

    folder = Path(__file__).parent


class Pictures:
    """One tab with the pictures of one case; counts what the console complains about."""

    def __init__(self, tabs: Tabs, address: str, query: str, **screen: Any) -> None:
        self.complaints: list[str] = []
        self.tabs = tabs
        self.page = tabs.lend(
            {"viewport": {"width": 1200, "height": 800}} | screen,
            {
                "pageerror": lambda error: self.complaints.append(str(error)),
                "console": lambda said: self._hear(said.type, said.text),
            },
        )
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
        self.tabs.take_back(self.page)
        assert self.complaints == []
