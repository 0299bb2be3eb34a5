"""The plane shows the network's answer and the data as they are, and takes points that are painted on it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from tests.live.pictures.served import Pictures

pytestmark = pytest.mark.browser

Open = Callable[..., "Pictures"]


def chip(name: str) -> str:
    return f".stage-plane-chip[data-name='{name}']"


def array(one: Pictures, name: str, where: str = "stage.frame.arrays") -> np.ndarray:
    found = one.page.evaluate(
        f"(name) => {{ const a = {where}[name]; return [Array.from(a.data), a.shape]; }}", name
    )
    return np.array(found[0]).reshape(found[1])


def static(one: Pictures, name: str) -> np.ndarray:
    return array(one, name, "stage.setup.arrays")


def bilinear(grid: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Values of a grid over −6 … 6, row 0 lowest, at points (N, 2)."""
    u = (points + 6) / 12 * 99
    low = np.clip(np.floor(u).astype(int), 0, 98)
    part = u - low
    (x, y), (a, b) = low.T, part.T
    below = grid[y, x] * (1 - a) + grid[y, x + 1] * a
    above = grid[y + 1, x] * (1 - a) + grid[y + 1, x + 1] * a
    return below * (1 - b) + above * b


def field_pixels(one: Pictures, places: list[list[int]]) -> np.ndarray:
    """The colours of the field at samples [column, row] of its grid."""
    return np.array(one.page.evaluate("(places) => look.field(places)", places), float)


def number(one: Pictures, name: str) -> int:
    found = re.search(r"\d+", one.page.inner_text(f".stage-plane-{name}"))
    assert found
    return int(found[0])


PLACES = [[u, v] for u in (5, 20, 50, 61, 80, 94) for v in (7, 33, 50, 72, 93)]


def test_a_place_has_the_colour_of_its_value(pictures: Open) -> None:
    one = pictures("case=circle")
    one.page.click(chip("contour"))
    one.settle()
    grid = array(one, "map/plane").astype(int)
    lut = np.array(one.page.evaluate("Array.from(stage.colours.lut)"), np.int64)
    meant = np.array([[lut[grid[v, u]] >> shift & 255 for shift in (0, 8, 16)] for u, v in PLACES], float)
    assert np.abs(field_pixels(one, PLACES) - meant).mean() < 4
    flipped = np.array(
        [[lut[grid[99 - v, u]] >> shift & 255 for shift in (0, 8, 16)] for u, v in PLACES], float
    )
    assert np.abs(field_pixels(one, PLACES) - flipped).mean() > 10, "x₂ grows upwards"


def test_a_place_has_the_hue_of_its_class_and_is_pale_where_unsure(pictures: Open) -> None:
    one = pictures("case=rings")
    one.page.click(chip("contour"))
    one.settle()
    best, sure = array(one, "map/class").astype(int), array(one, "map/confidence").astype(float) / 255
    classes = [
        np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)])
        for c in one.page.evaluate("stage.colours.classes")
    ]
    shown = field_pixels(one, PLACES)
    for (u, v), pixel in zip(PLACES, shown, strict=True):
        if len(set(best[v - 1 : v + 2, u - 1 : u + 2].ravel())) > 1:
            continue  # on a border colours run into each other
        part = 0.16 + 0.84 * max(0.0, (sure[v, u] - 1 / 3) / (2 / 3))
        assert np.abs(pixel - (255 + (classes[best[v, u]] - 255) * part)).max() < 26


def test_the_count_of_wrong_samples_is_true(pictures: Open) -> None:
    one = pictures("case=circle&steps=60")
    grid = array(one, "map/plane")
    wrong = {}
    for end in ("", "_test"):
        answers = bilinear(grid, static(one, f"points{end}")) > 128
        wrong[end] = int((answers != (static(one, f"labels{end}") == 1)).sum())
    assert wrong[""] > 5
    assert number(one, "wrong") == wrong[""] + wrong["_test"]
    one.page.click(chip("test"))
    assert number(one, "wrong") == wrong[""], "what is hidden is not counted"


