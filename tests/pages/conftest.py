"""The app without a browser: one data folder and one run service for all pages' tests."""

from __future__ import annotations

import contextlib
import html
import json
import re
import secrets
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from playground.runs.client import Client
from playground.runs.reasons import ServiceDown
from playground.ui import service
from playground.ui.owner import owner

ENTRY = Path(__file__).resolve().parents[2] / "playground" / "ui" / "app.py"


class Page:
    """One visitor's page: what it shows, in words, and what can be done on it."""

    def __init__(self, key: str, *, lang: str = "en-US", theme: str = "light", **query: str) -> None:
        self.key = key
        self.app = AppTest.from_file(str(ENTRY), default_timeout=60)
        self.app.context = {"locale": lang, "theme": theme, "url": "http://localhost:8501/"}
        self.app.query_params["key"] = key
        for name, value in query.items():
            self.app.query_params[name] = value
        self.run()

    def run(self) -> Page:
        self.app.run()
        assert not self.app.exception, [error.value for error in self.app.exception]
        return self

    @property
    def html(self) -> str:
        return "\n".join(element.value for element in self.app.html)

    def said(self, name: str) -> str:
        """The sentence that stands at `name`; empty if there is none."""
        found = re.search(rf'data-say="{re.escape(name)}">(.*?)</p>', self.html)
        return html.unescape(found.group(1)) if found else ""

    def figure(self, name: str) -> str:
        found = re.search(rf'data-name="{name}"><dt>.*?</dt><dd>(.*?)(?: <small>.*?)?</dd>', self.html)
        assert found, f"no figure {name}"
        return found.group(1)

    @property
    def step(self) -> int:
        return int(self.figure("step").replace(",", ""))

    @property
    def status(self) -> str:
        found = re.search(r'class="figures" data-status="(\w+)"', self.html)
        assert found
        return found.group(1)

    @property
    def charts(self) -> dict[str, dict[str, Any]]:
        """Every chart by name: what the component was given."""
        found = (json.loads(element.proto.json) for element in self.app.get("bidi_component"))
        return {data["name"]: data for data in found if "name" in data}

    @property
    def stage(self) -> dict[str, Any] | None:
        """What the stage was given; None where there is none."""
        found = (json.loads(element.proto.json) for element in self.app.get("bidi_component"))
        return next((data for data in found if "views" in data), None)

    @property
    def owner(self) -> str:
        """Whose runs the page starts."""
        return owner({}, b"", self.key)[0]

    @property
    def experiment(self) -> str:
        return self.app.session_state["form"]

    @property
    def lab(self) -> str:
        """The path of the page that has been drawn."""
        links = [element.proto for element in self.app.get("page_link")]
        drawn = self.app._finished_page_script_hash
        return next(link.page or "playground" for link in links if link.page_script_hash == drawn)

    @property
    def links(self) -> dict[str, dict[str, str]]:
        """The labs' links: what stands behind the `?` of each, by path (the first page's is empty)."""
        found = (element.proto for element in self.app.get("page_link"))
        return {proto.page or "playground": dict(parse_qsl(proto.query_string)) for proto in found}

    def click(self, key: str) -> Page:
        self.app.button(key=key).click()
        return self.run()

    def choose(self, key: str, value: Any) -> Page:
        self.app.selectbox(key=key).set_value(value)
        return self.run()

    def type_in(self, key: str, entry: str) -> Page:
        """Choose from a list, or type what is not in it, as its input lets a visitor do."""
        box = self.app.selectbox(key=key)
        if entry not in box.options:
            assert box.proto.accept_new_options
            box.options.append(entry)
        box.set_value(entry)
        return self.run()

    def until(self, happened: Callable[[Page], bool], what: str, seconds: float = 40) -> Page:
        deadline = time.monotonic() + seconds
        while not happened(self):
            assert time.monotonic() < deadline, (
                f"{what}: {self.status} at step {self.step}; {self.said('trouble')}"
            )
            time.sleep(0.1)
            self.run()
        return self


@pytest.fixture(scope="session")
def pages_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("pages")
    yield folder
    service._client(folder).close()
    with contextlib.suppress(ServiceDown):
        Client(folder, start=False).shut_down()


@pytest.fixture(scope="session", autouse=True)
def _as_it_is_served() -> None:
    """Nobody counts what a page calls: that would take a third of its time."""
    config.set_option("browser.gatherUsageStats", False)


@pytest.fixture(autouse=True)
def _one_folder(pages_folder: Path, _own_data_folder: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA", str(pages_folder))


@pytest.fixture
def opened(pages_folder: Path) -> Iterator[Callable[..., Page]]:
    """Open the page as a visitor does; pages of one test have one visitor, whose runs end with it."""
    with visiting(pages_folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def opened_before(pages_folder: Path) -> Iterator[Callable[..., Page]]:
    """Give one page to all tests of a module that open it with the same query, each as the last left it."""
    with pytest.MonkeyPatch.context() as environment, visiting(pages_folder) as opened:
        environment.setenv("PLAYGROUND_DATA", str(pages_folder))
        pages: dict[str, Page] = {}

        def opened_before(**query: str) -> Page:
            name = json.dumps(query, sort_keys=True)
            if name not in pages:
                pages[name] = opened(**query)
            return pages[name]

        yield opened_before


@contextlib.contextmanager
def visiting(pages_folder: Path) -> Iterator[Callable[..., Page]]:
    key = secrets.token_hex(16)
    yield partial(Page, key)
    client = Client(pages_folder, start=False)
    with contextlib.suppress(ServiceDown):
        name, _ = owner({}, b"", key)
        for run in client.list(name):
            client.delete(name, run.run)
    client.close()
