"""The server's side of the stage: `/live/ws`, `/live/assets/…`, `/live/plotly.js`.

    app = st.App(…, routes=[…, *live.routes], lifespan=…)   # and `await live.close()` when the server stops

Addresses carry no base path: Streamlit does not add one to routes of our own, and the page asks relative to itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from playground.live import tokens
from playground.live.access import admits
from playground.live.assets import Asset, assets, plotly, version
from playground.live.desk import Desk
from playground.live.hub import Hubs
from playground.live.line import Lines
from playground.live.stills import PREFIX, Still, stills
from playground.live.viewer import BAD_TOKEN, Source, Viewer

logger = logging.getLogger(__name__)
FOR_EVER = "public, max-age=31536000, immutable"
MAX_VIEWERS = 2000
MAX_OF_OWNER = 100
TOO_MANY = 1013


class Live:
    """The live part of one server process."""

    def __init__(self, folder: Path) -> None:
        """Prepare for a data folder; nothing is connected, made or read before the first socket."""
        self.folder = folder
        self.lines = Lines(folder)
        self.hubs = Hubs(self.lines)
        self.desk = Desk(self.lines, folder)
        self.stopping = asyncio.Event()
        self._viewers: Counter[str] = Counter()
        self._open: set[asyncio.Task[None]] = set()
        self.routes: list[BaseRoute] = [
            WebSocketRoute("/live/ws", self._socket),
            Route("/live/assets/{version}/{name:path}", self._asset),
            Route("/live/plotly.js", self._plotly),
        ]

    async def close(self) -> None:
        """Show every page the door, quickly."""
        self.stopping.set()
        if self._open:
            await asyncio.wait(self._open, timeout=0.15)
        self.lines.close()

    async def _socket(self, socket: WebSocket) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._serve(socket)
        finally:
            self._open.discard(task)

    async def _serve(self, socket: WebSocket) -> None:
        headers = socket.headers
        if not admits(headers.get("host"), headers.get("origin"), hosts=_hosts(), origins=_origins()):
            await socket.close()  # before it is accepted: the browser hears 403
            return
        claims = tokens.read(tokens.secret(self.folder), socket.query_params.get("token", ""))
        await socket.accept()
        if claims is None:
            await socket.close(BAD_TOKEN)
            return
        if sum(self._viewers.values()) >= MAX_VIEWERS or self._viewers[claims.owner] >= MAX_OF_OWNER:
            await socket.close(TOO_MANY)
            return
        source: Source
        if claims.run.startswith(PREFIX):
            if claims.run not in stills:
                await socket.close(BAD_TOKEN)  # the page puts it there again
                return
            source = Still(stills.experiment(claims.run))
        else:
            source = self.hubs.of(claims.owner, claims.run)
        self._viewers[claims.owner] += 1
        try:
            await Viewer(socket, claims, source, self.desk).serve(self.stopping)
        finally:
            self._viewers[claims.owner] -= 1
            self._viewers += Counter()  # forgets whoever has none left

    async def _asset(self, request: Request) -> Response:
        found = assets().get(request.path_params["name"])
        if found is None:
            return Response(status_code=404)
        # A page that was opened before an update may ask for a version of before: it gets the present one, uncached.
        lasting = request.path_params["version"] == version()
        return _response(request, found, FOR_EVER if lasting else "no-cache")

    async def _plotly(self, request: Request) -> Response:
        found = plotly()
        return _response(request, found, FOR_EVER if request.url.query == found.etag else "no-cache")


def _response(request: Request, asset: Asset, caching: str) -> Response:
    etag = f'"{asset.etag}"'
    headers = {
        "cache-control": caching,
        "etag": etag,
        "vary": "accept-encoding",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    compressed = asset.compressed is not asset.body and "gzip" in request.headers.get("accept-encoding", "")
    if compressed:
        headers["content-encoding"] = "gzip"
    return Response(
        asset.compressed if compressed else asset.body, media_type=asset.media_type, headers=headers
    )


def _hosts() -> list[str]:
    import streamlit as st

    return list(st.get_option("server.allowedHosts") or [])


def _origins() -> list[str]:
    import streamlit as st

    return list(st.get_option("server.corsAllowedOrigins") or [])
