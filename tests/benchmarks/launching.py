"""Three ways to start a step's kernels: one by one, as a CUDA graph, compiled by `torch.compile`.

Run it with `python -m tests.benchmarks.launching`, on a GPU with `--device cuda`. The same networks train on the same
pictures through the torch engine's `fit`, rounds in turn; printed are milliseconds of a step by the first way (CPU time
on the CPU, elapsed time until the GPU is done there), how many times faster the others are (medians of the rounds'
ratios), and how long the first compiled steps took. What it says is why the engine does what it does (`graphs.py`).
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import torch

import engines
from engines.torch import TorchEngine, graphs
from engines.torch.fit import Fit
from engines.torch.net import Net
from playground.spec import Experiment
from tests.benchmarks.choice import experiments
from tests.benchmarks.engines import keep_memory

ROUNDS, ROUND_SECONDS, BATCHES = 9, 0.2, 8
NETWORKS = ("dense 128, batch 32", "lenet-5", "digits-cnn", "digits-best", "blocks 32-64, batch 16")


class Way:
    """One network, trained in one way.

    Attributes:
        preparing: seconds until the steps went as they go on.
    """

    def __init__(self, experiment: Experiment, device: str, *, compiled: bool, captured: bool) -> None:
        engine = engines.get("torch")
        assert isinstance(engine, TorchEngine)
        shape = experiment.data.input_shape()
        self.net: Net = engine.net(experiment.model, shape, experiment.optimizer, device=device)
        if compiled:
            self.net.run = torch.compile(self.net.module, dynamic=False)
        random = np.random.default_rng(0)
        size = experiment.training.batch_size
        self.count = BATCHES * size
        x = random.random((self.count, *shape), np.float32)
        self.fit: Fit = self.net.fit(experiment.loss, x, random.integers(0, 10, self.count), size)
        self.lr = experiment.optimizer.lr
        self.captured = captured
        began = time.perf_counter()
        self.epoch()
        self.preparing = time.perf_counter() - began

    def epoch(self) -> None:
        """Take `BATCHES` steps, and wait until they are done."""
        possible: Callable[[Net], bool] = graphs.capturable if self.captured else lambda net: False
        with patch.object(graphs, "capturable", possible):
            self.fit.begin(np.arange(self.count))
            while self.fit.step(self.lr):
                pass
            self.fit.losses()

    def milliseconds(self) -> float:
        """Return what a step takes."""
        clock = time.process_time if self.net.device.type == "cpu" else time.perf_counter
        began, count = clock(), 0
        while clock() - began < ROUND_SECONDS:
            self.epoch()
            count += BATCHES
        return (clock() - began) / count * 1e3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure how a step's kernels are best started.")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1, …")
    device = parser.parse_args().device
    torch.set_num_threads(1)
    torch.compiler.config.force_disable_caches = True  # what the first visitor would wait for
    keep_memory()
    print(f"{'network':28}{'one by one, ms':>16}{'graph ×':>10}{'compiled ×':>12}{'compiling, s':>14}")
    for name in NETWORKS:
        experiment = experiments()[name]
        ways = {
            "one by one": Way(experiment, device, compiled=False, captured=False),
            "graph": Way(experiment, device, compiled=False, captured=True),
            "compiled": Way(experiment, device, compiled=True, captured=False),
        }
        rounds = [{key: way.milliseconds() for key, way in ways.items()} for _ in range(ROUNDS)]
        plain = statistics.median(each["one by one"] for each in rounds)
        graph, compiled = (
            statistics.median(each["one by one"] / each[key] for each in rounds)
            for key in ("graph", "compiled")
        )
        shown = f"{graph:10.2f}" if ways["graph"].net.device.type == "cuda" else f"{'–':>10}"
        preparing = ways["compiled"].preparing - ways["one by one"].preparing
        print(f"{name:28}{plain:16.2f}{shown}{compiled:12.2f}{preparing:14.1f}", flush=True)


if __name__ == "__main__":
    main()
