"""Frames travel to the browser and lie in the recording: what goes in comes out, and nothing else is believed."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from playground.runs.frames import FrameError, Snapshot, decode, encode

DTYPES = ("f2", "f4", "f8", "i1", "u1", "i2", "i4", "i8", "bool")

names = st.text(st.characters(exclude_characters="\0"), max_size=12)
snapshots = st.builds(
    Snapshot,
    step=st.integers(0, 2**63 - 1),
    epoch=st.floats(allow_nan=False, allow_infinity=False),
    metrics=st.dictionaries(names, st.floats(), max_size=6),
    arrays=st.dictionaries(
        names,
        hnp.arrays(st.sampled_from(DTYPES), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)),
        max_size=5,
    ),
    kind=st.sampled_from(["frame", "history"]),
)


def contents(snapshot: Snapshot) -> Any:
    """Everything in a snapshot, comparable, NaN and the sign of zero included."""
    return (
        snapshot.step,
        struct.pack("<d", snapshot.epoch),
        {name: "nan" if math.isnan(x) else struct.pack("<d", x) for name, x in snapshot.metrics.items()},
        {name: (a.dtype.str, a.shape, a.tobytes()) for name, a in snapshot.arrays.items()},
        snapshot.kind,
    )


def example() -> Snapshot:
    weights = np.array([[0.5, -1.0], [np.nan, np.inf]], dtype=np.float32)
    arrays: dict[str, Any] = {
        "w/0.weight": weights,
        "grid": np.arange(5, dtype=np.uint8),
        "on": np.array([True]),
    }
    return Snapshot(1840, 3.68, {"loss": 0.043, "r2": math.nan, "up": math.inf, "down": -math.inf}, arrays)


def framed(header: object, payload: bytes = b"") -> bytes:
    """A frame whose header is `header` (an object, or the text itself)."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    text += b" " * (-(4 + len(text)) % 8)
    return struct.pack("<I", len(text)) + text + payload


def header(**changes: object) -> dict[str, object]:
    return {"v": 1, "kind": "frame", "step": 1, "epoch": 0.5, "metrics": {}, "arrays": []} | changes


def array(**changes: object) -> dict[str, object]:
    return {"name": "a", "dtype": "u1", "shape": [8], "offset": 0} | changes


@given(snapshots)
def test_a_snapshot_returns_bit_for_bit(snapshot: Snapshot) -> None:
    assert contents(decode(encode(snapshot))) == contents(snapshot)


def test_a_decoded_array_is_a_read_only_view() -> None:
    buffer = bytearray(encode(example()))
    before = decode(buffer).arrays["grid"]
    buffer[-16:-8] = bytes([7] * 8)  # the eight bytes that hold `grid`
    assert before.tolist() == [7] * 5
    assert not any(array.flags.writeable for array in decode(buffer).arrays.values())
    with pytest.raises(ValueError, match="read-only"):
        before[0] = 1


def test_the_layout_is_the_documented_one() -> None:
    frame = encode(example())

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    (length,) = struct.unpack_from("<I", frame)
    described = json.loads(frame[4 : 4 + length], parse_constant=refuse)
    assert (4 + length) % 8 == 0
    assert described == {
        "v": 1,
        "kind": "frame",
        "step": 1840,
        "epoch": 3.68,
        "metrics": {"loss": 0.043, "r2": None, "up": "inf", "down": "-inf"},
        "arrays": [
            {"name": "w/0.weight", "dtype": "f4", "shape": [2, 2], "offset": 0},
            {"name": "grid", "dtype": "u1", "shape": [5], "offset": 16},
            {"name": "on", "dtype": "bool", "shape": [1], "offset": 24},
        ],
    }
    assert frame[4 + length :] == example().arrays["w/0.weight"].tobytes() + bytes(
        range(5)
    ) + b"\0\0\0\1" + bytes(7)


def test_memory_order_and_byte_order_do_not_matter() -> None:
    plain = np.arange(12, dtype="<i4").reshape(3, 4)
    for given_array in (np.asfortranarray(plain), plain.astype(">i4"), np.repeat(plain, 2, axis=1)[:, ::2]):
        assert contents(decode(encode(Snapshot(1, 0.0, {}, {"a": given_array})))) == contents(
            Snapshot(1, 0.0, {}, {"a": plain})
        )


@pytest.mark.parametrize(
    "bad",
    [
        Snapshot(1, 0.0, {}, {"a": np.array(["text"])}),
        Snapshot(1, 0.0, {}, {"a": np.array([object()])}),
        Snapshot(1, 0.0, {}, {"a": np.zeros(2, dtype=np.complex64)}),
        Snapshot(1, 0.0, {}, {"a": np.zeros(2, dtype=np.uint64)}),
        Snapshot(1, 0.0, {}, {"a": np.zeros(2, dtype="M8[s]")}),
        Snapshot(1, 0.0, {}, {"a": np.zeros((1,) * 9)}),
        Snapshot(1, 0.0, {"a\0b": 1.0}),
        Snapshot(-1, 0.0),
        Snapshot(2**63, 0.0),
        Snapshot(step=True, epoch=0.0),
        Snapshot(1, math.nan),
        Snapshot(1, math.inf),
        Snapshot(1, 0.0, {"x" * (1 << 20): 1.0}),
    ],
)
def test_what_has_no_binary_form_is_refused(bad: Snapshot) -> None:
    with pytest.raises(FrameError):
        encode(bad)


