"""The stage as Streamlit mounts it: a few facts for a socket, or whole bundles where there is none."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from playground.live import tokens
from playground.runs import frames
from tests.live.house import OWNER, network
from tests.runs.house import House

PAGE = Path(__file__).parent / "app" / "page.py"


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    home = House(Path(os.environ["PLAYGROUND_DATA"]), trainers="playground.runs.trainer")
    yield home
    home.close()


def page(**query: str) -> AppTest:
    app = AppTest.from_file(str(PAGE), default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    return app


def mounted(app: AppTest) -> Any:
    (found,) = app.get("bidi_component")
    return found.proto


def test_the_element_carries_a_token_and_the_names_of_the_views(house: House):
    app = page(run="some-run", views="diagram,plane,curves", lang="zh").run()
    assert not app.exception
    options = json.loads(mounted(app).json or mounted(app).mixed.json)
    assert (options["run"], options["views"], options["transport"]) == (
        "some-run",
        ["diagram", "plane", "curves"],
        "socket",
    )
    claims = tokens.read(tokens.secret(house.folder), options["token"])
    assert claims is not None
    assert (claims.owner, claims.run, claims.lang) == (OWNER, "some-run", "zh")
    assert len(mounted(app).json or mounted(app).mixed.json) < 2000  # it travels in every rerun


def test_drawing_the_page_again_changes_nothing_in_the_element(house: House):
    app = page(run="some-run").run()
    before = mounted(app).SerializeToString()
    assert mounted(app.run()).SerializeToString() == before


def test_without_a_run_the_untrained_network_is_named(house: House):
    app = page(e=network(3).to_link()).run()
    options = json.loads(mounted(app).json or mounted(app).mixed.json)
    assert options["run"].startswith("still-")
    assert options["run"] == json.loads(mounted(app.run()).json or mounted(app).mixed.json)["run"]


def test_layers_that_do_not_fit_leave_the_network_before_them_on_the_stage(house: House):
    def options() -> dict[str, Any]:
        app.run()
        assert not app.exception
        return json.loads(mounted(app).json or mounted(app).mixed.json)

    app = page(e=network(3).to_link(), views="diagram")
    before = options()
    app.query_params["e"] = network(3).replace("layers", []).to_link()
    app.query_params["views"] = "plane"
    unfit = options()
    assert (before["unfit"], unfit["unfit"]) == (False, True)
    assert (unfit["run"], unfit["views"]) == (before["run"], ["diagram"])
    app.query_params["e"] = network(4).to_link()
    mended = options()
    assert mended["run"] != before["run"]
    assert (mended["unfit"], mended["views"]) == (False, ["plane"])


def test_where_no_socket_can_be_had_the_element_is_fed(house: House):
    run = house.client.submit(OWNER, network(4, 2), paused=True)
    house.until(run, "paused", owner=OWNER)
    app = page(run=run)
    app.session_state["stage"] = {
        "transport": "data",
        "wanted": {"probes": ["weights"], "setup": "", "requests": []},
    }
    app.run()
    assert not app.exception
    bundle = mounted(app).bytes
    header = json.loads(bundle[4 : 4 + int.from_bytes(bundle[:4], "little")])
    assert header["mount"]["transport"] == "data"
    assert header["setup"]["columns"]
    assert frames.decode(bundle).arrays["points"].shape == (350, 2)
