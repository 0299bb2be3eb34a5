"""The pictures of the stage in a real browser. Playwright is imported only once a test asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.live.pictures.served import Pictures


@pytest.fixture(scope="module")
def _stand() -> Iterator[Any]:
    from tests.live.page_server import served
    from tests.live.pictures.served import Handler
    from tests.real_browser import real_browser
    from tests.tabs import Tabs

    with real_browser() as browser, served(Handler) as address:
        yield Tabs(browser), address


@pytest.fixture
def pictures(_stand: Any) -> Iterator[Callable[..., Pictures]]:
    """Open the pictures of a case: `pictures("case=circle", viewport=…)`; a complaint of the console fails the test."""
    from tests.live.pictures.served import Pictures

    opened: list[Pictures] = []

    def open_one(query: str, **screen: Any) -> Pictures:
        opened.append(Pictures(*_stand, query, **screen))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()
