"""The diagram shows the numbers of its frame, and what is done to it reaches the run as the right words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from tests.live.pictures.served import Pictures

pytestmark = pytest.mark.browser

Open = Callable[..., "Pictures"]
POSITIVE, NEGATIVE = (0x08, 0x77, 0xBD), (0xF5, 0x93, 0x22)
LAYERS = [
    {"kind": "Linear", "out_features": 4, "bias": True},
    {"kind": "Tanh"},
    {"kind": "Linear", "out_features": 2, "bias": True},
    {"kind": "Tanh"},
    {"kind": "Linear", "out_features": 1, "bias": True},
    {"kind": "Tanh"},
]


def tile(column: int, unit: int) -> str:
    return f".stage-diagram-tile[data-column='{column}'][data-unit='{unit}']"


def widths(layers: list[dict[str, Any]]) -> list[int]:
    return [layer["out_features"] for layer in layers if layer["kind"] == "Linear"]


def seen_tile(one: Pictures, column: int, unit: int) -> np.ndarray:
    """The pixels (34, 34, 3) that stand at the centres of a tile's cells, row 0 at the bottom."""
    return np.array(one.page.evaluate("([c, unit]) => look.tile(c, unit)", [column, unit]), float).reshape(
        34, 34, 3
    )


def meant_tile(one: Pictures, name: str, unit: int) -> np.ndarray:
    """What the palette makes of a map's bytes, (34, 34, 3)."""
    found = one.page.evaluate("([name, unit]) => look.meant(name, unit)", [name, unit])
    return np.array(found, float).reshape(34, 34, 3)


def inner(difference: np.ndarray) -> float:
    """The mean difference away from the rim, where round corners and the bias lie."""
    return float(np.abs(difference)[4:-4, 4:-4].mean())


@pytest.mark.parametrize(("column", "unit"), [(0, 0), (0, 3), (1, 1), (2, 0)])
def test_a_tile_is_the_heat_map_of_its_unit(pictures: Open, column: int, unit: int) -> None:
    one = pictures("case=circle")
    name = f"map/{2 * column + 1}"
    shown, meant = seen_tile(one, column, unit), meant_tile(one, name, unit)
    assert inner(shown - meant) < 6
    assert inner(shown - meant[::-1]) > 12, "row 0 is the lowest x₂"


def test_an_input_tile_is_its_feature(pictures: Open) -> None:
    one = pictures("case=circle")
    right, top = seen_tile(one, -1, 0), seen_tile(one, -1, 1)
    assert np.abs(right[:, -5] - POSITIVE).mean() < 40
    assert np.abs(right[:, 5] - NEGATIVE).mean() < 40
    assert np.abs(top[-5] - POSITIVE).mean() < 40
    assert np.abs(top[5] - NEGATIVE).mean() < 40


def strongest(one: Pictures, layer: int, sign: int) -> dict[str, Any]:
    """The edge with the greatest weight of a sign: row, column, value, a place on it (x, y) and the colour there."""
    return one.page.evaluate("([layer, sign]) => look.strongest(layer, sign)", [layer, sign])


@pytest.mark.parametrize(("sign", "colour"), [(1, POSITIVE), (-1, NEGATIVE)])
def test_an_edge_has_the_colour_of_its_sign(pictures: Open, sign: int, colour: tuple[int, ...]) -> None:
    one = pictures("case=circle&reduced")
    pixel = np.array(strongest(one, 0, sign)["colour"])
    other = NEGATIVE if sign > 0 else POSITIVE
    assert np.abs(pixel - colour).sum() < np.abs(pixel - other).sum() / 2


def test_a_larger_weight_makes_a_wider_edge(pictures: Open) -> None:
    one = pictures("case=circle")
    found = one.page.evaluate(
        """async () => { const { weightOf } = await import("/live/assets/views/diagram/edges.js");
          return [0, 0.5, -1, 2, 9].map((w) => weightOf(w, 2).width); }"""
    )
    assert found == sorted(found)
    assert found[3] == found[4], "capped"


