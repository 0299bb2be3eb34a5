"""Training as a CUDA graph gives the numbers of training kernel by kernel, and gives way where nothing can be captured.

Without a GPU a stand-in captures: it writes down every operation that torch carries out, takes back what the capture
itself changed, and carries the same operations out again on the same memory. Like a graph it runs no Python of ours,
knows its own batch only, and refuses whatever waits for the device.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

import engines
from engines.torch import TorchEngine, graphs
from engines.torch.draws import DeviceDraws, NumpyDraws
from engines.torch.net import Net
from playground.spec import LayerSpec, LossSpec, ModelSpec, OptimizerSpec
from playground.spec.image_layers import BatchNorm2d, Conv2d, Dropout2d, MaxPool2d, Residual
from playground.spec.layers import Dropout, Flatten, Linear, ReLU
from playground.spec.losses import MSE, CrossEntropy
from playground.spec.optimizers import SGD, Adam, RMSprop
from playground.spec.recurrent_layers import GRU, LSTM
from playground.spec.sequence_layers import Conv1d, Embedding, MaxPool1d
from tests.engines.rich import RICH, SHAPE, everything, exhaust
from tests.engines.test_devices import each_accelerator
from tests.states import assert_equal

engine = cast("TorchEngine", engines.get("torch"))
CLASSES, COUNT, BATCH = 3, 37, 4


class Writing(TorchDispatchMode):
    """Writes down what torch carries out and where it lies in memory, and what was there before."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, Any, Any, Any]] = []
        self.before: dict[int, tuple[torch.UntypedStorage, torch.UntypedStorage]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten._local_scalar_dense.default:
            raise RuntimeError("operation not permitted when stream is capturing")
        for value in tree_leaves(args):
            if isinstance(value, Tensor):
                memory = value.untyped_storage()
                self.before.setdefault(memory.data_ptr(), (memory, memory.clone()))
        places = tree_map(Place.of, (args, kwargs or {}))
        result = func(*args, **(kwargs or {}))
        self.calls.append((func, *places, tree_map(Place.of, result)))
        return result


@dataclass(frozen=True)
class Place:
    """Where a tensor lies."""

    memory: torch.UntypedStorage
    dtype: torch.dtype
    layout: tuple[Any, ...]

    @staticmethod
    def of(value: Any) -> Any:
        if not isinstance(value, Tensor):
            return value
        return Place(
            value.untyped_storage(), value.dtype, (value.storage_offset(), value.size(), value.stride())
        )

    @staticmethod
    def seen(value: Any) -> Any:
        if not isinstance(value, Place):
            return value
        return torch.empty(0, dtype=value.dtype).set_(value.memory, *value.layout)


class StandIn:
    """Takes the place of `graphs.Capture`."""

    replays = 0

    def __init__(
        self, function: Callable[[], Tensor], device: torch.device, generators: Sequence[torch.Generator]
    ) -> None:
        states = [generator.get_state() for generator in generators]
        written = Writing()
        try:
            with written:
                self.result = function()
        finally:
            for memory, before in written.before.values():
                memory.copy_(before)
            for generator, state in zip(generators, states, strict=True):
                generator.set_state(state)
        self.calls = written.calls

    @torch.no_grad()
    def replay(self) -> None:
        type(self).replays += 1
        for func, args, kwargs, result in self.calls:
            again = func(*tree_map(Place.seen, args), **tree_map(Place.seen, kwargs))
            for old, new in zip(tree_leaves(tree_map(Place.seen, result)), tree_leaves(again), strict=True):
                if isinstance(new, Tensor) and old.data_ptr() != new.data_ptr():
                    old.copy_(new)


@pytest.fixture
def captures(monkeypatch: pytest.MonkeyPatch) -> type[StandIn]:
    monkeypatch.setattr(StandIn, "replays", 0)
    monkeypatch.setattr(graphs, "Capture", StandIn)
    monkeypatch.setattr(torch.backends.mkldnn, "enabled", False)  # its LSTM keeps what cannot be written down
    return StandIn


PICTURES = (
    Conv2d(out_channels=3, padding="same"),
    BatchNorm2d(),
    ReLU(),
    MaxPool2d(),
    Residual(layers=(Conv2d(out_channels=3, padding="same"), ReLU())),
    Dropout2d(p=0.2),
    Flatten(),
    Linear(out_features=CLASSES),
)
TEXTS = (
    Embedding(num_embeddings=9, embedding_dim=4),
    Conv1d(out_channels=4),
    MaxPool1d(),
    LSTM(hidden_size=5, num_layers=2, dropout=0.2, bidirectional=True),
    Linear(out_features=CLASSES),
)
SERIES = (GRU(hidden_size=4, truncate=2), Dropout(p=0.1), Linear(out_features=2))
MODELS: dict[str, tuple[Sequence[LayerSpec], tuple[int, ...]]] = {
    "dense": (RICH.layers, SHAPE),
    "pictures": (PICTURES, (1, 8, 8)),
    "texts": (TEXTS, (8,)),
    "series": (SERIES, (6, 2)),
}
SGD_CLIPPED = SGD(momentum=0.9, clip_norm=0.5)


def built(name: str, optimizer: OptimizerSpec | None = None, **options: Any) -> Net:
    layers, shape = MODELS[name]
    optimizer = optimizer or Adam(lr=0.01, clip_norm=1.0)
    return engine.net(ModelSpec(layers=tuple(layers)), shape, optimizer, masks="device", **options)


def batches(name: str) -> tuple[LossSpec, np.ndarray, np.ndarray]:
    random, shape = np.random.default_rng(1), MODELS[name][1]
    if name == "series":
        return MSE(), random.normal(size=(COUNT, *shape)), random.normal(size=(COUNT, 2))
    x = random.normal(size=(COUNT, *shape))
    if name == "texts":
        x = random.integers(1, 9, (COUNT, *shape)) * (
            np.arange(shape[0]) >= random.integers(0, 6, (COUNT, 1))
        )
    return CrossEntropy(), x, random.integers(0, CLASSES, COUNT)


def train(name: str, net: Net, *, epochs: int = 2) -> np.ndarray:
    """Train with a batch that is smaller than the others at the end of each epoch, and return all losses."""
    loss, x, y = batches(name)
    fit = net.fit(loss, x, y, BATCH)
    losses = []
    for epoch in range(epochs):
        fit.begin(np.random.default_rng(epoch).permutation(COUNT))
        exhaust(fit)
        losses.append(fit.losses())
    return np.concatenate(losses)


def always(net: Net) -> bool:
    return True


@pytest.mark.parametrize("optimizer", [Adam(lr=0.01), SGD_CLIPPED, RMSprop()], ids=["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("name", MODELS)
def test_a_graph_trains_as_single_kernels_do(
    name: str, optimizer: OptimizerSpec, captures: type[StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = built(name, optimizer), built(name, optimizer)
    expected = train(name, one)
    assert captures.replays == 0
    monkeypatch.setattr(graphs, "capturable", always)
    np.testing.assert_array_equal(train(name, other), expected)
    assert captures.replays == 2 * (COUNT // BATCH) - graphs.WARM
    assert_equal(everything(other), everything(one))
    assert_equal(other.gradients(), one.gradients())


def test_a_graph_trains_in_the_precision_of_single_kernels(
    captures: type[StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (built("dense", precision="bfloat16") for _ in range(2))
    expected = train("dense", one)
    monkeypatch.setattr(graphs, "capturable", always)
    np.testing.assert_array_equal(train("dense", other), expected)
    assert captures.replays
    assert not np.array_equal(train("dense", built("dense")), expected)


def test_a_net_that_is_retuned_is_captured_anew(
    captures: type[StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    loss, x, y = batches("dense")
    found = []
    for possible in (False, True):
        monkeypatch.setattr(graphs, "capturable", lambda net, possible=possible: possible)
        net = built("dense")
        fit = net.fit(loss, x, y, BATCH)
        fit.begin(np.arange(COUNT))
        exhaust(fit)
        layers = (*RICH.layers[:4], Dropout(p=0.6), *RICH.layers[5:])
        net.retune(ModelSpec(layers=layers), Adam(lr=0.02, beta1=0.5))
        fit.begin(np.arange(COUNT))
        exhaust(fit)
        found.append(everything(net))
    assert captures.replays == 2 * (COUNT // BATCH - graphs.WARM)
    assert_equal(found[1], found[0])


def test_a_state_loaded_between_two_launches_is_trained_on(
    captures: type[StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphs, "capturable", always)
    net, loss, x, y = built("dense"), *batches("dense")
    fit = net.fit(loss, x, y, BATCH)
    begun, random = net.state(), net.random_state()
    fit.begin(np.arange(COUNT))
    exhaust(fit)
    first = fit.losses()
    net.load(begun)
    net.load_random(random)
    net.load_optimizer(built("dense").optimizer_state())
    fit.begin(np.arange(COUNT))
    exhaust(fit)
    np.testing.assert_array_equal(fit.losses(), first)


def test_what_cannot_be_captured_goes_on_kernel_by_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    class Refusing(StandIn):
        def __init__(self, function: Callable[[], Tensor], *rest: Any) -> None:
            tries.append(1)
            super().__init__(lambda: function() * float(function()), *rest)

    one, other = built("dense"), built("dense")
    expected = train("dense", one)
    monkeypatch.setattr(graphs, "capturable", always)
    monkeypatch.setattr(graphs, "Capture", Refusing)
    tied = {id(cast("DeviceDraws", draws).generator) for draws in other.draws.values()}
    np.testing.assert_array_equal(train("dense", other), expected)
    assert len(tries) == 1
    assert_equal(everything(other), everything(one))
    # A generator that CUDA has registered for a capture that failed refuses to draw outside of one.
    assert tied
    assert tied.isdisjoint(id(cast("DeviceDraws", draws).generator) for draws in other.draws.values())


@pytest.mark.parametrize(
    ("device", "draws", "expected"),
    [
        ("cuda", DeviceDraws, True),
        ("cuda", NumpyDraws, False),
        ("cpu", DeviceDraws, False),
        ("cuda", None, True),
    ],
)
def test_only_what_is_launched_and_drawn_on_cuda_is_captured(device: str, draws: Any, expected: bool) -> None:
    there = torch.device(device)
    drawn = {} if draws is None else {"1": draws(0, "1", torch.device("cpu"))}
    assert graphs.capturable(cast("Net", SimpleNamespace(device=there, draws=drawn))) is expected


@each_accelerator
@pytest.mark.parametrize("name", MODELS)
def test_cuda_captures_and_trains_as_single_kernels_do(
    device: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not device.startswith("cuda"):
        pytest.skip("graphs are CUDA's")
    captured: list[object] = []

    class Counted(graphs.Capture):
        def replay(self) -> None:
            captured.append(self)
            super().replay()

    monkeypatch.setattr(graphs, "Capture", Counted)
    one, other = built(name, device=device), built(name, device=device)
    losses = train(name, one)
    assert len(captured) == 2 * (COUNT // BATCH) - graphs.WARM
    monkeypatch.setattr(graphs, "capturable", lambda net: False)
    np.testing.assert_allclose(train(name, other), losses, rtol=1e-4)
    assert_equal(one.random_state(), other.random_state())
