"""Where the engines cross: the measurement behind `engines.choice`.

Run it with `python -m tests.benchmarks.choice`; it prints a table, ordered by the convolutions' work for one sample,
and below it recurrent networks on series of 30 steps.
Both engines train the same network on the same samples through the trainer's `step()`: one thread each, the process's
own CPU time, rounds in turn, the median of the rounds' ratios; freed memory is kept, as in workers that use torch.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

from engines.choice import CONVOLUTION, place_of
from playground.data import Dataset, load
from playground.presets import preset
from playground.runs.supervised import Supervised
from playground.spec import Experiment, LayerSpec, SpecError
from tests.benchmarks import sequences
from tests.benchmarks.engines import keep_memory

ROUNDS, ROUND_SECONDS = 7, 0.15
RELU: dict[str, Any] = {"kind": "ReLU"}
POOL: dict[str, Any] = {"kind": "MaxPool2d", "kernel_size": 2}
NORM: dict[str, Any] = {"kind": "BatchNorm2d"}


def dense(*widths: int) -> list[dict[str, Any]]:
    """Return a dense network for ten classes."""
    layers = [layer for width in widths for layer in (_linear(width), RELU)]
    return [{"kind": "Flatten"}, *layers, _linear(10)]


def blocks(*channels: int, norm: bool = False) -> list[dict[str, Any]]:
    """Return a convolutional network: two convolutions and a pool for each number of channels."""
    found: list[dict[str, Any]] = []
    for count in channels:
        one = [_conv(count), *([NORM] if norm else []), RELU]
        found += [*one, *one, POOL]
    return [*found, {"kind": "Flatten"}, _linear(128), RELU, _linear(10)]


def _linear(width: int) -> dict[str, Any]:
    return {"kind": "Linear", "out_features": width}


def _conv(channels: int) -> dict[str, Any]:
    return {"kind": "Conv2d", "out_channels": channels, "kernel_size": 3, "padding": "same"}


def experiments() -> dict[str, Experiment]:
    """Return what is measured, by name."""
    start = preset("digits-mlp").experiment.replace("training.max_epochs", 0).replace("data.count", 1000)
    start = start.replace("schedule", {"kind": "Constant"}).replace("optimizer", {"kind": "Adam"})
    nets = {
        "dense 128, batch 32": (dense(128), 32),
        "dense 512, batch 32": (dense(512), 32),
        "dense 512-512, batch 128": (dense(512, 512), 128),
        "dense 1500-1500, batch 128": (dense(1500, 1500), 128),
        "blocks 4-8, batch 64": (blocks(4, 8), 64),
        "blocks 8-16, batch 64": (blocks(8, 16), 64),
        "blocks 8-16 with norm, batch 64": (blocks(8, 16, norm=True), 64),
        "blocks 16-32, batch 64": (blocks(16, 32), 64),
        "blocks 32-64, batch 16": (blocks(32, 64), 16),
    }
    found = {
        name: start.replace("model.layers", layers).replace("training.batch_size", batch)
        for name, (layers, batch) in nets.items()
    }
    return found | {
        key: start.replace("model.layers", preset(key).experiment.plain()["model"]["layers"])
        for key in ("lenet-5", "digits-cnn", "digits-best")
    }


def recurrent() -> dict[str, Experiment]:
    """Return the recurrent networks that are measured, by name."""
    start = sequences.forecast()
    nets = [("RNN", 32), ("RNN", 256), ("GRU", 64), ("GRU", 256), ("LSTM", 32), ("LSTM", 128), ("LSTM", 256)]
    return {
        f"{kind} {hidden}, batch 32": start.with_layers(
            (
                LayerSpec.of({"kind": kind, "hidden_size": hidden}),
                LayerSpec.of({"kind": "Linear", "out_features": 1}),
            )
        )
        for kind, hidden in nets
    }


def ratio(experiment: Experiment, dataset: Dataset) -> tuple[float, float, float]:
    """Return milliseconds of CPU time for a step on NumPy and on torch, and the median of torch's ÷ NumPy's."""
    trainers = [
        Supervised(experiment.model_copy(update={"engine": name}), dataset) for name in ("numpy", "torch")
    ]
    rounds = [[_milliseconds(trainer) for trainer in trainers] for _ in range(ROUNDS + 1)][1:]
    ours, theirs = (statistics.median(column) for column in zip(*rounds, strict=True))
    return ours, theirs, statistics.median(theirs / ours for ours, theirs in rounds)


def _milliseconds(trainer: Supervised) -> float:
    start, count = time.process_time(), 0
    while count < 2 or time.process_time() - start < ROUND_SECONDS:
        trainer.step()
        count += 1
    assert trainer.status == "running"
    return (time.process_time() - start) / count * 1e3


def main() -> None:
    """Measure and print."""
    keep_memory()
    print(f"{'network':34}{'MFLOP':>8}{'numpy ms':>10}{'torch ms':>10}{'÷':>7}  auto takes")
    found = experiments()
    for name, experiment in sorted(found.items(), key=lambda each: place_of(each[1], ("cpu",)).work):
        chosen = place_of(experiment, ("cpu",))
        try:
            ours, theirs, quotient = ratio(experiment, load(experiment.data))
        except SpecError as error:
            print(f"{name:34}{chosen.work / 1e6:8.2f}  {error}")
            continue
        figures = f"{chosen.work / 1e6:8.2f}{ours:10.2f}{theirs:10.2f}{quotient:7.2f}"
        print(f"{name:34}{figures}  {chosen.engine}", flush=True)
    for name, experiment in recurrent().items():
        ours, theirs, quotient = ratio(experiment, sequences.noise())
        work = experiment.model.flops(experiment.data.input_shape())
        print(f"{name:34}{work / 1e6:8.2f}{ours:10.2f}{theirs:10.2f}{quotient:7.2f}  numpy", flush=True)
    print(f"auto takes torch from {CONVOLUTION / 1e6:g} MFLOP on: what one sample's convolutions cost.")


if __name__ == "__main__":
    main()
