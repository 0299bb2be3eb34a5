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
Mover = Callable[[Sequence[Array]], Any]
"""Makes of the arrays that stand for the homes whatever it is the mover of, there."""


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
        movers = {index: mover for index, call in enumerate(self) if (mover := _call_mover(call, homes))}
        programs: list[Program] = [self]
        for slot in range(1, len(held[0])):
            places = [array[slot] for array in held]
            program = Program(self)
            for index, mover in movers.items():
                program[index] = mover(places)
            programs.append(program)
        return programs


def run(program: list[Operation]) -> None:
    """Run the calls of a program."""
    for function, arguments in program:
        function(*arguments)


def _call_mover(call: Operation, homes: Sequence[Array]) -> Mover | None:
    """Return what makes the same call elsewhere, or None if it touches no home."""
    function, arguments = call
    movers = [_mover(part, homes) for part in (function, *arguments)]
    if not any(movers):
        return None

    def move(places: Sequence[Array]) -> Operation:
        parts = zip((function, *arguments), movers, strict=True)
        moved = [part if mover is None else mover(places) for part, mover in parts]
        return moved[0], tuple(moved[1:])

    return move


def _mover(thing: Any, homes: Sequence[Array]) -> Mover | None:
    """Return what makes of a function or an argument the same with its view elsewhere, or None if it has none."""
    if isinstance(thing, np.ndarray):
        for number, home in enumerate(homes):
            offset = thing.__array_interface__["data"][0] - home.__array_interface__["data"][0]
            if thing.size and 0 <= offset < home.nbytes:
                shape, dtype, strides = thing.shape, thing.dtype, thing.strides
                return lambda places: np.ndarray(shape, dtype, places[number], offset, strides)
        return None
    if isinstance(thing, partial):
        names = tuple(thing.keywords)
        inner = _call_mover((thing.func, (*thing.args, *thing.keywords.values())), homes)
        if inner is None:
            return None
        count = len(thing.args)

        def move(places: Sequence[Array]) -> Any:
            function, arguments = inner(places)
            return partial(function, *arguments[:count], **dict(zip(names, arguments[count:], strict=True)))

        return move
    owner = getattr(thing, "__self__", None)
    mover = _mover(owner, homes) if isinstance(owner, np.ndarray) else None
    return None if mover is None else lambda places: getattr(mover(places), thing.__name__)
