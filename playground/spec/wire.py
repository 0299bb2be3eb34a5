"""Texts from strangers to plain values and back: strict JSON, and links of deflated JSON. Nothing is evaluated."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any

from playground.spec.errors import SpecError

MAX_JSON_BYTES = 64 * 1024
MAX_LINK_CHARACTERS = 2000


def read_json(text: str | bytes, *, place: str = "JSON") -> Any:
    """Parse JSON from a stranger.

    Raises:
        SpecError: if it is too long, no JSON, nested too deeply, or has NaN, infinities or a name twice.
    """
    if len(text) > MAX_JSON_BYTES:
        raise SpecError("error.json_size", place=place, value=len(text), bound=MAX_JSON_BYTES)
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_unique)
    except SpecError as error:
        raise error.at(place) from None
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", None) or type(error).__name__
        line = getattr(error, "lineno", 1)
        raise SpecError("error.json", place=place, reason=reason, line=line) from None


def to_link(version: int, values: Any) -> str:
    """Return plain values as `<version>.<base64url of deflated JSON>`.

    Raises:
        SpecError: if the result would be too long to be a link.
    """
    compact = json.dumps(values, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    squeezed = zlib.compressobj(9, wbits=-15)
    packed = squeezed.compress(compact) + squeezed.flush()
    link = f"{version}.{base64.urlsafe_b64encode(packed).rstrip(b'=').decode()}"
    if len(link) > MAX_LINK_CHARACTERS:
        raise SpecError("error.link_long", value=len(link), bound=MAX_LINK_CHARACTERS)
    return link


def from_link(link: str) -> tuple[int, Any]:
    """Return the version and the plain values of a link.

    Raises:
        SpecError: if it is cut short, damaged, or too large when inflated.
    """
    version, _, packed = link.strip().partition(".")
    if len(link) > MAX_LINK_CHARACTERS or not (version.isascii() and version.isdigit() and len(version) < 4):
        raise SpecError("error.link", value=link)
    try:
        squeezed = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        inflate = zlib.decompressobj(wbits=-15)
        text = inflate.decompress(squeezed, MAX_JSON_BYTES)
    except (binascii.Error, zlib.error, ValueError):
        raise SpecError("error.link", value=link) from None
    if not inflate.eof or inflate.unconsumed_tail or inflate.unused_data:
        raise SpecError("error.link", value=link)
    return int(version), read_json(text, place="link")


def _no_constant(name: str) -> Any:
    raise SpecError("error.float", value=name)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        raise SpecError("error.twice", value=next(name for name in names if names.count(name) > 1))
    return values
