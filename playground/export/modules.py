"""The stage's own modules and style sheets, as they stand in a file that asks for nothing: an import map of data.

A module keeps its text; only the names of what it imports are written out in full (`stage/views/plane.js`), because an
address made of data has no folder beside it. The browser reads them as it reads the stage's.
"""

from __future__ import annotations

import base64
import json
import posixpath
import re
from collections.abc import Iterable
from functools import cache

from playground.live.assets import assets

ENTRY = "replay/replay.js"
INSTEAD = {"views/time/plotly.js": "replay/plotter.js"}
"""What a file has no room for, and what stands in for it."""
PREFIX = "stage/"
SCHEME = "stage:/"
"""The folder of the modules' own addresses; nothing is ever fetched from there."""
_static = re.compile(r'^(import [^;"]*?from |import )"(\.{1,2}/[^"]+)";', re.MULTILINE)
_dynamic = re.compile(r"\bimport\(`\./views/\$\{([^}`]+)\}\.js`\)")


@cache
def import_map(views: tuple[str, ...]) -> str:
    """Return the JSON of an import map with everything that these views need."""
    found = {PREFIX + name: _address(_text(name)) for name in needed(views)}
    return json.dumps({"imports": found}, separators=(",", ":"))


def needed(views: Iterable[str]) -> list[str]:
    """Return the modules, by their paths below `assets/`, that the replay and these views import, in order."""
    found: set[str] = set()
    waiting = [ENTRY, *(f"views/{name}.js" for name in views)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += imported(name)
    return sorted(found)


def imported(name: str) -> list[str]:
    """Return what a module imports, by paths below `assets/`."""
    return [resolved(name, path) for _, path in _static.findall(_source(name))]


def resolved(name: str, path: str) -> str:
    """Return where `path` leads from the module `name`."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(INSTEAD.get(name, name)), path))


def sheets(views: Iterable[str]) -> dict[str, str]:
    """Return the style sheets of the stage and of these views, by their address, in the order in which they count."""
    known = [f"views/{name}.css" for name in views]
    return {
        SCHEME + name: _css(name) for name in ("stage.css", *known, "replay/replay.css") if name in assets()
    }


def _text(name: str) -> str:
    def written(found: re.Match[str]) -> str:
        return f'{found[1]}"{PREFIX}{resolved(name, found[2])}";'

    text = _static.sub(written, _source(name))
    text = _dynamic.sub(lambda found: f'import("{PREFIX}views/" + {found[1]} + ".js")', text)
    return text.replace("import.meta.url", json.dumps(SCHEME + name))


def _source(name: str) -> str:
    return assets()[INSTEAD.get(name, name)].body.decode("utf-8")


def _css(name: str) -> str:
    return assets()[name].body.decode("utf-8")


def _address(text: str) -> str:
    return "data:text/javascript;base64," + base64.b64encode(text.encode("utf-8")).decode("ascii")
