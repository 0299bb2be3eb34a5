"""The page of what explains, served: the real stage and its views, fed from rooms (`room.py`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

from playground.spec import Experiment
from tests.live.explain.room import Room
from tests.live.page_server import PageHandler
from tests.tabs import Tabs

VIEWS = "diagram,backprop,drawer,plane,doctor"


class Handler(PageHandler):
    """The page of what explains; what is posted is answered with a bundle of a room."""

    folder = Path(__file__).parent
    rooms: ClassVar[dict[str, Room]] = {}

    def do_POST(self) -> None:  # noqa: N802 - http.server's name
        wanted = json.loads(self.rfile.read(int(self.headers["content-length"])))
        room = self.rooms[parse_qs(urlsplit(self.path).query)["room"][0]]
        self.send(room.bundle(wanted), "application/octet-stream")


class Explained:
    """One tab on one run; what the console complains of is kept."""

    def __init__(
        self,
        tabs: Tabs,
        address: str,
        experiment: Experiment,
        *,
        steps: int = 200,
        lang: str = "en",
        views: str = VIEWS,
        theme: str = "light",
        **screen: Any,
    ) -> None:
        name = str(len(Handler.rooms))
        self.room = Handler.rooms[name] = Room(experiment, steps, lang, views)
        self.complaints: list[str] = []
        self.tabs = tabs
        self.page = tabs.lend(
            {"viewport": {"width": 1440, "height": 900}} | screen,
            {
                "pageerror": lambda error: self.complaints.append(str(error)),
                "console": lambda said: self._hear(said.type, said.text),
            },
        )
        self.page.goto(f"{address}?{urlencode({'room': name, 'theme': theme})}")
        self.page.wait_for_selector("body[data-ready]")
        for view in views.split(","):
            self.page.wait_for_selector(f".stage-view[data-view='{view}']", state="attached")
        self.page.wait_for_function(
            "n => Number(document.querySelector('.stage').dataset.mounts) >= n", arg=len(views.split(","))
        )

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "willReadFrequently" not in text:
            self.complaints.append(f"{kind}: {text}")

    def settle(self) -> None:
        """Wait until every answer that was asked for is there and drawn."""
        self.page.wait_for_function("() => (document.querySelector('.stage').dataset.asking ?? '0') === '0'")
        self.page.evaluate("() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")

    def told(self) -> list[dict[str, Any]]:
        """What has been proposed to the page so far."""
        return self.page.evaluate("told")

    def close(self) -> None:
        """Leave; a page that complained is a failure."""
        self.tabs.take_back(self.page)
        assert self.complaints == []
