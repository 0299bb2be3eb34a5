"""What the engines' tests share: torch's own modules as the reference, and how two sets of numbers are compared.

The reference is written out here, apart from our torch engine: it is what a reader of torch's documentation would type.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import engines
from engines.protocol import Array, Dtype, Net
from playground.spec import LayerSpec, LossSpec, ModelSpec, OptimizerSpec, Shape, SpecError
from playground.spec import optimizers as optimizer_specs

DIGITS = 1e-10
"""What float64 promises: ten digits, relative to the largest number of a tensor, or absolute below 1."""


IMAGE: Shape = (4, 7, 6)
"""Odd and even, neither square nor divisible by what windows are wide."""
SEQUENCE: Shape = (7, 4)


class Sine(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.sin(x)


class Step(nn.Module):
    """Value of the step, gradient of x clipped to ±1, put together by detaching."""

    def forward(self, x: Tensor) -> Tensor:
        passing = x.clamp(-1, 1)
        return passing + ((x > 0).to(x.dtype) - passing).detach()


class Tokens(nn.Embedding):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.long())


class Recurrent(nn.Module):
    """What torch's own recurrent modules give: every state, or the last of each direction; the gradient cut or not."""

    def __init__(self, spec: Any, **options: Any) -> None:
        super().__init__(**options)
        self.spec = spec

    def forward(self, x: Tensor) -> Tensor:
        forward: Any = super().forward
        state, parts = None, []
        for part in x.split(self.spec.truncate or x.shape[1], dim=1):
            y, state = forward(part, state)
            state = tuple(one.detach() for one in state) if isinstance(state, tuple) else state.detach()
            parts.append(y)
        y, hidden = torch.cat(parts, 1), self.spec.hidden_size
        return y if self.spec.return_sequences else torch.cat([y[:, -1, :hidden], y[:, 0, hidden:]], 1)


class RNN(Recurrent, nn.RNN): ...


class LSTM(Recurrent, nn.LSTM): ...


class GRU(Recurrent, nn.GRU): ...


def recurrent(kind: Any, spec: Any, shape: Shape, **options: Any) -> nn.Module:
    return kind(
        spec,
        input_size=shape[1],
        hidden_size=spec.hidden_size,
        num_layers=spec.num_layers,
        bidirectional=spec.bidirectional,
        dropout=spec.dropout,
        batch_first=True,
        **options,
    )


class OverTime(nn.Module):
    """A module of torch's that wants (N, F, T), for (N, T, F)."""

    def forward(self, x: Tensor) -> Tensor:
        forward: Any = super().forward
        return forward(x.transpose(1, 2)).transpose(1, 2)


class Conv1d(OverTime, nn.Conv1d):
    """With zeros before the beginning alone for `causal`."""

    def __init__(self, spec: Any, shape: Shape) -> None:
        self.before = spec.dilation * (spec.kernel_size - 1) if spec.padding == "causal" else 0
        super().__init__(
            shape[1],
            spec.out_channels,
            spec.kernel_size,
            stride=spec.stride,
            padding=0 if spec.padding == "causal" else spec.padding,
            dilation=spec.dilation,
            bias=spec.bias,
        )

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(nn.functional.pad(x, (0, 0, self.before, 0)))


class MaxPool1d(OverTime, nn.MaxPool1d): ...


class AvgPool1d(OverTime, nn.AvgPool1d): ...


class Over(nn.Module):
    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class Residual(nn.Module):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


