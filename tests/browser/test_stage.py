"""Journeys over the stage as a visitor makes them: a real server, a real browser, nothing replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from playground.presets import presets
from tests.real_browser import CALM
from tests.tabs import Tabs

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
PATIENCE = 60_000
BOARD = "document.querySelector('.stage').board"


class Visitor:
    """Somebody with a browser of their own; what went wrong in it is asked for at the end."""

    def __init__(self, tabs: Tabs, address: str, script: str = "") -> None:
        self.tabs, self.address = tabs, address
        self.trouble: list[str] = []
        self.elsewhere: list[str] = []
        hears: dict[str, Callable[[Any], object]] = {
            "console": lambda said: said.type == "error" and self.trouble.append(said.text),
            "pageerror": lambda error: self.trouble.append(str(error)),
            "request": lambda sent: sent.url.startswith(self._home) or self.elsewhere.append(sent.url),
        }
        self.tab: Page = tabs.lend({"viewport": {"width": 1440, "height": 900}}, hears, CALM + script)

    def open(self, query: str = "") -> Page:
        """Open the app in the visitor's tab."""
        return self._open(self.tab, query)

    def open_another(self, query: str = "") -> Page:
        """Open it in a second tab of the same browser."""
        return self._open(self.tabs.another(self.tab), query)

    def _open(self, page: Page, query: str) -> Page:
        page.set_default_timeout(PATIENCE)
        page.goto(f"{self.address}/{query}")
        shown(page)
        return page

    def leave(self) -> None:
        """Hold what is trained, and close every tab."""
        for page in self.tab.context.pages:
            if page.locator(".stage[data-status=running]").count():
                page.locator(".st-key-play button").click()
                page.wait_for_selector(".stage[data-status=paused]")
        self.tabs.take_back(self.tab)

    @property
    def _home(self) -> tuple[str, ...]:
        return (self.address, self.address.replace("http", "ws"), "data:", "blob:")


@pytest.fixture
def visitor(tabs: Tabs, server: str) -> Iterator[Callable[..., Visitor]]:
    """Bring visitors; afterwards none of them has seen an error, and nothing came from elsewhere."""
    visitors: list[Visitor] = []

    def come(script: str = "") -> Visitor:
        visitors.append(Visitor(tabs, server, script))
        return visitors[-1]

    yield come
    for one in visitors:
        one.leave()
    assert [error for one in visitors for error in one.trouble] == []
    assert [url for one in visitors for url in one.elsewhere] == []


def link(preset: str) -> str:
    return f"?e={presets()[preset].experiment.to_link()}&lang=en"


def shown(page: Page) -> None:
    """Wait until the stage has drawn something and is connected."""
    page.wait_for_selector(".stage[data-connection=open][data-step]")
    page.wait_for_function(f"[...{BOARD}.views.values()].every((view) => view.live)")


def play(page: Page) -> None:
    page.locator(".st-key-play button").click()
    page.wait_for_selector(".stage[data-status=running]")
    page.wait_for_function("Number(document.querySelector('.stage').dataset.step) > 20")


def pause(page: Page) -> int:
    page.locator(".st-key-play button").click()
    page.wait_for_selector(".stage[data-status=paused]")
    page.wait_for_function(f"{BOARD}.newest.step === {BOARD}.status.step")
    return int(page.evaluate(f"{BOARD}.newest.step"))


def plane_of(page: Page) -> list[int]:
    return page.evaluate(f"Array.from({BOARD}.frame.arrays['map/plane'].data)")


