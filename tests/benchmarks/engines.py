"""How fast training is here, through the trainer's public `step()`, beside a plain torch loop on the same task.

Run it with `python -m tests.benchmarks.engines`; it prints a table with the versions and writes JSON.

What is compared is compared fairly: one thread, the process's own CPU time, shuffling included on both sides, rounds
in turn so that a busy machine slows both, the median of the rounds' ratios. Before anything is timed the two sides
train in float64 from the same weights through the same batches and must arrive at the same weights.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from playground.data import Dataset, load
from playground.data.targets import code
from playground.presets import preset
from playground.runs.supervised import Supervised
from playground.spec import Experiment, State, coding
from playground.spec.random import stream
from tests.benchmarks import sequences

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
ROUNDS = 15
ROUND_SECONDS = 0.1
CHECKED_STEPS = 60
AGREEMENT = 1e-9
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""What `mallopt` calls its options."""

Module = Callable[[], nn.Sequential]
Optimizer = Callable[[Any], torch.optim.Optimizer]


@dataclass(frozen=True)
class Peer:
    """A plain torch loop: what it is called, its optimizer, and how many times faster we want to be.

    Attributes:
        channels_last: images and kernels lie in memory as convolutions on the CPU like them best.
    """

    name: str
    optimizer: Optimizer
    target: float
    channels_last: bool = False


@dataclass(frozen=True)
class Case:
    """One network on one data set, its module in torch, and the peers it is measured against.

    Attributes:
        checked_steps: how many steps both sides take before their weights are compared.
        data: returns the samples; None loads those that the experiment describes.
        checked: makes of torch's module one that leaves padding out, to be compared; it is not what is timed.
        kept_memory: the C library keeps what is freed, for both sides and from then on: torch allocates every step.
    """

    name: str
    experiment: Experiment
    module: Module
    loss: Callable[[], nn.Module]
    peers: tuple[Peer, ...]
    kept_memory: bool = False
    checked_steps: int = CHECKED_STEPS
    data: Callable[[], Dataset] | None = None
    checked: Callable[[nn.Sequential], nn.Sequential] | None = None

    def dataset(self) -> Dataset:
        """Return the samples."""
        return load(self.experiment.data) if self.data is None else self.data()


@dataclass(frozen=True)
class Result:
    """One comparison. Times are microseconds of CPU time for a step, ratios theirs ÷ ours."""

    case: str
    peer: str
    ours: float
    theirs: float
    ratio: float
    target: float
    quartiles: tuple[float, float]
    rounds: int = 0

    @property
    def reached(self) -> bool:
        """Return whether the target is reached."""
        return self.ratio >= self.target


