"""Every sentence a person reads, in every language the interface speaks.

Strings live in one TOML file per language; a key is a dotted path into it. This module knows no screen and no
specification: it turns a key and its values into a sentence.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("en", "zh")


def text(key: str, lang: str = "en", /, **values: object) -> str:
    """Return the sentence behind `key`, with `{names}` filled from `values`.

    A language that is not spoken falls back to English.

    Raises:
        KeyError: if there is no such key (a mistake in the program, never of the visitor).
    """
    template = _lookup(key, lang if lang in LANGUAGES else "en")
    if template is None:
        raise KeyError(f"no text for {key!r}")
    return template.format(**values) if values else template.replace("{{", "{").replace("}}", "}")


def has(key: str, lang: str = "en") -> bool:
    """Tell whether there is a text behind `key`."""
    return _lookup(key, lang if lang in LANGUAGES else "en") is not None


def keys(lang: str = "en") -> dict[str, str]:
    """Return every dotted key of a language with its template."""
    found: dict[str, str] = {}

    def walk(prefix: str, node: dict[str, Any]) -> None:
        for name, value in node.items():
            if isinstance(value, dict):
                walk(f"{prefix}{name}.", value)
            else:
                found[prefix + name] = value

    walk("", _table(lang))
    return found


def _lookup(key: str, lang: str) -> str | None:
    node: Any = _table(lang)
    for part in key.split("."):
        if not isinstance(node, dict) or part not in node:
            return None
        node = node[part]
    return node if isinstance(node, str) else None


@cache
def _table(lang: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__name__).joinpath(f"{lang}.toml").read_text(encoding="utf-8"))
