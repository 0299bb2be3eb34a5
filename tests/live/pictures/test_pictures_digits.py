"""Weights as pictures, the confusion matrix, the surest mistakes, prediction against truth: each shows its numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from tests.live.pictures.served import Pictures

pytestmark = pytest.mark.browser

Open = Callable[..., "Pictures"]
DIGITS = "case=digits&views=filters,confusion,samples&steps=3"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def array(one: Pictures, name: str, where: str = "stage.frame.arrays") -> np.ndarray:
    found = one.page.evaluate(
        f"(name) => {{ const a = {where}[name]; return [Array.from(a.data), a.shape]; }}", name
    )
    return np.array(found[0]).reshape(found[1])


def ready(one: Pictures) -> Pictures:
    one.page.wait_for_selector(".stage-samples[data-state=shown]")
    one.settle()
    return one


def place(one: Pictures, unit: int) -> tuple[float, float]:
    """The middle of a neuron's picture on the page."""
    x, y = one.page.evaluate(
        """(unit) => { const { layout, canvas } = stage.views.filters;
          const box = canvas.getBoundingClientRect();
          const [column, row] = [unit % layout.columns, Math.floor(unit / layout.columns)];
          return [box.left + 30 + column * layout.pitch[0] + layout.size / 2,
                  box.top + row * layout.pitch[1] + layout.size / 2]; }""",
        unit,
    )
    return x, y


def cell(one: Pictures, truth: int, guess: int) -> tuple[float, float]:
    """The middle of a cell of the matrix on the page."""
    x, y = one.page.evaluate(
        """([truth, guess]) => { const { layout, canvas } = stage.views.confusion;
          const box = canvas.getBoundingClientRect();
          return [box.left + layout.left + (guess + 0.5) * layout.cell, box.top + (truth + 0.5) * layout.cell]; }""",
        [truth, guess],
    )
    return x, y


def mistakes(one: Pictures) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        array(one, "labels_test", "stage.setup.arrays").astype(int),
        array(one, "verdict/class"),
        array(one, "verdict/sure"),
    )


@pytest.mark.parametrize("unit", [0, 41, 95])
def test_a_picture_is_the_weights_of_its_neuron(pictures: Open, unit: int) -> None:
    one = ready(pictures(DIGITS))
    shown = one.page.evaluate(
        """(unit) => { const { layout, canvas } = stage.views.filters;
          const scale = canvas.height / layout.height;
          const [column, row] = [unit % layout.columns, Math.floor(unit / layout.columns)];
          const at = (k) => [30 + column * layout.pitch[0] + ((k % 8) + 0.5) * layout.size / 8,
                             row * layout.pitch[1] + (Math.floor(k / 8) + 0.5) * layout.size / 8];
          const pen = canvas.getContext("2d");
          return Array.from({ length: 64 }, (_, k) =>
            Array.from(pen.getImageData(...at(k).map((v) => Math.floor(v * scale)), 1, 1).data.slice(0, 3))); }""",
        unit,
    )
    lut = np.array(one.page.evaluate("Array.from(stage.colours.lut)"), np.int64)
    bytes_ = np.clip(np.floor(2 * (array(one, "filter")[unit].ravel() - 128) + 128.5), 1, 255).astype(int)
    meant = lut[bytes_]  # colours end at half of the largest weight
    assert (
        np.abs(np.array(shown) - np.stack([meant >> shift & 255 for shift in (0, 8, 16)], axis=1)).mean() < 4
    )


def test_a_neuron_that_is_pointed_at_is_enlarged_and_says_its_numbers(pictures: Open) -> None:
    one = ready(pictures(DIGITS))
    assert one.page.is_hidden(".stage-filters-card")
    one.page.mouse.move(*place(one, 17))
    one.settle()
    said = one.page.inner_text(".stage-filters-card").replace("−", "-")
    assert "Neuron 18" in said
    assert f"{array(one, 'filter/bias')[17]:+.3g}"[:5] in said
    assert all(f"{end:+.2g}"[:4] in said for end in array(one, "filter/range")[17])
    one.page.mouse.move(5, 5)
    one.settle()
    assert one.page.is_hidden(".stage-filters-card")


def test_a_chosen_neuron_stays_open_until_escape(pictures: Open) -> None:
    one = ready(pictures(DIGITS))
    one.page.mouse.click(*place(one, 5))
    one.page.mouse.move(5, 5)
    one.settle()
    assert one.page.evaluate("stage.selection") == {"kind": "unit", "column": 0, "unit": 5}
    assert one.page.is_visible(".stage-filters-pinned")
    one.page.keyboard.press("Escape")
    one.settle()
    assert one.page.evaluate("stage.selection") is None
    assert one.page.is_hidden(".stage-filters-card")


def test_the_keyboard_goes_from_neuron_to_neuron_and_says_each(pictures: Open) -> None:
    one = ready(pictures(DIGITS))
    one.page.focus(".stage-filters-canvas")
    for key in ("Home", "ArrowRight", "ArrowDown", "Enter"):
        one.page.keyboard.press(key)
    unit = 1 + one.page.evaluate("stage.views.filters.layout.columns")
    assert one.page.evaluate("stage.selection.unit") == unit
    assert one.page.evaluate("stage.said").startswith(f"Neuron {unit + 1} of 96")


