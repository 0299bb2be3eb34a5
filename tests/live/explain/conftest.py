"""What explains, in a real browser. Playwright is imported only once a test asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.live.explain.served import Explained


@pytest.fixture(scope="module")
def _stand() -> Iterator[Any]:
    from tests.live.explain.served import Handler
    from tests.live.page_server import served
    from tests.real_browser import real_browser
    from tests.tabs import Tabs

    with real_browser() as browser, served(Handler) as address:
        yield Tabs(browser), address


@pytest.fixture
def explained(_stand: Any) -> Iterator[Callable[..., Explained]]:
    """Open a run with everything that explains it; what the console complains of fails the test."""
    from tests.live.explain.served import Explained

    opened: list[Explained] = []

    def open_one(experiment: Any, **options: Any) -> Explained:
        opened.append(Explained(*_stand, experiment, **options))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()
