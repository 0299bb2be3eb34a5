"""Series computed from formulas: regular, dying away, jumping, chaotic, and pure chance. All of them synthetic.

Each but the walk is brought to mean 0 and deviation 1 before noise is added.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from playground.data.dataset import Dataset
from playground.data.loading import loads
from playground.data.windows import Measured, windowed
from playground.spec.random import stream
from playground.spec.series_data import Waves

Floats = npt.NDArray[np.float64]


def sine_mix(count: int, random: np.random.Generator) -> Floats:
    """sin(2πt/25) + ½ sin(2πt/10): it repeats itself after 50 steps."""
    t = np.arange(count)
    return np.sin(2 * np.pi * t / 25) + 0.5 * np.sin(2 * np.pi * t / 10)


def damped(count: int, random: np.random.Generator) -> Floats:
    """exp(−τ/15) cos(2πτ/12) with τ = t mod 60: pushed anew every 60 steps."""
    since = np.arange(count) % 60
    return np.exp(-since / 15) * np.cos(2 * np.pi * since / 12)


def square(count: int, random: np.random.Generator) -> Floats:
    """Ten steps up, ten steps down: within a plateau the network has to count."""
    return np.where(np.arange(count) % 20 < 10, 1.0, -1.0)


def mackey_glass(count: int, random: np.random.Generator) -> Floats:
    """dx/dt = 0.2 x(t−17) / (1 + x(t−17)¹⁰) − 0.1 x(t), sampled every 3 units. Mackey and Glass (1977).

    Euler steps of 0.1; the first 300 units, in which it forgets where it began, are thrown away.
    """
    lag, every, skipped = 170, 30, 100
    x = np.empty(lag + 1 + (count + skipped) * every)
    x[: lag + 1] = 1.2 + 0.1 * random.standard_normal()
    values = x.tolist()  # a loop over Python's own numbers is five times faster than over an array's
    for t in range(lag, len(values) - 1):
        delayed = values[t - lag]
        values[t + 1] = values[t] + 0.1 * (0.2 * delayed / (1 + delayed**10) - 0.1 * values[t])
    return np.array(values[lag + 1 :: every])[skipped : skipped + count]


def random_walk(count: int, random: np.random.Generator) -> Floats:
    """Steps of chance with deviation 1 around a drift of 0.1."""
    return np.cumsum(0.1 + random.standard_normal(count))


SIGNALS: dict[str, tuple[Callable[[int, np.random.Generator], Floats], int]] = {
    "sine mix": (sine_mix, 50),
    "damped": (damped, 60),
    "square": (square, 20),
    "Mackey-Glass": (mackey_glass, 0),
    "random walk": (random_walk, 0),
}
"""Each signal's formula and its season; 0 where it never repeats itself."""


@loads(Waves)
def waves(spec: Waves, folder: Path | None) -> Dataset:
    """Compute the signal, add noise, cut it."""
    formula, season = SIGNALS[spec.signal]
    random = stream(spec.seed, "draw", spec.kind, spec.signal)
    values = formula(spec.count, random)
    if spec.signal != "random walk":
        values = (values - values.mean()) / values.std()
    values = values + spec.noise * random.standard_normal(spec.count)
    labels = tuple(str(step) for step in range(spec.count))
    found = Measured(values, labels, spec.signal, "", season)
    return windowed(spec, found, source="source.formula", licence="")
