"""The real browser of the journeys: found, or skipped loudly, or demanded where CI is set. It knows no page.

`make test` has already tried to fetch Playwright's own Chromium where there was none.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

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
