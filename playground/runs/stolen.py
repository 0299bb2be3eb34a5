"""How long this thread could have worked and had no processor, as the kernel counts it. Knows no run.

Time in which a thread sleeps or waits for a device is not among it. Where the kernel does not tell, nothing is stolen.
"""

from __future__ import annotations

import os
from pathlib import Path

COUNTS = Path("/proc/thread-self/schedstat")
"""Nanoseconds on a processor, nanoseconds waited for one, turns: "Scheduler Statistics" of the Linux kernel."""


class Stolen:
    """Counts for the thread that has made it."""

    def __init__(self, counts: Path = COUNTS) -> None:
        try:
            self._file = os.open(counts, os.O_RDONLY)
        except OSError:
            self._file = -1
        self._before = self._total()

    def lately(self) -> float:
        """Return the seconds since the last call, or since the beginning."""
        now = self._total()
        found, self._before = now - self._before, now
        return max(0.0, found)

    def _total(self) -> float:
        if self._file < 0:
            return 0.0
        try:
            return int(os.pread(self._file, 100, 0).split()[1]) / 1e9
        except (OSError, IndexError, ValueError):
            return 0.0