def test_the_count_is_true_for_several_classes(pictures: Open) -> None:
    one = pictures("case=rings&steps=60")
    best = array(one, "map/class").astype(int)
    wrong = 0
    for end in ("", "_test"):
        column, row = np.rint((static(one, f"points{end}") + 6) / 12 * 99).astype(int).T
        wrong += int((best[row, column] != static(one, f"labels{end}")).sum())
    assert wrong > 5
    assert number(one, "wrong") == wrong


def marks(one: Pictures, canvas: str = "marks") -> int:
    """How many pixels of a layer are not empty."""
    return one.page.evaluate("(name) => look.inked(name)", canvas)


def test_wrong_samples_have_rings_and_others_none(pictures: Open) -> None:
    one = pictures("case=circle&steps=60")
    assert marks(one) > 20 * number(one, "wrong")
    one.page.evaluate("it.advance(1500); stage.show(it.frame())")
    one.settle()
    assert number(one, "wrong") == 0
    assert marks(one) == 0


def test_test_samples_are_hollow_and_training_samples_are_filled(pictures: Open) -> None:
    one = pictures("case=circle")
    centres = one.page.evaluate("look.middles()")
    assert len(centres[0]) > 3
    assert len(centres[1]) > 1
    assert all(pixel != [255, 255, 255] for pixel in centres[0])
    assert all(pixel == [255, 255, 255] for pixel in centres[1])


def test_test_samples_can_be_left_out(pictures: Open) -> None:
    one = pictures("case=circle")
    before = marks(one, "dots")
    one.page.click(chip("test"))
    assert marks(one, "dots") < 0.9 * before
    assert one.page.get_attribute(chip("test"), "aria-pressed") == "false"


def test_the_contour_is_where_the_sign_changes(pictures: Open) -> None:
    one = pictures("case=circle")
    grid = array(one, "map/plane")
    ends = np.array(one.page.evaluate("look.boundary()")).reshape(-1, 2)
    assert len(ends) > 40
    values = bilinear(grid, ends / 99 * 12 - 6)
    assert np.abs(values - 128).max() < 0.01


def test_lines_through_a_field_are_joined_into_whole_curves(pictures: Open) -> None:
    one = pictures("case=circle")
    lines = one.page.evaluate(
        """async () => { const { contour, Segments } = await import("/live/assets/views/plane/contour.js");
          const away = (_, at) => Math.hypot(at % 40 - 20, Math.floor(at / 40) - 19);
          const field = Float32Array.from({length: 1600}, away);
          return contour(field, 40, 40, 12.5, new Segments()).lines(); }"""
    )
    assert len(lines) == 1
    assert lines[0][0] == pytest.approx(lines[0][-1], abs=1e-3), "closed"
    radius = np.hypot(*(np.array(lines[0]) - [20, 19]).T)
    assert np.abs(radius - 12.5).max() < 0.1


def test_discretised_the_plane_has_two_colours(pictures: Open) -> None:
    one = pictures("case=circle")
    one.page.click(chip("contour"))
    one.page.click(chip("discrete"))
    one.settle()
    grid = array(one, "map/plane")
    ends = {True: (0x08, 0x77, 0xBD), False: (0xF5, 0x93, 0x22)}
    for (u, v), pixel in zip(PLACES, field_pixels(one, PLACES), strict=True):
        around = grid[v - 1 : v + 2, u - 1 : u + 2] > 128
        if around.all() or not around.any():
            assert tuple(pixel) == ends[bool(around[0, 0])]


def at(one: Pictures, x: float, y: float) -> tuple[float, float]:
    """A place of the data on the page."""
    box = one.page.locator(".stage-plane-pad").bounding_box()
    assert box
    return box["x"] + (x + 6) / 12 * box["width"], box["y"] + (6 - y) / 12 * box["height"]


