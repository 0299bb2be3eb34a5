"""What curves keep of a long run: bounded, and the same picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

SERIES = "const { Line, Record, extremes } = await import('/live/assets/views/time/series.js');"


@pytest.fixture
def run(views: Callable[..., Any]) -> Callable[[str], Any]:
    page = views("timeline")
    return lambda body: page.run(f"async () => {{ {SERIES} {body} }}")


def test_a_long_line_stays_bounded_and_keeps_its_ends_and_extremes(run: Callable[[str], Any]) -> None:
    found = run("""
        const line = new Line();
        let most = 0;
        for (let step = 0; step < 200000; step++) {
          const value = step === 31337 ? 99 : step === 150001 ? -99 : Math.sin(step / 900);
          line.push(step, step / 35, value);
          most = Math.max(most, line.count);
        }
        const steps = Array.from(line.steps.subarray(0, line.count));
        const values = Array.from(line.values.subarray(0, line.count));
        return { most, room: line.values.length,
          first: steps[0], last: steps.at(-1), epoch: line.epochs[line.count - 1],
          high: steps[values.indexOf(99)], low: steps[values.indexOf(-99)],
          ascending: steps.every((s, i) => !i || s > steps[i - 1]),
          widest: Math.max(...steps.slice(1).map((s, i) => s - steps[i])) };
    """)
    assert found["most"] <= 4000
    assert found["room"] == 4000
    assert (found["first"], found["last"]) == (0, 199_999)
    assert found["epoch"] == pytest.approx(199_999 / 35)
    assert (found["high"], found["low"]) == (31_337, 150_001)
    assert found["ascending"]
    assert found["widest"] < 200_000 / 400  # no part of the run is left out


def test_decimation_keeps_the_lowest_and_highest_of_every_stretch(run: Callable[[str], Any]) -> None:
    found = run("""
        const x = Float64Array.from({ length: 5000 }, (_, i) => i * i / 100);
        const y = x.map((_, i) => Math.sin(i * 12.9898) * 43758.5453 % 1);
        const kept = extremes(x, y, 0, 5000, 40);
        const scale = 40 / (x[4999] - x[0]);
        const missing = [];
        for (let stretch = 0; stretch < 40; stretch++) {
          const inside = [...x.keys()].filter((i) => i > 0 && i < 4999 && Math.floor(x[i] * scale) === stretch);
          for (const best of [Math.min, Math.max]) {
            const value = best(...inside.map((i) => y[i]));
            if (!kept.some((i) => inside.includes(i) && y[i] === value)) missing.push(stretch);
          }
        }
        return { missing, count: kept.length, ends: [kept[0], kept.at(-1)], unique: new Set(kept).size };
    """)
    assert found["missing"] == []
    assert found["count"] == found["unique"] <= 82
    assert found["ends"] == [0, 4999]


def test_few_points_are_all_kept(run: Callable[[str], Any]) -> None:
    assert run("return extremes([1, 2, 5, 9], [3, 1, 4, 1], 0, 4, 2)") == [0, 1, 2, 3]
    assert run("return extremes([], [], 0, 0, 2)") == []


def test_a_run_that_begins_again_forgets_what_came_after(run: Callable[[str], Any]) -> None:
    found = run("""
        const record = new Record();
        for (const step of [0, 10, 20, 30]) record.add({ step, epoch: step / 10, metrics: { loss: step, lr: 1 } });
        record.add({ step: 10, epoch: 1, metrics: { loss: 77, lr: 1 } });
        const { steps, values, count } = record.line("loss");
        return [Array.from(steps.subarray(0, count)), Array.from(values.subarray(0, count)), record.lastStep];
    """)
    assert found == [[0, 10], [0, 77], 10]


def test_what_is_no_number_leaves_no_trace(run: Callable[[str], Any]) -> None:
    found = run("""
        const record = new Record();
        record.add({ step: 0, epoch: 0, metrics: { loss: 1, lr: 1 } });
        record.add({ step: 1, epoch: 1, metrics: { loss: NaN, lr: 1 } });
        record.add({ step: 2, epoch: 2, metrics: { loss: Infinity, lr: 1 } });
        const loss = record.line("loss");
        return [loss.count, loss.at(2), record.lastStep, Number.isNaN(loss.at(-1))];
    """)
    assert found == [1, 1, 2, True]


def test_steps_and_epochs_are_read_off_between_the_points(run: Callable[[str], Any]) -> None:
    found = run("""
        const record = new Record();
        for (const [step, epoch] of [[0, 0], [100, 10], [300, 15]]) record.add({ step, epoch, metrics: { lr: 1 } });
        return [record.epochAt(50), record.epochAt(200), record.stepAt(12.5), record.stepAt(99), record.epochAt(-5)];
    """)
    assert found == [5, 12.5, 200, 300, 0]


def test_averages_are_neither_late_nor_wrong_about_a_constant(run: Callable[[str], Any]) -> None:
    found = run("""
        const { smoothed } = await import('/live/assets/views/time/figure.js');
        const [flat, step] = [new Line(), new Line()];
        for (let i = 0; i <= 400; i++) { flat.push(i, i, 0.25); step.push(i, i, i < 200 ? 0 : i > 200 ? 1 : 0.5); }
        const averaged = smoothed(step);
        return { flat: Array.from(smoothed(flat)).every((x) => Math.abs(x - 0.25) < 1e-12), middle: averaged[200],
          mirrored: Math.max(...averaged.map((x, i) => Math.abs(x + averaged[400 - i] - 1))) };
    """)
    assert found["flat"]
    assert found["middle"] == pytest.approx(0.5, abs=1e-9)
    assert found["mirrored"] < 1e-9


def test_frames_that_came_during_the_history_are_not_lost(views: Callable[..., Any]) -> None:
    page = views("timeline", delay=150)
    page.run("() => stage.push(5)")
    page.until("stage.diary.histories > 0 && stage.diary.flying === 0")
    page.page.wait_for_timeout(300)
    found = page.run("""async () => {
        const { recordOf } = await import('/live/assets/views/time/series.js');
        const { steps, count } = recordOf(stage).line('loss');
        const all = Array.from(steps.subarray(0, count));
        return { count: all.length, unique: new Set(all).size, last: all.at(-1), histories: stage.diary.histories };
    }""")
    assert found["last"] == 2100
    assert found["count"] == found["unique"]
    assert found["histories"] == 1


def test_a_gap_in_the_frames_is_filled_from_the_history(views: Callable[..., Any]) -> None:
    page = views("timeline")
    page.push(3)
    page.page.wait_for_timeout(900)  # a busy browser, a hidden tab
    page.run("() => stage.push(1, 400)")
    page.until("stage.diary.histories === 2")
    page.page.wait_for_timeout(100)
    between = page.run("""async () => {
        const { recordOf } = await import('/live/assets/views/time/series.js');
        const { steps, count } = recordOf(stage).line('loss');
        return Array.from(steps.subarray(0, count)).filter((step) => step > 2060 && step < 2460).length;
    }""")
    assert between > 30
