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
    more often in its first seconds, and at steps that lie ever further apart, so that the shortest run is recorded too.
    """

    SHARE = 0.08
    BURST = 0.1  # seconds of looking that may be spent at once
    WATCHED = 0.015  # a little less than a screen's frame, so that the credits of whoever draws set the pace
    FASTEST = 0.05  # unwatched, at first
    SLOWEST = 1.0
    RESTING = 0.03
    MAX_CREDITS = 2

    def __init__(self, now: float, step: int) -> None:
        self.credits = 0
        self.milestone = step + 1
        self._first_step = step
        self._began = now
        self._last = -1e9
        self._purse, self._counted = self.BURST, now

    def watch(self, credits: int) -> None:
        """Take credits from somebody who watches."""
        self.credits = min(self.credits + credits, self.MAX_CREDITS)

    def rest_wait(self, now: float) -> float:
        """Return how long a run that rests waits before the next look."""
        resting = self.WATCHED if self.credits else self.RESTING
        return max(0.0, self._last + resting - now)

    def wait(self, now: float) -> float:
        """Return how long it is until a watcher is shown the next look at a run that plays; 1 where nobody watches."""
        if not self.credits:
            return self.SLOWEST
        overdrawn = -self._purse / self.SHARE - (now - self._counted)
        return max(0.0, self._last + self.WATCHED - now, overdrawn)

    def due(self, now: float, step: int) -> bool:
        """Tell whether it is time for the next look at a run that plays."""
        wanted = step >= self.milestone
        if wanted:
            done = step - self._first_step
            self.milestone = step + max(1, done // 4)
        if not wanted:
            slowest = min(self.SLOWEST, max(self.FASTEST, self.FASTEST * (now - self._began)))
            wanted = now - self._last >= (self.WATCHED if self.credits else slowest)
        return wanted and self._purse + self.SHARE * (now - self._counted) > 0

    def lose(self, seconds: float) -> None:
        """Leave out of the time that may be shared what other processes have taken of it."""
        self._counted += seconds

    def looked(self, now: float, cost: float) -> None:
        """Remember a look that began at `now` and took `cost` seconds of the processor.

        Only the processor's time counts: what other processes have taken meanwhile is not the fault of the look.
        """
        self.credits = max(0, self.credits - 1)
        self._last = now
        self._purse = min(self.BURST, self._purse + self.SHARE * (now - self._counted)) - cost
        self._counted = now


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


class Quick:
    """Steps per second while nothing else takes the processor: what was quickest lately."""

    FORGET = 1.05

    def __init__(self) -> None:
        self._seconds = 0.0  # of one step

    def took(self, steps: int, seconds: float) -> None:
        """Learn from a slice of `steps` that took `seconds`."""
        each = max(seconds / steps, 1e-9)
        self._seconds = min(each, self.FORGET * self._seconds) if self._seconds else each

    def rate(self, pace: float) -> float:
        """Return it, `pace` at most (0: no pace is kept); 0 where nothing is known."""
        found = 1.0 / self._seconds if self._seconds else 0.0
        return min(found, pace) if pace else found


class Speed:
    """Steps per second over the last second or so of training."""

    WINDOW = 0.5

    def __init__(self) -> None:
        self._step: int | None = None
        self._taken, self._seconds = 0, 0.0
        self._before = 0.0

    def took(self, step: int, seconds: float) -> None:
        """Learn that the training stands at `step` after `seconds` more."""
        self._taken += step - (step if self._step is None else self._step)
        self._step = step
        self._seconds += seconds
        if self._seconds >= self.WINDOW:
            self._before = self.now()
            self._taken, self._seconds = 0, 0.0

    def now(self) -> float:
        """Return the present speed; 0 before anything is known."""
        if self._seconds < self.WINDOW / 4 and self._before:
            return self._before
        return self._taken / self._seconds if self._seconds else 0.0