def test_a_change_is_the_difference_to_the_start(pictures: Open) -> None:
    one = ready(pictures(DIGITS))
    before = one.page.evaluate("stage.recorded().then((f) => Array.from(f.arrays['w/1.weight'].data))")
    one.page.click(".stage-filters-chip[data-change=true]")
    one.page.wait_for_function("stage.views.filters.filters.start")
    one.settle()
    shown = one.page.evaluate(
        "(({ bytes, reach }) => [Array.from(bytes), reach])(stage.views.filters.filters.shown(true))"
    )
    moves = array(one, "w/1.weight").ravel() - np.array(before)
    read = (np.array(shown[0]) - 128) / 127 * shown[1]
    step = 2 * float(array(one, "filter/reach")[0]) / 127
    assert np.abs(np.clip(moves, -shown[1], shown[1]) - read).max() < 2 * step
    assert np.abs(moves).max() > 10 * step
    assert "since step 0" in one.page.inner_text(".stage-filters-note")


def test_the_matrix_says_how_many_are_right_and_when(pictures: Open) -> None:
    one = ready(pictures(DIGITS))
    counts = array(one, "confusion")
    said = f"{int(np.trace(counts))} of {int(counts.sum())} right at step 3"
    assert one.page.inner_text(".stage-confusion-sum") == said
    assert one.page.inner_text(".stage-samples-sum").endswith("wrong at step 3")
    one.page.evaluate("stage.show({ ...stage.frame, step: 1234, kind: 'glance', metrics: {}, arrays: {} })")
    one.settle()
    assert one.page.inner_text(".stage-confusion-sum") == said, "a glance has no answers: these are older"


def test_a_cell_says_its_sentence_and_shows_its_pictures_the_surest_first(pictures: Open) -> None:
    one = ready(pictures(DIGITS))
    labels, guess, sure = mistakes(one)
    counts = array(one, "confusion").astype(int)
    wrong = counts * (1 - np.eye(10, dtype=int))
    row, column = np.unravel_index(wrong.argmax(), wrong.shape)
    one.page.mouse.click(*cell(one, int(row), int(column)))
    one.page.mouse.move(5, 5)
    one.settle()
    said = one.page.inner_text(".stage-confusion-reading")
    assert said.startswith(
        f"Of {counts[row].sum()} samples of class {row}, {wrong[row, column]} are taken for {column}"
    )
    within = np.flatnonzero((labels == row) & (guess == column))
    assert (
        one.page.evaluate("stage.views.samples.shown")
        == within[np.argsort(-sure[within], kind="stable")].tolist()
    )
    one.page.click(".stage-samples-chip")
    one.settle()
    assert one.page.evaluate("stage.cell.held") is None
    assert len(one.page.evaluate("stage.views.samples.shown")) > len(within)


def test_the_surest_mistakes_stand_first_each_with_its_picture(pictures: Open) -> None:
    one = ready(pictures(DIGITS))
    labels, guess, sure = mistakes(one)
    wrong = np.flatnonzero(labels != guess)
    expected = wrong[np.argsort(-sure[wrong], kind="stable")]
    shown = one.page.evaluate("stage.views.samples.shown")
    assert shown == expected[: len(shown)].tolist()
    assert f"{len(wrong)} of {len(labels)} held-back" in one.page.inner_text(".stage-samples-sum")
    picture = np.array(
        one.page.evaluate("(i) => Array.from(stage.views.samples.verdicts.picture(i))", shown[0])
    )
    drawn = one.page.evaluate("(i) => it.test[i][0].length && Array.from(it.test[i][0])", shown[0])
    assert np.abs(picture / 255 - np.array(drawn)).max() < 0.003


def test_frames_without_new_pictures_leave_the_old_ones(pictures: Open) -> None:
    one = ready(pictures(DIGITS))
    before = one.page.evaluate("document.querySelector('.stage-filters-canvas').toDataURL()")
    one.page.evaluate("stage.show({ ...stage.frame, kind: 'glance', metrics: {}, arrays: {} })")
    one.settle()
    assert one.page.evaluate("document.querySelector('.stage-filters-canvas').toDataURL()") == before
    assert one.page.get_attribute(".stage-filters", "data-state") == "shown"
    one.page.evaluate("stage.show({ ...stage.frame, live: false, arrays: {} })")
    one.settle()
    for name in ("filters", "confusion", "samples"):
        assert one.page.get_attribute(f".stage-{name}", "data-state") == "lost"


@pytest.mark.parametrize("how", ["lang=zh", "theme=dark", "lang=zh&theme=dark"])
def test_a_phone_shows_all_of_it(pictures: Open, how: str) -> None:
    one = ready(pictures(f"{DIGITS}&{how}", **PHONE))
    assert one.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert one.page.evaluate("look.small()") == []
    assert one.page.get_attribute(".stage-confusion-canvas", "aria-label") != ""


def test_a_dot_stands_at_truth_and_prediction(pictures: Open) -> None:
    one = pictures("case=hills&views=agreement&steps=200")
    truth = array(one, "labels_test", "stage.setup.arrays")
    predicted = array(one, "predictions")[:, 0]
    index = int(np.argmin(np.abs(truth)))
    x, y = one.page.evaluate(
        """([truth, predicted]) => { const { ends: [low, high], side, canvas } = stage.views.agreement;
          const box = canvas.getBoundingClientRect();
          const part = (value) => (value - low) / (high - low);
          return [box.left + 58 + part(truth) * side, box.top + 8 + (1 - part(predicted)) * side]; }""",
        [float(truth[index]), float(predicted[index])],
    )
    one.page.mouse.move(x, y)
    one.settle()
    near: Any = one.page.inner_text(".stage-agreement-reading")
    assert near.startswith(f"Held-back sample {index + 1}:")


def test_views_that_are_left_leave_nothing(pictures: Open) -> None:
    one = ready(pictures(DIGITS))
    assert one.page.evaluate("look.leave()") == 0
