"""The IDX reader: what it reads, and every way in which a file may not be what it should."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from playground.data.idx import read_idx
from playground.i18n import LANGUAGES
from playground.spec import SpecError
from tests.data.published_files import idx

PIXELS = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def test_what_was_written_is_read() -> None:
    np.testing.assert_array_equal(read_idx(idx(PIXELS), (2, 3, 4), "file"), PIXELS)
    np.testing.assert_array_equal(read_idx(idx(PIXELS[:, 0, 0]), (2,), "file"), [0, 12])


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"", "source.idx_magic"),
        (b"\x00\x00\x08\x03", "source.idx_size"),
        (b"\x1f\x8b" + idx(PIXELS)[2:], "source.idx_magic"),
        (b"\x00\x00\x0d\x03" + idx(PIXELS)[4:], "source.idx_magic"),  # floats
        (idx(PIXELS.reshape(6, 4)), "source.idx_magic"),  # another number of axes
        (idx(PIXELS.reshape(4, 3, 2)), "source.idx_shape"),
        (b"\x00\x00\x08\x03" + struct.pack(">3I", 2**32 - 1, 2**32 - 1, 2**32 - 1), "source.idx_shape"),
        (idx(PIXELS)[:-1], "source.idx_size"),
        (idx(PIXELS) + b"\x00", "source.idx_size"),
    ],
)
def test_another_file_is_refused_with_its_name(data: bytes, key: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_idx(data, (2, 3, 4), "train-images")
    assert caught.value.key == key
    for lang in LANGUAGES:
        assert "train-images" in caught.value.text(lang)
