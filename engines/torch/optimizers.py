"""The optimizers: torch's own, fused where torch has one kernel for the update, with their memory by name.

Formulas stand beside the NumPy engine's optimizers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from engines.checks import as_steps, check_names
from engines.registry import Registry
from playground.spec import OptimizerSpec, State, optimizers

O = TypeVar("O", bound=OptimizerSpec)


class Optimizer(ABC, Generic[O]):
    """One optimizer of named parameters, which may be none (torch.optim alone refuses that).

    Class attributes:
        memory: the tensors it keeps for each parameter, by torch's names.
        counts: the number of the step matters, and is part of the state.
        fused_on: the types of device on which torch has a fused kernel.
    """

    memory: ClassVar[tuple[str, ...]] = ()
    counts: ClassVar[bool] = False
    fused_on: ClassVar[tuple[str, ...]] = ("cpu", "cuda")

    def __init__(self, spec: O, parameters: dict[str, nn.Parameter], device: torch.device) -> None:
        self.spec = spec
        self.parameters = parameters
        fused = dict(fused=True) if device.type in self.fused_on else {}
        self.inner = self.build(list(parameters.values()), fused) if parameters else None

    @abstractmethod
    def build(self, parameters: list[nn.Parameter], fused: dict[str, bool]) -> torch.optim.Optimizer:
        """Return torch's optimizer with the settings of the spec."""

    def kept(self) -> tuple[str, ...]:
        """Return the names of the tensors that are kept with these settings."""
        return self.memory

    def step(self, lr: float) -> None:
        """Move the parameters. Gradients stay as they are: clipping works on copies."""
        if self.inner is None:
            return
        for group in self.inner.param_groups:
            group["lr"] = lr
        if not self.spec.clip_norm:
            self.inner.step()
            return
        learned = [parameter for parameter in self.parameters.values() if parameter.grad is not None]
        gradients = [parameter.grad for parameter in learned]
        norm = torch.nn.utils.get_total_norm([g for g in gradients if g is not None])
        share = (self.spec.clip_norm / (norm + 1e-6)).clamp(max=1.0)
        for parameter, gradient in zip(learned, gradients, strict=True):
            parameter.grad = None if gradient is None else gradient * share
        self.inner.step()
        for parameter, gradient in zip(learned, gradients, strict=True):
            parameter.grad = gradient

    def state(self) -> State:
        """Return copies of the memory, such as `"adam.exp_avg/0.weight"`; zeros before the first step."""
        found: State = {f"{self.prefix}.step": np.array(self._steps(), np.int64)} if self.counts else {}
        for memory in self.kept():
            for name, parameter in self.parameters.items():
                values = self._memory(parameter).get(memory)
                values = torch.zeros_like(parameter) if values is None else values
                found[f"{self.prefix}.{memory}/{name}"] = values.detach().cpu().numpy().copy()
        return found

    def load(self, state: State) -> None:
        """Take over what `state` returned. Raises SpecError if names or shapes do not fit."""
        check_names(state, {name: values.shape for name, values in self.state().items()})
        steps = float(as_steps(state, f"{self.prefix}.step")) if self.counts else 0.0
        for name, parameter in self.parameters.items():
            kept = {
                memory: _like(parameter, state[f"{self.prefix}.{memory}/{name}"]) for memory in self.kept()
            }
            self._remember(parameter, kept, steps)

    def adopt(self, other: Optimizer[Any]) -> None:
        """Take over the memory of an optimizer of the same kind and parameters, as far as both keep it."""
        for parameter in self.parameters.values():
            old = other._memory(parameter)
            kept = {memory: old[memory] for memory in self.kept() if old.get(memory) is not None}
            if kept:
                self._remember(parameter, kept, float(other._steps()))

    @property
    def prefix(self) -> str:
        """Return what the names in the state begin with."""
        return self.spec.kind.lower()

    def _memory(self, parameter: nn.Parameter) -> dict[str, Any]:
        return {} if self.inner is None else self.inner.state.get(parameter, {})

    def _steps(self) -> int:
        return max((int(self._memory(p).get("step", 0)) for p in self.parameters.values()), default=0)

    def _remember(self, parameter: nn.Parameter, kept: dict[str, Tensor], steps: float) -> None:
        assert self.inner is not None
        where = parameter.device if self.inner.defaults.get("fused") else torch.device("cpu")
        self.inner.state[parameter] = {"step": torch.tensor(steps, device=where), **kept}


def _like(parameter: nn.Parameter, values: Any) -> Tensor:
    """Return numbers as a tensor that lies in memory as `parameter` does: the fused kernels walk along both."""
    return torch.empty_like(parameter, requires_grad=False).copy_(torch.from_numpy(np.array(values)))


OPTIMIZERS: Registry[type[Optimizer[Any]]] = Registry()
optimizer = OPTIMIZERS
"""The decorator `@optimizer(Spec)` that enters an optimizer."""


@optimizer(optimizers.SGD)
class SGD(Optimizer[optimizers.SGD]):
    """`torch.optim.SGD`."""

    memory = ("momentum_buffer",)

    def kept(self) -> tuple[str, ...]:
        return self.memory if self.spec.momentum else ()

    def build(self, parameters: list[nn.Parameter], fused: dict[str, bool]) -> torch.optim.Optimizer:
        spec = self.spec
        nesterov = spec.nesterov and spec.momentum > 0
        return torch.optim.SGD(
            parameters, spec.lr, spec.momentum, nesterov=nesterov, weight_decay=spec.weight_decay, **fused
        )


@optimizer(optimizers.Adagrad)
class Adagrad(Optimizer[optimizers.Adagrad]):
    """`torch.optim.Adagrad`."""

    memory = ("sum",)
    fused_on = ("cpu",)

    def build(self, parameters: list[nn.Parameter], fused: dict[str, bool]) -> torch.optim.Optimizer:
        spec = self.spec
        return torch.optim.Adagrad(parameters, spec.lr, eps=spec.eps, weight_decay=spec.weight_decay, **fused)


@optimizer(optimizers.RMSprop)
class RMSprop(Optimizer[optimizers.RMSprop]):
    """`torch.optim.RMSprop`; torch has no fused kernel for it."""

    memory = ("square_avg",)
    fused_on = ()

    def build(self, parameters: list[nn.Parameter], fused: dict[str, bool]) -> torch.optim.Optimizer:
        spec = self.spec
        return torch.optim.RMSprop(
            parameters, spec.lr, alpha=spec.alpha, eps=spec.eps, weight_decay=spec.weight_decay
        )


@optimizer(optimizers.Adam)
class Adam(Optimizer[optimizers.Adam]):
    """`torch.optim.Adam`."""

    memory = ("exp_avg", "exp_avg_sq")
    counts = True

    def build(self, parameters: list[nn.Parameter], fused: dict[str, bool]) -> torch.optim.Optimizer:
        spec = self.spec
        betas = (spec.beta1, spec.beta2)
        return torch.optim.Adam(parameters, spec.lr, betas, spec.eps, weight_decay=spec.weight_decay, **fused)


@optimizer(optimizers.AdamW)
class AdamW(Optimizer[optimizers.AdamW]):
    """`torch.optim.AdamW`."""

    memory = ("exp_avg", "exp_avg_sq")
    counts = True

    def build(self, parameters: list[nn.Parameter], fused: dict[str, bool]) -> torch.optim.Optimizer:
        spec = self.spec
        betas = (spec.beta1, spec.beta2)
        return torch.optim.AdamW(
            parameters, spec.lr, betas, spec.eps, weight_decay=spec.weight_decay, **fused
        )