def cases() -> tuple[Case, ...]:
    """Return the cases, the torch engine's own beside the NumPy engine's."""
    points = preset("circle").experiment.replace("training.max_epochs", 0).replace("data.test_fraction", 0)
    points = (
        points.replace("data.count", 500).replace("training.batch_size", 10).replace("optimizer.lr", 0.03)
    )
    narrow = points.replace("model.layers", [*_dense(4), *_dense(2), {"kind": "Linear", "out_features": 1}])
    wide = points.replace("model.layers", [*_dense(8), *_dense(8), {"kind": "Linear", "out_features": 1}])
    sgd, adam = (
        wide.replace("optimizer.kind", "SGD"),
        wide.replace("optimizer.kind", "Adam").replace("optimizer.lr", 0.003),
    )
    digits = preset("digits-mlp").experiment.replace("training.max_epochs", 0)
    digits = digits.replace("training.batch_size", 32).replace("schedule", {"kind": "Constant"})
    digits = digits.replace("optimizer.kind", "Adam").replace("optimizer.lr", 0.001)
    plain_sgd = Peer("torch, SGD", lambda p: torch.optim.SGD(p, lr=0.03), 25)
    fused_sgd = Peer("torch, fused SGD", lambda p: torch.optim.SGD(p, lr=0.03, fused=True), 0.95)
    plain_adam = Peer("torch, Adam", lambda p: torch.optim.Adam(p, lr=0.003), 30)
    digits_fused = Peer("torch, fused Adam", lambda p: torch.optim.Adam(p, lr=0.001, fused=True), 1.5)
    digits_plain = Peer("torch, Adam", lambda p: torch.optim.Adam(p, lr=0.001), 1.5)
    even = Peer("torch, fused Adam", digits_fused.optimizer, 0.95)
    plain, fused = digits_plain.optimizer, digits_fused.optimizer
    tutorial = digits.replace("model.layers", _TUTORIAL)
    normalised = digits.replace("model.layers", _NORMALISED).replace("training.batch_size", 64)
    last = Peer("torch, fused, channels last", fused, 1.2, channels_last=True)
    tuned = Peer("torch, tuned", fused, 0.75, channels_last=True)
    return (
        Case("numpy 2-8-8-1, batch 10, SGD", sgd, lambda: _tanh_net(2, 8, 8, 1), nn.MSELoss, (plain_sgd,)),
        Case("numpy 2-8-8-1, batch 10, Adam", adam, lambda: _tanh_net(2, 8, 8, 1), nn.MSELoss, (plain_adam,)),
        Case("numpy 2-4-2-1, batch 10, SGD", narrow, lambda: _tanh_net(2, 4, 2, 1), nn.MSELoss, (plain_sgd,)),
        Case(
            "numpy 784-128-10, batch 32, Adam",
            digits,
            _digits_net,
            nn.CrossEntropyLoss,
            (digits_fused, digits_plain),
        ),
        Case(
            "torch 2-8-8-1, batch 10, SGD",
            _on_torch(sgd),
            lambda: _tanh_net(2, 8, 8, 1),
            nn.MSELoss,
            (fused_sgd,),
        ),
        Case(
            "torch 784-128-10, batch 32, Adam", _on_torch(digits), _digits_net, nn.CrossEntropyLoss, (even,)
        ),
        Case(
            "numpy tutorial CNN, batch 32, Adam",
            tutorial,
            _tutorial_net,
            nn.CrossEntropyLoss,
            (Peer("torch, Adam", plain, 1.2), Peer("torch, fused Adam", fused, 1.2), last),
            checked_steps=12,
        ),
        Case(
            "numpy BN CNN, batch 64, Adam",
            normalised,
            _normalised_net,
            nn.CrossEntropyLoss,
            (Peer("torch, Adam", plain, 1.6),),
            checked_steps=12,
        ),
        Case(
            "torch tutorial CNN, batch 32, Adam",
            _on_torch(tutorial),
            _tutorial_net,
            nn.CrossEntropyLoss,
            (replace(last, target=0.95),),
            checked_steps=12,
        ),
        Case(
            "numpy LSTM 50-50-1, 30 steps, batch 32",
            sequences.forecast(),
            sequences.lstm_net,
            nn.MSELoss,
            (Peer("torch nn.LSTM, Adam", plain, 1.1), Peer("torch nn.LSTM, fused Adam", fused, 1.1)),
            checked_steps=12,
            data=sequences.noise,
        ),
        Case(
            "numpy words to RNN 32, batch 32",
            sequences.reading(),
            sequences.rnn_net,
            nn.BCEWithLogitsLoss,
            (Peer("torch nn.RNN, Adam", plain, 2.5), Peer("torch nn.RNN, fused Adam", fused, 2.5)),
            checked_steps=12,
            data=sequences.words,
            checked=sequences.alone,
        ),
        Case(  # the last one: memory stays kept
            "numpy BN CNN, memory kept",
            normalised,
            _normalised_net,
            nn.CrossEntropyLoss,
            (tuned,),
            kept_memory=True,
            checked_steps=12,
        ),
    )


def measure(case: Case, *, rounds: int = ROUNDS, seconds: float = ROUND_SECONDS) -> list[Result]:
    """Check that both sides compute the same, then time them in turn."""
    check(case)
    if case.kept_memory:
        keep_memory()
    dataset = case.dataset()
    trainer = Supervised(case.experiment, dataset)
    loops = [plain_loop(case, peer, dataset, dtype=torch.float32) for peer in case.peers]
    contestants: list[Callable[[], object]] = [trainer.step, *(loop.step for loop in loops)]
    counts = [_steps_in(step, seconds) for step in contestants]
    times: list[list[float]] = [[] for _ in contestants]
    for _ in range(rounds):
        for step, count, taken in zip(contestants, counts, times, strict=True):
            taken.append(_seconds_of(step, count) / count * 1e6)
    assert trainer.status == "running"
    ours, *others = times
    return [_result(case, peer, ours, theirs) for peer, theirs in zip(case.peers, others, strict=True)]


