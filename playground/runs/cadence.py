"""How a worker divides its time: slices of training between commands, looks that cost a small share, a pace.

Times are seconds of a monotonic clock that the caller reads. Knows no trainer.
"""

from __future__ import annotations

SLICE = 0.005
MAX_SLICE_STEPS = 1 << 16


class Slices:
    """How many steps make a slice of about 5 ms, so that a command is answered quickly for every size of model."""

    def __init__(self) -> None:
        self.steps = 1

    def took(self, steps: int, seconds: float) -> None:
        """Learn from a slice of `steps` that took `seconds`."""
        fitting = steps * SLICE / max(seconds, 1e-7)
        self.steps = max(1, min(int(fitting), 2 * self.steps, MAX_SLICE_STEPS))


class Looks:
    """When the training is looked at: as often as somebody takes the frames, within a share of the time.

    Somebody who watches gives credits, one for each frame they can take. Without any, a run is looked at once a second,
    and more often in its first seconds, when most happens.
    """

    SHARE = 0.08
    FASTEST = 0.05
    SLOWEST = 1.0
    RESTING = 0.03
    MAX_CREDITS = 2

    def __init__(self, now: float) -> None:
        self.credits = 0
        self._began = now
        self._last = -1e9
        self._free_from = -1e9

    def watch(self, credits: int) -> None:
        """Take credits from somebody who watches."""
        self.credits = min(self.credits + credits, self.MAX_CREDITS)

    def wait(self, now: float, *, resting: bool) -> float:
        """Return how long to wait before the next look; a run that rests may be looked at more freely."""
        if resting:
            return max(0.0, self._last + self.RESTING - now)
        slowest = min(self.SLOWEST, max(self.FASTEST, self.FASTEST * (now - self._began)))
        interval = self.FASTEST if self.credits else slowest
        return max(0.0, self._last + interval - now, self._free_from - now)

    def looked(self, began: float, now: float) -> None:
        """Remember a look that took from `began` to `now`."""
        self.credits = max(0, self.credits - 1)
        self._last = began
        self._free_from = now + (now - began) * (1 / self.SHARE - 1)


class Pacer:
    """How many steps a pace allows by now. Time that was lost is not caught up with."""

    SLACK = 0.25

    def __init__(self) -> None:
        self.pace = 0.0
        self._from = 0.0
        self._done = 0

    def start(self, pace: float, now: float) -> None:
        """Begin to count: `pace` steps per second from `now` on, 0 = as fast as possible. The first step is free."""
        self.pace = pace
        self._from = now
        self._done = -1

    def allowed(self, now: float) -> int:
        """Return how many steps may be taken now."""
        if not self.pace:
            return MAX_SLICE_STEPS
        due = int((now - self._from) * self.pace) - self._done
        behind = max(1, int(self.SLACK * self.pace))
        if due > behind:
            self._done += due - behind
        return min(due, behind)

    def took(self, steps: int) -> None:
        """Remember that `steps` were taken."""
        self._done += steps

    def wait(self, now: float) -> float:
        """Return how long it is until the next step is allowed."""
        if not self.pace:
            return 0.0
        return max(0.0, self._from + (self._done + 1) / self.pace - now)
