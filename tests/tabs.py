"""The tabs of a browser that one test after another looks through.

A new tab starts a process, fetches everything and compiles it again, which costs as much as ten pages in a tab that is
there. It knows no page: whoever borrows a tab goes where they like, and leaves no listener behind.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from playwright.sync_api import Browser, Page

Hears = Mapping[str, Callable[[Any], object]]
"""What listens to a page, by Playwright's name of the event."""


class Tabs:
    """The tabs of one browser by their kind of screen; each is lent to one at a time, and is a visitor of its own."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self._idle: dict[str, list[Page]] = {}
        self._lent: dict[Page, tuple[str, Hears]] = {}

    def lend(self, screen: Mapping[str, Any], hears: Hears, script: str = "") -> Page:
        """Give a tab that shows nothing yet, in a context of its own.

        `screen` holds the options of a Playwright context; `script` runs before the scripts of every page.
        """
        kind = json.dumps([screen, script], sort_keys=True)
        idle = self._idle.setdefault(kind, [])
        page = idle.pop() if idle else self._new(screen, script)
        self._lent[page] = (kind, hears)
        return _heard(page, hears)

    def another(self, page: Page) -> Page:
        """Open a second tab for whoever has this one; it is closed when the first is taken back."""
        return _heard(page.context.new_page(), self._lent[page][1])

    def take_back(self, page: Page) -> None:
        """Leave the page a test was on: nothing of it runs on, is remembered, or lies under the mouse of the next."""
        for other in page.context.pages:
            if other is not page:
                other.close()
        if page.url != "about:blank":
            page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        page.unroute_all()
        page.goto("about:blank")
        page.context.clear_cookies()
        page.mouse.up()
        page.mouse.move(0, 0)
        kind, hears = self._lent.pop(page)
        for event, hear in hears.items():
            page.remove_listener(event, hear)
        self._idle[kind].append(page)

    def _new(self, screen: Mapping[str, Any], script: str) -> Page:
        context = self.browser.new_context(**screen)
        if script:
            context.add_init_script(script)
        return context.new_page()


def _heard(page: Page, hears: Hears) -> Page:
    for event, hear in hears.items():
        page.on(event, hear)  # pyright: ignore[reportArgumentType, reportCallIssue]
    return page