LAYERS: dict[str, Callable[[Any, Shape], nn.Module]] = {
    "Linear": lambda spec, shape: nn.Linear(shape[-1], spec.out_features, bias=spec.bias),
    "Flatten": lambda spec, shape: nn.Flatten(),
    "Unflatten": lambda spec, shape: nn.Unflatten(1, (spec.channels, spec.height, -1)),
    "Dropout": lambda spec, shape: nn.Dropout(spec.p),
    "BatchNorm1d": lambda spec, shape: nn.BatchNorm1d(*shape, eps=spec.eps, momentum=spec.momentum),
    "LayerNorm": lambda spec, shape: nn.LayerNorm(shape[-1], eps=spec.eps),
    "Identity": lambda spec, shape: nn.Identity(),
    "Sigmoid": lambda spec, shape: nn.Sigmoid(),
    "Tanh": lambda spec, shape: nn.Tanh(),
    "ReLU": lambda spec, shape: nn.ReLU(),
    "LeakyReLU": lambda spec, shape: nn.LeakyReLU(spec.negative_slope),
    "ELU": lambda spec, shape: nn.ELU(spec.alpha),
    "GELU": lambda spec, shape: nn.GELU(approximate="none"),
    "SiLU": lambda spec, shape: nn.SiLU(),
    "Softplus": lambda spec, shape: nn.Softplus(beta=spec.beta),
    "Softmax": lambda spec, shape: nn.Softmax(dim=-1),
    "Sine": lambda spec, shape: Sine(),
    "Step": lambda spec, shape: Step(),
    "Conv2d": lambda spec, shape: nn.Conv2d(
        shape[0],
        spec.out_channels,
        spec.kernel_size,
        stride=spec.stride,
        padding=spec.padding,
        dilation=spec.dilation,
        groups=spec.groups,
        bias=spec.bias,
    ),
    "ConvTranspose2d": lambda spec, shape: nn.ConvTranspose2d(
        shape[0],
        spec.out_channels,
        spec.kernel_size,
        stride=spec.stride,
        padding=spec.padding,
        output_padding=spec.output_padding,
        groups=spec.groups,
        bias=spec.bias,
        dilation=spec.dilation,
    ),
    "MaxPool2d": lambda spec, shape: nn.MaxPool2d(
        spec.kernel_size, spec.stride or None, spec.padding, spec.dilation
    ),
    "AvgPool2d": lambda spec, shape: nn.AvgPool2d(spec.kernel_size, spec.stride or None, spec.padding),
    "AdaptiveAvgPool2d": lambda spec, shape: nn.AdaptiveAvgPool2d(spec.output_size),
    "Upsample": lambda spec, shape: nn.Upsample(scale_factor=spec.scale_factor, mode=spec.mode),
    "BatchNorm2d": lambda spec, shape: nn.BatchNorm2d(shape[0], eps=spec.eps, momentum=spec.momentum),
    "Dropout2d": lambda spec, shape: nn.Dropout2d(spec.p),
    "Embedding": lambda spec, shape: Tokens(spec.num_embeddings, spec.embedding_dim, padding_idx=0),
    "RNN": lambda spec, shape: recurrent(RNN, spec, shape, nonlinearity=spec.nonlinearity),
    "LSTM": lambda spec, shape: recurrent(LSTM, spec, shape),
    "GRU": lambda spec, shape: recurrent(GRU, spec, shape),
    "Conv1d": Conv1d,
    "MaxPool1d": lambda spec, shape: MaxPool1d(spec.kernel_size, spec.stride or None, spec.padding),
    "AvgPool1d": lambda spec, shape: AvgPool1d(spec.kernel_size, spec.stride or None, spec.padding),
    "GlobalMaxPool1d": lambda spec, shape: Over(lambda x: x.max(1).values),
    "GlobalAvgPool1d": lambda spec, shape: Over(lambda x: x.mean(1)),
    "Residual": lambda spec, shape: Residual(
        *(LAYERS[one.kind](one, at) for one, at in zip(spec.layers, spec.inputs(shape)[:-1], strict=True))
    ),
}

NORMALISED: dict[type, tuple[int, ...]] = {
    nn.BatchNorm1d: (0,),
    nn.LayerNorm: (-1,),
    nn.BatchNorm2d: (0, 2, 3),
}
"""The axes that a normalisation takes its statistics of."""


