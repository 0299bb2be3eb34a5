"""Every moment of a run can be reached: by hand, by keyboard, playing forwards and backwards, one request at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
TRACK = ".stage-timeline-track"
FORK = "button:has-text('Fork here')"
GHOST = "button:has-text('Ghost')"


@pytest.fixture
def timeline(views: Callable[..., Any]) -> Callable[..., Any]:
    def open_timeline(**query: object) -> Any:
        page = views("timeline", **query)
        page.until("stage.diary.histories === 1 && document.querySelector('.stage-timeline-now b') !== null")
        page.page.wait_for_timeout(300)
        return page

    return open_timeline


def press(page: Any, key: str) -> int:
    """Press a key on the bar; the step that is shown then."""
    before = len(page.diary("presented"))
    page.find(TRACK).press(key)
    page.until(f"stage.diary.presented.length > {before}")
    return page.run("() => stage.frame.step")


def drag(page: Any, *parts: float, hold: bool = False) -> None:
    """Put the pointer on the bar at each part of its length in turn, pressed."""
    box = page.find(TRACK).bounding_box()
    mouse = page.page.mouse
    for i, part in enumerate(parts):
        mouse.move(box["x"] + 9 + part * (box["width"] - 18), box["y"] + 20)
        if not i:
            mouse.down()
    if not hold:
        mouse.up()


def test_the_bar_is_a_slider_for_the_keyboard(timeline: Callable[..., Any]) -> None:
    page = timeline()
    assert press(page, "ArrowLeft") == 1980
    assert press(page, "ArrowLeft") == 1960
    assert press(page, "ArrowRight") == 1980
    assert press(page, "PageDown") == 1780
    assert press(page, "PageUp") == 1980
    assert press(page, "Home") == 0
    assert press(page, "ArrowUp") == 20
    assert press(page, "ArrowDown") == 0
    assert press(page, "ArrowLeft") == 0
    track = page.find(TRACK)
    assert track.get_attribute("role") == "slider"
    page.until(f"document.querySelector('{TRACK}').getAttribute('aria-valuenow') === '0'")
    assert track.get_attribute("aria-valuemax") == "2000"
    assert track.get_attribute("aria-valuetext").startswith("step 0 of 2,000, epoch 0.0, loss 0.70")
    track.press("End")
    assert page.run("() => [stage.mode, stage.frame.step]") == ["live", 2000]


def test_its_keys_do_not_reach_the_page(timeline: Callable[..., Any]) -> None:
    page = timeline()
    page.run(
        "() => { window.heard = []; document.addEventListener('keydown', (event) => heard.push(event.key)); }"
    )
    press(page, "ArrowLeft")
    page.find(TRACK).press("a")
    assert page.run("() => heard") == ["a"]


def test_dragging_asks_for_one_frame_at_a_time_and_ends_where_the_hand_ends(
    timeline: Callable[..., Any],
) -> None:
    page = timeline(delay=60)
    drag(page, 0.9, *(0.9 - i / 50 for i in range(1, 40)), 0.25)
    page.until("stage.diary.flying === 0 && Math.abs(stage.frame.step - 500) <= 20")
    assert page.diary("most") == 1
    assert len(page.diary("recorded")) < 30  # forty wishes
    assert page.diary("presented")[-1] == page.run("() => stage.frame.step")
    assert page.run("() => stage.mode") == "replay"


def test_dragging_to_the_end_is_live(timeline: Callable[..., Any]) -> None:
    page = timeline()
    drag(page, 0.5, hold=True)
    page.until("stage.mode === 'replay'")
    drag(page, 0.6, 1.2)
    page.until("stage.mode === 'live'")
    page.page.wait_for_timeout(200)
    assert page.run("() => [stage.mode, stage.frame.step]") == ["live", 2000]


def test_frames_that_were_seen_are_not_asked_for_again(timeline: Callable[..., Any]) -> None:
    page = timeline()
    for _ in range(3):
        press(page, "Home")
        press(page, "ArrowRight")
    assert page.diary("recorded") == [0, 20]


def test_it_plays_backwards_to_the_beginning_and_rests(timeline: Callable[..., Any]) -> None:
    page = timeline(delay=2)
    page.find(".stage-timeline-speed").select_option("16")
    page.find("[aria-label='Play the recording backwards']").click()
    assert page.find("[aria-label='Hold']").get_attribute("aria-pressed") == "true"
    page.until("document.querySelector('.stage-timeline').dataset.playing === '0' && stage.frame.step === 0")
    shown = page.diary("presented")
    assert len(shown) > 10
    assert shown == sorted(shown, reverse=True)
    assert len(set(shown)) == len(shown)
    assert page.diary("most") == 1


def test_it_plays_forwards_in_order_until_it_is_live(timeline: Callable[..., Any]) -> None:
    page = timeline(delay=2)
    page.find(".stage-timeline-speed").select_option("16")
    page.find("[aria-label='Play the recording']").click()
    page.until("stage.diary.presented.length > 0 && stage.mode === 'live'")
    shown = page.diary("presented")
    assert shown[0] == 0
    assert len(shown) > 10
    assert shown == sorted(shown)
    assert page.diary("most") == 1


def test_it_stays_on_time_because_frames_are_fetched_before_they_are_due(
    timeline: Callable[..., Any],
) -> None:
    page = timeline(delay=1)
    page.find("[aria-label='Play the recording']").click()
    page.until("stage.diary.presented.length >= 6")
    ahead = page.run("() => Math.max(...stage.diary.recorded) - stage.diary.presented.at(-1)")
    assert ahead >= 40
    page.find("[aria-label='Hold']").click()
    held = page.run("() => stage.frame.step")
    page.page.wait_for_timeout(400)
    assert page.run("() => stage.frame.step") == held


def test_every_speed_plays_the_same_recording(timeline: Callable[..., Any]) -> None:
    page = timeline()
    options = page.find(".stage-timeline-speed option").all_inner_texts()
    assert options == ["0.25×", "0.5×", "1×", "2×", "4×", "8×", "16×"]
    rates = page.run("""async () => {
        const { Player, SPEEDS } = await import('/live/assets/views/time/player.js');
        const player = new Player(stage, { changed() {}, failed() {} });
        return [24, 240, 4096].map((count) => {
          player.steps = new Float64Array(count);
          return SPEEDS.map((speed) => ((player.speed = speed), count / player.rate));
        });
    }""")
    seconds = [at_1x for _, _, at_1x, *_ in rates]
    assert seconds == [4, 20, 20]
    for row in rates:
        assert row == pytest.approx([row[2] / speed for speed in (0.25, 0.5, 1, 2, 4, 8, 16)])


def test_a_fork_is_proposed_from_the_step_that_is_shown(timeline: Callable[..., Any]) -> None:
    page = timeline()
    press(page, "PageDown")
    page.find(FORK).click()
    assert page.diary("proposals") == [{"kind": "fork", "step": 1800}]
    assert page.diary("announced")[-1] == "Another run begins at step 1,800"


def test_a_fork_that_is_impossible_says_why_and_proposes_nothing(timeline: Callable[..., Any]) -> None:
    page = timeline()
    fork = page.find(FORK)
    assert fork.get_attribute("aria-disabled") == "true"
    fork.click(force=True)
    assert page.diary("proposals") == []
    assert "the run is moving" in fork.get_attribute("title")
    assert page.diary("announced") == [fork.get_attribute("title")]
    press(page, "Home")
    page.until(f"document.querySelector('{TRACK}').ariaValueNow === '0'")
    assert fork.get_attribute("title") == "Nothing has been learned yet"
    page.run("() => { stage.setup.fork = 'This one is only on show.'; }")
    assert press(page, "ArrowRight") == 20
    page.until("document.querySelectorAll('.stage-timeline-act')[0].title === 'This one is only on show.'")
    fork.click(force=True)
    assert page.diary("proposals") == []


def test_a_paused_run_can_be_forked_where_it_stands(timeline: Callable[..., Any]) -> None:
    page = timeline()
    page.run(
        "() => { stage.status = { ...stage.status, status: 'paused' }; stage.emit('status', stage.status); }"
    )
    page.find(FORK).click()
    assert page.diary("proposals") == [{"kind": "fork", "step": 2000}]


def test_a_ghost_is_pinned_and_taken_off(timeline: Callable[..., Any]) -> None:
    page = timeline()
    press(page, "PageDown")
    ghost = page.find(GHOST)
    ghost.click()
    press(page, "Home")
    assert ghost.get_attribute("aria-pressed") == "true"
    assert "1,800" in ghost.get_attribute("title")
    ghost.click()
    assert page.diary("ghosts") == [1800, None]


def test_without_a_plane_there_is_no_ghost(timeline: Callable[..., Any]) -> None:
    page = timeline(plane=0)
    ghost = page.find(GHOST)
    ghost.click(force=True)
    assert page.diary("ghosts") == []
    assert ghost.get_attribute("aria-disabled") == "true"
    assert ghost.get_attribute("title") == "Only data in a plane have a boundary to keep"


def test_live_goes_on_underneath_and_is_one_click_away(timeline: Callable[..., Any]) -> None:
    page = timeline()
    press(page, "PageDown")
    page.push(25)
    live = page.find(".stage-timeline-live")
    page.until("document.querySelector('.stage-timeline-live').dataset.ahead === '+700'")
    assert page.run("() => stage.frame.step") == 1800  # what is shown has not moved
    assert live.get_attribute("aria-label") == "Back to what the run does now, 700 steps ahead"
    live.click()
    assert page.run("() => [stage.mode, stage.frame.step]") == ["live", 2500]
    page.until("document.querySelector('.stage-timeline-live').getAttribute('aria-pressed') === 'true'")


def test_what_was_changed_is_marked_and_can_be_read(timeline: Callable[..., Any]) -> None:
    page = timeline()
    box = page.find(TRACK).bounding_box()
    page.page.mouse.move(box["x"] + 9 + 0.6 * (box["width"] - 18), box["y"] + 15)
    bubble = page.find(".stage-timeline-bubble")
    page.until("!document.querySelector('.stage-timeline-bubble').hidden")
    said = bubble.inner_text().split("\n")
    assert said[0].startswith("step 1,2") or said[0].startswith("step 1,1")
    assert said[1].startswith("loss 0.0")
    assert said[2] == "lr → 0.100"
    page.page.mouse.move(box["x"] + 9 + 0.3 * (box["width"] - 18), box["y"] + 15)
    assert "lr" not in bubble.inner_text()


def test_changes_are_marked_as_soon_as_they_are_made(timeline: Callable[..., Any]) -> None:
    page = timeline()
    page.run("() => stage.emit('status', { ...stage.status, experiment: { seed: 1 } })")
    page.until("stage.diary.histories === 2")
    page.page.wait_for_timeout(100)
    page.run("""() => {
        const command = { kind: 'set_weight', name: '0.weight', index: [1, 0], value: 0.5 };
        stage.emit('command', { step: 600, command });
    }""")
    box = page.find(TRACK).bounding_box()
    page.page.mouse.move(box["x"] + 9 + 0.3 * (box["width"] - 18), box["y"] + 15)
    page.until(
        "document.querySelector('.stage-timeline-bubble').innerText.includes('0.weight[1, 0] → 0.500')"
    )


def test_a_refused_frame_is_told_and_playing_ends(timeline: Callable[..., Any]) -> None:
    page = timeline()
    page.run("() => { stage.refuse = 'This run is no longer here.'; }")
    page.find("[aria-label='Play the recording']").click()
    page.until("!document.querySelector('.stage-timeline-note').hidden")
    assert page.find(".stage-timeline-note").inner_text() == "This run is no longer here."
    assert page.find(".stage-timeline").get_attribute("data-playing") == "0"
    page.run("() => { stage.refuse = ''; }")
    assert press(page, "Home") == 0


def test_other_facts_begin_a_new_recording(timeline: Callable[..., Any]) -> None:
    page = timeline()
    press(page, "Home")
    page.find(GHOST).click()
    page.run("""() => {
        stage.setup = { ...stage.setup };
        stage.live();
        stage.views.get('timeline').renew();
        stage.emit('setup', stage.setup);
    }""")
    assert page.diary("ghosts") == [0, None]
    page.until("stage.diary.histories === 2")
    page.page.wait_for_timeout(100)
    assert press(page, "Home") == 0
    assert page.diary("recorded") == [0, 0]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_fits_a_phone_and_a_finger(timeline: Callable[..., Any], lang: str) -> None:
    page = timeline(context=PHONE, lang=lang)
    assert page.run("() => document.documentElement.scrollWidth") <= 390
    tapped = ".stage-timeline button, .stage-timeline select, [role=slider]"
    sizes = page.run(
        """(tapped) => [...document.querySelectorAll(tapped)]
        .map((one) => one.getBoundingClientRect()).map((box) => [box.width, box.height, box.right])""",
        tapped,
    )
    assert len(sizes) == 7
    for width, height, right in sizes:
        assert width >= 32
        assert height >= 32
        assert right <= 390
    box = page.find(TRACK).bounding_box()
    page.page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 20)
    page.until("stage.mode === 'replay'")
    assert page.run("() => stage.frame.step") == pytest.approx(1000, abs=20)


def test_reduced_motion_breathes_no_more(timeline: Callable[..., Any]) -> None:
    page = timeline(context={"reduced_motion": "reduce"})
    dot = "getComputedStyle(document.querySelector('.stage-timeline-live i')).animationName"
    assert page.run(f"() => {dot}") == "none"
