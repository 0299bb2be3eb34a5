"""How the command line speaks: its language, its one JSON object, its tables."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, cast


def language(environment: Mapping[str, str] = os.environ) -> str:
    """Return the language the environment asks for."""
    for name in ("PLAYGROUND_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def print_json(values: Mapping[str, Any]) -> None:
    """Print one JSON object; what is not a finite number becomes null."""
    print(json.dumps(_finite(values), ensure_ascii=False, allow_nan=False))


def say(text: str) -> None:
    """Print a sentence to stderr."""
    print(text, file=sys.stderr)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as aligned columns."""
    widths = [max(_width(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def _width(text: str) -> int:
    """Count terminal columns: CJK characters take two."""
    return sum(2 if ord(c) > 0x2E7F else 1 for c in text)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(inner) for key, inner in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in cast("Sequence[Any]", value)]
    return value
