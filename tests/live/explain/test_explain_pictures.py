"""Looking into a network with one picture, chosen or drawn: maps of every layer, probabilities at each stroke."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from playground.data import load
from playground.presets import preset
from playground.probes import asks
from playground.spec.image_data import Mnist5k
from tests.probes.looking import experiment

if TYPE_CHECKING:
    from tests.live.explain.served import Explained

pytestmark = pytest.mark.browser

Open = Callable[..., "Explained"]
VIEWS = "featuremaps,picture,samples"
WHY = "picture,featuremaps,attribution"
SMALL = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
SHOWN = "document.querySelector('.stage-featuremaps').dataset.state === 'shown'"


def shown(one: Explained, condition: str = "true") -> None:
    """Wait until the answer for the picture that is looked at is drawn, and a condition holds."""
    one.page.wait_for_function(
        f"""() => {{
          const {{ lookedAt, samePicture }} = window.subject ?? {{}};
          const feed = stage.views.get('picture').live.feed;
          const here = {SHOWN} && samePicture && feed.latest && samePicture(feed.latest.picture, lookedAt(stage));
          return here && ({condition}); }}"""
    )
    one.settle()


def opened(one: Explained) -> Explained:
    one.page.evaluate(
        "async () => (window.subject = await import('/live/assets/views/look/subject.js')) && undefined"
    )
    shown(one)
    return one


def draw(one: Explained, *strokes: list[tuple[float, float]]) -> None:
    box = one.page.locator(".stage-pad").bounding_box()
    assert box is not None
    for stroke in strokes:
        for number, (x, y) in enumerate(stroke):
            one.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
            if number == 0:
                one.page.mouse.down()
        one.page.mouse.up()


def drawn(one: Explained) -> Any:
    return one.page.evaluate("stage.selection.pixels")


def test_digits_of_mnist_stay_as_they_are_wherever_and_however_large_they_are_drawn(explained: Open) -> None:
    one = opened(explained(experiment(), steps=2, views=VIEWS))
    digits = np.rint(255 * load(Mnist5k()).x[:15, 0]).astype(int)
    moved = one.page.evaluate(
        """async (digits) => { const { settled } = await import('/live/assets/views/look/digit.js');
          return digits.map((digit, number) => { // each pixel becomes times × times, anywhere on the sheet
            const [times, side] = [[5, 8, 3][number % 3], 260];
            const [top, left] = [(7 * number) % 30, (11 * number) % 30];
            const ink = new Uint8Array(side * side);
            for (let y = 0; y < 28 * times; y++) for (let x = 0; x < 28 * times; x++) {
              const value = digit[Math.floor(y / times)][Math.floor(x / times)];
              if (value) ink[(y + top) * side + x + left] = value;
            }
            return Array.from(settled(ink, side, [1, 28, 28])); }); }""",
        digits.tolist(),
    )
    same = (np.array(moved).reshape(digits.shape) == digits).all(axis=(1, 2))
    assert same.all()
    eight = one.page.evaluate(
        """async () => { const { settled } = await import('/live/assets/views/look/digit.js');
          const ink = new Uint8Array(64 * 64);
          for (let y = 10; y < 42; y++) for (let x = 30; x < 46; x++) ink[y * 64 + x] = 255;
          return [Array.from(settled(ink, 64, [1, 8, 8])), Array.from(settled(ink, 64, [3, 8, 8])),
                  Array.from(settled(new Uint8Array(64), 8, [1, 28, 28])),
                  Array.from(settled(ink, 64, [1, 8, 8], "OwnImages"))]; }"""
    )
    bar = np.zeros((8, 8), int)
    bar[:, 2:6] = 255
    assert (np.array(eight[0]).reshape(8, 8) == bar).all(), "it fills its picture"
    colour = np.array(eight[1]).reshape(3, 8, 8)
    assert (colour[0] == colour[2]).all()
    assert np.abs(colour.mean() - 255 * 32 * 16 / 64**2) < 3, "a colour picture is taken as it stands"
    assert not np.any(eight[2])
    assert eight[3] == colour[0].ravel().tolist(), "so is one among a visitor's own"
    inks = one.page.evaluate(
        """async () => { const { pictureOf } = await import('/live/assets/views/look/strokes.js');
          const { readColours } = await import('/live/assets/colours.js');
          const line = [{ points: [[0.1, 0.5], [0.9, 0.5]], erases: false }];
          const drawn = (light) => Array.from(pictureOf(line, [1, 8, 8], "OwnImages", light));
          const ends = ({ paper, ink }) => [paper, ink];
          const at = (photo) => ends(readColours(document.body, stage.setup.themes, photo));
          return [drawn(false), drawn(true), at(true), at(false)]; }"""
    )
    assert np.array_equal(np.array(inks[0]), 255 - np.array(inks[1])), (
        "dark where the pictures stand on white"
    )
    assert inks[2] == ["#000000", "#ffffff"]
    assert inks[3] != inks[2]


def test_a_sample_is_chosen_and_every_map_is_drawn_in_its_colours(explained: Open) -> None:
    one = opened(explained(experiment(), steps=30, views=VIEWS))
    one.page.click(".stage-picture [aria-label='Next picture']")
    shown(one)
    assert one.page.evaluate("stage.selection") == {"kind": "sample", "index": 1, "test": True}
    answer = asks.answer("featuremaps", one.room.scene(), {"index": 1, "test": True})
    assert one.page.inner_text(".stage-picture-number") == "2 of 539"
    drawn_as = one.page.evaluate(
        """() => { const { layout, canvas, answer } = stage.views.get('featuremaps').live;
          const scale = canvas.width / layout.width, pen = canvas.getContext('2d');
          return layout.boxes.filter((box) => box.layer === 4).map((box) => {
            const [w, h] = [2, 2];
            return [0, 1, 2, 3].map((k) => Array.from(pen.getImageData(
              Math.round((box.x + ((k % w) + 0.5) * box.w / w) * scale),
              Math.round((box.y + (Math.floor(k / w) + 0.5) * box.h / h) * scale), 1, 1).data.slice(0, 3))); }); }"""
    )
    lut = np.array(one.page.evaluate("Array.from(stage.colours.lut)"), np.int64)
    # Every layer is in view, the last ones too.
    view = "stage.views.get('featuremaps').live"
    assert one.page.evaluate(f"{view}.scroller.scrollWidth <= {view}.scroller.clientWidth")
    assert one.page.locator(".stage-featuremaps-way").evaluate_all("ways => ways.every((way) => way.hidden)")
    meant = lut[answer.arrays["map/4"].reshape(6, 4)]
    colours = np.stack([meant >> shift & 255 for shift in (0, 8, 16)], axis=-1)
    assert np.abs(np.array(drawn_as) - colours).max() <= 2
    one.room.train(20)
    one.page.evaluate("refresh()")
    shown(one, "feed.latest.step === 50")
    assert one.page.inner_text(".stage-featuremaps-at") == "step 50"


def test_a_drawing_is_recognised_at_every_stroke_and_can_be_undone(explained: Open) -> None:
    one = opened(explained(preset("digits-mlp").experiment, steps=250, views=VIEWS))
    one.page.click(".stage-look-chip[data-draws=true]")
    shown(one, "document.querySelector('.stage-picture-verdict').textContent.startsWith('Draw')")
    draw(one, [(0.5, 0.2), (0.48, 0.5), (0.46, 0.8)])
    shown(one, "feed.latest.taken_for === 1")
    answer = asks.answer("featuremaps", one.room.scene(), {"pixels": drawn(one)})
    values = one.page.locator(".stage-picture .stage-bars-bar").evaluate_all(
        "bars => bars.map((bar) => Number(bar.style.transform.slice(7, -1)))"
    )
    assert values == pytest.approx(answer.plain["probabilities"], abs=1e-5)
    seen = np.frombuffer(base64.b64decode(drawn(one)), np.uint8).reshape(28, 28)
    rows = np.nonzero(seen > 20)[0]
    assert np.ptp(rows) + 1 == 20
    middle = [(seen * np.arange(28)).sum() / seen.sum(), (seen * np.arange(28)[:, None]).sum() / seen.sum()]
    assert np.abs(np.array(middle) - 14).max() <= 0.5
    before = drawn(one)
    draw(one, [(0.3, 0.3), (0.7, 0.7)])
    shown(one)
    assert drawn(one) != before
    one.page.click(".stage-look-tool[data-tool=undo]")
    shown(one)
    assert drawn(one) == before
    one.page.click(".stage-look-tool[data-tool=clear]")
    shown(one, "document.querySelector('.stage-picture-verdict').textContent.startsWith('Draw')")
    one.page.focus(".stage-pad")
    for key in (*["ArrowUp"] * 6, "Space", *["ArrowDown"] * 12, "Space"):
        one.page.keyboard.press(key)
    shown(one, "feed.latest.taken_for === 1")
    one.page.click(".stage-look-chip[data-draws=false]")
    shown(one, "feed.latest.truth !== null")


def test_a_map_shows_what_it_is_made_of_and_the_keyboard_walks(explained: Open) -> None:
    one = opened(explained(experiment(), steps=5, views=VIEWS))
    one.page.focus(".stage-featuremaps-canvas")
    for key in ("Home", "ArrowRight", "ArrowDown"):
        one.page.keyboard.press(key)
    one.page.wait_for_function(
        """stage.views.get('featuremaps').live.answer?.arrays['kernel/0']
          && document.querySelector('.stage-featuremaps-card').checkVisibility()"""
    )
    box = one.page.evaluate(
        "(() => { const v = stage.views.get('featuremaps').live; return v.layout.boxes[v.resting]; })()"
    )
    assert box["layer"] == 0
    said = one.page.inner_text(".stage-featuremaps-card").replace("−", "-")
    low, high = asks.answer("featuremaps", one.room.scene(), {"test": True}).arrays["range/0"][box["map"]]
    assert f"map {box['map'] + 1} of 4" in said
    assert f"{low:+.3g}"[:5] in said
    assert f"{high:+.3g}"[:5] in said
    one.page.click(".stage-featuremaps .stage-look-chip[data-slopes=true]")
    shown(one, "stage.views.get('featuremaps').live.answer?.arrays['slope/0']")
    one.page.focus(".stage-featuremaps-canvas")
    for key in ("Home", "ArrowRight", "ArrowDown"):
        one.page.keyboard.press(key)
    one.settle()
    slope = asks.answer("featuremaps", one.room.scene(), {"test": True, "slopes": True}).arrays[
        "slope_range/0"
    ]
    said = one.page.inner_text(".stage-featuremaps-card").replace("−", "-")
    numbers = [float(text) for text in re.findall(r"[+-]?[\d.]+(?:e-?\d+)?", said.partition(":")[2])]
    assert numbers == pytest.approx(slope[box["map"]].tolist(), rel=6e-3)


def test_a_mistake_that_is_pressed_is_looked_at(explained: Open) -> None:
    one = opened(explained(experiment(), steps=40, views=VIEWS))
    one.page.wait_for_function("stage.views.get('samples').live.shown.length > 0")
    one.page.locator(".stage-samples-canvas").click(position={"x": 20, "y": 20})
    index = one.page.evaluate("stage.views.get('samples').live.shown[0]")
    shown(one)
    assert one.page.evaluate("stage.selection") == {"kind": "sample", "index": index, "test": True}
    # A large network has no frame before it is trained; it can be looked into all the same.
    one.page.evaluate(
        "stage.reel.clear(); for (const name of ['featuremaps', 'picture']) stage.views.get(name).live.renew()"
    )
    shown(one, "stage.frame === null && feed.latest.layers?.length === 11")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_all_of_it_fits_on_a_phone(explained: Open, lang: str) -> None:
    everything = f"{VIEWS},attribution,landscape,classes"
    one = opened(explained(experiment(), steps=5, views=everything, lang=lang, **SMALL))
    # What does not fit is reached by the button at the edge, and back.
    view = "stage.views.get('featuremaps').live"
    later = "document.querySelector('.stage-featuremaps-way[data-way=\"1\"]')"
    assert one.page.evaluate(f"!{later}.hidden && {later}.offsetWidth >= 44 && {later}.offsetHeight >= 44")
    one.page.wait_for_function(f"() => {later}.hidden || void {later}.click()", polling=250)
    assert one.page.evaluate(
        f"{view}.scroller.scrollLeft + {view}.scroller.clientWidth >= {view}.layout.columns.at(-1).inner[1]"
    )
    one.page.wait_for_selector(".stage-featuremaps-way[data-way='-1']")
    for name in ("attribution", "landscape", "classes"):
        one.page.locator(f"[data-view={name}]").scroll_into_view_if_needed()
        one.page.wait_for_selector(f".stage-{name}[data-state=shown]")
    assert one.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = """() => [...document.querySelectorAll('.stage-look *')]
        .filter((node) => node.checkVisibility?.())
        .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))
        .filter((node) => parseFloat(getComputedStyle(node).fontSize) < 12)
        .map((node) => node.outerHTML.slice(0, 80))"""
    assert one.page.evaluate(small) == []
    text = one.page.inner_text(".stage")
    for name in ("featuremaps.", "picture.", "attribution.", "landscape.", "classes."):
        assert name not in text


def test_a_map_opens_and_the_kernel_slides_over_the_picture(explained: Open) -> None:
    one = opened(explained(experiment(), steps=5, views=VIEWS))
    one.page.evaluate("stage.emit('open', {kind: 'map', layer: 0, map: 2})")
    node = ".stage-drawer .stage-opened-map"
    one.page.wait_for_selector(
        f"{node}[data-place^='0/2/']:not([data-place='0/2/4/4'])"
    )  # it slides by itself
    one.page.click(".stage-opened-play")
    one.page.wait_for_selector(f"{node} .stage-opened-play[aria-pressed=false]")
    one.settle()
    one.page.focus(f"{node} figure:last-child .stage-sheet")
    start = one.page.get_attribute(node, "data-place")
    assert start is not None
    row, column = (int(part) for part in start.split("/")[2:])
    one.page.keyboard.press("ArrowUp")
    one.page.wait_for_selector(f"{node}[data-place='0/2/{row - 1}/{column}']")
    place = {"layer": 0, "channel": 2, "row": row - 1, "column": column}
    answer = asks.answer("pixel", one.room.scene(), {"test": True, **place}).plain
    cells = one.page.locator(f"{node} .stage-products td b").all_text_contents()
    assert cells == [cell.get("product", "0") for line in answer["grid"] for cell in line]
    assert (
        one.page.inner_text(f"{node} .stage-ledger tfoot b, {node} .stage-formula-sum b")
        == answer["blocks"][-1]["total"]
    )
    assert answer["value"] in one.page.inner_text(f"{node} h3")
    for layer, number in ((3, 1), (8, 4), (11, 9)):  # a pool, a dense layer, softmax
        one.page.evaluate("([layer, map]) => stage.emit('open', {kind: 'map', layer, map})", [layer, number])
        one.page.wait_for_selector(f"{node}[data-place^='{layer}/{number}/']")
        assert one.page.locator(f"{node} .stage-formula, {node} .stage-ledger").count() > 0
    assert "class 9" in one.page.inner_text(
        f"{node} h3"
    )  # the tenth number, and each exponential, by its class
    rows = one.page.locator(f"{node} .stage-ledger tbody th").all_inner_texts()
    assert [row.split(")")[1].strip() for row in rows] == [f"class {name}" for name in range(10)]
    one.page.keyboard.press("Escape")
    one.page.wait_for_selector(node, state="detached")


def answered(one: Explained, tab: str, condition: str = "true") -> None:
    one.page.wait_for_function(
        f"""() => {{
          const view = stage.views.get('attribution').live;
          const about = JSON.stringify(window.subject.lookedAt(stage));
          const here = view.root.dataset.tab === '{tab}' && view.root.dataset.state === 'shown';
          return here && view.root.dataset.about === about && ({condition}); }}"""
    )
    one.settle()


def test_evidence_neighbours_and_the_nudge_show_what_was_computed(explained: Open) -> None:
    one = opened(explained(experiment(), steps=60, views=WHY))
    one.page.locator(".stage-attribution").scroll_into_view_if_needed()
    answered(one, "evidence")
    one.page.select_option(".stage-attribution-select", label="7")
    answered(one, "evidence", "view.found.saliency.facts.answer.target === 7")
    at = one.room.scene()
    found = asks.answer("saliency", at, {"test": True, "target": 7})
    heat = one.page.evaluate(
        """() => { const { canvas } = stage.views.get('attribution').live.tab.figures.saliency;
          const pen = canvas.getContext('2d'), cell = canvas.width / 8;
          return Array.from({ length: 64 }, (_, k) => Array.from(pen.getImageData(
            Math.floor(((k % 8) + 0.5) * cell), Math.floor((Math.floor(k / 8) + 0.5) * cell), 1, 1)
            .data.slice(0, 3))); }"""
    )
    lut = np.array(one.page.evaluate("Array.from(stage.colours.lut)"), np.int64)
    meant = lut[np.floor(128 + found.arrays["saliency"].ravel().astype(float) * 127 / 255 + 0.5).astype(int)]
    assert np.abs(np.array(heat) - np.stack([meant >> s & 255 for s in (0, 8, 16)], axis=1)).max() <= 2
    covered = asks.answer("occlusion", at, {"test": True, "target": 7}).plain
    square = f"{covered['size']}×{covered['size']}"
    assert square in one.page.inner_text(".stage-attribution-figure:last-child")

    one.page.click(".stage-look-chip[data-tab=neighbours]")
    answered(one, "neighbours")
    near = asks.answer("neighbours", at, {"test": True}).plain
    shown_there = one.page.locator(".stage-neighbour").evaluate_all(
        "all => all.map((one) => +one.dataset.index)"
    )
    assert shown_there == [each["index"] for each in near["seen"] + near["pixels"]]
    one.page.locator(".stage-neighbour").first.click()
    assert one.page.evaluate("stage.selection") == {"kind": "sample", "index": shown_there[0], "test": False}
    answered(one, "neighbours")

    one.page.click(".stage-look-chip[data-tab=nudge]")
    answered(one, "nudge")
    one.page.fill(".stage-attribution-slider", "30")
    one.settle()
    pushed = asks.answer("nudge", at, {"index": shown_there[0], "test": False})
    values = one.page.locator(".stage-attribution .stage-bars-bar").evaluate_all(
        "bars => bars.map((bar) => Number(bar.style.transform.slice(7, -1)))"
    )
    assert values == pytest.approx(pushed.arrays["probabilities"][30].tolist(), abs=1e-5)
    assert "ε = 0.30" in one.page.inner_text(".stage-attribution output")


def test_what_a_map_likes_best_is_sought_from_the_drawer(explained: Open) -> None:
    one = opened(explained(experiment(), steps=20, views=WHY))
    one.page.evaluate("stage.emit('open', {kind: 'map', layer: 4, map: 3})")
    one.page.wait_for_selector(".stage-opened-map[data-place^='4/3/']")
    one.page.locator(".stage-opened-map header .stage-look-chip").last.click()
    one.page.wait_for_function("document.querySelectorAll('.stage-likes .stage-neighbour').length === 6")
    meant = asks.answer("preference", one.room.scene(), {"layer": 4, "channel": 3}).arrays["film"]
    film = one.page.evaluate(
        "Array.from(stage.views.get('attribution').live.tab.found.get(3).arrays.film.data)"
    )
    assert (np.array(film).reshape(meant.shape) == meant).all()
    one.page.wait_for_function(
        "document.querySelector('.stage-attribution-figure figcaption span').textContent.includes('Step 60')"
    )


def test_the_map_of_the_last_numbers_and_the_share_of_each_class(explained: Open) -> None:
    one = opened(explained(experiment(), steps=60, views="picture,featuremaps,landscape,classes,confusion"))
    one.page.wait_for_selector(".stage-landscape[data-state=shown]")
    one.page.wait_for_selector(".stage-classes[data-state=shown]")
    at = one.room.scene()
    found = asks.answer("landscape", at, {}).arrays
    points = np.array(one.page.evaluate("Array.from(stage.views.get('landscape').live.points)"))
    assert points == pytest.approx(found["points"].ravel(), abs=1e-5)
    wrong = int((found["guess"] != at.subject.dataset.y_test[: len(found["guess"])]).sum())
    assert f"{wrong} of them" in (one.page.get_attribute(".stage-landscape-canvas", "aria-label") or "")
    one.page.locator(".stage-landscape-canvas").scroll_into_view_if_needed()
    x, y = one.page.evaluate(
        """() => { const { canvas, points, ends } = stage.views.get('landscape').live;
          const box = canvas.getBoundingClientRect();  // the one that lies farthest to the right
          let best = 0;
          for (let k = 0; k < points.length / 2; k++) if (points[2 * k] > points[2 * best]) best = k;
          window.best = best;
          const up = (points[2 * best + 1] - ends[1][0]) / (ends[1][1] - ends[1][0]);
          return [box.left + box.width - 14, box.top + 320 - 30 - 260 * up]; }"""
    )
    one.page.mouse.click(x, y)
    best = one.page.evaluate("window.best")
    assert one.page.evaluate("stage.selection") == {"kind": "sample", "index": best, "test": True}
    turned = one.page.evaluate(
        """async () => { const { aligned } = await import('/live/assets/views/landscape.js');
          return Array.from(aligned([1, 2, -3, 4], new Float32Array([-1, 1, 2, 5]))); }"""
    )
    assert turned == [-1, 2, 3, 4]

    one.page.click(".stage-landscape [data-method=tsne]")
    one.page.wait_for_selector(".stage-landscape[data-method=tsne]")
    near = asks.answer("neighbourhood", at, {}).arrays["points"]
    points = np.array(one.page.evaluate("Array.from(stage.views.get('landscape').live.points)"))
    assert np.abs(points).reshape(near.shape) == pytest.approx(np.abs(near), abs=1e-3)

    counts = np.array(one.page.evaluate("Array.from(stage.frame.arrays.confusion.data)")).reshape(10, 10)
    bars = one.page.locator(".stage-classes-bar").evaluate_all(
        "bars => bars.map((bar) => Number(bar.style.transform.slice(7, -1)))"
    )
    assert bars == pytest.approx((np.diag(counts) / counts.sum(axis=1)).tolist(), abs=1e-4)
    one.page.click(".stage-classes-row[data-which='4']")
    assert one.page.evaluate("stage.cell.held") == {"truth": 4, "guess": 4}