def _named(layers: Iterable[LayerSpec], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for index, layer in enumerate(layers):
        yield f"{prefix}{index}", layer
        yield from _named(getattr(layer, "layers", ()), f"{prefix}{index}.layers.")


LOSSES: dict[str, Callable[[Any], Callable[[Tensor, Tensor], Tensor]]] = {
    "MSE": lambda spec: nn.MSELoss(),
    "MAE": lambda spec: nn.L1Loss(),
    "Huber": lambda spec: nn.HuberLoss(delta=spec.delta),
    "BCE": lambda spec: nn.BCELoss(),
    "BCEWithLogits": lambda spec: nn.BCEWithLogitsLoss(),
    "CrossEntropy": lambda spec: nn.CrossEntropyLoss(),
    "Hinge": lambda spec: lambda y, t: torch.relu(1 - t * y).mean(),
}

OPTIMIZERS: dict[str, Callable[[Any, Any], torch.optim.Optimizer]] = {
    "SGD": lambda spec, parameters: torch.optim.SGD(
        parameters, lr=spec.lr, momentum=spec.momentum, nesterov=spec.nesterov, weight_decay=spec.weight_decay
    ),
    "Adagrad": lambda spec, parameters: torch.optim.Adagrad(
        parameters, lr=spec.lr, eps=spec.eps, weight_decay=spec.weight_decay
    ),
    "RMSprop": lambda spec, parameters: torch.optim.RMSprop(
        parameters, lr=spec.lr, alpha=spec.alpha, eps=spec.eps, weight_decay=spec.weight_decay
    ),
    "Adam": lambda spec, parameters: torch.optim.Adam(
        parameters, lr=spec.lr, betas=(spec.beta1, spec.beta2), eps=spec.eps, weight_decay=spec.weight_decay
    ),
    "AdamW": lambda spec, parameters: torch.optim.AdamW(
        parameters, lr=spec.lr, betas=(spec.beta1, spec.beta2), eps=spec.eps, weight_decay=spec.weight_decay
    ),
}


class Reference:
    """A model of torch's own modules with the numbers of a net, trained by torch's own loop."""

    def __init__(self, net: Net, optimizer: OptimizerSpec) -> None:
        shapes = net.model.inputs(net.input_shape)
        modules = [
            LAYERS[spec.kind](spec, shape) for spec, shape in zip(net.model.layers, shapes, strict=True)
        ]
        state = {name: torch.tensor(values) for name, values in net.state().items()}
        floats = [values.dtype for values in state.values() if values.is_floating_point()]
        self.dtype = floats[0] if floats else torch.float64
        self.module = nn.Sequential(*modules).to(self.dtype)
        self.module.load_state_dict(state)
        self.layers = net.model.layers
        self.spec = optimizer
        parameters = list(self.module.parameters())
        self.optimizer = OPTIMIZERS[optimizer.kind](optimizer, parameters) if parameters else None

    def objective(self, loss: Tensor) -> Tensor:
        """Return the loss with the penalties: l2/2 Σw² + l1 Σ|w| of each layer's weights."""
        modules = dict(self.module.named_modules())
        for name, layer in _named(self.layers):
            if layer.regularised:
                weight: Any = modules[name].weight
                loss = loss + layer.l2 / 2 * (weight**2).sum() + layer.l1 * weight.abs().sum()
        return loss

    def backward(self, x: Array, grad: Array) -> tuple[Array, Array]:
        """Return output and dL/dx of a training pass; the parameters' gradients include the penalties'."""
        inputs = torch.tensor(x, dtype=self.dtype, requires_grad=True)
        self.module.train()
        self.module.zero_grad()
        outputs = self.module(inputs)
        self.objective((outputs * torch.tensor(grad, dtype=self.dtype)).sum()).backward()
        slope = torch.zeros_like(inputs) if inputs.grad is None else inputs.grad  # none of token ids
        return outputs.detach().numpy(), slope.numpy()

    def step(self, loss: LossSpec, x: Array, y: Array) -> float:
        """Take one step as a torch user would; return the data loss."""
        self.module.train()
        self.module.zero_grad()
        target = torch.tensor(y) if loss.targets == "classes" else torch.tensor(y, dtype=self.dtype)
        value = LOSSES[loss.kind](loss)(self.module(torch.tensor(x, dtype=self.dtype)), target)
        if self.optimizer is not None:
            self.objective(value).backward()
            if self.spec.clip_norm:
                nn.utils.clip_grad_norm_(self.module.parameters(), self.spec.clip_norm)
            self.optimizer.step()
        return float(value.detach())

    def least_variance(self, x: Array) -> float:
        """Return the least variance that a normalisation divides by on a training pass; rounding rules near 0."""
        values, found = torch.tensor(x, dtype=self.dtype), math.inf
        module = copy.deepcopy(self.module).train()
        variances = []

        def look(one: nn.Module, given: tuple[Tensor, ...]) -> None:
            variances.append(given[0].var(dim=NORMALISED[type(one)], correction=0).min())

        for one in module.modules():
            if type(one) in NORMALISED:
                one.register_forward_pre_hook(look)
        with torch.no_grad():
            module(values)
        return min((float(variance) for variance in variances), default=found)

    def forward(self, x: Array) -> Array:
        """Return the output in evaluation mode."""
        self.module.eval()
        with torch.no_grad():
            return self.module(torch.tensor(x, dtype=self.dtype)).numpy()

    def state(self) -> dict[str, Array]:
        return {name: values.detach().numpy() for name, values in self.module.state_dict().items()}

    def gradients(self) -> dict[str, Array]:
        return {name: p.grad.numpy() for name, p in self.module.named_parameters() if p.grad is not None}


def assert_close(found: Array, expected: Array, what: str = "", *, within: float = DIGITS) -> None:
    """Compare two arrays as wholes: shape, and numbers relative to the largest."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape, what
    scale = max(float(np.abs(expected).max(initial=0)), 1.0)
    np.testing.assert_allclose(found, expected, rtol=0, atol=within * scale, err_msg=what)


def assert_same(found: Mapping[str, Array], expected: Mapping[str, Array], *, within: float = DIGITS) -> None:
    """Compare two states as wholes: names in order, shapes, numbers."""
    assert list(found) == list(expected)
    for name in expected:
        assert_close(found[name], expected[name], name, within=within)


def net(
    engine: str,
    model: ModelSpec,
    shape: Shape,
    optimizer: OptimizerSpec | None = None,
    *,
    dtype: Dtype = "float64",
    seed: int = 0,
) -> Net:
    optimizer = optimizer or optimizer_specs.SGD()
    return engines.get(engine).net(model, shape, optimizer, dtype=dtype, seed=seed)


def natural_shape(layer: LayerSpec, width: int = 4) -> Shape:
    """Return the shape of a sample that the layer can take: a row of numbers or tokens, an image, or a sequence."""
    for shape in ((width,), IMAGE):
        try:
            layer.output(shape)
        except SpecError:
            continue
        return shape
    return SEQUENCE


def given_shape(layer: LayerSpec, width: int = 5) -> Shape:
    """Return what a model `around` a layer is given: `width` features, or the image, or the tokens, it can take."""
    shape = natural_shape(layer)
    if layer.kind == "Embedding" or len(shape) == 3:
        return shape
    return (*shape[:-1], width)


def samples(layer: LayerSpec, random: np.random.Generator, count: int, shape: Shape) -> Array:
    """Draw samples (count, *shape) of what the layer takes: numbers, or token ids with some padding before them."""
    if layer.kind != "Embedding":
        return random.normal(size=(count, *shape))
    ids = random.integers(0, layer.num_embeddings, (count, *shape))  # type: ignore[attr-defined]
    ids[0, :2] = 0
    return ids.astype(np.float64)


def around(layer: LayerSpec, *, num_in: int = 4, num_out: int = 3) -> ModelSpec:
    """Return a small model with `layer` inside: behind it is a Linear layer; before it another, or a convolution."""
    kinds = LayerSpec.catalogue()
    linear, flatten = kinds["Linear"], kinds["Flatten"]
    shape = natural_shape(layer)
    before: tuple[LayerSpec, ...] = (linear(out_features=num_in),)
    if len(shape) == 3:
        before = (kinds["Conv2d"](out_channels=IMAGE[0], kernel_size=3, padding=1),)
    if layer.kind == "Embedding":
        before = ()
    behind = (flatten(),) if len(layer.output(shape)) > 1 else ()
    return ModelSpec(layers=(*before, layer, *behind, linear(out_features=num_out)))


def coded_targets(loss: LossSpec, random: np.random.Generator, count: int, width: int) -> Array:
    """Draw targets as the loss wants them coded: class indices (N,), else (N, k)."""
    if loss.targets == "classes":
        return random.integers(0, width, count)
    if loss.targets == "bits":
        return random.integers(0, 2, (count, width)).astype(np.float64)
    if loss.targets == "signs":
        return random.integers(0, 2, (count, width)) * 2.0 - 1.0
    return random.normal(size=(count, width))
