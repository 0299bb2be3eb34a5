"""Histograms over time: true counts under smooth ridges, bounded memory, every layer and kind within reach."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

pytestmark = pytest.mark.browser

SPREAD = "const { Moment, Spread, Spreads } = await import('/live/assets/views/time/spread.js');"


@pytest.fixture
def histograms(views: Callable[..., Any]) -> Callable[..., Any]:
    def open_histograms(**query: object) -> Any:
        page = views("histograms", **query)
        page.until("stage.views.get('histograms').fields.some((field) => field.base)")
        return page

    return open_histograms


def alt(page: Any) -> str:
    return page.find(".stage-histograms-canvas").get_attribute("aria-label")


def names(page: Any) -> list[str]:
    return page.run("() => stage.views.get('histograms').fields.map((field) => field.name)")


def test_all_layers_stand_side_by_side_and_kinds_change(histograms: Callable[..., Any]) -> None:
    page = histograms()
    assert names(page) == ["hist/w/0.weight", "hist/w/2.weight", "hist/w/4.weight"]
    page.find("button:has-text('Activations')").click()
    page.until("stage.views.get('histograms').fields[0].name === 'hist/a/1'")
    assert names(page) == ["hist/a/1", "hist/a/3", "hist/a/4"]  # behind each layer's activation
    page.find("button:has-text('Gradients')").click()
    page.until("stage.views.get('histograms').fields[0].name === 'hist/g/0.weight'")
    assert "logarithmic" in page.find(".stage-histograms-note").inner_text()


def test_one_layer_shows_all_its_numbers(histograms: Callable[..., Any]) -> None:
    page = histograms()
    page.find(".stage-histograms-layers").select_option("1")
    page.until("stage.views.get('histograms').fields.length === 2")
    assert names(page) == ["hist/w/2.weight", "hist/w/2.bias"]
    page.find("button:has-text('Activations')").click()
    page.until("stage.views.get('histograms').fields[0].name === 'hist/a/2'")
    assert names(page) == ["hist/a/2", "hist/a/3"]  # before and behind the activation


def test_the_pointer_reads_the_counts_that_came(histograms: Callable[..., Any]) -> None:
    page = histograms()
    page.push(3)
    page.page.wait_for_timeout(300)
    field = page.run("""() => {
        const view = stage.views.get('histograms');
        const { box, moments, base, across } = view.fields[0];
        const moment = moments.at(-1);
        const [low, high] = moment.ends(16);
        return { x: across((low + high) / 2), y: base(moment) - 1, step: moment.step };
    }""")
    canvas = page.find(".stage-histograms-canvas").bounding_box()
    page.page.mouse.move(canvas["x"] + field["x"], canvas["y"] + field["y"])
    page.until("!document.querySelector('.stage-histograms-bubble').hidden")
    said = page.find(".stage-histograms-bubble").inner_text().split("\n")
    count, total = page.run(
        """async (step) => {
        const { countsAt } = await import('/fake_stage.js');
        const counts = countsAt(step);
        return [counts[16], counts.reduce((sum, x) => sum + x, 0)];
    }""",
        field["step"],
    )
    assert field["step"] == 2060
    assert said[0] == "step 2,060"
    assert said[1].startswith(f"{count} of {total:,} from 0 to 0.19")


def test_zeros_and_saturation_are_named(histograms: Callable[..., Any]) -> None:
    page = histograms()
    page.find("button:has-text('Activations')").click()
    page.page.wait_for_timeout(1100)
    page.push(1)
    page.until("document.querySelector('.stage-histograms-canvas').ariaLabel.includes('Activations')")
    assert "Hidden layer 1 · Tanh: from −1.00 to 1.00".replace("−", "-") in alt(page)
    assert "62.5 % saturated" in alt(page)
    page.find("button:has-text('Gradients')").click()
    page.page.wait_for_timeout(1100)
    page.push(1)
    page.until("document.querySelector('.stage-histograms-canvas').ariaLabel.includes('Gradients')")
    assert "25.0 % zero" in alt(page)


def test_what_was_recorded_before_is_fetched_one_frame_at_a_time(histograms: Callable[..., Any]) -> None:
    page = histograms()
    page.until("stage.views.get('histograms').fields[0].moments.length >= 20")
    assert page.diary("most") == 1
    steps = page.run("() => stage.views.get('histograms').fields[0].moments.map((moment) => moment.step)")
    assert steps[0] == 0
    assert steps[-1] == 2000
    assert steps == sorted(set(steps))
    assert page.diary("presented") == []  # nothing was shown meanwhile


def test_a_replay_shows_what_had_been_by_then(histograms: Callable[..., Any]) -> None:
    page = histograms()
    page.until("stage.views.get('histograms').fields[0].moments.length >= 20")
    page.run("() => stage.seek(1000)")
    page.until("stage.views.get('histograms').fields[0].moments.at(-1).step === 1000")
    page.run("() => stage.live()")
    page.until("stage.views.get('histograms').fields[0].moments.at(-1).step === 2000")


def test_memory_is_bounded_and_evenly_spread(histograms: Callable[..., Any]) -> None:
    page = histograms()
    found = page.run(f"""async () => {{
        {SPREAD}
        const spread = new Spread();
        let most = 0;
        for (let step = 0; step <= 100000; step += 50) {{
          spread.add(new Moment(step, [1, 2, 1], [-1, 1], [0, 0]));
          most = Math.max(most, spread.moments.length);
        }}
        const steps = spread.moments.map((moment) => moment.step);
        const chosen = spread.until(60000, 20).map((moment) => moment.step);
        return {{ most, steps, chosen }};
    }}""")
    assert found["most"] <= 49
    steps = found["steps"]
    assert (steps[0], steps[-1]) == (0, 100_000)
    gaps = [b - a for a, b in pairwise(steps)]
    assert max(gaps) < 6 * 100_000 / len(steps)
    assert len(found["chosen"]) <= 20
    assert found["chosen"][0] == 0
    assert 50_000 < found["chosen"][-1] <= 60_000


def test_a_run_that_begins_again_forgets_what_came_after(histograms: Callable[..., Any]) -> None:
    page = histograms()
    steps = page.run(f"""async () => {{
        {SPREAD}
        const spreads = new Spreads();
        for (const step of [0, 10, 20, 10]) spreads.add({{ ...stage.frameAt(step, true) }});
        return spreads.of('hist/w/0.weight').moments.map((moment) => moment.step);
    }}""")
    assert steps == [0, 10]


def test_a_ridge_has_the_hill_where_the_numbers_are(histograms: Callable[..., Any]) -> None:
    page = histograms()
    found = page.run(f"""async () => {{
        {SPREAD}
        const counts = new Uint16Array(32); counts[24] = 900; counts[4] = 300;
        const moment = new Moment(0, counts, [-2, 6], [0, 0]);
        const top = moment.ridge.reduce((best, point) => (point[1] > best[1] ? point : best));
        const point = new Moment(0, [5, 0, 0, 0], [0.25, 0.25], [0, 0]);
        const bins = [-2, 6, 6.1].map((value) => moment.bin(value));
        return [top, ...bins, moment.ends(24), point.ridge, point.bin(0.25), point.bin(1)];
    }}""")
    assert found[0][0] == pytest.approx(4.125, abs=0.2)
    assert found[0][1] == 1
    assert found[1:4] == [0, 31, None]
    assert found[4] == [4, 4.25]
    assert found[5:] == [[[0.25, 1]], 0, None]


def test_a_ridge_ends_at_its_bounds_and_fades_out_where_there_are_none(
    histograms: Callable[..., Any],
) -> None:
    page = histograms()
    found = page.run(f"""async () => {{
        {SPREAD}
        const counts = Uint16Array.from({{ length: 32 }}, (_, i) => (i === 31 ? 800 : 10));
        const ends = ({{ ridge }}) => [ridge[0], ridge.at(-1)];
        return [true, false].map((bounded) => ends(new Moment(0, counts, [-1, 1], [0, 0], bounded)));
    }}""")
    (left, right), (faded_left, faded_right) = found
    assert (left[0], right[0]) == (-1, 1)
    assert right[1] == 1  # it is highest at the bound
    assert faded_left[0] < -1
    assert faded_right[0] > 1
    assert faded_right[1] < 0.1


def test_it_is_painted_five_times_a_second_at_most_while_it_trains(histograms: Callable[..., Any]) -> None:
    page = histograms()
    painted, seconds = page.run("""async () => {
        let count = 0;
        const original = CanvasRenderingContext2D.prototype.clearRect;
        CanvasRenderingContext2D.prototype.clearRect = function (...box) { count++; return original.apply(this, box); };
        const began = performance.now();
        while (performance.now() - began < 2000) await stage.push(1);
        return [count, (performance.now() - began) / 1000];
    }""")
    assert 2 <= painted <= 5 * seconds + 2


def test_what_was_recorded_without_histograms_is_worked_out_from_the_states_that_were_kept(
    histograms: Callable[..., Any],
) -> None:
    page = histograms()
    page.run("""() => {
        stage.recorded = async (step) => ({ ...stage.frameAt(step, false), arrays: {} });
        const { steps } = stage;
        stage.steps = async () => {
            const { arrays } = await steps.call(stage);
            const data = Float64Array.from(window.kept);
            return { arrays: { ...arrays, states: { data, shape: [data.length], dtype: 'f8' } } };
        };
        window.kept = [0, 40, 900, 1400];
        window.asked = [];
        stage.ask = async (what, { step }) => {
            window.asked.push(step);
            return what === 'ridges' ? stage.frameAt(step, false) : null;
        };
        stage.views.get('histograms').renew();
    }""")
    page.until("stage.views.get('histograms').fields[0].moments?.length === 5")
    steps = page.run("() => stage.views.get('histograms').fields[0].moments.map((moment) => moment.step)")
    assert steps == [0, 40, 900, 1400, 2000]
    page.run("""() => {
        window.kept.push(1800);  // that went by while nobody looked here
        stage.status = { ...stage.status, status: 'finished' };
        stage.emit('status', stage.status);
    }""")
    page.until("stage.views.get('histograms').fields[0].moments?.length === 6")
    assert page.run("() => window.asked") == [0, 40, 900, 1400, 1800]
    page.run("""() => {
        stage.ask = async () => { throw new Error('It is too large.'); };
        stage.views.get('histograms').renew();
    }""")
    page.until("document.querySelector('.stage-histograms-note').textContent.includes('It is too large.')")
    assert page.run("() => stage.views.get('histograms').fields[0].moments.length") == 1
    assert page.find(".stage-histograms-note").inner_text().startswith("Only this step is known.")


@pytest.mark.parametrize(("lang", "theme"), [("en", "light"), ("zh", "dark")])
def test_it_fits_a_phone(histograms: Callable[..., Any], lang: str, theme: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = histograms(context=phone, lang=lang, theme=theme)
    assert page.run("() => document.documentElement.scrollWidth") <= 390
    box = page.find(".stage-histograms-canvas").bounding_box()
    page.page.touchscreen.tap(box["x"] + 80, box["y"] + 180)
    page.until("!document.querySelector('.stage-histograms-bubble').hidden")
    bubble = page.find(".stage-histograms-bubble").bounding_box()
    assert bubble["x"] >= 0
    assert bubble["x"] + bubble["width"] <= 390
