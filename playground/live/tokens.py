"""Tokens: who may watch and steer which run, until when. Signed, so that nobody can make one up.

A token travels in the address of the live socket, so it is good for one run and for a short time; the socket hands out
a fresh one before it ends. Knows no run and no socket.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

LIFETIME = 900.0
"""Seconds."""
MAX_LENGTH = 2000
_PURPOSE = b"playground live token 1"
_UNKEPT = secrets.token_bytes(32)


@dataclass(frozen=True)
class Claims:
    """What a token says: the owner's name for the run service, a run, the visitor's language, and when it ends."""

    owner: str
    run: str
    lang: str
    expires: float


def issue(
    secret: bytes,
    owner: str,
    run: str,
    lang: str = "en",
    *,
    lifetime: float = LIFETIME,
    now: float | None = None,
) -> str:
    """Return a token that lets whoever holds it watch and steer `run` for `lifetime` seconds.

    Args:
        now: seconds since 1970; None: the present.
    """
    expires = round((time.time() if now is None else now) + lifetime, 3)
    body = _encode(json.dumps([owner, run, lang, expires], separators=(",", ":")).encode())
    return f"{body}.{_encode(_signature(secret, body))}"


def read(secret: bytes, token: str, *, now: float | None = None) -> Claims | None:
    """Return what a token says; None if we have not signed it, or if it has expired."""
    if len(token) > MAX_LENGTH or not token.isascii():
        return None
    body, _, signature = token.partition(".")
    if not hmac.compare_digest(_encode(_signature(secret, body)), signature):
        return None
    claims = _claims(body)
    return claims if claims.expires > (time.time() if now is None else now) else None


def _claims(body: str) -> Claims:
    """Return the claims of a body that we have signed ourselves."""
    plain: Any = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    owner, run, lang, expires = plain
    return Claims(owner, run, lang, expires)


def _signature(secret: bytes, body: str) -> bytes:
    # The same secret signs cookies: the purpose keeps one from being taken for the other.
    return hmac.new(hmac.digest(secret, _PURPOSE, "sha256"), body.encode(), hashlib.sha256).digest()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def secret(folder: Path) -> bytes:
    """Return the signing secret: `PLAYGROUND_SECRET`, else the data folder's own, made once.

    Where the folder cannot keep one, it is this process's own and lasts as long as it does.
    """
    chosen = os.environ.get("PLAYGROUND_SECRET", "")
    if chosen:
        return hashlib.sha256(chosen.encode()).digest()
    try:
        return _kept(folder)
    except OSError:
        return _UNKEPT


@cache
def _kept(folder: Path) -> bytes:
    path = folder / "secret"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _written(path)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(32))
        file.flush()
        os.fsync(file.fileno())
    return path.read_bytes()


def _written(path: Path) -> bytes:
    found = path.read_bytes()
    if len(found) != 32:  # another process is writing it, or a crash has cut it short
        path.write_bytes(secrets.token_bytes(32))
        found = path.read_bytes()
    return found
