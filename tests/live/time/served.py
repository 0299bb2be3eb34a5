"""The page of the views of time, served: the real modules and plotly.js, and a stage with a made-up run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Locator

from tests.live.page_server import PageHandler
from tests.tabs import Tabs


class TimeHandler(PageHandler):
    """The page of the views of time."""

    folder = Path(__file__).parent


class Views:
    """Some views of time in a tab."""

    def __init__(self, tabs: Tabs, address: str, views: str, screen: dict[str, Any], **query: object) -> None:
        self.complaints: list[str] = []
        self.tabs = tabs
        self.page = tabs.lend(
            {"viewport": {"width": 1440, "height": 900}} | screen,
            {
                "pageerror": lambda error: self.complaints.append(str(error)),
                "console": lambda message: self.complaints.append(message.text),
            },
        )
        asked = "&".join(f"{name}={value}" for name, value in {"views": views, **query}.items())
        self.page.goto(f"{address}?{asked}")
        self.page.wait_for_selector("body[data-ready=yes]")

    def close(self) -> None:
        """Leave the page, which may have had nothing to complain of."""
        self.tabs.take_back(self.page)
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
