"""A model as torch modules. The device, the modules and the optimizer are here; a training loop is in `fit`."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from engines.checks import (
    as_batch,
    as_targets,
    check_batch_size,
    check_names,
    check_retune,
    check_state,
    check_tokens,
)
from engines.protocol import Array, Dtype, Precision
from engines.torch.devices import device as find_device
from engines.torch.draws import DeviceDraws, Draws, NumpyDraws
from engines.torch.fit import Fit
from engines.torch.layers import Drawing, build
from engines.torch.optimizers import OPTIMIZERS, Optimizer
from engines.torch.sequences import Padding, Timed
from engines.torch.spectral import Spectral
from playground.spec import LossSpec, ModelSpec, OptimizerSpec, Shape, SpecError, State
from playground.spec.limits import LOOK_ELEMENTS

TINY = 1e-12
"""Keeps the slope of a square root finite at 0."""


class Net:
    """The torch engine's net; see `engines.protocol.Net`.

    Attributes:
        module: an `nn.Sequential`, one module for each layer; its state dict has the names of `state`.
        masks: whether dropout draws as the NumPy engine does or on the device.
        parameters: what is learned, by name.
        draws: where each layer that draws has its random numbers from, by name.
    """

    def __init__(
        self,
        model: ModelSpec,
        input_shape: Shape,
        optimizer: OptimizerSpec,
        *,
        seed: int,
        device: str,
        dtype: Dtype,
        precision: Precision,
        masks: Literal["numpy", "device"] | None,
        spectral_norm: bool = False,
    ) -> None:
        self.model = model
        self.input_shape = tuple(input_shape)
        self.dtype: torch.dtype = getattr(torch, dtype)
        self.device = find_device(device, self.dtype)
        if precision == "bfloat16" and (dtype != "float32" or self.device.type == "mps"):
            raise SpecError(
                "engine.precision", place="precision", value=precision, engine=f"torch, {dtype}, {device}"
            )
        self._mixed = precision == "bfloat16"
        self.masks = masks or ("numpy" if self.device.type == "cpu" else "device")
        initial = model.init(self.input_shape, seed)
        self._seed = seed
        self._spectral_norm = spectral_norm
        self.draws: dict[str, Draws] = {}
        self.module = self._modules(model)
        self._set_optimizer(optimizer)
        self._pass: tuple[Tensor, Tensor] | None = None
        self.load(initial)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        x = self._batch(x)
        if not training:
            return np.concatenate([self._array(self._look(part)) for part in self._portions(x)])
        check_batch_size(self.model, self.input_shape, len(x))
        self.module.train()
        inputs = self._tensor(x).requires_grad_()
        outputs = self.run(inputs.view_as(inputs))
        self._pass = inputs, outputs
        return self._array(outputs)

    def backward(self, grad: Array) -> Array:
        if self._pass is None:
            raise SpecError("engine.no_forward")
        inputs, outputs = self._pass
        grad = np.asarray(grad)
        if grad.shape != outputs.shape:
            expected = str(tuple(outputs.shape))
            raise SpecError("engine.input_shape", place="grad", value=str(grad.shape), expected=expected)
        learned = list(self.parameters.values())
        found = torch.autograd.grad(
            outputs,
            [inputs, *learned],
            self._tensor(grad),
            retain_graph=True,
            allow_unused=True,  # token ids have no gradient
            materialize_grads=True,
        )
        for parameter, gradient in zip(learned, found[1:], strict=True):
            parameter.grad = torch.empty_like(parameter).copy_(gradient)
        self.penalise()
        return self._array(found[0])

    def run(self, x: Tensor) -> Tensor:
        """Return the module's outputs for x, both in the net's dtype, in the precision of training."""
        if not self._mixed:
            return self.module(x)
        with torch.autocast(self.device.type, torch.bfloat16):
            return self.module(x).to(self.dtype)

    def step(self, lr: float) -> None:
        self.optimizer.step(lr)

    @torch.no_grad()
    def clamp(self, bound: float) -> None:
        for parameter in self.parameters.values():
            parameter.clamp_(-bound, bound)

    def penalise_slope(self, x: Array, weight: float, channels: int) -> float:
        """Return weight · mean (‖∂y/∂x‖ − 1)² over x (N, *input), and add its gradients to the kept ones.

        y is the net's only output, in training; the norm is over a sample's first `channels` channels (or numbers):
        what stands behind them tells of the sample and is no part of it. Gulrajani et al. (2017).
        """
        self.module.train()
        inputs = self._tensor(x).requires_grad_()
        (slope,) = torch.autograd.grad(self.module(inputs).sum(), inputs, create_graph=True)
        norms = slope[:, :channels].flatten(1).square().sum(1).add(TINY).sqrt()
        penalty = weight * (norms - 1).square().mean()
        learned = list(self.parameters.values())
        found = torch.autograd.grad(penalty, learned, allow_unused=True)
        for parameter, gradient in zip(learned, found, strict=True):
            if gradient is not None and parameter.grad is not None:
                parameter.grad += gradient
        return float(penalty.detach())

    def fit(self, loss: LossSpec, x: Array, y: Array, batch_size: int) -> Fit:
        x = self._batch(x)
        y = as_targets(loss, y, len(x), self.model.output_shape(self.input_shape))
        size = min(batch_size or len(x), len(x))
        check_batch_size(self.model, self.input_shape, size)
        classes = loss.targets == "classes"
        y_there = torch.from_numpy(y).to(self.device) if classes else self._tensor(y)
        return Fit(self, loss, self._tensor(x), y_there, max(size, 1))

    def trace(self, x: Array) -> list[Array]:
        parts = [self._trace(part) for part in self._portions(self._batch(x))]
        return [np.concatenate(pieces) for pieces in zip(*parts, strict=True)]

    def _batch(self, x: Array) -> Array:
        """Return x as an array (N, *input); refuse what does not fit."""
        x = as_batch(x, self.input_shape)
        check_tokens(self.model, x)
        return x

    def penalty(self) -> float:
        total = 0.0
        for rates, weight in self._penalties:
            exact = weight.detach().cpu().double()  # MPS has no float64
            total += rates[1] / 2 * float(exact.square().sum()) + rates[0] * float(exact.abs().sum())
        return total

    def gradients(self) -> State:
        return {
            name: self._array(torch.zeros_like(p) if p.grad is None else p.grad)
            for name, p in self.parameters.items()
        }

    def state(self) -> State:
        return {name: self._array(values) for name, values in self.module.state_dict().items()}

    def load(self, state: State) -> None:
        check_state(state, self.model, self.input_shape, str(self.dtype).removeprefix("torch."))
        with torch.no_grad():
            for name, values in self.module.state_dict().items():
                values.copy_(torch.from_numpy(np.array(state[name])))

    def optimizer_state(self) -> State:
        return self.optimizer.state()

    def load_optimizer(self, state: State) -> None:
        self.optimizer.load(state)

    def random_state(self) -> State:
        return {f"dropout/{name}": draw.state() for name, draw in self.draws.items()}

    def load_random(self, state: State) -> None:
        check_names(state, {name: words.shape for name, words in self.random_state().items()})
        for name, draw in self.draws.items():
            draw.load(state[f"dropout/{name}"])

    def retune(self, model: ModelSpec, optimizer: OptimizerSpec) -> None:
        check_retune(self.model, model, self.input_shape)
        modules = self._modules(model)
        modules.load_state_dict(self.module.state_dict(keep_vars=True), assign=True)
        self.model, self.module = model, modules
        before = self.optimizer
        self._set_optimizer(optimizer)
        if type(before) is type(self.optimizer):
            self.optimizer.adopt(before)
        self._pass = None

    def penalise(self) -> None:
        """Add the gradients of the penalties: l2 W + l1 sign W."""
        for (l1, l2), weight in self._penalties:
            assert weight.grad is not None
            with torch.no_grad():
                if l2:
                    weight.grad.add_(weight, alpha=l2)
                if l1:
                    weight.grad.add_(weight.sign(), alpha=l1)

    def _modules(self, model: ModelSpec) -> nn.Sequential:
        modules = build(model, self.input_shape).to(self.device, self.dtype)
        if self.device.type != "mps" and any(parameter.ndim == 4 for parameter in modules.parameters()):
            # What convolutions are fastest with; but on MPS batch norm and average pooling have wrong gradients, or
            # end the process (torch issues 175189 and 175190). (Torch's own declaration of `to` leaves this use out.)
            modules = modules.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        padding = Padding()
        for name, module in modules.named_modules():
            if self._spectral_norm and isinstance(module, nn.Linear | nn.Conv2d):
                module.forward = Spectral(module)  # pyright: ignore[reportAttributeAccessIssue]
            if isinstance(module, Timed):
                module.padding = padding
            if isinstance(module, Drawing):
                kind = NumpyDraws if self.masks == "numpy" else DeviceDraws
                self.draws.setdefault(name, kind(self._seed, name, self.device))
                module.draw = self.draws[name]
        return modules

    def _set_optimizer(self, spec: OptimizerSpec) -> None:
        self.parameters: dict[str, nn.Parameter] = dict(self.module.named_parameters())
        kind = OPTIMIZERS[type(spec)]
        self.optimizer: Optimizer[Any] = kind(spec, self.parameters, self.device)
        self._penalties = [(rates, self.parameters[name]) for name, rates in self.model.penalties().items()]

    def _portions(self, x: Array) -> list[Array]:
        widest = max(math.prod(shape) for shape in (self.input_shape, *self.model.shapes(self.input_shape)))
        portion = max(LOOK_ELEMENTS // widest, 16)
        return [x[start : start + portion] for start in range(0, max(len(x), 1), portion)]

    @torch.no_grad()
    def _look(self, x: Array) -> Tensor:
        self.module.eval()
        return self.module(self._tensor(x))

    @torch.no_grad()
    def _trace(self, x: Array) -> list[Array]:
        self.module.eval()
        values, found = self._tensor(x), []
        for module in self.module:
            values = module(values)
            found.append(self._array(values))
        return found

    def _tensor(self, x: Array) -> Tensor:
        """Return numbers as a tensor of the net's dtype on its device, never sharing memory with x."""
        return torch.tensor(np.ascontiguousarray(x), dtype=self.dtype, device=self.device)

    def _array(self, values: Tensor) -> Array:
        return values.detach().cpu().numpy().copy()