def check(case: Case) -> None:
    """Train both sides in float64 through the same batches, dropout off, and compare all weights."""
    experiment = case.experiment
    for index, layer in enumerate(experiment.model.layers):
        if layer.kind == "Dropout":
            experiment = experiment.replace(f"layers.{index}.p", 0.0)
    dataset = case.dataset()
    trainer = Supervised(experiment, dataset, dtype="float64")
    loop = plain_loop(case, case.peers[0], dataset, dtype=torch.float64)
    if case.checked is not None:
        loop.module = case.checked(loop.module)
    for module in loop.module:
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    loop.start_from(trainer.state(), stream(experiment.seed, "shuffle", 0).permutation(len(dataset.x)))
    for _ in range(min(case.checked_steps, trainer.steps_per_epoch)):
        trainer.step()
        loop.step()
    for name, values in trainer.state().items():
        found = loop.module.state_dict()[name].numpy()
        np.testing.assert_allclose(values, found, rtol=0, atol=AGREEMENT, err_msg=f"{case.name}: {name}")


def keep_memory() -> None:
    """Tell the C library, where it is GNU's, to keep what is freed instead of giving it back to the system."""
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        for option, value in ((M_MMAP_THRESHOLD, 1 << 30), (M_TRIM_THRESHOLD, (1 << 31) - 1)):
            library.mallopt(option, value)


class PlainLoop:
    """What a torch user types: shuffle, slice, zero_grad, forward, backward, step."""

    def __init__(self, module: nn.Sequential, loss: nn.Module, optimizer: Optimizer, batch_size: int) -> None:
        self.module = module
        self._loss = loss
        self._make = optimizer
        self._optimizer = optimizer(module.parameters())
        self._batch_size = batch_size
        self._start = 0

    def on(self, x: torch.Tensor, y: torch.Tensor) -> PlainLoop:
        """Train on x and y."""
        self._x, self._y = x, y
        self._order = torch.randperm(len(x), device=x.device)
        return self

    def start_from(self, state: State, order: np.ndarray) -> None:
        """Take over weights and the order of the first epoch."""
        self.module.load_state_dict({name: torch.from_numpy(values) for name, values in state.items()})
        self._order, self._start = torch.from_numpy(order), 0

    def step(self) -> None:
        """Take one step."""
        if self._start >= len(self._x):
            self._order, self._start = torch.randperm(len(self._x), device=self._x.device), 0
        chosen = self._order[self._start : self._start + self._batch_size]
        self._start += self._batch_size
        x, y = self._x[chosen], self._y[chosen]
        self._optimizer.zero_grad()
        loss = self._loss(self.module(x), y)
        loss.backward()
        self._optimizer.step()


def plain_loop(
    case: Case, peer: Peer, dataset: Dataset, *, dtype: torch.dtype, device: str = "cpu"
) -> PlainLoop:
    """Return the peer's loop on the data set, which lies on the device."""
    experiment = case.experiment
    how = coding(experiment.loss, experiment.model, dataset.target)
    width = experiment.model.output_shape(dataset.x.shape[1:])[-1]
    y = torch.tensor(code(dataset.y, how, width))
    module = case.module().to(device, dtype)
    x = torch.tensor(dataset.x).to(device, dtype)
    if isinstance(module[0], nn.Embedding):
        x = x.long()
    if peer.channels_last:
        module = module.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        x = x.to(memory_format=torch.channels_last)
    loop = PlainLoop(module, case.loss(), peer.optimizer, experiment.training.batch_size)
    return loop.on(x, y.to(device, dtype) if y.is_floating_point() else y.to(device))


def versions() -> dict[str, str]:
    """Return what was measured on."""
    blas: Any = np.show_config(mode="dicts")
    library = blas["Build Dependencies"]["blas"]
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": f"{library['name']} {library['version']}",
        "torch": torch.__version__,
        "nn-playground": _version("nn-playground"),
        "processor": _processor(),
        "threads": os.environ.get("OPENBLAS_NUM_THREADS", "not limited"),
    }


