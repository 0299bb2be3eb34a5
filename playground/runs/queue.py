"""The queue of runs that wait for a worker: first in first out for each owner, round robin over the owners.

Knows no run, no clock and no worker; a run is an id.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Mapping


class FairQueue:
    """Who is next. Whoever has just had a turn comes last in the next round."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, deque[str]] = OrderedDict()  # owners in the order of their turns

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def push(self, owner: str, run: str, *, front: bool = False) -> None:
        """Let `run` wait behind (or before) the owner's other runs. A run that waits already keeps its place."""
        line = self._lines.setdefault(owner, deque())
        if run not in line:
            (line.appendleft if front else line.append)(run)

    def remove(self, owner: str, run: str) -> bool:
        """Take `run` out; False if it was not waiting."""
        line = self._lines.get(owner)
        if line is None or run not in line:
            return False
        line.remove(run)
        if not line:
            del self._lines[owner]
        return True

    def waiting(self, owner: str) -> int:
        """How many runs of `owner` wait."""
        return len(self._lines.get(owner, ()))

    def take(self, active: Mapping[str, int], cap: int) -> str | None:
        """Take out the run whose turn it is; None if all who wait have `cap` workers already.

        Args:
            active: how many workers each owner has now.
            cap: how many an owner may have.
        """
        for owner, line in self._lines.items():
            if active.get(owner, 0) >= cap:
                continue
            run = line.popleft()
            if line:
                self._lines.move_to_end(owner)
            else:
                del self._lines[owner]
            return run
        return None

    def position(self, owner: str, run: str) -> int:
        """Return how many turns it takes until `run` is started, 1 being the next; 0 if it does not wait.

        Owners who are at their cap are counted as if they had a turn: a place never gets worse by their runs ending.
        """
        line = self._lines.get(owner)
        if line is None or run not in line:
            return 0
        rounds = line.index(run)
        before = Counter({other: min(len(runs), rounds) for other, runs in self._lines.items()})
        earlier = 0
        for other, runs in self._lines.items():
            if other == owner:
                break
            earlier += len(runs) > rounds
        return before.total() + earlier + 1
