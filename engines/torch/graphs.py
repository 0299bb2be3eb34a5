"""The gradients of a batch: kernel by kernel at first, then as one CUDA graph.

A small network's kernels take longer to be launched one by one than to run. A graph launches those of forward, loss and
backward as one. It reads and writes where it did when it was captured, so batches are copied into its own; the
optimizer, which has one kernel already and whose settings change, stays outside. What cannot be captured goes on kernel
by kernel: nothing else tells the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from engines.torch.draws import DeviceDraws
from engines.torch.losses import mean_loss
from playground.spec import LossSpec

if TYPE_CHECKING:
    from engines.torch.net import Net

WARM = 3
"""So many steps are taken before a capture, in which libraries choose kernels and reserve what they need."""


class Slopes:
    """Leaves the gradients of a batch in a net's parameters."""

    def __init__(self, net: Net, loss: LossSpec, batch_size: int) -> None:
        self._net, self._loss, self._batch_size = net, loss, batch_size
        self._begin_anew()

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the mean loss of a batch x (N, *input), y, a scalar; the gradients are those of loss and penalty."""
        net = self._net
        if self._module is not net.module:
            self._begin_anew()
        if len(x) == self._batch_size and capturable(net):
            if self._steps == WARM:
                self._graph = self._captured(x, y)
            self._steps += 1
            if self._graph is not None:
                return self._graph(x, y)
        return slopes(net, self._loss, x, y)

    def _begin_anew(self) -> None:
        """Forget what was captured: a net that was retuned has other modules."""
        self._module = self._net.module
        self._steps = 0
        self._graph: Graph | None = None

    def _captured(self, x: Tensor, y: Tensor) -> Graph | None:
        drawing = [draws for draws in self._net.draws.values() if isinstance(draws, DeviceDraws)]
        states = [draws.state() for draws in drawing]
        try:
            return Graph(self._net, self._loss, x, y)
        except (
            RuntimeError
        ):  # an operation that waits for the device, or too little memory for a second set of values
            for draws, state in zip(drawing, states, strict=True):
                draws.begin_anew(state)  # a capture that failed leaves its generators waiting for its end
            return None


class Graph:
    """What a net does with batches of one shape, captured with the first and launched for others."""

    def __init__(self, net: Net, loss: LossSpec, x: Tensor, y: Tensor) -> None:
        """Capture without computing anything. Raises RuntimeError where that cannot be done."""
        self._x, self._y = x.clone(), y.clone()
        generators = [draws.generator for draws in net.draws.values() if isinstance(draws, DeviceDraws)]
        self._capture = Capture(lambda: slopes(net, loss, self._x, self._y), net.device, generators)
        self._gradients = [(parameter, parameter.grad) for parameter in net.parameters.values()]

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        """As `slopes`. The loss and the gradients are the graph's own, and hold until it is launched again."""
        self._x.copy_(x)
        self._y.copy_(y)
        self._capture.replay()
        for parameter, gradient in self._gradients:
            parameter.grad = gradient
        return self._capture.result


class Capture:
    """What a function launches on a CUDA device, to be launched again as one.

    Attributes:
        result: what the function returned: a tensor that has its numbers after each `replay`.
    """

    def __init__(
        self, function: Callable[[], Tensor], device: torch.device, generators: Sequence[torch.Generator]
    ) -> None:
        self._graph = torch.cuda.CUDAGraph()
        for generator in generators:
            self._graph.register_generator_state(generator)
        stream = torch.cuda.Stream(device)
        with (
            torch.cuda.device(device),
            torch.cuda.stream(
                torch.cuda.current_stream(device)
            ),  # a capture that fails does not come back to it
            torch.cuda.graph(self._graph, stream=stream, capture_error_mode="thread_local"),
        ):
            self.result = function()

    def replay(self) -> None:
        """Launch it all; random numbers are new ones."""
        self._graph.replay()


def slopes(net: Net, loss: LossSpec, x: Tensor, y: Tensor) -> Tensor:
    """Leave the gradients of loss and penalty in a net's parameters, and return the mean loss, a scalar."""
    for parameter in net.parameters.values():
        parameter.grad = None
    value = mean_loss(loss, net.run(x), y)
    if net.parameters:
        value.backward()
        net.penalise()
    return value.detach()


def capturable(net: Net) -> bool:
    """Return whether a net's steps are launched on CUDA, with nothing drawn elsewhere."""
    return net.device.type == "cuda" and all(isinstance(draws, DeviceDraws) for draws in net.draws.values())