def table(results: Sequence[Result]) -> str:
    """Return the results as lines of text."""
    head = f"{'case':<36}{'peer':<30}{'ours µs':>9}{'peer µs':>9}{'ratio':>8}{'quartiles':>15}{'target':>8}"
    rows = [
        f"{r.case:<36}{r.peer:<30}{r.ours:>9.2f}{r.theirs:>9.1f}{r.ratio:>8.2f}"
        f"{r.quartiles[0]:>8.2f}–{r.quartiles[1]:<6.2f}{r.target:>8g}{'' if r.reached else '  missed'}"
        for r in results
    ]
    return "\n".join([head, "─" * len(head), *rows])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write; return 0, or 1 if a target is missed."""
    parser = argparse.ArgumentParser(description="Measure the engines beside plain torch loops.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each side is timed")
    parser.add_argument("--only", default="", help="only the cases whose name contains this")
    parser.add_argument("--output", type=Path, default=Path("bench.json"), help="the JSON file")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    found = versions()
    print(" · ".join(f"{name} {version}" for name, version in found.items()))
    results: list[Result] = []
    for case in cases():
        if options.only in case.name:
            results += measure(case, rounds=options.rounds)
            print(f"  {case.name}", file=sys.stderr)
    print(table(results))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    rows = [{**vars(result), "reached": result.reached} for result in results]
    options.output.write_text(json.dumps({"versions": found, "results": rows}, indent=2) + "\n", "utf-8")
    print(f"written to {options.output}")
    return 0 if all(result.reached for result in results) else 1


def _dense(width: int) -> list[dict[str, Any]]:
    return [{"kind": "Linear", "out_features": width}, {"kind": "Tanh"}]


def _on_torch(experiment: Experiment) -> Experiment:
    return experiment.replace("engine", "torch")


def _tanh_net(*widths: int) -> nn.Sequential:
    modules: list[nn.Module] = []
    for num_in, num_out in pairwise(widths):
        modules += [nn.Linear(num_in, num_out), nn.Tanh()]
    return nn.Sequential(*modules[:-1])


def _digits_net() -> nn.Sequential:
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10))


_TUTORIAL: list[dict[str, Any]] = [
    {"kind": "Conv2d", "out_channels": 32},
    {"kind": "ReLU"},
    {"kind": "MaxPool2d"},
    {"kind": "Flatten"},
    {"kind": "Linear", "out_features": 128},
    {"kind": "ReLU"},
    {"kind": "Linear", "out_features": 10},
]


def _tutorial_net() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 13 * 13, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


# A bias before a normalisation has a gradient of 0, and Adam makes steps of the rounding that is left of it.
_NORMALISED: list[dict[str, Any]] = [
    {"kind": "Conv2d", "out_channels": 16, "bias": False},
    {"kind": "MaxPool2d"},
    {"kind": "BatchNorm2d"},
    {"kind": "ReLU"},
    {"kind": "Conv2d", "out_channels": 32, "bias": False},
    {"kind": "MaxPool2d"},
    {"kind": "BatchNorm2d"},
    {"kind": "ReLU"},
    {"kind": "Conv2d", "out_channels": 64, "bias": False},
    {"kind": "BatchNorm2d"},
    {"kind": "ReLU"},
    {"kind": "MaxPool2d", "kernel_size": 3},
    {"kind": "Flatten"},
    {"kind": "Linear", "out_features": 10},
]


def _normalised_net() -> nn.Sequential:
    modules: list[nn.Module] = []
    for num_in, num_out in ((1, 16), (16, 32)):
        modules += [
            nn.Conv2d(num_in, num_out, 3, bias=False),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(num_out),
            nn.ReLU(),
        ]
    modules += [nn.Conv2d(32, 64, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3)]
    return nn.Sequential(*modules, nn.Flatten(), nn.Linear(64, 10))


def _seconds_of(step: Callable[[], object], count: int) -> float:
    start = time.process_time()
    for _ in range(count):
        step()
    return time.process_time() - start


def _steps_in(step: Callable[[], object], seconds: float) -> int:
    """Warm up, and return how many steps take about so long."""
    _seconds_of(step, 100)
    return max(int(seconds / (_seconds_of(step, 100) / 100 + 1e-9)), 20)


def _result(case: Case, peer: Peer, ours: list[float], theirs: list[float]) -> Result:
    ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return Result(
        case=case.name,
        peer=peer.name,
        ours=statistics.median(ours),
        theirs=statistics.median(theirs),
        ratio=middle,
        target=peer.target,
        quartiles=(low, high),
        rounds=len(ratios),
    )


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "source"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next(
        (line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine()
    )


if __name__ == "__main__":
    if not ONE_THREAD.items() <= os.environ.items():  # it has to be set before NumPy is imported
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **ONE_THREAD})
    sys.exit(main())
