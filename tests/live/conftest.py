"""The real browser, as the journeys have it."""

from tests.browser.conftest import chromium

__all__ = ["chromium"]
