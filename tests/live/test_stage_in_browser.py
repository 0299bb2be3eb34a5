"""The stage's core in a real browser: it draws, survives what networks do, and needs no socket if there is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page

from tests.live.house import OWNER, Server, network, serving
from tests.real_browser import real_browser
from tests.tabs import Tabs

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
PATIENCE = 60_000
STAGE = "document.querySelector('.stage')"
BOARD = f"{STAGE}.board"
BARRED = """
const Real = window.WebSocket;
window.WebSocket = function (address, ...more) {
  if (String(address).includes("/live/ws")) return { readyState: 0, close() {}, send() {} }; // neither opens nor fails
  return new Real(address, ...more);
};
Object.assign(window.WebSocket, { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 });
"""
BAD_FIRST_TOKEN = """
const Real = window.WebSocket;
let first = true;
window.WebSocket = function (address, ...more) {
  const spoilt = first && String(address).includes("/live/ws");
  if (spoilt) first = false;
  return new Real(spoilt ? String(address).replace(/token=./, "token=~") : address, ...more);
};
Object.assign(window.WebSocket, { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 });
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(
        tmp_path_factory.mktemp("browser") / "data", PLAYGROUND_NICE="0", PLAYGROUND_FEW_NICE="0"
    ) as found:
        yield found


@pytest.fixture(scope="module")
def tabs() -> Iterator[Tabs]:
    with real_browser() as found:
        yield Tabs(found)


class Tab:
    """A visitor's page, and what its console says."""

    def __init__(self, tabs: Tabs, server: Server) -> None:
        self.tabs, self.server = tabs, server
        self.complaints: list[str] = []
        self.hears = {
            "console": self._hear,
            "pageerror": lambda error: self.complaints.append(str(error)),
        }
        self.page = self._lent()

    def _lent(self, script: str = "") -> Page:
        return self.tabs.lend({"viewport": {"width": 1200, "height": 800}}, self.hears, script)

    def close(self) -> None:
        self.tabs.take_back(self.page)

    def with_script(self, script: str) -> Tab:
        """Have a script run before those of every page."""
        self.close()
        self.page = self._lent(script)
        return self

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def open(self, run: str = "", views: str = "plane", **query: str) -> Tab:
        asked = {"views": views, **({"run": run} if run else {}), **query}
        self.page.goto(
            f"{self.server.address}/?" + "&".join(f"{name}={value}" for name, value in asked.items())
        )
        return self

    def until(self, holds: str) -> Tab:
        self.page.wait_for_function(holds, timeout=PATIENCE)
        return self

    def drawn(self, more_than: int = 0) -> Tab:
        return self.until(f"Number({STAGE}?.dataset.frame ?? 0) > {more_than}")

    def fact(self, name: str) -> str:
        return str(self.page.evaluate(f"{STAGE}.dataset.{name}"))

    def ask(self, script: str) -> Any:
        return self.page.evaluate(f"async () => {{ const board = {BOARD}; {script} }}")


@pytest.fixture
def tab(tabs: Tabs, server: Server) -> Iterator[Tab]:
    found = Tab(tabs, server)
    yield found
    found.close()


@pytest.fixture
def run(server: Server) -> Iterator[str]:
    found = server.client.submit(OWNER, network(4, 2), pace=500)
    yield found
    server.client.delete(OWNER, found)


def test_a_run_moves_and_the_element_is_mounted_once(tab: Tab, run: str):
    tab.open(run, views="diagram,plane").drawn(20)
    first = int(tab.fact("step"))
    tab.until(f"Number({STAGE}.dataset.step) > {first}")
    assert (tab.fact("mounts"), tab.fact("status"), tab.fact("connection")) == ("2", "running", "open")
    assert tab.complaints == []


def test_a_page_that_runs_again_keeps_the_stage_as_it_is(tab: Tab, run: str):
    tab.open(run, reports="status").drawn(5)
    before = tab.page.locator("#page").get_attribute("data-count")
    tab.ask("await board.command({ kind: 'pause' })")
    tab.page.wait_for_function(f"document.querySelector('#page').dataset.count > {before}", timeout=PATIENCE)
    tab.until("document.querySelector('#page').textContent.startsWith('paused')")
    assert tab.fact("mounts") == "1"
    assert tab.complaints == []


def test_what_a_visitor_proposes_reaches_the_page(tab: Tab, run: str):
    tab.open(run).drawn(5)
    tab.ask("board.propose({ kind: 'set', path: 'optimizer.lr', value: 0.5 })")
    tab.until("document.querySelector('#page').textContent.includes('optimizer.lr')")
    assert tab.fact("mounts") == "1"