def test_a_click_on_an_edge_sets_that_weight(pictures: Open) -> None:
    one = pictures("case=circle")
    edge = strongest(one, 0, 1)
    one.page.mouse.click(edge["x"], edge["y"])
    assert float(one.page.input_value(".stage-diagram-field input")) == pytest.approx(edge["value"], rel=1e-5)
    one.page.keyboard.type("−1,25")
    one.page.keyboard.press("Enter")
    one.page.wait_for_selector(".stage-diagram-field", state="detached")
    index = [edge["row"], edge["column"]]
    assert one.told() == [
        {"command": {"kind": "set_weight", "name": "0.weight", "index": index, "value": -1.25}}
    ]
    assert one.page.evaluate("stage.selection") == {
        "kind": "edge",
        "layer": 0,
        "row": edge["row"],
        "column": edge["column"],
    }


def test_escape_leaves_a_weight_as_it_is(pictures: Open) -> None:
    one = pictures("case=circle")
    edge = strongest(one, 2, -1)
    one.page.mouse.click(edge["x"], edge["y"])
    one.page.keyboard.type("3")
    one.page.keyboard.press("Escape")
    assert one.page.locator(".stage-diagram-field").count() == 0
    assert one.told() == []


def test_what_is_no_number_or_refused_is_said_in_a_sentence(pictures: Open) -> None:
    one = pictures("case=circle")
    edge = strongest(one, 0, 1)
    one.page.mouse.click(edge["x"], edge["y"])
    one.page.keyboard.type("much")
    one.page.keyboard.press("Enter")
    assert "much" in one.page.inner_text(".stage-diagram-said")
    assert one.told() == []
    one.page.keyboard.type("5e9")
    one.page.keyboard.press("Enter")
    one.page.wait_for_function(
        "document.querySelector('.stage-diagram-said').textContent.includes('1,000,000')"
    )
    assert one.page.locator(".stage-diagram-field").count() == 1, "what was typed is not lost"


def test_a_click_on_a_bias_sets_that_bias(pictures: Open) -> None:
    one = pictures("case=circle")
    one.page.click(".stage-diagram-tab[data-column='1'][data-unit='1']")
    one.page.keyboard.type("0.5")
    one.page.keyboard.press("Enter")
    one.page.wait_for_selector(".stage-diagram-field", state="detached")
    assert one.told() == [{"command": {"kind": "set_weight", "name": "2.bias", "index": [1], "value": 0.5}}]


def test_neurons_are_added_and_removed_and_quick_clicks_add_up(pictures: Open) -> None:
    one = pictures("case=circle")
    head = one.page.locator(".stage-diagram-head[data-column='0']")
    for _ in range(3):
        head.locator(".stage-diagram-more").click()
    head.locator(".stage-diagram-less").click()
    proposals = [said["proposal"] for said in one.told()]
    assert [widths(each["layers"]) for each in proposals] == [[5, 2, 1], [6, 2, 1], [7, 2, 1], [6, 2, 1]]
    assert proposals[0] == {"kind": "layers", "layers": [LAYERS[0] | {"out_features": 5}, *LAYERS[1:]]}
    assert head.locator(".stage-diagram-count").inner_text() == "6"


def test_a_layer_is_inserted_before_its_column(pictures: Open) -> None:
    one = pictures("case=circle")
    one.page.locator(".stage-diagram-insert").nth(1).click()
    [said] = one.told()
    layers = said["proposal"]["layers"]
    assert widths(layers) == [4, 4, 2, 1]
    assert layers[2:4] == [{"kind": "Linear", "out_features": 4}, {"kind": "Tanh"}]


def test_a_layer_is_taken_out_with_its_activation(pictures: Open) -> None:
    one = pictures("case=circle")
    one.page.click(".stage-diagram-head[data-column='0'] .stage-diagram-cross")
    assert one.told() == [{"proposal": {"kind": "layers", "layers": LAYERS[2:]}}]


def test_input_and_output_keep_their_size(pictures: Open) -> None:
    one = pictures("case=circle")
    for column in (-1, 2):
        assert one.page.locator(f".stage-diagram-head[data-column='{column}'] button").count() == 0


def focused(one: Pictures) -> tuple[int, int]:
    data = one.page.evaluate("({...document.activeElement.dataset})")
    return int(data["column"]), int(data["unit"])


