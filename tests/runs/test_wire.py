"""Messages as bytes: whatever the pieces, the same messages; whatever the bytes, an error and never more memory."""

from __future__ import annotations

import contextlib
import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.runs.wire import Assembler, Bounds, Parcel, WireError, pack

finite = st.floats(allow_nan=False, allow_infinity=False)
plain: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
bodies = st.dictionaries(st.text(), plain, max_size=4)


@given(
    st.lists(st.tuples(bodies, st.lists(st.binary(max_size=50), max_size=4)), max_size=4), st.integers(1, 64)
)
def test_messages_survive_pieces_of_any_size(messages: list[tuple[dict[str, Any], list[bytes]]], piece: int):
    data = b"".join(pack(body, payloads) for body, payloads in messages)
    assembler, found = Assembler(), list[Parcel]()
    for start in range(0, len(data), piece):
        found += assembler.feed(data[start : start + piece])
    assert found == [Parcel(body, tuple(payloads)) for body, payloads in messages]


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_an_error_or_a_beginning(data: bytes):
    with contextlib.suppress(WireError):
        Assembler(Bounds(header=100, payload=100)).feed(data)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, {1, 2}, b"bytes"])
def test_what_json_does_not_have_is_not_sent(value: Any):
    with pytest.raises(WireError):
        pack({"value": value})


@pytest.mark.parametrize(
    "header",
    [
        b'{"body": {}, "sizes": [-1]}',
        b'{"body": {}, "sizes": [true]}',
        b'{"body": {}, "sizes": [1e3]}',
        b'{"body": {}, "sizes": [1, 1, 1, 1, 1]}',
        b'{"body": {}, "sizes": [101]}',
        b'{"body": 1, "sizes": []}',
        b'{"body": {"x": NaN}, "sizes": []}',
        b"[" * 900,
        b"\xff\xff",
    ],
)
def test_a_header_that_lies_is_refused(header: bytes):
    with pytest.raises(WireError):
        Assembler(Bounds(header=1000, payload=100)).feed(struct.pack("<I", len(header)) + header)


def test_a_length_beyond_the_bound_is_refused_before_anything_comes():
    with pytest.raises(WireError, match="too long"):
        Assembler(Bounds(header=100)).feed(struct.pack("<I", 101))
