"""The modules in a file are the stage's own, complete, and name nothing that would have to be fetched."""

from __future__ import annotations

import base64
import json
import re

from playground.export import modules

VIEWS = ("diagram", "plane", "curves", "timeline")


def texts() -> dict[str, str]:
    found = json.loads(modules.import_map(VIEWS))["imports"]
    return {name: base64.b64decode(address.partition(",")[2]).decode() for name, address in found.items()}


def test_every_import_is_in_the_map() -> None:
    known = texts()
    for name, text in known.items():
        wanted = re.findall(r'^import (?:[^;"]*? from )?"([^"]+)"', text, re.MULTILINE)
        assert {other for other in wanted if other not in known} == set(), name


def test_no_module_looks_beside_itself() -> None:
    for name, text in texts().items():
        assert "import.meta" not in text, name
        assert not re.search(r"""(from |import\(?)["'`]\.""", text), name
    assert 'import("stage/views/" + view.name + ".js")' in texts()["stage/slots.js"]


def test_plotly_stays_at_home() -> None:
    assert "live/plotly.js" not in "".join(texts().values())
    assert "plotly()" in texts()["stage/views/time/plotly.js"]


def test_the_same_modules_make_the_same_map() -> None:
    assert modules.import_map(VIEWS) == modules.import_map.__wrapped__(VIEWS)


def test_style_sheets_stand_at_the_addresses_that_the_modules_ask_for() -> None:
    assert list(modules.sheets(VIEWS)) == [
        "stage:/stage.css",
        "stage:/views/diagram.css",
        "stage:/views/plane.css",
        "stage:/views/curves.css",
        "stage:/views/timeline.css",
        "stage:/replay/replay.css",
    ]
    assert not any("url(" in sheet or "@import" in sheet for sheet in modules.sheets(VIEWS).values())
