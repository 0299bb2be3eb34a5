"""The way without a socket: everything a page would hear is packed into the data of Streamlit's element.

The page states what it wants (`wanted`: the probes, the setup it has, the requests that are open), and every bundle
answers that as a whole: nothing is lost where Streamlit leaves a bundle out, and nothing is done twice.

A bundle is a frame, a setup or an answer with more in its header: `mount` (the element's options), `status`, `answers`
(to open requests), `number` (of the frame), `answered` (the request that the arrays answer), `setup_id`, `gone`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground import i18n
from playground.live.desk import VERBS, Desk, structure
from playground.live.envelope import with_fields
from playground.live.line import Lines
from playground.live.stills import Still, stills
from playground.live.tokens import Claims
from playground.probes.registry import names
from playground.runs import commands, frames
from playground.runs.frames import Snapshot
from playground.runs.reasons import NoSuchRun
from playground.spec import SpecError

MAX_PROBES = 16
MAX_REQUESTS = 8
MAX_REMEMBERED = 32
MAX_NUMBER = 1 << 53
EMPTY = frames.encode(Snapshot(0, 0.0))

REPEATS = 10
"""So often a frame is sent: Streamlit may leave some of a row of changes out. What rests costs nothing then."""

Memory = dict[str, Any]
"""What is remembered of a page between its bundles, as plain values: `answers` by the number of the request, which are
given again until the page has them; the `frame` that was sent last, and how often (`times`); how many `bundles`."""


def nothing() -> Memory:
    """Return the memory of a page that has had nothing yet."""
    return {"answers": {}, "frame": "", "times": 0, "bundles": 0}


@dataclass(frozen=True)
class Wanted:
    """What a page says that it wants; whatever does not fit is left out."""

    probes: tuple[str, ...] = ()
    setup: str = ""
    requests: tuple[dict[str, Any], ...] = ()

    @classmethod
    def read(cls, said: object) -> Wanted:
        """Return what a browser has sent."""
        if not isinstance(said, Mapping):
            return cls()
        probes, requests, setup = said.get("probes"), said.get("requests"), said.get("setup")
        wished = probes[:MAX_PROBES] if isinstance(probes, list) else []
        asked = requests[:MAX_REQUESTS] if isinstance(requests, list) else []
        return cls(
            tuple(sorted({name for name in wished if isinstance(name, str) and name in names()})),
            setup if isinstance(setup, str) else "",
            tuple(dict(request) for request in asked if _is_request(request)),
        )


@dataclass(frozen=True)
class Feed:
    """What one page without a socket is fed from: the run (or still) of an owner, in a language."""

    owner: str
    run: str
    folder: Path
    lang: str

    def bundle(self, options: dict[str, Any], said: object, memory: Memory) -> bytes:
        """Return the element's data.

        Args:
            options: of the mount.
            said: what the page wants, as it came.
            memory: of this page; kept between calls, and changed.
        """
        bundle = asyncio.run(self._bundle(options, Wanted.read(said), memory))
        # Streamlit sends what it has sent before as a reference, which the browser may have thrown away by then.
        memory["bundles"] += 1
        return with_fields(bundle, bundle=memory["bundles"])

    async def _bundle(self, options: dict[str, Any], wanted: Wanted, memory: Memory) -> bytes:
        lines = Lines(self.folder)
        desk = Desk(lines, self.folder)
        try:
            view, frame = await self._look(lines, wanted.probes)
            facts: dict[str, Any] = {"mount": options, "status": desk.status(view, self.lang)}
            facts["status"]["experiment"] = desk.whole(view["experiment"])
            await self._answer(desk, wanted, view, memory["answers"])
            present = self._setup_id(view)
            if wanted.setup != present:
                setup = await desk.setup(view["experiment"], "", self.lang)
                return with_fields(setup or EMPTY, setup_id=present, **facts)
            return self._news(await desk.shown(frame, view, wanted.probes), view, wanted, memory, facts)
        except NoSuchRun:
            return with_fields(EMPTY, mount=options, gone=True)
        except SpecError as error:
            return with_fields(EMPTY, mount=options, lost=error.text(self.lang))
        finally:
            lines.close()

    async def _look(self, lines: Lines, probes: tuple[str, ...]) -> tuple[dict[str, Any], bytes | None]:
        if self.run in stills:
            return Still(stills.experiment(self.run)).view, None
        parcel = await lines.ask(commands.Poll(owner=self.owner, run=self.run, probes=probes, credits=2))
        return parcel.body, parcel.payloads[0] if parcel.payloads else None

    async def _answer(
        self, desk: Desk, wanted: Wanted, view: dict[str, Any], answers: dict[int, str | bytes]
    ) -> None:
        """Do what is asked and has not been done."""
        claims = Claims(self.owner, self.run, self.lang, math.inf)
        for request in wanted.requests:
            number = request["id"]
            if number in answers:
                continue
            try:
                answers[number] = await desk.answer(claims, request, wanted.probes, view)
            except SpecError as error:
                answers[number] = json.dumps({"id": number, "sentence": error.text(self.lang)})
        while len(answers) > MAX_REMEMBERED:
            del answers[next(iter(answers))]

    def _news(
        self, frame: bytes | None, view: dict[str, Any], wanted: Wanted, memory: Memory, facts: dict[str, Any]
    ) -> bytes:
        answers = memory["answers"]
        known = [
            (request["id"], answers[request["id"]]) for request in wanted.requests if request["id"] in answers
        ]
        facts["answers"] = [json.loads(answer) for _, answer in known if isinstance(answer, str)]
        for number, answer in known:
            if isinstance(answer, bytes):
                return with_fields(answer, answered=number, **facts)
        present = f"{self.run} {view.get('number', 0)} {wanted.setup} {wanted.probes}"
        memory["times"] = memory["times"] + 1 if memory["frame"] == present else 1
        memory["frame"] = present
        if frame is None or memory["times"] > REPEATS:
            return with_fields(EMPTY, **facts)
        # The same frame with other pictures is another one: a page that has wished meanwhile must take it.
        return with_fields(frame, number=present, **facts)

    def _setup_id(self, view: dict[str, Any]) -> str:
        text = f"{self.run} {self.lang} {structure(view['experiment'])}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def line_words(lang: str) -> dict[str, str]:
    """Return the few texts that the stage needs before it has its setup."""
    spoken = i18n.keys(lang if lang in i18n.LANGUAGES else "en")
    prefix = "stage."
    wanted = ("stage.line.", "stage.broken", "stage.close", "stage.drawer")
    return {name.removeprefix(prefix): text for name, text in spoken.items() if name.startswith(wanted)}


def _is_request(request: object) -> bool:
    if not isinstance(request, Mapping):
        return False
    number, kind = request.get("id"), request.get("type")
    return type(number) is int and 0 <= number < MAX_NUMBER and isinstance(kind, str) and kind in VERBS