def test_the_pointer_reads_place_answer_and_nearest_sample(pictures: Open) -> None:
    one = pictures("case=circle")
    points = static(one, "points")
    one.page.mouse.move(*at(one, *points[17]))
    text = one.page.inner_text(".stage-plane-reading").replace("−", "-")
    x, y = (float(re.search(rf"{name} ([+-][\d.]+)", text)[1]) for name in ("x₁", "x₂"))  # type: ignore[index]
    assert (x, y) == pytest.approx(tuple(points[17]), abs=0.05)
    value = (bilinear(array(one, "map/plane"), np.array([[x, y]]))[0] - 128) / 127
    read = float(re.search(r"\(output ([+-][\d.]+)\)", text)[1])  # type: ignore[index]
    assert read == pytest.approx(value, abs=0.03)
    assert f"class {int(value > 0)}" in text
    assert f"training sample 18: {int(static(one, 'labels')[17])}" in text


def test_only_a_probability_is_read_as_one(pictures: Open) -> None:
    one = pictures("case=rings")
    one.page.evaluate("stage.setup.experiment.loss = { kind: 'CrossEntropy' }")
    one.page.mouse.move(*at(one, 0.3, 0.2))
    assert re.search(r"class \S+ \(\d+ %\)", one.page.inner_text(".stage-plane-reading"))


def test_a_click_selects_the_nearest_sample_and_a_second_lets_go(pictures: Open) -> None:
    one = pictures("case=circle")
    point = static(one, "points_test")[4]
    one.page.mouse.click(*at(one, *point))
    assert one.page.evaluate("stage.selection") == {"kind": "sample", "index": 4, "test": True}
    one.page.mouse.click(*at(one, *point))
    assert one.page.evaluate("stage.selection") is None


def painted(one: Pictures) -> list[list[float]]:
    return one.page.evaluate("stage.views.plane.brush.points")


def test_points_are_painted_erased_undone_and_learned(pictures: Open) -> None:
    one = pictures("case=rings")
    page = one.page
    page.click(".stage-plane-open")
    page.locator(".stage-plane-class").nth(2).click()
    page.mouse.click(*at(one, -4, 5))
    assert painted(one) == [[pytest.approx(-4, abs=0.05), pytest.approx(5, abs=0.05), 2]]
    page.mouse.move(*at(one, -5, -5))
    page.mouse.down()
    page.mouse.move(*at(one, 1, -5), steps=15)
    page.mouse.up()
    stroke = painted(one)
    assert len(stroke) > 8
    assert all(label == 2 for *_, label in stroke)
    page.click("text=Erase")
    page.mouse.click(*at(one, -4, 5))
    assert len(painted(one)) == len(stroke) - 1
    page.click("[aria-label='Undo']")
    assert painted(one) == stroke
    page.click("[aria-label='Undo']")
    assert len(painted(one)) == 1, "a stroke is undone at once"
    page.click("[aria-label='Redo']")
    assert painted(one) == stroke
    assert one.told() == [], "nothing is learned before it is asked for"
    page.click(".stage-plane-learn")
    assert one.told() == [{"proposal": {"kind": "points", "points": stroke}}]
    assert page.evaluate("stage.selection") is None, "painting selects nothing"


def test_values_are_painted_where_values_are_learned(pictures: Open) -> None:
    one = pictures("case=hills")
    one.page.click(".stage-plane-open")
    one.page.fill(".stage-plane-slider input", "-0.5")
    one.page.mouse.click(*at(one, 0, 0))
    [[*_, value]] = painted(one)
    assert value == pytest.approx(-0.5, abs=0.06)


def test_the_plane_can_be_worked_with_keys(pictures: Open) -> None:
    one = pictures("case=circle")
    page = one.page
    page.focus(".stage-plane-pad")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("stage.views.plane.hands.cursor") == pytest.approx([1.2, 0.24])
    assert "x₁ +1.20" in page.evaluate("stage.said")
    page.keyboard.press("Enter")
    assert page.evaluate("stage.selection.kind") == "sample"
    page.click(".stage-plane-open")
    page.focus(".stage-plane-pad")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    assert painted(one) == [[-0.24, 0, 1]]
    page.keyboard.press("Control+z")
    assert painted(one) == []


