"""The NumPy engine: the reference, the microscope, and for small networks the fastest there is.

It knows no screen, no data set and no trainer. `engine` is the one way in; `README.md` one level up has the layout.
"""

from __future__ import annotations

import numpy as np

import engines.numpy.layers  # noqa: F401  (whatever is defined there enters the registry)
from engines.checks import as_targets
from engines.numpy.answers import judge
from engines.numpy.net import Net
from engines.numpy.threads import use_one_thread
from engines.protocol import Array, Dtype, Precision
from playground.spec import LossSpec, ModelSpec, OptimizerSpec, Shape, SpecError


class NumpyEngine:
    """See `engines.protocol.Engine`."""

    name = "numpy"

    def devices(self) -> tuple[str, ...]:
        return ("cpu",)

    def bfloat16_devices(self) -> tuple[str, ...]:
        return ()

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
    ) -> Net:
        if device not in self.devices():
            options = ", ".join(self.devices())
            raise SpecError("engine.device", place="device", value=device, engine=self.name, options=options)
        if precision != "float32":
            raise SpecError("engine.precision", place="precision", value=precision, engine=self.name)
        return Net(model, input_shape, optimizer, seed=seed, dtype=dtype)

    def loss(self, spec: LossSpec, y: Array, target: Array) -> tuple[float, Array]:
        y = np.asarray(y)
        target = as_targets(spec, target, len(y), y.shape[1:])
        return judge(spec, y, target)


use_one_thread()
engine = NumpyEngine()
