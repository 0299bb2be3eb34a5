"""Records: how the log of a run lies on disk, and which part of a damaged one is still good.

A record is a header of 24 bytes and a payload:

    "NNR1" | u32 kind | u32 length of the payload | u32 CRC-32 of kind, length, step and payload | i64 step |
    payload

A scan gives the records up to the first that is torn, changed or missing, whatever the bytes after it say.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

FRAME: Final = 1
HISTORY: Final = 2
COMMAND: Final = 3

MARK = b"NNR1"
header_format = struct.Struct("<4sIIIq")
HEADER = header_format.size


@dataclass(frozen=True)
class Record:
    """What was recorded at a step; `kind` is FRAME, HISTORY or COMMAND."""

    kind: int
    step: int
    payload: bytes

    @property
    def size(self) -> int:
        """Its bytes on disk."""
        return HEADER + len(self.payload)


def pack(record: Record) -> bytes:
    """The bytes of a record."""
    crc = checksum(record.kind, record.step, record.payload)
    return header_format.pack(MARK, record.kind, len(record.payload), crc, record.step) + record.payload


def scan(file: BinaryIO) -> Iterator[tuple[int, Record]]:
    """The good records from the start of `file`, each with its offset. Raises OSError if it cannot be
    read."""
    size = file.seek(0, 2)
    offset = 0
    while record := read(file, offset, size):
        yield offset, record
        offset += record.size


def read(file: BinaryIO, offset: int, size: int) -> Record | None:
    """The record at `offset` of a file of `size` bytes; None where there is no whole one."""
    if offset + HEADER > size:
        return None
    file.seek(offset)
    header = file.read(HEADER)
    if len(header) < HEADER:
        return None
    mark, kind, length, crc, step = header_format.unpack(header)
    if mark != MARK or offset + HEADER + length > size:
        return None
    payload = file.read(length)
    return Record(kind, step, payload) if crc == checksum(kind, step, payload) else None


def checksum(kind: int, step: int, payload: bytes) -> int:
    """CRC-32 of a whole record: any one changed byte shows, also in the header."""
    return zlib.crc32(payload, zlib.crc32(struct.pack("<IIq", kind, len(payload), step)))
