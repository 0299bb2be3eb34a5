"""What holds for every view: it is a valid figure, says what it shows, and keeps its layout while a run moves."""

from __future__ import annotations

import json
from typing import Any

import plotly.graph_objects as go
import pytest

from playground.views import theme as look
from tests.views.drawing import VIEWS, Draw

DRAWS = [pytest.param(draw, id=name) for name, draw in VIEWS.items()]
THEMES = [pytest.param(look.LIGHT, id="light"), pytest.param(look.DARK, id="dark")]


def plain(figure: go.Figure) -> dict[str, Any]:
    return json.loads(figure.to_json(validate=False))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("draw", DRAWS)
def test_every_property_is_one_that_plotly_knows(draw: Draw, theme: look.Theme) -> None:
    figure = draw(theme, "en", 0)
    go.Figure(figure.to_dict())  # validates, and raises where a name or a value is wrong


@pytest.mark.parametrize("draw", DRAWS)
def test_the_layout_stays_while_the_numbers_move(draw: Draw) -> None:
    first, later = (plain(draw(look.LIGHT, "en", moment))["layout"] for moment in (2, 4))
    for layout in (first, later):
        layout.pop("meta")  # the words may say what is new
    assert first == later
    assert first["uirevision"] == "keep"


@pytest.mark.parametrize("draw", DRAWS)
def test_the_number_of_traces_and_their_kinds_stay(draw: Draw) -> None:
    kinds = [
        [trace["type"] for trace in plain(draw(look.DARK, "en", moment))["data"]] for moment in (1, 2, 3)
    ]
    assert kinds[0] == kinds[1] == kinds[2]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("draw", DRAWS)
def test_every_view_has_a_title_and_says_in_words_what_it_shows(draw: Draw, lang: str) -> None:
    figure = draw(look.LIGHT, lang, 0)
    assert figure.layout.title.text
    assert len(look.alternative(figure)) > 8
    assert "{" not in look.alternative(figure) + figure.layout.title.text


@pytest.mark.parametrize("draw", DRAWS)
def test_every_axis_has_a_title(draw: Draw) -> None:
    layout = plain(draw(look.LIGHT, "en", 0))["layout"]
    assert layout["xaxis"]["title"]["text"]
    assert layout["yaxis"]["title"]["text"]


@pytest.mark.parametrize("draw", DRAWS)
def test_languages_differ_in_words_and_in_nothing_else(draw: Draw) -> None:
    english, chinese = (plain(draw(look.LIGHT, lang, 0)) for lang in ("en", "zh"))
    assert english["layout"]["margin"] == chinese["layout"]["margin"]
    assert [t.get("z") for t in english["data"]] == [t.get("z") for t in chinese["data"]]


@pytest.mark.parametrize("draw", DRAWS)
def test_the_dark_theme_draws_nothing_in_the_light_ones_ink(draw: Draw) -> None:
    dark = json.dumps(plain(draw(look.DARK, "en", 0)))
    for colour in (look.LIGHT.text, look.LIGHT.background, look.LIGHT.zero, look.LIGHT.muted):
        assert colour not in dark


@pytest.mark.parametrize("draw", DRAWS)
def test_nothing_is_written_smaller_than_twelve_pixels(draw: Draw) -> None:
    def sizes(node: Any) -> list[float]:
        if isinstance(node, dict):
            own = (
                [node["size"]]
                if "size" in node and ("color" in node or "family" in node) and "symbol" not in node
                else []
            )
            return own + [size for name, inner in node.items() if name != "marker" for size in sizes(inner)]
        return [size for inner in node for size in sizes(inner)] if isinstance(node, list) else []

    written = sizes(plain(draw(look.LIGHT, "en", 0)))
    assert written
    assert min(written) >= 12
