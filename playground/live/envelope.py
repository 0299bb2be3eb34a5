"""More fields in the header of a frame that is encoded already: the number of a request, the facts of a setup.

`frames.decode` leaves fields it does not know alone, so such a message is still a frame. The payload is not touched.
"""

from __future__ import annotations

import json
import struct
from typing import Any

_length = struct.Struct("<I")


def with_fields(frame: bytes, **fields: Any) -> bytes:
    """Return `frame` with `fields` added to its header. Raises ValueError for values that JSON does not have."""
    (length,) = _length.unpack_from(frame)
    end = _length.size + length
    header = frame[_length.size : end].rstrip()
    added = json.dumps(fields, allow_nan=False, separators=(",", ":")).encode("ascii")
    text = b"".join((added[:-1], b",", header[1:]))
    text += b" " * (-(_length.size + len(text)) % 8)
    return b"".join((_length.pack(len(text)), text, frame[end:]))
