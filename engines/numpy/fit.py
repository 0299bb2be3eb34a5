"""The training loop of one net on one training set: the hot path of the whole playground.

The order of an epoch is cut into chunks of some batches. A chunk is gathered at once into `slots` (S, B, F + 1); for
each slot there is a program of a whole step, forward, loss, backward and update, that reads its input there. The
programs of the slots differ only in where they look. A smaller last batch has memory and a program of its own.
"""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from functools import partial
from operator import length_hint
from typing import TYPE_CHECKING

import numpy as np

from engines.checks import as_order
from engines.numpy.answers import Answers, kind_of
from engines.numpy.block import Block
from engines.numpy.program import Program, run
from engines.protocol import Array
from playground.spec import LossSpec

if TYPE_CHECKING:
    from engines.numpy.net import Net

CHUNK_BYTES = 1 << 19
"""A chunk stays in the second-level cache until its steps have used it."""
MAX_SLOTS = 64


class Slots:
    """Memory and programs for batches of one size.

    Attributes:
        rows: the inputs (S, B, F), or (S, B, F + 1) with a column of ones.
        answers: the coded targets, and what the loss leaves behind.
        programs: one step for each slot.
    """

    def __init__(self, net: Net, answers: Answers) -> None:
        self.batch_size = answers.batch_size
        self.rows = net.rows(answers.num_slots, self.batch_size)
        self.answers = answers
        self.write(net)

    def write(self, net: Net) -> None:
        """Write the programs for the net as it is; what lies in the slots stays."""
        at = net.workspace(self.batch_size, self.rows[0], training=True, unseen=True)
        step = at.forward
        dy = Block.empty(net.num_outputs, self.batch_size, net.dtype)
        self.answers.write(step, at.y.values, dy.values)
        step += at.backward(dy, wants_dx=False)[0]
        step += net.optimizer.program()
        self.programs = step.spread((self.rows, *self.answers.held))

    def gather(self, x: Array, y: Array, order: Array) -> None:
        """Fill the first slots with the samples of `order` from x (N, F) and coded targets y."""
        num_slots = len(order) // self.batch_size
        rows = self.rows[:num_slots].reshape(len(order), -1)
        np.copyto(rows[:, : x.shape[1]], x.take(order, axis=0))
        self.answers.fill(y.take(order, axis=0), num_slots)

    def losses(self, num_slots: int) -> Array:
        """Return the losses of the first slots (num_slots,), float64."""
        return self.answers.losses(num_slots)


class Fit:
    """The NumPy engine's fit; see `engines.protocol.Fit`."""

    def __init__(self, net: Net, loss: LossSpec, x: Array, y: Array, batch_size: int) -> None:
        """Lay out x (N, *input) and coded targets y: class indices (N,), at every step (N, T), or numbers (N, k)."""
        self._net = net
        output = net.model.output_shape(net.input_shape)
        self._answers = partial(kind_of(loss, output, y), loss, output)
        with np.errstate(over="ignore"):
            self._x = np.ascontiguousarray(x.reshape(len(x), -1), net.dtype)
        self._y = y
        self._batch_size = max(min(batch_size or len(x), len(x)), 1)
        self._context = (
            contextvars.copy_context()
        )  # where overflow is no warning: cheaper than np.errstate each step
        self._context.run(partial(np.seterr, all="ignore"))
        self._run = self._context.run
        self._optimizer = net.optimizer
        self._slots: dict[int, Slots] = {}
        self._full = self._slots_of(self._batch_size)
        self.begin(np.empty(0, np.int64))

    def begin(self, order: Array) -> None:
        self._order = as_order(order, len(self._x))
        self._next = 0  # the position in the order behind what is gathered
        self._present = self._full
        self._waiting: Iterator[Program] = iter(())
        self._gathered = 0  # the batches in the present chunk
        self._earlier: list[Array] = []

    def step(self, lr: float) -> bool:
        program = next(self._waiting, None)
        if program is None:
            if not self._gather():
                return False
            program = next(self._waiting)
        if lr != self._optimizer.lr:
            self._optimizer.set_lr(lr)
        self._run(run, program)
        return True

    def losses(self) -> Array:
        done = self._gathered - length_hint(self._waiting)
        return np.concatenate([*self._earlier, self._present.losses(done)])

    def rewrite(self) -> None:
        """Go on with the net as it has become, where the epoch stands."""
        left = length_hint(self._waiting)
        self._optimizer = self._net.optimizer
        for slots in self._slots.values():
            slots.write(self._net)
        self._waiting = iter(self._present.programs[self._gathered - left : self._gathered])

    def _gather(self) -> bool:
        """Bring in the next chunk; return False if the order is used up."""
        self._earlier.append(self._present.losses(self._gathered))
        self._gathered = 0
        left = len(self._order) - self._next
        if not left:
            return False
        self._present = self._full if left >= self._batch_size else self._slots_of(left)
        size = self._present.batch_size
        self._gathered = min(left // size, len(self._present.programs))
        chunk = self._order[self._next : self._next + self._gathered * size]
        self._present.gather(self._x, self._y, chunk)
        self._next += len(chunk)
        self._waiting = iter(self._present.programs[: self._gathered])
        return True

    def _slots_of(self, batch_size: int) -> Slots:
        """Return memory for batches of this size: many slots for the usual size, one for a smaller rest."""
        if batch_size not in self._slots:
            num_slots = 1
            if batch_size == self._batch_size:
                each = batch_size * self._net.rows(1).nbytes
                each += sum(array.nbytes for array in self._answers(1, batch_size, self._net.dtype).held)
                num_slots = max(min(len(self._x) // batch_size, CHUNK_BYTES // each, MAX_SLOTS), 1)
            answers = self._answers(num_slots, batch_size, self._net.dtype)
            self._slots[batch_size] = Slots(self._net, answers)
        return self._slots[batch_size]