def test_a_frame_cut_anywhere_or_too_long_is_refused() -> None:
    frame = encode(example())
    for length in range(len(frame)):
        with pytest.raises(FrameError):
            decode(frame[:length])
    with pytest.raises(FrameError):
        decode(frame + bytes(8))


def test_a_changed_byte_gives_a_snapshot_or_a_frame_error() -> None:
    frame = encode(example())
    refused = 0
    for place in range(len(frame)):
        for flip in (0x01, 0x20, 0x80, 0xFF):
            changed = bytearray(frame)
            changed[place] ^= flip
            try:
                assert isinstance(decode(changed), Snapshot)
            except FrameError:
                refused += 1
    assert refused > len(frame)


@given(st.binary(max_size=200))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(FrameError):
        decode(noise)


hostile_headers: dict[str, object] = {
    "deep": b"[" * 100_000,
    "not an object": [],
    "no json": b"{'v': 1}",
    "no utf-8": b'{"v": "\xff"}',
    "nan": b'{"v":1,"kind":"frame","step":1,"epoch":NaN,"metrics":{},"arrays":[]}',
    "twice": b'{"v":1,"kind":"frame","step":1,"step":2,"epoch":1,"metrics":{},"arrays":[]}',
    "overflow": b'{"v":1,"kind":"frame","step":1,"epoch":1,"metrics":{"a":1e999},"arrays":[]}',
    "digits": b'{"v":1,"kind":"frame","step":' + b"9" * 5000 + b',"epoch":1,"metrics":{},"arrays":[]}',
    "large metric": b'{"v":1,"kind":"frame","step":1,"epoch":1,"metrics":{"a":'
    + b"9" * 400
    + b'},"arrays":[]}',
    "version": header(v=2),
    "no step": {"v": 1},
    "half step": header(step=1.5),
    "negative step": header(step=-1),
    "true step": header(step=True),
    "text epoch": header(epoch="1"),
    "metric object": header(metrics={"a": {}}),
    "metric text": header(metrics={"a": "nan"}),
    "metric bool": header(metrics={"a": True}),
    "metrics list": header(metrics=[]),
    "no kind": header(kind=None),
    "arrays object": header(arrays={}),
    "array text": header(arrays=["a"]),
}
hostile_arrays: dict[str, list[dict[str, object]]] = {
    "object": [array(dtype="O")],
    "pointer": [array(dtype="u8")],
    "dtype list": [array(dtype=["u1"])],
    "negative": [array(shape=[-8])],
    "two negatives": [array(shape=[-2, -4])],
    "half": [array(shape=[8.0])],
    "true": [array(shape=[True])],
    "no list": [array(shape="8")],
    "vast": [array(shape=[2**30, 2**30, 2**30])],
    "vast and empty": [array(shape=[2**30, 2**30, 2**30, 0])],
    "beyond int": [array(shape=[10**30, 0])],
    "many dimensions": [array(shape=[1] * 64)],
    "outside": [array(offset=8)],
    "before": [array(offset=-8)],
    "huge": [array(offset=2**70)],
    "true offset": [array(offset=False)],
    "twice": [array(shape=[0]), array()],
    "overlap": [array(), array(name="b", offset=0)],
    "gap": [array(shape=[0]), array(name="b", offset=8, shape=[0])],
    "too short": [array(shape=[3, 3])],
    "too long": [array(shape=[0])],
}


@pytest.mark.parametrize("name", hostile_headers)
def test_a_hostile_header_is_refused(name: str) -> None:
    with pytest.raises(FrameError):
        decode(framed(hostile_headers[name]))


@pytest.mark.parametrize("name", hostile_arrays)
def test_a_hostile_array_is_refused(name: str) -> None:
    with pytest.raises(FrameError):
        decode(framed(header(arrays=hostile_arrays[name]), bytes(8)))


def test_the_hostile_examples_are_refused_for_their_own_sake() -> None:
    assert decode(framed(header(arrays=[array()]), bytes(8))).arrays["a"].tolist() == [0] * 8


def test_a_bool_is_zero_or_one() -> None:
    with pytest.raises(FrameError, match="bool"):
        decode(framed(header(arrays=[array(dtype="bool")]), bytes([0, 1, 2, 0, 0, 0, 0, 0])))


def test_a_vast_length_is_refused_before_anything_is_allocated() -> None:
    with pytest.raises(FrameError):
        decode(struct.pack("<I", 2**32 - 4) + bytes(100))