def test_the_whole_diagram_can_be_worked_with_keys(pictures: Open) -> None:
    one = pictures("case=circle")
    page = one.page
    assert page.locator(".stage-diagram-tile[tabindex='0']").count() == 1, "one tab stop"
    page.focus(".stage-diagram-tile[tabindex='0']")
    walked = [focused(one)]
    for key in (
        "ArrowDown",
        "ArrowRight",
        "ArrowDown",
        "End",
        "ArrowRight",
        "Home",
        "ArrowRight",
        "ArrowRight",
    ):
        page.keyboard.press(key)
        walked.append(focused(one))
    assert walked == [(-1, 0), (-1, 1), (0, 2), (0, 3), (0, 3), (1, 1), (1, 0), (2, 0), (2, 0)]
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    assert page.evaluate("stage.selection") == {"kind": "unit", "column": 1, "unit": 0}
    assert page.locator(".stage-diagram-pinned .stage-diagram-value").count() == 5, (
        "four weights and the bias"
    )
    page.keyboard.press("Escape")
    assert page.evaluate("stage.selection") is None
    assert page.locator(".stage-diagram-card:visible").count() == 0
    page.keyboard.press("Delete")
    assert widths(one.told()[-1]["proposal"]["layers"]) == [4, 1, 1]


def test_the_last_neuron_takes_its_layer_with_it(pictures: Open) -> None:
    one = pictures("case=circle")
    one.page.focus(tile(1, 0))
    one.page.keyboard.press("Delete")
    one.page.keyboard.press("Delete")
    assert [widths(said["proposal"]["layers"]) for said in one.told()] == [[4, 1, 1], [4, 1]]


def test_the_card_shows_the_numbers_and_changes_them(pictures: Open) -> None:
    one = pictures("case=circle")
    one.page.click(tile(1, 1))
    values = one.page.locator(".stage-diagram-card .stage-diagram-value").all_inner_texts()
    weights, bias = one.page.evaluate(
        "['w/2.weight', 'w/2.bias'].map((name) => Array.from(stage.frame.arrays[name].data))"
    )
    meant = [*weights[4:8], bias[1]]
    assert [float(text.replace("−", "-")) for text in values] == pytest.approx(meant, rel=5e-3)
    one.page.locator(".stage-diagram-card .stage-diagram-value").nth(2).click()
    one.page.keyboard.type("0")
    one.page.keyboard.press("Enter")
    one.page.wait_for_selector(".stage-diagram-field", state="detached")
    assert one.told()[-1]["command"] == {
        "kind": "set_weight",
        "name": "2.weight",
        "index": [1, 2],
        "value": 0,
    }


def test_dead_units_are_marked_by_word_pattern_and_name(pictures: Open) -> None:
    one = pictures("case=relu")
    dead = one.page.locator(".stage-diagram-tile[data-state='dead']")
    assert {int(dead.nth(k).get_attribute("data-unit") or "") for k in range(dead.count())} >= {1, 4}
    assert one.page.locator(".stage-diagram-badge:visible").first.inner_text() == "dead"
    assert "Dead" in (dead.first.get_attribute("aria-label") or "")
    assert "gradient" in dead.first.evaluate("(node) => getComputedStyle(node).backgroundImage")


def test_the_unit_under_the_pointer_is_shown_on_the_plane(pictures: Open) -> None:
    one = pictures("case=circle")
    caption = one.page.locator(".stage-plane-caption")
    assert caption.inner_text() == "Output"
    one.page.hover(tile(0, 2))
    one.settle()
    assert caption.inner_text() == "Hidden 1 · 3"
    assert one.page.locator(".stage-diagram-card:visible").count() == 1
    one.page.mouse.move(2, 2)
    one.settle()
    assert caption.inner_text() == "Output"
    assert one.page.locator(".stage-diagram-card:visible").count() == 0


def test_the_rest_stands_back_behind_a_selected_unit(pictures: Open) -> None:
    one = pictures("case=circle")
    one.page.evaluate("stage.select({kind: 'unit', column: 0, unit: 1})")
    one.settle()
    dim = one.page.locator(".stage-diagram-tile.stage-diagram-dim")
    assert {dim.nth(k).get_attribute("data-column") for k in range(dim.count())} == {"0", "2"}
    assert "stage-diagram-chosen" in (one.page.get_attribute(tile(0, 1), "class") or "")


def test_sixty_four_units_are_shown_and_the_others_counted(pictures: Open) -> None:
    one = pictures("case=digits&steps=20")
    assert one.page.locator(".stage-diagram-tile[data-column='0']").count() == 64
    assert one.page.inner_text(".stage-diagram-others") == "+ 32 more"
    assert "256" in one.page.inner_text(".stage-diagram-key")


