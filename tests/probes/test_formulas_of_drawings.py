"""A unit opens with the numbers of what was drawn, and says that nobody knows what that is."""

from __future__ import annotations

import numpy as np
import pytest

from playground.probes.asks import answer
from playground.probes.backprop import Sample, walk
from playground.spec import SpecError
from tests.probes.looking import pixels as bytes_of
from tests.probes.looking import scene


def test_a_drawing_goes_through_the_network_as_it_was_drawn() -> None:
    at = scene()
    pixels = np.arange(64) * 4
    found = walk(at, Sample(index=5, pixels=bytes_of(pixels)))
    assert np.allclose(found.x, pixels / 255, atol=1e-7)
    outputs = at.subject.net().forward((pixels / 255).astype(np.float32).reshape(1, 1, 8, 8))
    assert np.allclose(found.outputs[-1], outputs.ravel(), atol=1e-4)
    assert int(found.truth) == int(outputs.argmax()), "the class it is taken for stands in for the truth"

    told = answer("formula", at, {"pixels": bytes_of(pixels), "column": 0, "unit": 0}, "en").plain
    other = answer("formula", at, {"index": 5, "column": 0, "unit": 0}, "en").plain
    assert told["sample"]["drawn"]
    assert not other["sample"]["drawn"]
    assert told["truth"] == told["taken_for"] == int(outputs.argmax())
    assert told["loss"] != other["loss"]


@pytest.mark.parametrize("pixels", ["!", bytes_of(np.zeros(63)), bytes_of(np.zeros(65))])
def test_what_is_no_drawing_is_refused(pixels: str) -> None:
    with pytest.raises(SpecError) as refused:
        answer("formula", scene(), {"pixels": pixels, "column": 0, "unit": 0}, "en")
    assert refused.value.key == "stage.look.pixels"
