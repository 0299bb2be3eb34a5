"""Why a run stands as it does and why a request was refused: sentences that travel as key and values."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any, cast

from playground import i18n
from playground.spec.errors import SpecError, brief


class NoSuchRun(SpecError):
    """There is no such run, or it is somebody else's: the two look the same."""

    def __init__(self) -> None:
        super().__init__("run.no_such_run")


class ServiceDown(SpecError):
    """The run service cannot be reached or started. Runs are safe on disk; the next call tries again."""


@dataclass(frozen=True)
class Reason:
    """A sentence about a run, in any language; false if there is none."""

    key: str = ""
    values: dict[str, Any] = field(default_factory=dict[str, Any])

    def __bool__(self) -> bool:
        return bool(self.key)

    def text(self, lang: str = "en") -> str:
        """Return the sentence in `lang`; empty if there is none."""
        if not self.key:
            return ""
        return i18n.text(self.key, lang, **self.values) if i18n.has(self.key, lang) else self.key

    def pack(self) -> str:
        """Return the one line that the index keeps."""
        if not self.values:
            return self.key
        return json.dumps([self.key, _plain(self.values)], ensure_ascii=False, allow_nan=False)

    @classmethod
    def unpack(cls, line: str) -> Reason:
        """Return the reason behind a line of the index."""
        if not line.startswith("["):
            return cls(line)
        key, values = json.loads(line)
        return cls(key, values)

    @classmethod
    def of(cls, error: SpecError) -> Reason:
        """Return a refusal as a reason."""
        return cls(error.key, _plain({"place": error.place, "value": brief(error.value), **error.values}))


def plain_error(error: SpecError) -> dict[str, Any]:
    """Return a refusal as plain values."""
    return {
        "key": error.key,
        "place": error.place,
        "value": _short(error.value),
        "values": _plain(error.values),
    }


def error_from(plain: dict[str, Any]) -> SpecError:
    """Return the refusal behind plain values."""
    key = plain.get("key")
    if key == "run.no_such_run":
        return NoSuchRun()
    if not isinstance(key, str) or not i18n.has(key):
        return SpecError("run.refused", value=key)
    values = cast("dict[str, object]", plain.get("values") or {})
    return SpecError(key, place=str(plain.get("place", "")), value=plain.get("value"), **values)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _short(value) for name, value in values.items()}


def _short(value: object) -> object:
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value)[:400]
