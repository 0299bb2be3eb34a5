"""A training step as a flat list of calls `(function, arguments)`, made once and run many times.

Python can hardly run anything with less overhead, so for small networks the step costs what its NumPy calls cost.
A program knows no layer: layers, losses and optimizers append to it, and every array it touches exists beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from engines.protocol import Array

Operation = tuple[Callable[..., object], tuple[Any, ...]]


class Program(list[Operation]):
    """Calls in the order in which they run."""

    def emit(self, function: Callable[..., object], *arguments: object, **options: object) -> None:
        """Append a call. Options are for the few functions that want `out` by keyword; they cost a little more."""
        if options:
            self.append((partial(function, *arguments, **options), ()))
        else:
            self.append((function, arguments))

    def spread(self, held: Sequence[Array]) -> list[Program]:
        """Return this program, which works on `held[...][0]`, and its likes that work on the other slots.

        Args:
            held: C-contiguous arrays (S, ...); the calls may use any views of their first slots.
        """
        homes = [array[0] for array in held]
        touching = [
            index for index, call in enumerate(self) if any(_touches(part, homes) for part in _parts(call))
        ]
        programs: list[Program] = [self]
        for slot in range(1, len(held[0])):
            moves = [(home, array[slot]) for home, array in zip(homes, held, strict=True)]
            program = Program(self)
            for index in touching:
                function, arguments = self[index]
                program[index] = (_moved(function, moves), tuple(_moved(part, moves) for part in arguments))
            programs.append(program)
        return programs


def run(program: list[Operation]) -> None:
    """Run the calls of a program."""
    for function, arguments in program:
        function(*arguments)


def _parts(call: Operation) -> tuple[Any, ...]:
    function, arguments = call
    return (function, *arguments)


def _touches(thing: Any, homes: Sequence[Array]) -> bool:
    if isinstance(thing, np.ndarray):
        return any(_offset(thing, home) is not None for home in homes)
    if isinstance(thing, partial):
        return any(_touches(inner, homes) for inner in (*thing.args, *thing.keywords.values()))
    owner = getattr(thing, "__self__", None)
    return isinstance(owner, np.ndarray) and _touches(owner, homes)


def _moved(thing: Any, moves: Sequence[tuple[Array, Array]]) -> Any:
    """Return an argument or a function with every view of a home replaced by the same view of its other place."""
    if not _touches(thing, [home for home, _ in moves]):
        return thing
    if isinstance(thing, partial):
        arguments = (_moved(inner, moves) for inner in thing.args)
        return partial(thing.func, *arguments, **{k: _moved(v, moves) for k, v in thing.keywords.items()})
    if not isinstance(thing, np.ndarray):
        return getattr(_moved(thing.__self__, moves), thing.__name__)
    for home, place in moves:
        offset = _offset(thing, home)
        if offset is not None:
            return np.ndarray(thing.shape, thing.dtype, place, offset, thing.strides)
    raise AssertionError


def _offset(view: Array, home: Array) -> int | None:
    """Return how many bytes into `home` the view starts, or None if it looks elsewhere."""
    offset = view.__array_interface__["data"][0] - home.__array_interface__["data"][0]
    return offset if view.size and 0 <= offset < home.nbytes else None
