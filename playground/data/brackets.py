"""Strings of round and square brackets: right ones, and right ones with a mistake in them.

A bracket is a number: 0 "(", 1 ")", 2 "[", 3 "]". Legend: N strings, T brackets each.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Strings = npt.NDArray[np.int64]


def balanced(count: int, length: int, random: np.random.Generator) -> Strings:
    """Return strings (N, T) in which every bracket closes its own; T is even.

    At each step a bracket is opened with the probability that makes all shapes of the same length equally likely:
    (d + 2)(r − d) / (2 (d + 1) r), with d open brackets and r steps left (ballot numbers).
    """
    found = np.zeros((count, length), np.int64)
    open_types = np.zeros((count, length), np.int64)  # a stack for each string
    depth = np.zeros(count, np.int64)
    rows = np.arange(count)
    for step in range(length):
        left = length - step
        opens = random.random(count) < (depth + 2) * (left - depth) / (2 * (depth + 1) * left)
        types = random.integers(0, 2, count)
        top = open_types[rows, np.maximum(depth - 1, 0)]
        found[:, step] = np.where(opens, 2 * types, 2 * top + 1)
        open_types[rows[opens], depth[opens]] = types[opens]
        depth += np.where(opens, 1, -1)
    return found


def spoiled(strings: Strings, random: np.random.Generator) -> Strings:
    """Return the strings (N, T) with a mistake each: one bracket is another one, or two have changed places.

    Where two change places all brackets are still there, so counting them does not help.
    """
    found = strings.copy()
    count, length = strings.shape
    rows = np.arange(count)
    swapped = rows % 2 == 0
    place = random.integers(0, length, count)
    found[rows, place] = (found[rows, place] + random.integers(1, 4, count)) % 4
    found[swapped] = strings[swapped]
    todo = rows[swapped]
    for _ in range(50):
        if not len(todo):
            break
        a, b = random.integers(0, length, (2, len(todo)))
        found[todo] = strings[todo]
        found[todo, a], found[todo, b] = strings[todo, b], strings[todo, a]
        todo = todo[possible(found[todo])[:, -1]]
    if len(todo):  # a string like "()" may resist; one other bracket is a mistake for certain
        found[todo] = strings[todo]
        found[todo, 0] ^= 2
    return found


def possible(strings: Strings) -> npt.NDArray[np.bool_]:
    """Return (N, T): whether each string can still become right in the T steps there are; at its end, whether it is."""
    count, length = strings.shape
    open_types = np.zeros((count, length + 1), np.int64)
    depth = np.zeros(count, np.int64)
    good = np.ones(count, bool)
    found = np.zeros((count, length), bool)
    rows = np.arange(count)
    for step in range(length):
        kind, closes = strings[:, step] // 2, strings[:, step] % 2 == 1
        fits = (depth > 0) & (open_types[rows, np.maximum(depth - 1, 0)] == kind)
        good &= np.where(closes, fits, depth + 1 <= length - step - 1)
        opening = good & ~closes
        open_types[rows[opening], depth[opening]] = kind[opening]
        depth += np.where(good, np.where(closes, -1, 1), 0)
        found[:, step] = good
    return found
