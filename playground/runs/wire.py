"""How a message travels between two processes: a JSON header with a length before it, then raw bytes.

    u32 length of the header (little-endian) | header: JSON {"body": {…}, "sizes": [n, …]} | n bytes | …

No pickle, no NaN, and every length is checked before anything is allocated for it. Knows no message and no socket.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, cast

length = struct.Struct("<I")
MAX_PAYLOADS = 4


class WireError(ValueError):
    """Bytes that are no message, or a message that has no bytes."""


@dataclass(frozen=True)
class Bounds:
    """The longest header and the most payload one message may have, in bytes."""

    header: int = 4 << 20
    payload: int = 512 << 20


FROM_CLIENT = Bounds(header=512 << 10, payload=0)


@dataclass(frozen=True)
class Parcel:
    """One message as it came: plain values, and what travelled beside them."""

    body: dict[str, Any]
    payloads: tuple[bytes, ...] = ()


def pack(body: dict[str, Any], payloads: Sequence[bytes] = ()) -> bytes:
    """Return the bytes of a message. Raises WireError for values that JSON does not have, such as NaN."""
    try:
        text = json.dumps(
            {"body": body, "sizes": [len(p) for p in payloads]},
            allow_nan=False,
            separators=(",", ":"),
            ensure_ascii=False,
        ).encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise WireError(str(error)) from None
    return b"".join((length.pack(len(text)), text, *payloads))


class Assembler:
    """Puts messages together from bytes as they come, in pieces of any size."""

    def __init__(self, bounds: Bounds = Bounds()) -> None:
        self.bounds = bounds
        self._buffer = bytearray()
        self._header: dict[str, Any] | None = None
        self._sizes: list[int] = []

    def feed(self, data: bytes) -> list[Parcel]:
        """Take more bytes and return the messages that are now whole.

        Raises:
            WireError: for bytes that cannot become a message; nothing after them can be trusted.
        """
        self._buffer += data
        found: list[Parcel] = []
        while (parcel := self._next()) is not None:
            found.append(parcel)
        return found

    def _next(self) -> Parcel | None:
        buffer = self._buffer
        if self._header is None:
            if len(buffer) < length.size:
                return None
            (size,) = length.unpack_from(buffer)
            if size > self.bounds.header:
                raise WireError(f"a header of {size} bytes is too long")
            if len(buffer) < length.size + size:
                return None
            self._header, self._sizes = self._read(bytes(buffer[length.size : length.size + size]))
            del buffer[: length.size + size]
        total = sum(self._sizes)
        if len(buffer) < total:
            return None
        payloads: list[bytes] = []
        start = 0
        for size in self._sizes:
            payloads.append(bytes(buffer[start : start + size]))
            start += size
        del buffer[:total]
        body, self._header = self._header, None
        return Parcel(body, tuple(payloads))

    def _read(self, text: bytes) -> tuple[dict[str, Any], list[int]]:
        try:
            header = json.loads(text.decode(), parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise WireError(str(error)) from None
        parts = cast("dict[str, object]", header) if isinstance(header, dict) else {}
        body, sizes = parts.get("body"), parts.get("sizes")
        if not isinstance(body, dict) or not isinstance(sizes, list):
            raise WireError("the header has no body and sizes")
        counted = cast("list[object]", sizes)
        if len(counted) > MAX_PAYLOADS or not all(type(size) is int and size >= 0 for size in counted):
            raise WireError("the sizes are no sizes")
        if sum(cast("list[int]", counted)) > self.bounds.payload:
            raise WireError("the payload is too long")
        return cast("dict[str, Any]", body), cast("list[int]", counted)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
