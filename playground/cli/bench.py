"""Measure this machine: both engines on a few standard networks."""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from importlib import metadata
from typing import Any

from playground import i18n
from playground.cli.output import language, print_json, say, table
from playground.presets import preset
from playground.spec import Experiment, SpecError

ROUNDS = 5
ROUND_SECONDS = 0.25


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="put one JSON object on stdout")


def run(options: argparse.Namespace) -> int:
    """Measure and report; return the exit code."""
    report = {
        "python": platform.python_version(),
        "processor": platform.processor() or platform.machine(),
        "versions": {name: metadata.version(name) for name in ("numpy", "torch")},
        "cases": [_case(name, experiment) for name, experiment in _cases().items()],
    }
    if options.json:
        print_json(report)
        return 0
    head = ["network", "numpy steps/s", "torch steps/s", "ratio"]
    rows = [
        [
            case["name"],
            *(f"{case[key]:,.0f}" if case[key] else "–" for key in ("numpy", "torch")),
            _ratio(case),
        ]
        for case in report["cases"]
    ]
    print(table([head, *rows]))
    return 0


def _cases() -> dict[str, Experiment]:
    circle = preset("circle").experiment
    wide = circle.replace("layers.0.out_features", 8).replace("layers.2.out_features", 8)
    return {
        "2-4-2-1, batch 10, SGD": circle,
        "2-8-8-1, batch 10, SGD": wide,
        "2-8-8-1, batch 10, Adam": wide.replace("optimizer.kind", "Adam"),
        "784-128-10, batch 32, Adam": preset("digits-mlp").experiment,
    }


def _case(name: str, experiment: Experiment) -> dict[str, Any]:
    """Return steps per second of both engines: the median of interleaved rounds; None for an engine not there."""
    from playground.data import load
    from playground.data.folder import data_folder
    from playground.runs.supervised import Supervised

    say(i18n.text("cli.measuring", language(), name=name))
    dataset = load(experiment.data, data_folder())
    trainers: dict[str, Supervised] = {}
    for engine in ("numpy", "torch"):
        try:
            trainers[engine] = Supervised(experiment.replace("engine", engine), dataset)
        except SpecError as error:
            say(error.text(language()))
    rates: dict[str, list[float]] = {engine: [] for engine in trainers}
    for _ in range(ROUNDS):
        for engine, trainer in trainers.items():
            rates[engine].append(_rate(trainer))
    medians = {
        engine: statistics.median(rates[engine]) if engine in rates else None for engine in ("numpy", "torch")
    }
    return {"name": name, "link": experiment.to_link(), **medians}


def _rate(trainer: Any) -> float:
    steps, start = 0, time.perf_counter()
    while (took := time.perf_counter() - start) < ROUND_SECONDS:
        for _ in range(20):
            trainer.step()
        steps += 20
    return steps / took


def _ratio(case: dict[str, Any]) -> str:
    return f"{case['numpy'] / case['torch']:.1f}" if case["numpy"] and case["torch"] else "–"
