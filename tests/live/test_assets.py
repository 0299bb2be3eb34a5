"""The server sends the stage's own files and nothing else, for ever where their address says which version it is."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from playground.live.assets import FOLDER, assets, plotly, preloads, version
from playground.live.component import loader
from playground.live.routes import Live


def get(path: str, query: str = "", **headers: str) -> tuple[int, Mapping[str, str], bytes]:
    """Ask the routes for a path, as a server would."""
    app = Starlette(routes=Live(Path("nowhere")).routes)
    said: list[Any] = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "scheme": "http",
        "server": ("127.0.0.1", 1),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    asyncio.run(app(scope, receive, send))
    head = {name.decode(): value.decode() for name, value in said[0]["headers"]}
    return said[0]["status"], head, b"".join(part.get("body", b"") for part in said[1:])


@pytest.mark.parametrize("name", sorted(assets()))
def test_every_file_is_sent_as_it_is(name: str):
    status, head, body = get(f"/live/assets/{version()}/{name}")
    assert (status, body) == (200, (FOLDER / name).read_bytes())
    assert head["content-type"].startswith("text/javascript" if name.endswith(".js") else "text/css")
    assert head["cache-control"] == "public, max-age=31536000, immutable"
    assert head["x-content-type-options"] == "nosniff"


def test_a_file_of_an_earlier_version_is_the_present_one_and_is_not_kept():
    status, head, _ = get("/live/assets/0123456789ab/stage.js")
    assert (status, head["cache-control"]) == (200, "no-cache")


def test_what_a_browser_has_already_is_not_sent_again():
    _, head, _ = get(f"/live/assets/{version()}/stage.js")
    status, _, body = get(f"/live/assets/{version()}/stage.js", if_none_match=head["etag"])
    assert (status, body) == (304, b"")


def test_files_travel_compressed_where_the_browser_can_read_that():
    _, head, body = get(f"/live/assets/{version()}/board.js", accept_encoding="gzip, br")
    assert head["content-encoding"] == "gzip"
    assert gzip.decompress(body) == (FOLDER / "board.js").read_bytes()
    assert head["vary"] == "accept-encoding"


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "nothing.js",
        "views",
        "views/",
        "../component.py",
        "..%2fcomponent.py",
        "../../live/tokens.py",
        "views/../../tokens.py",
        "//etc/passwd",
        "/etc/passwd",
        "stage.js/",
        "stage.js%00.css",
        "STAGE.JS",
    ],
)
def test_nothing_else_can_be_asked_for(name: str):
    assert get(f"/live/assets/{version()}/{name}")[0] == 404


def test_plotly_comes_from_the_installed_package():
    import plotly as package

    status, head, body = get("/live/plotly.js", query=plotly().etag, accept_encoding="gzip")
    script = Path(package.__file__).parent / "package_data" / "plotly.min.js"
    assert (status, gzip.decompress(body)) == (200, script.read_bytes())
    assert "immutable" in head["cache-control"]


def test_the_version_changes_with_any_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    before = version()
    try:
        for name, asset in assets().items():
            copy = tmp_path / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(asset.body + (b"\n" if name == "dom.js" else b""))
        monkeypatch.setattr("playground.live.assets.FOLDER", tmp_path)
        assets.cache_clear()
        version.cache_clear()
        assert version() != before
    finally:
        monkeypatch.undo()
        assets.cache_clear()
        version.cache_clear()


def test_the_browser_loads_nothing_from_elsewhere():
    sources = {name: asset.body.decode() for name, asset in assets().items()} | {"the loader": loader()}
    elsewhere = re.compile(r"""(?:https?:)?//(?!www\.w3\.org/)[\w-]+\.[\w.-]+/""")
    found = {
        name: hits
        for name, text in sources.items()
        if (
            hits := [
                hit
                for line in text.splitlines()
                if not line.lstrip().startswith(("//", "*", "/*"))
                for hit in elsewhere.findall(line)
            ]
        )
    }
    assert found == {}


def test_every_import_leads_to_a_file_that_is_sent():
    pattern = re.compile(r"""(?:from|import)\s+"(\.[^"]+)"|import\("(\.[^"]+)"\)""")
    for name, asset in assets().items():
        for found in pattern.findall(asset.body.decode()):
            target = (FOLDER / name).parent / (found[0] or found[1])
            assert target.resolve().relative_to(FOLDER).as_posix() in assets(), (name, found)


def test_the_elements_own_code_is_a_few_lines_and_none_of_it_could_be_taken_for_a_path():
    assert loader().count("\n") < 20
    assert "\n" in loader().strip()
    assert set(eval(preloads())) <= set(assets())  # a list of JSON is one of Python
