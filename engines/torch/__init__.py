"""The torch engine: what a good torch programmer would write, for larger networks and for accelerators.

Only this folder imports torch, and only when the engine is asked for. Its policies for the whole process: torch
computes on one thread of the CPU (on small kernels a second thread waits more than it works, and with any other busy
process it collapses; whoever trains one large network alone may call `torch.set_num_threads` afterwards); float32 means
float32, also in cuDNN, whose convolutions would round factors to 10 bits (who wants it faster takes bfloat16); and what
MPS cannot compute the CPU does.
"""

from __future__ import annotations

import os
from typing import Literal

os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")  # it is read when torch is loaded

import numpy as np
import torch

import engines.torch.time_windows  # noqa: F401  (what is defined there enters the registry, as in `sequences`)
from engines.checks import as_targets
from engines.protocol import Array, Dtype, Precision
from engines.torch.devices import bfloat16_devices, devices
from engines.torch.losses import mean_loss
from engines.torch.net import Net
from playground.spec import LossSpec, ModelSpec, OptimizerSpec, Shape

torch.set_num_threads(1)
torch.backends.cudnn.fp32_precision = "ieee"


class TorchEngine:
    """See `engines.protocol.Engine`."""

    name = "torch"

    def devices(self) -> tuple[str, ...]:
        return devices()

    def bfloat16_devices(self) -> tuple[str, ...]:
        return bfloat16_devices()

    def net(
        self,
        model: ModelSpec,
        input_shape: Shape,
        optimizer: OptimizerSpec,
        *,
        seed: int = 0,
        device: str = "cpu",
        dtype: Dtype = "float32",
        precision: Precision = "float32",
        masks: Literal["numpy", "device"] | None = None,
        spectral_norm: bool = False,
    ) -> Net:
        """Build a net.

        Args:
            masks: where dropout draws: as the NumPy engine does ("numpy", the default on the CPU) or on the device.
            spectral_norm: whether every weight of a dense or convolutional layer is divided by its largest singular
                value on its way into the layer; the state keeps the weights as they are learned.
        """
        return Net(
            model,
            input_shape,
            optimizer,
            seed=seed,
            device=device,
            dtype=dtype,
            precision=precision,
            masks=masks,
            spectral_norm=spectral_norm,
        )

    def loss(self, spec: LossSpec, y: Array, target: Array) -> tuple[float, Array]:
        y = np.asarray(y)
        target = as_targets(spec, target, len(y), y.shape[1:])
        outputs = torch.tensor(y, requires_grad=True)
        there = torch.tensor(target) if spec.targets == "classes" else torch.tensor(target).to(outputs)
        value = mean_loss(spec, outputs, there)
        (grad,) = torch.autograd.grad(value, outputs)
        return float(value.detach()), grad.numpy()


engine = TorchEngine()
