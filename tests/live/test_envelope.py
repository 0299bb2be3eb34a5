"""Fields may be added to the header of a frame that is encoded already, and it stays the same frame."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.live.envelope import with_fields
from playground.runs import frames
from playground.runs.frames import Snapshot


def header(frame: bytes) -> dict[str, object]:
    (length,) = struct.unpack_from("<I", frame)
    return json.loads(frame[4 : 4 + length])


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.text(st.characters(codec="ascii", categories=["L"]), min_size=9), plain, min_size=1, max_size=4
    )
)
def test_the_frame_is_the_same_and_the_fields_are_there(fields: dict[str, object]):
    snapshot = Snapshot(
        7, 0.5, {"loss": float("inf")}, {"a": np.arange(5, dtype="u1"), "b": np.ones((2, 3), "f4")}
    )
    whole = with_fields(frames.encode(snapshot), **fields)
    again = frames.decode(whole)
    assert (again.step, again.epoch, again.metrics, again.kind) == (7, 0.5, {"loss": float("inf")}, "frame")
    assert {name: array.tolist() for name, array in again.arrays.items()} == {
        name: array.tolist() for name, array in snapshot.arrays.items()
    }
    found = header(whole)
    assert {name: found[name] for name in fields} == fields


def test_what_json_does_not_have_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        with_fields(frames.encode(Snapshot(0, 0.0)), number=float("nan"))
