"""The curves stream without losing zoom or hover, stay light, and lead to every moment of the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

RANGE = "() => document.querySelector('.stage-curves-plot').layout.xaxis.range"
DRAWN = "Number(document.querySelector('.stage-curves-figure').dataset.drawn ?? 0)"
PLOT = "document.querySelector('.stage-curves-plot')"


@pytest.fixture
def curves(views: Callable[..., Any]) -> Callable[..., Any]:
    def open_curves(names: str = "curves", **query: object) -> Any:
        page = views(names, **query)
        page.until(f"{DRAWN} > 0 && {PLOT}.layout?.xaxis.range[1] > 100")
        return page

    return open_curves


def place(page: Any, part: float, height: int = 60) -> tuple[float, float]:
    """A point above so large a part of the horizontal axis."""
    box = page.find(".stage-curves-figure").bounding_box()
    return box["x"] + 48 + part * (box["width"] - 58), box["y"] + height


def redrawn(page: Any) -> None:
    page.run(f"() => {{ window.before = {DRAWN}; }}")
    page.until(f"{DRAWN} > window.before")


def zoom(page: Any) -> list[float]:
    page.page.mouse.move(*place(page, 0.2))
    page.page.mouse.down()
    page.page.mouse.move(*place(page, 0.6), steps=6)
    page.page.mouse.up()
    page.until(f"{PLOT}.layout.xaxis.range[0] > 10")
    return page.run(RANGE)


def test_zoom_survives_fifty_new_points(curves: Callable[..., Any]) -> None:
    page = curves()
    zoomed = zoom(page)
    assert zoomed == pytest.approx([0.2 * 204, 0.6 * 204], rel=0.05)
    drawn = page.run(f"() => {DRAWN}")
    page.push(50)
    redrawn(page)
    assert page.run(f"() => {DRAWN}") > drawn
    assert page.run(RANGE) == zoomed
    page.find("button:has-text('Show all')").click()
    page.until(f"{PLOT}.layout.xaxis.range[1] >= 300")
    assert page.run(RANGE)[0] == 0
    assert page.find("button:has-text('Show all')").is_hidden()


def test_the_axis_follows_the_run_while_nobody_zooms(curves: Callable[..., Any]) -> None:
    page = curves()
    page.push(20)
    page.until(f"{PLOT}.layout.xaxis.range[1] >= 240")
    assert page.run(RANGE)[0] == 0


def test_hover_reads_measured_values_and_survives_new_points(curves: Callable[..., Any]) -> None:
    page = curves()
    page.page.mouse.move(*place(page, 0.5))
    heading = page.find(".stage-curves-heads em")
    page.until("document.querySelector('.stage-curves-heads em').textContent !== ''")
    read = page.find(".stage-curves-heads p").first.inner_text()
    expected = page.run("""async () => {
        const { metricsAt } = await import('/fake_stage.js'); const { digits } = await import('/live/assets/dom.js');
        const near = [];
        for (let step = 980; step <= 1060; step += 10) near.push(digits(metricsAt(step).loss));
        return near;
    }""")
    assert any(value in read for value in expected)
    page.push(50)
    assert heading.inner_text().startswith("at epoch")
    page.page.mouse.move(5, 5)
    page.until("document.querySelector('.stage-curves-heads em').textContent === ''")


def test_no_label_leaves_its_card(curves: Callable[..., Any]) -> None:
    page = curves()
    page.run("() => { document.querySelector('[data-view=curves]').style.width = '298px'; }")
    page.until(f"{PLOT}._fullLayout.width === 298")
    inside = """() => { const card = document.querySelector('.stage-curves-figure').getBoundingClientRect();
        return [...document.querySelectorAll('.stage-curves-heads p > *, .stage-curves-heads em')].every((label) => {
            const box = label.getBoundingClientRect();
            const low = box.bottom <= card.bottom + 0.5;
            return box.width > 0 && box.left >= card.left && box.right <= card.right + 0.5 && low;
        }); }"""
    for part in (0.002, 0.41, 0.998):
        page.page.mouse.move(*place(page, part))
        page.until("document.querySelector('.stage-curves-heads em').textContent !== ''")
        assert page.run(inside), part


def test_training_and_test_are_told_apart_without_colour(curves: Callable[..., Any]) -> None:
    page = curves()
    lines = page.run(f"() => {PLOT}.data.map((trace) => [trace.yaxis, trace.line.dash])")
    assert lines[:2] == [["y", "solid"], ["y", "6px,3px"]]
    assert [axis for axis, _ in lines] == ["y", "y", "y2", "y2", "y3"]


def test_a_run_without_test_samples_has_no_test_line(curves: Callable[..., Any]) -> None:
    page = curves(test=0)
    assert page.run(f"() => {PLOT}.data.map((trace) => trace.yaxis)") == ["y", "y2", "y3"]
    assert "test" not in page.find(".stage-curves-heads p").first.inner_text()


def test_logarithmic_loss_and_back(curves: Callable[..., Any]) -> None:
    page = curves()
    button = page.find("button:has-text('log')")
    button.click()
    page.until(f"{PLOT}.layout.yaxis.type === 'log'")
    low, high = page.run(f"() => {PLOT}.layout.yaxis.range")
    assert 10**low == pytest.approx(0.0125, rel=0.5)
    assert 10**high == pytest.approx(0.9, rel=0.3)
    assert page.run(f"() => {PLOT}.layout.yaxis2.type") == "linear"
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    page.until(f"{PLOT}.layout.yaxis.type === 'linear'")


def test_steps_instead_of_epochs_keep_the_zoom_where_it_was(curves: Callable[..., Any]) -> None:
    page = curves()
    zoomed = zoom(page)
    page.find("button:has-text('epochs')").click()
    page.until(f"{PLOT}.layout.xaxis.title.text === 'step'")
    assert page.run(RANGE) == pytest.approx([10 * x for x in zoomed], abs=1)


def test_averages_stand_before_the_measured_values(curves: Callable[..., Any]) -> None:
    page = curves()
    page.find("button:has-text('smooth')").click()
    page.until(f"{PLOT}.data.length === 9")
    faint, average = page.run(
        f"""() => {PLOT}.data.slice(0, 2).map((trace) => [trace.opacity ?? 1, trace.y])"""
    )
    assert (faint[0], average[0]) == (0.28, 1)

    def rough(y: list[float]) -> float:
        return sum(abs(b - a) for a, b in zip(y[-50:], y[-49:], strict=False))

    assert rough(average[1]) < 0.5 * rough(faint[1])


def test_a_click_goes_to_that_moment(curves: Callable[..., Any]) -> None:
    page = curves()
    page.page.mouse.click(*place(page, 0.5))
    page.until("stage.mode === 'replay'")
    assert page.diary("seeks") == [pytest.approx(1020, abs=30)]
    page.until("document.querySelector('.stage-curves-heads em').textContent.startsWith('at epoch 10')")


def test_a_drag_zooms_and_goes_nowhere(curves: Callable[..., Any]) -> None:
    page = curves()
    zoom(page)
    assert page.diary("seeks") == []


def test_a_double_click_undoes_the_zoom_and_comes_back(curves: Callable[..., Any]) -> None:
    page = curves()
    zoom(page)
    page.page.mouse.dblclick(*place(page, 0.5))
    page.until(f"{PLOT}.layout.xaxis.range[0] === 0 && stage.mode === 'live'")


def test_another_run_is_drawn_behind_and_taken_away(curves: Callable[..., Any]) -> None:
    page = curves()
    page.run("async () => stage.emit('overlay', { name: 'lr 0.3', history: await stage.history() })")
    page.until(f"{PLOT}.data.length === 10")
    dashes = page.run(f"() => {PLOT}.data.map((trace) => trace.line.dash)")
    assert len({*dashes[:4]}) == 4  # four lines in the first panel, four ways to draw them
    assert "lr 0.3" in page.find(".stage-curves-key").inner_text()
    page.run("() => stage.views.get('curves').overlay('lr 0.3', null)")
    page.until(f"{PLOT}.data.length === 5")
    assert page.find(".stage-curves-key").is_hidden()


def test_it_is_drawn_fifteen_times_a_second_at_most(curves: Callable[..., Any]) -> None:
    page = curves()
    drawn, seconds = page.run(f"""async () => {{
        const before = {DRAWN}; const began = performance.now();
        while (performance.now() - began < 2000) await stage.push(1);
        return [{DRAWN} - before, (performance.now() - began) / 1000];
    }}""")
    assert 2 <= drawn <= 15 * seconds + 1


def test_few_points_are_handed_to_plotly_however_long_the_run(curves: Callable[..., Any]) -> None:
    page = curves(until=200_000)
    found = page.run(f"() => {PLOT}.data.map((trace) => [trace.x.length, trace.x.at(-1)])")
    width = page.find(".stage-curves-figure").bounding_box()["width"]
    for count, last in found:
        assert count <= 2 * width + 2
        assert last == 20_000


def test_the_newest_point_is_seen_before_plotly_draws_it(curves: Callable[..., Any]) -> None:
    page = curves()
    dots = page.run("""async () => {
        const view = stage.views.get('curves');
        view.held = true; // as while something is dragged: plotly rests
        const canvas = document.querySelector('.stage-curves-canvas');
        const picture = () => canvas.toDataURL();
        const before = picture();
        await stage.push(3);
        return picture() !== before;
    }""")
    assert dots


def test_its_text_is_renewed_once_a_second_at_most(curves: Callable[..., Any]) -> None:
    page = curves()
    changes, text = page.run("""async () => {
        const figure = document.querySelector('.stage-curves-figure');
        let changes = 0;
        new MutationObserver(() => changes++).observe(figure, { attributes: true, attributeFilter: ['aria-label'] });
        const began = performance.now();
        while (performance.now() - began < 2500) await stage.push(1);
        return [changes, figure.getAttribute('aria-label')];
    }""")
    assert 1 <= changes <= 3
    assert "Loss: training 0.0" in text
    assert "Accuracy: training 100.0 %, test 97.0 %." in text


def test_a_run_that_begins_again_is_drawn_from_the_start(curves: Callable[..., Any]) -> None:
    page = curves()
    page.run("() => stage.restart()")
    page.push(10)
    page.until(f"{PLOT}.layout.xaxis.range[1] < 30")


def test_the_theme_changes_in_place(curves: Callable[..., Any]) -> None:
    page = curves()
    page.run("() => stage.wear(true)")
    page.until(f"{PLOT}.data[1].line.color === '#2dd4bf'")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_fits_a_phone_and_speaks_both_languages(curves: Callable[..., Any], lang: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = curves(context=phone, lang=lang)
    assert page.run("() => document.documentElement.scrollWidth") <= 390
    assert page.run(f"() => {PLOT}._fullLayout.dragmode") is False  # or nobody could scroll past it
    page.page.touchscreen.tap(*place(page, 0.5))
    page.until("stage.mode === 'replay'")
    smallest = page.run("""() => Math.min(...[...document.querySelectorAll('.stage-curves-chip')].map((chip) => {
        if (chip.hidden) return Infinity;
        const style = getComputedStyle(chip, '::after');
        return chip.getBoundingClientRect().height - parseFloat(style.top) - parseFloat(style.bottom);
    }))""")
    assert smallest >= 32


def test_lines_are_there_even_where_the_library_is_not(views: Callable[..., Any]) -> None:
    page = views("timeline")
    page.page.route("**/live/plotly.js", lambda route: route.abort())
    found = page.run("""async () => {
        const { mount } = await import('/live/assets/views/curves.js');
        const element = document.createElement('div');
        document.querySelector('.stage-inner').append(element);
        stage.views.set('curves', mount(element, stage));
        for (let i = 0; i < 60; i++) await stage.push(1);
        const canvas = element.querySelector('canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((x, i) => i % 4 === 3 && x > 0).length;
    }""")
    assert found > 500
    page.complaints.clear()  # the browser itself complains of what could not be loaded