def test_what_is_painted_outlives_a_change_of_the_network_but_not_of_the_data(pictures: Open) -> None:
    one = pictures("case=circle")
    one.page.click(".stage-plane-open")
    one.page.mouse.click(*at(one, 3, 3))
    assert one.page.evaluate("look.remount('circles')") == 1
    assert one.page.evaluate("look.remount('spiral')") == 0


def test_the_boundary_of_another_step_is_a_dashed_line(pictures: Open) -> None:
    one = pictures("case=circle&steps=1500")
    assert marks(one) == 0
    one.page.evaluate("stage.emit('ghost', stage.frame)")
    assert marks(one) > 100
    assert one.page.inner_text(".stage-plane-ghost") == "step 1500"
    one.page.evaluate("stage.emit('ghost', null)")
    assert marks(one) == 0
    assert not one.page.locator(".stage-plane-ghost").is_visible()


def test_the_scale_of_a_surface_has_its_numbers(pictures: Open) -> None:
    one = pictures("case=hills")
    reach = array(one, "map/reach")[0]
    low, high = (one.page.inner_text(f".stage-plane-{end}").replace("−", "-") for end in ("low", "high"))
    assert (float(low), float(high)) == (pytest.approx(-reach, rel=5e-3), pytest.approx(reach, rel=5e-3))


def test_one_input_gives_a_curve_through_its_values(pictures: Open) -> None:
    one = pictures("case=function&steps=800")
    x, y = array(one, "line_x"), array(one, "line")[:, 0]
    drawn: dict[str, Any] = one.page.evaluate("look.curve()")
    left, right, bottom, top = drawn["extent"]
    columns = np.arange(10, len(drawn["rows"]) - 10, 7)
    at_x = left + (columns + 0.5) / len(drawn["rows"]) * (right - left)
    meant = (1 - (np.interp(at_x, x, y) - bottom) / (top - bottom)) * drawn["height"]
    inside = (meant > 5) & (meant < drawn["height"] - 5)
    shown = np.array([drawn["rows"][column] for column in columns], float)
    assert np.abs(shown - meant)[inside].max() < 4
    assert inside.sum() > 20


def test_data_without_a_plane_say_so(pictures: Open) -> None:
    one = pictures("case=digits&steps=5")
    assert "no plane" in one.page.inner_text(".stage-plane-none")


def test_the_plane_can_be_kept_as_svg_and_png(pictures: Open) -> None:
    one = pictures("case=circle&steps=60")
    facts = one.page.evaluate("look.kept('plane')")
    assert facts["error"] == ""
    assert facts["circles"] == 300 + number(one, "wrong") + 3, "samples, rings, and the key's own"
    assert {"x₁", "x₂", "−6", "6", "Output"} <= set(facts["words"])
    assert facts["png"] == [0x89, 0x50, 0x4E, 0x47]


def test_the_plane_says_in_words_what_it_shows(pictures: Open) -> None:
    one = pictures("case=circle&steps=60")
    alt = one.page.get_attribute(".stage-plane-stack", "aria-label") or ""
    assert one.page.get_attribute(".stage-plane-stack", "role") == "img"
    assert "210 training and 90 test" in alt
    assert str(one.page.evaluate("stage.views.plane.train.numWrong")) in alt


@pytest.mark.bench
def test_a_frame_is_drawn_within_three_milliseconds(
    pictures: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    one = pictures("case=deep", viewport={"width": 1440, "height": 900})
    one.page.evaluate("prepare(60)")
    medians = one.page.evaluate("look.times([...prepared, ...prepared])")
    with capsys.disabled():
        print(
            f"\n2-8-8-8-1, pixels included: {', '.join(f'{name} {ms:.2f} ms' for name, ms in medians.items())}"
        )
    assert sum(medians.values()) <= 6
    assert medians["diagram"] <= 3
