"""The page's frame as Streamlit serves it, told where the server is: so that the browser need not find out by asking.

On `/text` Streamlit's browser side cannot tell a page's name from a base path, and asks below both; what is not there
is an error in the browser's console. It knows nothing of what stands on the pages but their addresses.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from playground.i18n import text
from playground.ui.navigation import PAGES

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEAD, TITLE = b"<head>", b"<title>Streamlit</title>"
CHANGED = (b"content-length", b"etag", b"last-modified", b"accept-ranges")
"""Headers that speak of the file as it lies on the disk."""


def script() -> str:
    """Return the lines of JavaScript that say where the server is: the page's address without the page's name."""
    names = json.dumps([entry.path for entry in PAGES])
    return (
        "{const here=new URL(location.href),parts=here.pathname.replace(/[/]+$/,'').split('/');"
        f"if({names}.includes(parts.at(-1)))parts.pop();"
        "here.pathname=parts.join('/')+'/';here.search=here.hash='';"
        "window.__streamlit={...window.__streamlit,BACKEND_BASE_URL:here.href}}"
    )


class Front:
    """Middleware: writes `script` and our own title into the page that frames all others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._head = HEAD + b"<script>" + script().encode() + b"</script>"
        self._title = b"<title>" + text("ui.title", "en").encode() + b"</title>"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _may_be_page(scope["path"]):
            await self._app(scope, receive, send)
            return
        # What is sent is not the file as it lies there: never "as you have it", no part of it, nothing packed.
        unasked = (b"if-none-match", b"if-modified-since", b"range", b"accept-encoding")
        scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] not in unasked]}
        start: Message | None = None
        body = b""

        async def send_changed(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_page(message):
                start = message
                return
            if start is None or message["type"] != "http.response.body":
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            page = body.replace(HEAD, self._head, 1).replace(TITLE, self._title, 1)
            kept = [pair for pair in start["headers"] if pair[0].lower() not in CHANGED]
            length = (b"content-length", str(len(page)).encode())
            whole = page if scope["method"] != "HEAD" else b""
            await send({**start, "headers": [*kept, length]})
            await send({"type": "http.response.body", "body": whole})

        await self._app(scope, receive, send_changed)


def _may_be_page(path: str) -> bool:
    last = path.rsplit("/", 1)[-1]
    return "/_stcore/" not in path and ("." not in last or last == "index.html")


def _is_page(message: Message) -> bool:
    kind = dict(message["headers"]).get(b"content-type", b"")
    return message["status"] == 200 and kind.startswith(b"text/html")
