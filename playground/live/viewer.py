"""One browser's socket: what it says is hostile until it is understood; what it hears is never more than it can take.

A viewer holds two credits. A frame costs one, and the page gives it back when it has painted; what comes meanwhile
takes the place of what came before. Requests are answered beside the frames, a few at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections import deque
from typing import Any, NoReturn, Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from playground.live.desk import VERBS, Desk
from playground.live.hub import settle
from playground.live.tokens import Claims
from playground.probes.registry import names
from playground.runs.reasons import ServiceDown
from playground.spec import SpecError

logger = logging.getLogger(__name__)
CREDITS = 2
MAX_MESSAGE = 1 << 16
MAX_PROBES = 16
MAX_REQUESTS = 8
MAX_BLUNDERS = 20
NUMBERS_EVERY = 0.2
"""Seconds between two messages that only say how far the run is."""
RENEW_EVERY = 300.0
KNOWN_WITHIN = 10.0
BAD_TOKEN, NO_RUN, UNFIT, BLUNDERS, TOO_BIG, FAILED, LEAVING = 4401, 4404, 4422, 1008, 1009, 1011, 1012
NUMBERS = ("step", "epoch", "rate")


class Source(Protocol):
    """Where frames come from: the hub of a run, or a network that is not trained yet."""

    view: dict[str, Any]
    numbers: bytes | None
    gone: bool
    lost: bool

    def join(self, watcher: Any) -> None:
        """Begin to watch."""
        ...

    def leave(self, watcher: Any) -> None:
        """End watching."""
        ...

    def rewatch(self) -> None:
        """Other probes are wanted."""
        ...

    def take(self) -> bytes | None:
        """Return the newest frame."""
        ...


class Viewer:
    """One open socket."""

    def __init__(self, socket: WebSocket, claims: Claims, source: Source, desk: Desk) -> None:
        self.socket, self.claims, self.source, self.desk = socket, claims, source, desk
        self.probes: tuple[str, ...] = ()
        self.credits = CREDITS
        self._woken, self._known = asyncio.Event(), asyncio.Event()
        self._answers: deque[str | bytes] = deque()
        self._requests: set[asyncio.Task[None]] = set()
        self._sent: object = None
        self._numbers: bytes | None = None  # the last frame with metrics that was shown
        self._setup_for = ""
        self._told: dict[str, Any] = {}
        self._told_at = self._renewed_at = time.monotonic()
        self._blunders = 0

    def wake(self) -> None:
        """Hear that there is something new."""
        self._woken.set()

    async def serve(self, stopping: asyncio.Event) -> None:
        """Serve until the page leaves, misbehaves, or the server stops."""
        self.source.join(self)
        tasks = [
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._speak()),
            asyncio.create_task(stopping.wait()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            code = LEAVING if tasks[2] in done else next(task.result() for task in done)
        except (WebSocketDisconnect, OSError):
            code = None
        except Exception:
            logger.exception("a live socket failed")
            code = FAILED
        finally:
            self.source.leave(self)
            await settle([*tasks, *self._requests])
        if isinstance(code, int) and self.socket.application_state is WebSocketState.CONNECTED:
            with contextlib.suppress(RuntimeError, OSError):
                await asyncio.wait_for(self.socket.close(code), 0.1)

    # --- what the page says -------------------------------------------------------------------------------------

    async def _listen(self) -> int | None:
        """Take messages until the page leaves (None) or is to be shown the door (a code)."""
        while True:
            message = await self.socket.receive()
            if message["type"] == "websocket.disconnect":
                return None
            text = message.get("text")
            size = len(text if text is not None else message.get("bytes") or b"")
            if size > MAX_MESSAGE:
                return TOO_BIG
            try:
                self._hear(_read(text))
            except (ValueError, RecursionError):
                self._blunders += 1
                if self._blunders > MAX_BLUNDERS:
                    return BLUNDERS

    def _hear(self, said: dict[str, Any]) -> None:
        """Do what a message says. Raises ValueError for what is no message of ours."""
        kind = said.get("type")
        if kind == "credit":
            self.credits = min(CREDITS, self.credits + _whole(said.get("n", 1)))
            self._woken.set()
        elif kind == "watch":
            self._watch(said.get("probes"))
        elif isinstance(kind, str) and kind in VERBS:
            self._request(_whole(said.get("id")), said)
        else:
            raise ValueError

    def _watch(self, wanted: object) -> None:
        if not isinstance(wanted, list) or len(wanted) > MAX_PROBES:
            raise ValueError
        known = names()
        self.probes = tuple(sorted({name for name in wanted if isinstance(name, str) and name in known}))
        self.source.rewatch()
        self._sent = None  # what stands still is shown again, with what is wanted now
        self._woken.set()

    def _request(self, number: int, said: dict[str, Any]) -> None:
        if len(self._requests) >= MAX_REQUESTS:
            self._refuse(number, SpecError("run.busy", value=MAX_REQUESTS))
            return
        task = asyncio.create_task(self._answer(number, said))
        self._requests.add(task)
        task.add_done_callback(self._requests.discard)

    async def _answer(self, number: int, said: dict[str, Any]) -> None:
        try:
            await self._know()
            self._reply(await self.desk.answer(self.claims, said, self.probes, self.source.view))
        except SpecError as error:
            self._refuse(number, error)
        except Exception:
            logger.exception("a request of a live socket failed")
            self._refuse(number, SpecError("run.internal"))

    async def _know(self) -> None:
        """Wait until something is known of the run: a page may ask before we have. Raises ServiceDown."""
        try:
            await asyncio.wait_for(self._known.wait(), KNOWN_WITHIN)
        except TimeoutError:
            raise ServiceDown("run.service_lost") from None

    def _refuse(self, number: int, error: SpecError) -> None:
        self._reply(json.dumps({"type": "refused", "id": number, "sentence": error.text(self.claims.lang)}))

    def _reply(self, answer: str | bytes) -> None:
        self._answers.append(answer)
        self._woken.set()

    # --- what the page is told ----------------------------------------------------------------------------------

    async def _speak(self) -> int | None:
        """Tell the page what is new, the newest first, until there is nothing more to tell (a code)."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            if self.source.gone:
                return NO_RUN
            if self.source.view:
                self._known.set()
                try:
                    await self._set_up(self.source.view["experiment"])
                except SpecError:  # layers that do not fit together: there is no network to show
                    return UNFIT
                await self._speak_of(self.source.view)
            while self._answers:
                answer = self._answers.popleft()
                await (
                    self.socket.send_text(answer)
                    if isinstance(answer, str)
                    else self.socket.send_bytes(answer)
                )

    async def _set_up(self, experiment: str) -> None:
        """Send the facts where they are others than those that were sent. Raises SpecError if there is no network."""
        if self._setup_for == experiment:
            return
        setup = await self.desk.setup(experiment, self._setup_for, self.claims.lang)
        self._setup_for = experiment
        if setup is not None:
            await self.socket.send_bytes(setup)

    async def _speak_of(self, view: dict[str, Any]) -> None:
        await self._say_how_it_stands(view)
        if self.credits:
            # Until the first frame comes, the untrained network is shown, once for what is wanted.
            frame, numbers = self.source.take(), self.source.numbers
            if numbers is not None and numbers is not self._numbers:
                frame = self._numbers = numbers
            fresh = (view["experiment"], self.probes) if frame is None else frame
            if fresh is not self._sent and fresh != self._sent:
                self._sent = fresh
                shown = await self.desk.shown(frame, view, self.probes)
                if shown is not None:
                    self.credits -= 1
                    await self.socket.send_bytes(shown)
                    self._woken.set()  # with a credit left, the next one is asked for at once

    async def _say_how_it_stands(self, view: dict[str, Any]) -> None:
        now = time.monotonic()
        if now - self._renewed_at > RENEW_EVERY:
            self._renewed_at = now
            await self.socket.send_text(
                json.dumps({"type": "token", "token": self.desk.renewed(self.claims)})
            )
        status = self.desk.status(view, self.claims.lang) | {"lost": self.source.lost}
        events = {name: value for name, value in status.items() if name not in NUMBERS}
        told = {name: value for name, value in self._told.items() if name not in NUMBERS}
        soon = now - self._told_at < NUMBERS_EVERY
        if events == told and (status == self._told or soon or not self.credits):
            return
        said = status | {"type": "status"}
        if self._told and self._told["experiment"] != status["experiment"]:
            said["experiment"] = self.desk.whole(view["experiment"])
        else:
            said.pop("experiment")
        self._told, self._told_at = status, now
        await self.socket.send_text(json.dumps(said, allow_nan=False))


def _read(text: str | None) -> dict[str, Any]:
    """Return a message. Raises ValueError for whatever is no JSON object."""
    if text is None:
        raise ValueError
    said = json.loads(text, parse_constant=_refuse)
    if not isinstance(said, dict):
        raise ValueError  # noqa: TRY004 - one kind of blunder is enough
    return said


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 53:
        raise ValueError
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)