def test_a_lost_socket_is_opened_again(tab: Tab, run: str):
    tab.open(run).drawn(5)
    tab.ask("board.source.socket.close()")
    tab.until(f"{STAGE}.dataset.connection !== 'open'")
    tab.until(f"{STAGE}.dataset.connection === 'open'")
    tab.drawn(int(tab.fact("frame")) + 10)
    assert tab.fact("mounts") == "1"


def test_a_token_that_is_no_good_is_replaced_by_the_page(tab: Tab, run: str):
    tab.with_script(BAD_FIRST_TOKEN).open(run).drawn(5)
    assert tab.fact("connection") == "open"


def test_where_no_socket_opens_everything_works_and_the_page_says_so(tab: Tab, run: str):
    tab.with_script(BARRED).open(run).drawn(3)
    assert tab.page.locator(".stage-line").inner_text().startswith("No direct connection is possible here")
    tab.until(f"{STAGE}.dataset.status === 'running'")
    here = int(tab.fact("step"))
    tab.until(f"Number({STAGE}.dataset.step) > {here}")
    tab.ask("await board.command({ kind: 'pause' })")
    tab.until(f"{STAGE}.dataset.status === 'paused'")
    refused = "await board.command({ kind: 'set', path: 'optimizer.lr', value: -1 }).catch((error) => error.message)"
    assert "optimizer.lr" in tab.ask(f"return {refused}")
    steps = tab.ask("return Array.from((await board.steps()).arrays.steps.data)")
    assert tab.ask(f"return (await board.seek({steps[1]})).step") == steps[1]
    assert tab.fact("mode") == "replay"


def test_an_older_step_is_shown_while_the_run_goes_on(tab: Tab, run: str):
    tab.open(run).drawn(10)
    step = tab.ask("return (await board.seek(5)).step")
    assert step <= 5
    tab.until(f"Number({STAGE}.dataset.step) === {step}")
    newest = tab.ask("return board.newest.step")
    tab.until(f"{BOARD}.newest.step > {newest}")
    assert int(tab.fact("step")) == step
    tab.ask("board.live()")
    tab.until(f"Number({STAGE}.dataset.step) > {newest}")


def test_of_many_wishes_for_a_step_the_last_one_counts(tab: Tab, run: str):
    tab.open(run).drawn(20)
    steps = tab.ask("return Array.from((await board.steps()).arrays.steps.data)")
    wishes = [steps[i % len(steps)] for i in range(50)] + [steps[2]]
    asked = tab.ask(
        f"""let count = 0; const real = board.source.request.bind(board.source);
        board.source.request = (...all) => {{ count += 1; return real(...all); }};
        let last; for (const step of {wishes}) last = board.seek(step);
        await last; return count;"""
    )
    assert asked < 10
    tab.until(f"Number({STAGE}.dataset.step) === {steps[2]}")


def test_a_hidden_tab_takes_no_frames(tab: Tab, run: str):
    tab.with_script(
        """window.held = []; const real = window.requestAnimationFrame.bind(window);
        window.requestAnimationFrame = (call) => (window.hide ? window.held.push(call) : real(call));
        window.show = () => { window.hide = false; window.held.splice(0).forEach((call) => real(call)); };"""
    )
    tab.open(run).drawn(20)
    came = tab.ask(
        """let count = 0; board.on("frame", () => (count += 1)); window.hide = true;
        await new Promise((done) => setTimeout(done, 2000)); return count;"""
    )
    assert came <= 5  # some were on their way
    before = int(tab.fact("frame"))
    tab.page.evaluate("window.show()")
    tab.drawn(before + 10)


def test_a_picture_that_fails_is_left_out_and_the_others_go_on(tab: Tab, run: str):
    broken = "export function mount() { throw new Error('a mistake'); }"
    tab.page.route(
        "**/views/diagram.js", lambda route: route.fulfill(body=broken, content_type="text/javascript")
    )
    tab.open(run, views="diagram,plane").drawn(10)
    assert "diagram" in tab.page.locator(".stage-broken").inner_text()
    assert any("a mistake" in complaint for complaint in tab.complaints)


def test_an_untrained_network_is_shown_and_play_says_what_to_do(tab: Tab):
    tab.open(e=network(3).to_link()).drawn()
    assert (tab.fact("status"), tab.fact("step")) == ("ready", "0")
    assert "press Train first" in tab.ask(
        "return await board.command({ kind: 'play' }).catch((error) => error.message)"
    )
    assert tab.complaints == []


def test_another_visitors_run_is_not_shown(tab: Tab, run: str):
    tab.open(run, owner="somebody-else")
    tab.until(f"{STAGE}?.dataset.connection === 'gone'")
    assert tab.page.locator(".stage-line").inner_text() == "This run is no longer here."
    assert tab.fact("frame") == "0"
