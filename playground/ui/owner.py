"""Whose runs these are: a random number that the browser keeps, in a signed cookie that no script of a page can read.

Where a proxy drops the cookie, the number stands in the link instead (`?key=…`), and the page says to keep that link.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING

from playground.live.tokens import secret

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "playground_owner"
YEAR = 365 * 24 * 3600
_KEY = re.compile("[0-9a-f]{32}")


def new_key() -> str:
    """Return a fresh random number of 128 bits, as text."""
    return secrets.token_hex(16)


def sign(key: str, secret: bytes) -> str:
    """Return the cookie's value for a key."""
    return f"{key}.{hmac.new(secret, key.encode(), hashlib.sha256).hexdigest()}"


def verified(value: str | None, secret: bytes) -> str | None:
    """Return the key of a cookie that we have signed ourselves, or None."""
    if not isinstance(value, str):
        return None
    key = value.partition(".")[0]
    if not _KEY.fullmatch(key) or not hmac.compare_digest(sign(key, secret).encode(), value.encode()):
        return None
    return key


def valid_key(value: str | None) -> str | None:
    """Return `value` if it is written like a key, or None."""
    return value if value and _KEY.fullmatch(value) else None


def owner(cookies: Mapping[str, str], secret: bytes, kept: str | None) -> tuple[str, bool]:
    """Return the owner's name for the run service, and whether only the link keeps it.

    Args:
        cookies: the browser's.
        kept: the key of the link or of this session, if there is one.
    """
    key = verified(cookies.get(COOKIE), secret)
    if key is not None:
        return _name("cookie", key), False
    return _name("link", valid_key(kept) or new_key()), True


def _name(origin: str, key: str) -> str:
    # The service and its files see a digest only: whoever reads them cannot become the owner.
    return f"{origin}-{hashlib.sha256(key.encode()).hexdigest()[:32]}"


class OwnerCookie:
    """Middleware: a visitor who opens a page without a good cookie gets one."""

    def __init__(self, app: ASGIApp, folder: Path, secure: bool = False) -> None:
        self._app = app
        self._folder = folder
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not _is_page(scope["path"]):
            await self._app(scope, receive, send)
            return
        signing = secret(self._folder)
        if verified(_cookie(scope), signing) is not None:
            await self._app(scope, receive, send)
            return
        flags = f"; Path=/; Max-Age={YEAR}; HttpOnly; SameSite=Lax" + ("; Secure" if self._secure else "")
        header = (b"set-cookie", f"{COOKIE}={sign(new_key(), signing)}{flags}".encode())

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], header]}
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _is_page(path: str) -> bool:
    last = path.rsplit("/", 1)[-1]
    return "." not in last and not path.startswith(
        ("/_stcore", "/media", "/component", "/static", "/playground/")
    )


def _cookie(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                morsel = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            except CookieError:
                return None
            return morsel.value if morsel else None
    return None
