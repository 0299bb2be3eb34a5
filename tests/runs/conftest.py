"""A run service for the tests of a module that ask for no other limits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.runs.house import House, house, until


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("data"), owner_slots=8) as built:
        yield built


@pytest.fixture
def home(built: House) -> Iterator[House]:
    """The module's house, without the runs of the test before."""
    yield built
    for row in built.client.list(built.owner):
        built.client.delete(built.owner, row.run)
    until(lambda: not built.workers())