def test_xor_is_learned_from_a_fresh_visit(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open()
    page.locator(".st-key-presets button").first.click()
    page.locator(".st-key-preset-xor button").click()
    page.wait_for_function(f"{BOARD}.setup.experiment.data.kind === 'Xor'")
    page.locator(".st-key-preset-list").wait_for(state="detached")  # what was chosen from is put away
    play(page)
    mounts = page.get_attribute(".stage", "data-mounts")
    page.wait_for_function(f"{BOARD}.frame.metrics.loss < 0.01 && {BOARD}.frame.metrics.accuracy === 1")
    pause(page)
    low, high = plane_of(page)[0], plane_of(page)[99]
    assert (low < 128) != (high < 128), "neighbouring corners belong to different classes"
    assert page.get_attribute(".stage", "data-mounts") == mounts, "the pictures are never mounted again"


def test_an_edited_weight_changes_the_plane(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open(link("circle"))

    def type_bias(value: float) -> None:
        page.locator(".stage-diagram-tab[data-column='0'][data-unit='0']").first.click()
        before = plane_of(page)
        field = page.locator(".stage-diagram-field input")
        field.fill(str(value))
        field.press("Enter")
        page.wait_for_function(f"{BOARD}.frame?.arrays['w/0.bias']?.data[0] === {value}")
        assert plane_of(page) != before

    type_bias(7.5)  # before anything is trained
    assert page.evaluate(f"{BOARD}.status.step") == 0
    play(page)
    pause(page)
    type_bias(-2.5)


def test_the_past_is_seen_again_and_forked(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open(link("circle"))
    play(page)
    last = pause(page)
    run = page.evaluate(f"{BOARD}.options.run")
    page.evaluate(f"{BOARD}.seek({last // 2})")
    page.wait_for_function(f"{BOARD}.mode === 'replay' && {BOARD}.frame.step <= {last // 2}")
    then = int(page.evaluate(f"{BOARD}.frame.step"))
    assert 0 < then < last
    page.get_by_role("button", name="Fork here").click()
    page.wait_for_function(f"{BOARD}.options.run !== '{run}'")
    page.wait_for_function(f"{BOARD}.mode === 'live' && {BOARD}.newest?.step === {then}")
    assert page.url.endswith(page.evaluate(f"{BOARD}.options.run")) or "run=" in page.url


def test_painted_points_are_learned(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open(link("circle"))
    before = page.evaluate(f"{BOARD}.setup.samples[0] + {BOARD}.setup.samples[1]")
    page.locator(".stage-plane-open").click()
    canvas = page.locator(".stage-view[data-view=plane] canvas").last
    box = canvas.bounding_box()
    assert box is not None
    for x, y in ((0.3, 0.3), (0.6, 0.6), (0.7, 0.3)):
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.locator(".stage-plane-learn").click()
    page.wait_for_function(f"{BOARD}.setup.experiment.data.kind === 'Csv'")
    page.wait_for_selector(".stage[data-status=running]")
    assert page.evaluate(f"{BOARD}.setup.samples") == [before + 3, 0]
    pause(page)
    page.locator(".st-key-undo button").first.click()
    page.wait_for_function(f"{BOARD}.setup.experiment.data.kind === 'Circles'")


def test_two_tabs_do_not_mix(visitor: Callable[..., Visitor]) -> None:
    one = visitor()
    first, second = one.open(link("circle")), one.open_another(link("moons"))
    play(first)
    assert second.get_attribute(".stage", "data-status") == "ready"
    play(second)
    step = pause(second)
    here = int(first.evaluate(f"{BOARD}.newest.step"))
    first.wait_for_function(f"{BOARD}.newest.step > {here}")
    assert second.evaluate(f"{BOARD}.newest.step") == step
    kinds = [page.evaluate(f"{BOARD}.setup.experiment.data.kind") for page in (first, second)]
    assert kinds == ["Circles", "Moons"]


def test_two_networks_are_compared_in_step_and_looked_at_in_the_same_moment(
    visitor: Callable[..., Visitor],
) -> None:
    page = visitor().open(link("circle"))
    page.locator(".st-key-compare button").first.click()
    page.wait_for_selector(".st-key-compare-2 .stage >> nth=1")
    field = page.locator(".st-key-training .stSelectbox input").first
    field.fill("0.3")
    field.press("Enter")
    page.wait_for_selector(".difference")
    all_boards = "[...document.querySelectorAll('.stage')].map((stage) => stage.board)"
    page.locator(".st-key-play button").click()
    page.wait_for_function(
        f"{all_boards}.length === 3 && {all_boards}.every((board) => board.newest?.step > 100)"
    )
    page.locator(".st-key-play button").click()
    page.wait_for_function(
        f"{all_boards}.every((board) => board.status.status === 'paused' && board.frame.step === board.status.step)"
    )
    assert len(set(page.evaluate(f"{all_boards}.map((board) => board.frame.step)"))) == 1
    page.wait_for_function(f"{all_boards}.every(({{ status }}) => status.together?.step === status.step)")
    cells = "[...document.querySelectorAll(':is(.figures, .stage-readout) [data-name=loss] dd')].slice(0, 2)"
    page.wait_for_function(
        f"new Set({cells}.map((cell) => cell.firstChild.data.trim())).size === 1"
    )  # header and A
    page.evaluate(f"{all_boards}.at(-1).seek(40)")
    page.wait_for_function(
        f"{all_boards}.every((board) => board.mode === 'replay' && board.frame.step <= 40)"
    )
    planes = page.evaluate(
        f"{all_boards}.slice(0, 2).map((board) => Array.from(board.frame.arrays['map/plane'].data))"
    )
    assert planes[0] != planes[1], "each shows its own network"
    page.evaluate(f"{all_boards}.at(-1).live()")
    page.wait_for_function(f"{all_boards}.every((board) => board.mode === 'live')")


def test_the_doctor_shows_the_remedy_beside_the_ill_network(visitor: Callable[..., Visitor]) -> None:
    ill = presets()["circle"].experiment.replace("optimizer.lr", 3.0)
    page = visitor().open(f"?e={ill.to_link()}&lang=en")
    play(page)
    page.locator(".stage-doctor-line").click()
    page.locator(".stage-doctor-try").click()
    page.wait_for_selector(".difference")
    boards = "[...document.querySelectorAll('[class*=st-key-card-] .stage')].map((stage) => stage.board)"
    page.wait_for_function(f"{boards}.length === 2 && {boards}.every((board) => board.newest?.step > 20)")


def test_keys_drive_the_run_and_leave_inputs_alone(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open(link("circle"))
    page.locator("body").press("ArrowRight")
    page.wait_for_function(f"{BOARD}.newest?.step === 1")
    page.locator("body").press(" ")
    page.wait_for_selector(".stage[data-status=running]")
    page.locator("body").press(" ")
    page.wait_for_selector(".stage[data-status=paused]")
    page.locator("body").press("r")
    page.wait_for_function(f"{BOARD}.newest?.step === 0")
    page.locator("body").press("?")
    page.wait_for_selector(".stage-drawer:not([hidden]) kbd")
    page.locator("body").press("Escape")
    box = page.locator(".st-key-training input").first
    box.click()
    box.press_sequentially("0.r")
    page.wait_for_timeout(500)
    assert page.evaluate(f"[{BOARD}.status.status, {BOARD}.newest.step]") == ["paused", 0]


def test_without_a_socket_everything_still_moves(visitor: Callable[..., Visitor]) -> None:
    one = visitor(
        "const Real = WebSocket; window.WebSocket = class extends Real { constructor(url, ...rest) {"
        " super(String(url).includes('/live/ws') ? String(url).replace('/live/ws', '/nowhere') : url, ...rest); } };"
    )
    page = one.open(link("circle"))
    play(page)
    assert "proxy" in page.locator(".stage-line").inner_text()
    one.trouble = [said for said in one.trouble if "nowhere" not in said]
