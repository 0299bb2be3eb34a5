"""The training loop of one net on one training set that lies on the device.

Nothing in a step waits for the device: batches are slices of a gathered chunk, losses are written into a vector there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from engines.checks import as_order
from engines.protocol import Array
from engines.torch.graphs import Slopes
from playground.spec import LossSpec

if TYPE_CHECKING:
    from engines.torch.net import Net

CHUNK_BYTES = 1 << 24
"""So much of an epoch is put in order at a time."""


class Fit:
    """The torch engine's fit; see `engines.protocol.Fit`."""

    def __init__(self, net: Net, loss: LossSpec, x: Tensor, y: Tensor, batch_size: int) -> None:
        """Keep x (N, *input) and y, class indices (N,), (N, T), or numbers (N, k), which are on the net's device."""
        self._net = net
        self._slopes = Slopes(net, loss, batch_size)
        self._x, self._y = x, y
        self._batch_size = batch_size
        each = max(x[:1].nbytes, 1)
        self._chunk = max(CHUNK_BYTES // each // batch_size, 1) * batch_size
        self.begin(np.empty(0, np.int64))

    def begin(self, order: Array) -> None:
        order = as_order(order, len(self._x))
        num_steps = -(-len(order) // self._batch_size)
        self._losses = torch.zeros(num_steps, dtype=self._x.dtype, device=self._x.device)
        self._done = 0
        self._batches = self._gather(torch.from_numpy(order).to(self._x.device))

    def step(self, lr: float) -> bool:
        batch = next(self._batches, None)
        if batch is None:
            return False
        net, (x, y) = self._net, batch
        if not net.module.training:
            net.module.train()
        self._losses[self._done] = self._slopes(x, y)
        net.optimizer.step(lr)
        self._done += 1
        return True

    def losses(self) -> Array:
        return self._losses[: self._done].cpu().double().numpy()

    def _gather(self, order: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the batches of the order, gathering a chunk at a time on the device."""
        for part in order.split(self._chunk) if len(order) else ():
            x, y = self._x.index_select(0, part), self._y.index_select(0, part)
            yield from zip(x.split(self._batch_size), y.split(self._batch_size), strict=True)
