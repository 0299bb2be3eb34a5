"""Playwright, once per test process: a second one beside it is refused."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


@contextmanager
def shared_playwright() -> Iterator[Any]:
    """Give the process's Playwright; it is stopped when the process ends."""
    yield _started()


@cache
def _started() -> Any:
    from playwright.sync_api import sync_playwright

    found = sync_playwright().start()
    atexit.register(found.stop)
    return found
