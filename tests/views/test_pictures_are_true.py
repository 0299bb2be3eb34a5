"""What is drawn is what was given: rows, signs, widths, places."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from playground.views import theme as look
from playground.views import thumbs
from playground.views.confusion import BLANK, confusion
from playground.views.curves import curves, thin
from playground.views.network import MOST, Column, network
from playground.views.pictures import mosaic
from playground.views.plane import Points, finer, plane
from playground.views.weights import span, weights

NONE = Points(np.empty((0, 2)), np.empty(0))


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


def test_row_zero_of_a_surface_is_the_lowest() -> None:
    surface = np.zeros((5, 5))
    surface[0, :] = 1
    heat = trace(plane(look.LIGHT, "en", surface, extent=((-6, 6), (0, 8)), train=NONE, names=("0", "1")), 0)
    assert numbers(heat["z"])[0].tolist() == [1] * 5
    assert (heat["x0"], heat["dx"]) == (-6, 3)
    assert (heat["y0"], heat["dy"]) == (0, 2)


def test_only_the_decision_is_drawn_when_asked() -> None:
    surface = np.linspace(-0.9, 0.9, 16).reshape(4, 4)
    heat = trace(
        plane(
            look.LIGHT, "en", surface, extent=((0, 1), (0, 1)), train=NONE, names=("0", "1"), discrete=True
        ),
        0,
    )
    assert set(numbers(heat["z"]).ravel()) == {-1.0, 1.0}


def test_the_likeliest_class_has_its_own_colour() -> None:
    surface = np.zeros((3, 3, 3), np.float32)
    surface[..., 2] = 1
    heat = trace(
        plane(look.LIGHT, "en", surface, extent=((0, 1), (0, 1)), train=NONE, names=("a", "b", "c")), 0
    )
    assert np.floor(numbers(heat["z"])).tolist() == np.full((5, 5), 2.0).tolist()
    assert heat["zmax"] == 3


def test_a_finer_surface_keeps_every_known_value() -> None:
    surface = np.random.default_rng(0).uniform(size=(4, 4, 3)).astype(np.float32)
    more = finer(surface)
    assert more.shape == (7, 7, 3)
    assert np.array_equal(more[::2, ::2], surface)
    assert np.allclose(more[1, 0], (surface[0, 0] + surface[1, 0]) / 2)


def test_training_and_test_points_are_told_apart() -> None:
    points = Points(np.array([[0.0, 1.0]]), np.array([1]))
    figure = plane(
        look.LIGHT, "en", None, extent=((-1, 1), (-1, 1)), train=points, test=points, names=("0", "1")
    )
    train, test = trace(figure, 1), trace(figure, 2)
    assert train["marker"]["color"] == [look.LIGHT.positive]
    assert test["marker"]["color"] == look.LIGHT.background
    assert test["marker"]["line"]["color"] == [look.LIGHT.positive]


def test_an_edge_is_as_wide_as_its_weight_and_coloured_by_its_sign() -> None:
    columns = [Column("in", 1), Column("out", 3)]
    figure = network(look.LIGHT, "en", columns, [np.array([[-3.0], [0.2], [0.0]])])
    drawn = [t for t in figure.to_dict()["data"] if t.get("mode") == "lines" and len(numbers(t["x"]))]
    by_width = sorted((t["line"]["width"], t["line"]["color"]) for t in drawn)
    assert len(by_width) == 3
    assert by_width[0][0] < by_width[1][0] < by_width[2][0]
    strongest = [int(by_width[2][1][i : i + 2], 16) for i in (1, 3, 5)]
    assert strongest[0] > strongest[2], "a strong negative weight is orange"


def test_the_first_unit_is_on_top_and_a_tiles_first_row_at_its_bottom() -> None:
    tiles = np.zeros((2, 3, 3))
    tiles[0, 0] = 0.5  # the bottom row of the first unit
    figure = network(look.LIGHT, "en", [Column("a", 2, tiles=tiles), Column("b", 1)], [np.zeros((1, 2))])
    heat = next(t for t in figure.to_dict()["data"] if t["type"] == "heatmap")
    z, y = numbers(heat["z"]), numbers(heat["y"])
    row = int(np.argwhere(z == 0.5)[0][0])
    assert row == 4  # three rows of the lower tile, one of nothing, then the upper one's first
    assert np.all(np.diff(y) > 0)
    assert len(y) == len(z) + 1


def test_what_is_left_out_is_counted() -> None:
    figure = network(look.LIGHT, "en", [Column("in", 2), Column("wide", MOST + 5)], [np.zeros((MOST, 2))])
    assert "+ 5 more" in json.dumps(figure.to_dict()["layout"]["annotations"])


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


def test_confusion_counts_are_written_and_shares_coloured() -> None:
    figure = confusion(look.LIGHT, "en", np.array([[8, 2], [0, 0]]), ("a", "b"))
    heat, written = trace(figure, 0), trace(figure, 1)
    assert numbers(heat["z"]).tolist() == pytest.approx(np.array([[0.8, 0.2], [0, 0]]))
    assert written["text"] == ["8", "2", BLANK, BLANK]
    assert "8 of 10" in look.alternative(figure)


def test_a_logarithmic_loss_leaves_out_what_has_no_logarithm() -> None:
    figure = curves(look.LIGHT, "en", np.arange(3.0), np.array([1.0, 0.0, 0.1]), None, what="loss", log=True)
    y = numbers(trace(figure, 0)["y"])
    assert np.isnan(y[1])
    assert figure.layout.yaxis.type == "log"


def test_thinning_keeps_both_ends() -> None:
    kept = thin(10_000, 600)
    assert len(kept) <= 600
    assert (kept[0], kept[-1]) == (0, 9999)
    assert thin(5, 600).tolist() == [0, 1, 2, 3, 4]


def test_a_mosaic_puts_pictures_side_by_side() -> None:
    pictures = np.stack([np.full((2, 2), n) for n in range(3)])
    whole = mosaic(pictures, 2, np.nan)
    assert whole.shape == (6, 6)
    assert whole[0, 0] == 0
    assert whole[0, 3] == 1
    assert whole[3, 0] == 2
    assert np.isnan(whole[2]).all()


def test_thumbnails_are_small_pictures_without_scripts() -> None:
    random = np.random.default_rng(0)
    drawn = [
        thumbs.points(look.LIGHT, random.normal(size=(90, 2)), random.integers(0, 2, 90), classes=True),
        thumbs.points(look.DARK, random.normal(size=(4, 2)), random.normal(size=4), classes=False),
        thumbs.curve(look.LIGHT, random.normal(size=50), random.normal(size=50)),
        thumbs.picture(look.DARK, random.uniform(size=(8, 8))),
        thumbs.table(look.LIGHT),
    ]
    for svg in drawn:
        assert svg.startswith("<svg ")
        assert "script" not in svg
        assert len(svg) < 12_000
