"""How far a download is, as a small file beside it: whoever downloads writes it, every page and terminal reads it."""

from __future__ import annotations

import contextlib
import json
import time
from collections import deque
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from playground.i18n import LANGUAGES
from playground.spec import SpecError

FILE, CANCEL = ".progress.json", ".cancel"
WINDOW = 5.0
"""Seconds over which the rate is measured."""
EVERY = 0.2
"""Seconds between two writes."""


@dataclass(frozen=True)
class Progress:
    """Where a download stands.

    Attributes:
        status: `"running"`, `"waiting"` (somebody else downloads the same), `"preparing"` (all is there and is made
            ready), `"done"`, `"failed"`, `"cancelled"`; `"none"` where nobody has tried.
        received, total: bytes.
        rate: bytes per second lately.
        remaining: seconds that it will take at this rate; None where that is not known.
        host: whom it comes from.
        sentences: why it failed, by language.
    """

    status: str = "none"
    received: int = 0
    total: int = 0
    rate: float = 0.0
    remaining: float | None = None
    host: str = ""
    sentences: dict[str, str] = field(default_factory=dict[str, str])


class Meter:
    """Turns what has come into a progress with rate and remaining time; one for each download."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._seen: deque[tuple[float, int]] = deque()

    def at(self, received: int, host: str, now: float | None = None) -> Progress:
        """Return the progress after `received` bytes; `now` is in seconds of a monotonic clock."""
        now = time.monotonic() if now is None else now
        self._seen.append((now, received))
        while len(self._seen) > 2 and self._seen[0][0] < now - WINDOW:
            self._seen.popleft()
        began, before = self._seen[0]
        rate = (received - before) / (now - began) if now > began else 0.0
        remaining = (self._total - received) / rate if rate > 0 else None
        return Progress("running", received, self._total, max(rate, 0.0), remaining, host)


class Noted:
    """Writes progress into the folder of a download, a few times a second at most; a change of status at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last = (-1e9, "")

    def write(self, progress: Progress) -> None:
        """Note how far it is; a disk that is full does not end a download that works."""
        now = time.monotonic()
        if progress.status == self._last[1] and now - self._last[0] < EVERY:
            return
        self._last = (now, progress.status)
        fresh = self._folder / f"{FILE}.new"
        with contextlib.suppress(OSError):
            fresh.write_text(json.dumps(asdict(progress)), encoding="utf-8")
            fresh.replace(self._folder / FILE)


def failed(error: SpecError) -> Progress:
    """Return the progress of a download that ended with `error`."""
    return Progress("failed", sentences={lang: error.text(lang) for lang in LANGUAGES})


def read(folder: Path) -> Progress:
    """Return what was noted last in the folder of a download; a file that makes no sense is none."""
    try:
        values: Any = json.loads((folder / FILE).read_text(encoding="utf-8"))
        known = {name.name: values[name.name] for name in fields(Progress)}
    except (OSError, ValueError, KeyError, TypeError):
        return Progress()
    return Progress(**known)
