"""What holds for every test: its own data folder, one thread, English, and the same examples every time."""

from __future__ import annotations

import os
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Set before NumPy is imported anywhere: two test processes on two cores must not start a thread per core each.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# The same examples on every machine: a red test is red again when it is looked at.
settings.register_profile(
    "playground",
    derandomize=True,
    deadline=None,  # the machine is shared; pytest-timeout guards against what hangs
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# `HYPOTHESIS_PROFILE=search` looks for new examples.
settings.register_profile("search", settings.get_profile("playground"), derandomize=False, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "playground"))


ALIVE = ("browser", "live", "pages", "runs")
"""Folders of tests that meet browsers, servers and workers, which a busy machine may keep waiting too long."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give what meets other processes two more tries, and processes that share the tests the longest first.

    The report lists each try that was taken. What computes and what mostly waits take turns, so that they meet.
    """
    for item in items:
        if _folder(item) in ALIVE:
            item.add_marker(pytest.mark.flaky(reruns=2))
    if hasattr(config, "workerinput"):
        files = {folder: _files(items, folder) for folder in ALIVE}
        computing, waiting = files["browser"] + files["live"] + files["pages"], files["runs"]
        turns = [file for pair in zip_longest(computing, waiting) for file in pair if file]
        items.sort(key=lambda item: turns.index(item.path) if item.path in turns else len(turns))


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).parts[0]


def _files(items: list[pytest.Item], folder: str) -> list[Path]:
    return list(dict.fromkeys(item.path for item in items if _folder(item) == folder))


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests out of the visitor's data folder, settings and language, and them out of the tests."""
    for name in [name for name in os.environ if name.startswith(("PLAYGROUND_", "STREAMLIT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PLAYGROUND_DATA", str(tmp_path_factory.mktemp("data")))
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
