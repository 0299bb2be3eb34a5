"""What is drawn is what was given: rows, signs, widths, places."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from playground.views import theme as look
from playground.views import thumbs
from playground.views.weights import span, weights


def trace(figure: go.Figure, number: int) -> dict[str, Any]:
    return figure.to_dict()["data"][number]


def numbers(value: Any) -> np.ndarray:
    """Read an array back from plotly's packed form."""
    if isinstance(value, dict):
        import base64

        flat = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
        shape = value.get("shape")
        return flat.reshape([int(n) for n in shape.split(",")]) if shape else flat
    return np.asarray(value, float)


def test_a_photograph_has_white_where_it_is_light_in_every_theme() -> None:
    grey = np.linspace(0, 1, 12).reshape(1, 3, 4)
    light, dark = (thumbs.address(each, grey, light=True) for each in (look.LIGHT, look.DARK))
    assert light == dark == thumbs.address(look.DARK, np.repeat(grey, 3, axis=0))
    assert thumbs.address(look.LIGHT, grey) != thumbs.address(look.DARK, grey)  # ink is dark on a light page


def test_a_layer_is_drawn_with_its_biases_apart() -> None:
    weight, bias = np.arange(6.0).reshape(2, 3), np.array([-1.0, 1.0])
    heat = trace(weights(look.LIGHT, "en", "Linear", weight, bias), 0)
    z = numbers(heat["z"])
    assert np.array_equal(z[:, :3], weight)
    assert np.isnan(z[:, 3]).all()
    assert z[:, 4].tolist() == [-1, 1]
    assert (heat["zmin"], heat["zmax"]) == (-5, 5)


@pytest.mark.parametrize(
    ("largest", "reach"), [(0, 0.1), (0.15, 0.2), (1, 1), (1.01, 2), (40, 50), (1e9, 1000), (np.nan, 1000)]
)
def test_the_range_of_colours_is_a_round_number(largest: float, reach: float) -> None:
    assert span(np.array([largest])) == reach


def test_thumbnails_are_small_pictures_without_scripts() -> None:
    random = np.random.default_rng(0)
    drawn = [
        thumbs.points(look.LIGHT, random.normal(size=(90, 2)), random.integers(0, 2, 90), classes=True),
        thumbs.points(look.DARK, random.normal(size=(4, 2)), random.normal(size=4), classes=False),
        thumbs.curve(look.LIGHT, random.normal(size=50), random.normal(size=50)),
        thumbs.picture(look.DARK, random.uniform(size=(8, 8))),
        thumbs.table(look.LIGHT),
        thumbs.plane(look.LIGHT, random.uniform(-1, 1, size=(50, 50))),
        thumbs.plane(look.DARK, random.integers(0, 3, (50, 50)), random.uniform(size=(50, 50))),
    ]
    for svg in drawn:
        assert svg.startswith("<svg ")
        assert "script" not in svg
        assert len(svg) < 12_000


def test_a_plane_shows_its_lowest_row_below_and_its_ends_in_the_palettes_colours() -> None:
    import base64
    import re
    import zlib

    svg = thumbs.plane(look.LIGHT, np.array([[-1.0, 1.0], [0.0, 0.0]]))
    png = base64.b64decode(re.findall(r"base64,([^\"]+)", svg)[0])
    length = int.from_bytes(png[33:37], "big")
    rows = (
        np.frombuffer(zlib.decompress(png[41 : 41 + length]), np.uint8).reshape(2, 7)[:, 1:].reshape(2, 2, 3)
    )
    colours = [["#" + bytes(pixel).hex() for pixel in row] for row in rows]
    assert colours == [[look.LIGHT.zero] * 2, [look.LIGHT.negative, look.LIGHT.positive]]
