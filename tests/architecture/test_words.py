"""Every sentence the code asks for exists. (That both languages have the same ones is promised in tests/spec.)"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from playground import i18n

ROOT = Path(__file__).resolve().parents[2]
SPEAKERS = {"text", "t", "SpecError"}
KEY = re.compile(r"[a-z_]+(\.[A-Za-z0-9_]+)+")


def asked_for() -> dict[str, str]:
    """Return every key that is written out as the first argument of something that speaks, with its place."""
    found: dict[str, str] = {}
    for folder in ("playground", "engines", "pages"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                called = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                if called not in SPEAKERS:
                    continue
                for part in ast.walk(node.args[0]):  # `text("a.b" if one else "a.c")` asks for both
                    if isinstance(part, ast.JoinedStr):
                        break
                    if (
                        isinstance(part, ast.Constant)
                        and isinstance(part.value, str)
                        and KEY.fullmatch(part.value)
                    ):
                        found[part.value] = f"{path.relative_to(ROOT)}:{node.lineno}"
    return found


def test_every_sentence_that_is_asked_for_exists() -> None:
    keys = asked_for()
    assert len(keys) > 50, "the search is blind"
    assert {key: place for key, place in keys.items() if not i18n.has(key)} == {}