def test_weights_of_pictures_are_pictures(pictures: Open) -> None:
    one = pictures("case=digits&steps=20")
    kind, shown, weights = one.page.evaluate(
        """() => { const face = stage.views.diagram.faces[1];
          const { data } = stage.frame.arrays["w/1.weight"];
          return [face.kind, Array.from(face.bitmap.pixels.slice(0, 64)), Array.from(data)]; }"""
    )
    reach = np.abs(weights[: 64 * 64]).max()
    lut = one.page.evaluate("Array.from(stage.colours.lut)")
    meant = [lut[int(np.clip(128.5 + 127 * weight / reach, 1, 255))] for weight in weights[:64]]
    assert kind == "weights"
    assert sum(a != b for a, b in zip(shown, meant, strict=True)) <= 1, "at most a rounding"


def test_a_deep_network_scrolls_in_its_own_box(pictures: Open) -> None:
    one = pictures("case=long&steps=20", viewport={"width": 390, "height": 844})
    room = (
        "(selector) => { const e = document.querySelector(selector); return e.scrollWidth - e.clientWidth; }"
    )
    box, page = (one.page.evaluate(room, selector) for selector in (".stage-diagram-scroll", "html"))
    assert box > 100
    assert page == 0


def test_light_runs_along_the_edges_only_while_it_learns(pictures: Open) -> None:
    one = pictures("case=circle")
    rest = one.page.evaluate("look.checksum()")
    first, second = one.page.evaluate("look.again(1001)"), one.page.evaluate("look.again(1002)")
    assert len({tuple(each) for each in (rest, first, second)}) == 3
    same = "(rest) => JSON.stringify(look.checksum()) === JSON.stringify(rest)"
    one.page.wait_for_function(same, arg=rest)  # without new steps it comes to a stand by itself


def test_nothing_runs_where_motion_is_unwelcome(pictures: Open) -> None:
    one = pictures("case=circle&reduced")
    rest = one.page.evaluate("look.checksum()")
    assert one.page.evaluate("look.again(1001)") == rest


def test_a_tap_is_as_good_as_a_pointer(pictures: Open) -> None:
    one = pictures("case=circle", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    one.page.tap(tile(0, 1))
    one.settle()
    assert one.page.inner_text(".stage-plane-caption") == "Hidden 1 · 2"
    assert one.page.locator(".stage-diagram-pinned").is_visible()
    assert one.page.evaluate("look.small()") == []


def test_a_theme_change_is_drawn_at_once(pictures: Open) -> None:
    one = pictures("case=circle&reduced")
    corner = "Array.from(stage.views.diagram.context.getImageData(1, 1, 1, 1).data.slice(0, 3))"
    assert one.page.evaluate(corner) == [255, 255, 255]
    one.page.evaluate("stage.wear('dark')")
    one.settle()
    assert one.page.evaluate(corner) == [0x12, 0x17, 0x1D]


def test_the_diagram_can_be_kept_as_svg_and_png(pictures: Open) -> None:
    one = pictures("case=circle")
    facts = one.page.evaluate("look.kept('diagram')")
    assert facts["error"] == ""
    assert (facts["edges"], facts["images"]) == (2 * 4 + 4 * 2 + 2 * 1, 2 + 4 + 2 + 1)
    assert facts["png"] == [0x89, 0x50, 0x4E, 0x47]
    assert facts["size"] > 10_000


def test_a_view_that_goes_leaves_nothing_behind(pictures: Open) -> None:
    one = pictures("case=circle")
    assert one.page.evaluate("look.leave()") == 0


def test_both_languages_have_every_word(pictures: Open) -> None:
    one = pictures("case=relu&lang=zh")  # a missing word is a complaint on the console
    one.page.hover(tile(0, 1))
    assert "失活" in one.page.inner_text(".stage-diagram-card")


def test_the_card_opens_the_formula_where_there_is_one(pictures: Open) -> None:
    one = pictures("case=circle")
    one.page.click(tile(0, 1))
    assert one.page.locator(".stage-diagram-formula").count() == 0, "nobody here can show it"
    one.page.keyboard.press("Escape")
    one.page.evaluate("stage.on('open', (what) => told.push(what))")
    one.page.click(tile(0, 1))
    one.page.click(".stage-diagram-formula")
    assert one.told() == [{"kind": "unit", "column": 0, "unit": 1}]
