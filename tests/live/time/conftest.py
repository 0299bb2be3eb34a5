"""Shared by the tests of the views of time. Playwright is only imported by the tests that ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.live.time.served import Views


@pytest.fixture(scope="module")
def _stand() -> Iterator[Any]:
    from tests.live.page_server import served
    from tests.live.time.served import TimeHandler
    from tests.real_browser import real_browser
    from tests.tabs import Tabs

    with real_browser() as browser, served(TimeHandler) as address:
        yield Tabs(browser), address


@pytest.fixture
def views(_stand: Any) -> Iterator[Callable[..., Views]]:
    """Open views of time on a made-up run: `views("curves,timeline", lang="zh", context={"viewport": …})`."""
    from tests.live.time.served import Views

    opened: list[Views] = []

    def open_views(names: str, context: dict[str, Any] | None = None, **query: object) -> Views:
        opened.append(Views(*_stand, names, context or {}, **query))
        return opened[-1]

    yield open_views
    for one in opened:
        one.close()
