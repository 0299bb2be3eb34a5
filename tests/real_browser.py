"""The real browser of every test that needs one: found, or skipped loudly, or demanded where CI is set.

`make test` has already tried to fetch Playwright's own Chromium where there was none. Playwright keeps an event loop
running in its thread, beside which no test of asyncio can run: open it for one module of tests, not for the session.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

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

CALM = """
const paint = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (draw) => setTimeout(() => paint(draw), 60);
window.cancelAnimationFrame = clearTimeout.bind(window);
"""
"""A page that draws a dozen times a second: for journeys, which look at what happens and not at how smoothly."""


@contextmanager
def real_browser() -> Iterator[Browser]:
    """Give a browser: the one that `CHROMIUM` names, else the first one on the path, else Playwright's own."""
    with sync_playwright() as playwright:
        named = (os.environ.get("CHROMIUM", ""), *NAMES)
        found = next((Path(path) for name in named if name and (path := shutil.which(name))), None)
        found = found or Path(playwright.chromium.executable_path)
        if not found.exists():
            names = ", ".join(NAMES)
            reason = f"no real browser: CHROMIUM is not set, {names} are not on the path, Playwright has none"
            pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
        browser = playwright.chromium.launch(executable_path=str(found), args=list(ARGUMENTS))
        yield browser
        browser.close()
