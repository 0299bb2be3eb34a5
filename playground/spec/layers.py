"""The layers a model is assembled from, activations among them: names, shapes, tensors and cost, but no arithmetic.

Names, defaults and tensor layouts are those of `torch.nn`. Shapes leave the batch axis out. What works on features
takes a row of them (F,) or a sequence (T, F), each step alone.
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal

from playground.spec.base import Kind, Shape, number
from playground.spec.errors import SpecError
from playground.spec.initialisation import Initialisation, TensorSpec


class LayerSpec(Kind):
    """One layer of a sequence.

    Class attributes:
        is_activation: a function of each element (or of each sample's features) without tensors.
        regularised: has a weight that `l1` and `l2` bear on.
        keeps_values: the output has the bounds of the input.
        mixes: its outputs are new units, each made of several inputs: a column of the drawn network begins here.
        bounds: the least and the greatest value that can come out.
        counted: it counts where layers are numbered for their initial weights. Those that do not (dropout, norms) can
            be put in and taken out, and every other layer begins as before: what is compared differs in them alone.
        group: what it is for: "image", "sequence", "vector", "any" (inputs of every shape) or "activation".
    """

    is_activation: ClassVar[bool] = False
    regularised: ClassVar[bool] = False
    keeps_values: ClassVar[bool] = False
    mixes: ClassVar[bool] = False
    counted: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float]] = (-math.inf, math.inf)
    group: ClassVar[Literal["image", "sequence", "vector", "any", "activation"]] = "vector"

    def output(self, shape: Shape) -> Shape:
        """Return the shape of the layer's output for one sample of `shape`.

        Raises:
            SpecError: if the layer cannot take such an input.
        """
        return shape

    def tensors(self, shape: Shape) -> dict[str, TensorSpec]:
        """Return the layer's tensors by torch's name for an input of `shape`."""
        return {}

    def flops(self, shape: Shape) -> int:
        """Return the floating-point operations of a forward pass for one sample of `shape`.

        A product and the sum it goes into are two, as torch's `FlopCounterMode` counts (fvcore counts one). What those
        leave out is counted as well: of a function of each number every comparison, sum, product, quotient and
        exponential is one, so that a ReLU is one for each number, as ptflops has it.
        """
        return math.prod(shape)

    def parameters(self, shape: Shape) -> int:
        """Return the number of learned numbers for an input of `shape`."""
        return sum(tensor.size for tensor in self.tensors(shape).values() if tensor.trainable)

    def kept(self, shape: Shape) -> int:
        """Return how many numbers one sample of `shape` leaves behind in the layer, its output included."""
        return math.prod(self.output(shape))

    def least_batch(self, shape: Shape) -> int:
        """Return how many samples a training batch has at least: 2 where one alone has no variance."""
        return 1

    def penalties(self) -> dict[str, tuple[float, float]]:
        """Return the rates (l1, l2) of the tensors that are pulled on, by the tensor's name."""
        rates = getattr(self, "l1", 0.0), getattr(self, "l2", 0.0)
        return {"weight": rates} if self.regularised and any(rates) else {}

    def calm(self) -> LayerSpec:
        """Return the layer without what is drawn at random while training; its tensors stay."""
        return self


class Linear(LayerSpec):
    """y = x Wᵀ + b. (F,) → (out_features,), (T, F) → (T, out_features). W (out_features, F), b (out_features,)."""

    kind: Literal["Linear"] = "Linear"
    regularised: ClassVar[bool] = True
    mixes: ClassVar[bool] = True
    out_features: int = number(8, 1, 8192, step=1)
    bias: bool = True
    init: Initialisation = "uniform"
    l1: float = number(0.0, 0, 10, step=0.0001, log=True, advanced=True)
    l2: float = number(0.0, 0, 10, step=0.0001, log=True, advanced=True)

    def output(self, shape: Shape) -> Shape:
        return (*_features(self.kind, shape)[:-1], self.out_features)

    def tensors(self, shape: Shape) -> dict[str, TensorSpec]:
        fan_in, fan_out = shape[-1], self.out_features
        tensors = {"weight": TensorSpec((fan_out, fan_in), self.init, fan_in=fan_in, fan_out=fan_out)}
        if self.bias:
            init: Initialisation = "uniform" if self.init == "uniform" else "zeros"
            tensors["bias"] = TensorSpec((fan_out,), init, fan_in=fan_in, fan_out=fan_out)
        return tensors

    def flops(self, shape: Shape) -> int:
        return 2 * math.prod(shape) * self.out_features


class Flatten(LayerSpec):
    """(...,) → (product,), in C order."""

    kind: Literal["Flatten"] = "Flatten"
    group: ClassVar = "any"
    keeps_values: ClassVar[bool] = True

    def output(self, shape: Shape) -> Shape:
        return (math.prod(shape),)

    def flops(self, shape: Shape) -> int:
        return 0


class Dropout(LayerSpec):
    """Zero each element with probability p while training and scale the rest by 1/(1 − p); otherwise pass through.

    Srivastava et al. (2014), in the inverted form torch uses. Shapes stay.
    """

    kind: Literal["Dropout"] = "Dropout"
    counted: ClassVar[bool] = False
    group: ClassVar = "any"
    keeps_values: ClassVar[bool] = True
    p: float = number(0.5, 0, 0.95, step=0.05)

    def calm(self) -> LayerSpec:
        return Identity()


class BatchNorm1d(LayerSpec):
    """Normalise each feature over the batch, then scale and shift: Ioffe and Szegedy (2015). (F,) → (F,).

    weight, bias, running_mean and running_var are (F,); the running variance is the unbiased one, as in torch.
    """

    kind: Literal["BatchNorm1d"] = "BatchNorm1d"
    counted: ClassVar[bool] = False
    eps: float = number(1e-5, 1e-12, 1, log=True, advanced=True)
    momentum: float = number(0.1, 0, 1, step=0.05, advanced=True)

    def output(self, shape: Shape) -> Shape:
        return _vector(self.kind, shape)

    def tensors(self, shape: Shape) -> dict[str, TensorSpec]:
        return {
            "weight": TensorSpec(shape, "ones"),
            "bias": TensorSpec(shape, "zeros"),
            "running_mean": TensorSpec(shape, "zeros", trainable=False),
            "running_var": TensorSpec(shape, "ones", trainable=False),
            "num_batches_tracked": TensorSpec((), "count", trainable=False),
        }

    def flops(self, shape: Shape) -> int:
        return 8 * shape[0]

    def least_batch(self, shape: Shape) -> int:
        return 2


class LayerNorm(LayerSpec):
    """Normalise each sample, or each of its steps, over the features, then scale and shift: Ba et al. (2016).

    (F,) → (F,), (T, F) → (T, F). weight and bias are (F,).
    """

    kind: Literal["LayerNorm"] = "LayerNorm"
    counted: ClassVar[bool] = False
    eps: float = number(1e-5, 1e-12, 1, log=True, advanced=True)

    def output(self, shape: Shape) -> Shape:
        return _features(self.kind, shape)

    def tensors(self, shape: Shape) -> dict[str, TensorSpec]:
        return {"weight": TensorSpec(shape[-1:], "ones"), "bias": TensorSpec(shape[-1:], "zeros")}

    def flops(self, shape: Shape) -> int:
        return 8 * math.prod(shape)


class Activation(LayerSpec):
    """A function of each element; shapes stay. `operations` are those of one element."""

    is_activation: ClassVar[bool] = True
    group: ClassVar = "activation"
    operations: ClassVar[int] = 5

    def flops(self, shape: Shape) -> int:
        return self.operations * math.prod(shape)


class Identity(Activation):
    """f(x) = x."""

    kind: Literal["Identity"] = "Identity"
    operations: ClassVar[int] = 0
    counted: ClassVar[bool] = False
    keeps_values: ClassVar[bool] = True


class Sigmoid(Activation):
    """f(x) = 1 / (1 + e⁻ˣ), between 0 and 1."""

    kind: Literal["Sigmoid"] = "Sigmoid"
    operations: ClassVar[int] = 4
    bounds: ClassVar = (0, 1)


class Tanh(Activation):
    """f(x) = tanh x, between −1 and 1."""

    kind: Literal["Tanh"] = "Tanh"
    bounds: ClassVar = (-1, 1)


class ReLU(Activation):
    """f(x) = max(0, x). Nair and Hinton (2010)."""

    kind: Literal["ReLU"] = "ReLU"
    operations: ClassVar[int] = 1
    bounds: ClassVar = (0, math.inf)


class LeakyReLU(Activation):
    """f(x) = x for x > 0, else negative_slope · x. Maas et al. (2013)."""

    kind: Literal["LeakyReLU"] = "LeakyReLU"
    operations: ClassVar[int] = 2
    negative_slope: float = number(0.01, 0, 1, step=0.01)


class ELU(Activation):
    """f(x) = x for x > 0, else alpha · (eˣ − 1). Clevert et al. (2016)."""

    kind: Literal["ELU"] = "ELU"
    operations: ClassVar[int] = 4
    alpha: float = number(1.0, 0.01, 10, step=0.1)


class GELU(Activation):
    """f(x) = x Φ(x), Φ the standard normal distribution function (exact, by erf). Hendrycks and Gimpel (2016)."""

    kind: Literal["GELU"] = "GELU"


class SiLU(Activation):
    """f(x) = x σ(x), also called swish. Elfwing et al. (2018)."""

    kind: Literal["SiLU"] = "SiLU"


class Softplus(Activation):
    """f(x) = ln(1 + e^(beta x)) / beta, a smooth ReLU; linear above beta x = 20, as in torch."""

    kind: Literal["Softplus"] = "Softplus"
    bounds: ClassVar = (0, math.inf)
    beta: float = number(1.0, 0.1, 20, step=0.1)


class Softmax(Activation):
    """f(x)ᵢ = e^xᵢ / Σⱼ e^xⱼ over the features of each sample or step. (F,) and (T, F) stay."""

    kind: Literal["Softmax"] = "Softmax"
    bounds: ClassVar = (0, 1)

    def output(self, shape: Shape) -> Shape:
        return _features(self.kind, shape)


class Sine(Activation):
    """f(x) = sin x. Sitzmann et al. (2020)."""

    kind: Literal["Sine"] = "Sine"
    operations: ClassVar[int] = 1
    bounds: ClassVar = (-1, 1)


class Step(Activation):
    """f(x) = 1 for x > 0, else 0: the perceptron's. The gradient passes straight through where |x| ≤ 1.

    The true derivative is zero; the straight-through estimate is Bengio et al. (2013).
    """

    kind: Literal["Step"] = "Step"
    operations: ClassVar[int] = 1
    bounds: ClassVar = (0, 1)


def _vector(kind: str, shape: Shape) -> Shape:
    if len(shape) != 1:
        raise SpecError("error.needs_vector", value=shape_text(shape), kind=kind)
    return shape


def _features(kind: str, shape: Shape) -> Shape:
    """Return a shape whose last axis are features: a row of them, or a sequence of such rows."""
    return shape if len(shape) == 2 else _vector(kind, shape)


def shape_text(shape: Shape) -> str:
    """Return a shape as it is written everywhere: `(784,)`, `(1, 28, 28)`."""
    return str(tuple(shape))
