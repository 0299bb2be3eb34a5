"""What a whole run costs beside a bare loop: trained by a worker, recorded, and watched as an open page watches it.

Run it with `python -m tests.benchmarks.watched`. The network is the tutorial's CNN on digits, batch 32, Adam, on the
torch engine; the bare loop is what a torch user types: fused Adam, channels last, freed memory kept, as in the worker.
Both sides on one thread; the process's own CPU time per step, everything that the worker does for recording and for
its viewers included; rounds in turn, the median of the rounds' ratios. `--engine numpy` puts our own engine there;
`--device cuda` puts both sides on a GPU, where elapsed time is what counts.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import torch

from playground.data import load
from playground.live.assets import FOLDER
from playground.runs import commands
from playground.ui.stage_panel import views
from tests.benchmarks.engines import ONE_THREAD, Case, Peer, cases, keep_memory, plain_loop
from tests.runs.house import House, until

CASE = "torch tutorial CNN, batch 32, Adam"
TARGET = 0.95
FRAMES = 1 / 60


def probes(case: Case) -> tuple[str, ...]:
    """Return what the views of an open page ask for."""
    experiment = case.experiment
    sources = [
        (FOLDER / "views" / f"{name}.js").read_text("utf-8")
        for name in views(experiment, load(experiment.data))
    ]
    lists = [re.search(r"export const needs = \[(.*?)\]", source) for source in sources]
    return tuple(
        sorted({name for found in lists if found for name in re.findall(r'"(\w+)"', found.group(1))})
    )


class Watcher(threading.Thread):
    """Takes frames as often as a screen draws them, for as long as it is told to."""

    def __init__(self, home: House, run: str, wanted: tuple[str, ...]) -> None:
        super().__init__(daemon=True)
        self.home, self.run_id, self.wanted = home, run, wanted
        self.frames, self.over = 0, False

    def run(self) -> None:
        since = 0
        while not self.over:
            began = time.monotonic()
            view = self.home.view(self.run_id, since=since, probes=self.wanted, wait=0.5)
            self.frames += view.snapshot is not None
            since = view.number
            time.sleep(max(0.0, began + FRAMES - time.monotonic()))


def measure(case: Case, peer: Peer, *, rounds: int, seconds: float) -> list[tuple[float, float, float]]:
    """Return for each round the milliseconds of a step in the watched worker and in the bare loop, and frames/s."""
    keep_memory()
    device = case.experiment.device
    clock = cpu_time if device == "cpu" else elapsed
    loop = plain_loop(case, peer, load(case.experiment.data), dtype=torch.float32, device=device)
    wanted, found = probes(case), []
    with tempfile.TemporaryDirectory() as folder:
        home = House(Path(folder), "playground.runs.trainer")
        try:
            run = home.client.submit(home.owner, case.experiment, probes=wanted)
            home.until(run, "running", step=50)
            worker = home.worker()
            for number in range(rounds + 1):
                ours, rate = _watched(home, run, lambda: clock(worker), wanted, seconds)
                theirs = _bare(loop.step, lambda: clock(psutil.Process()), seconds)
                if number:  # the first one warms up
                    found.append((ours, theirs, rate))
        finally:
            home.close()
    return found


def _watched(
    home: House, run: str, spent: Callable[[], float], wanted: tuple[str, ...], seconds: float
) -> tuple[float, float]:
    home.send(run, commands.Play())
    watcher = Watcher(home, run, wanted)
    watcher.start()
    time.sleep(0.3)
    before, start, frames = spent(), home.view(run).step, watcher.frames
    time.sleep(seconds)
    end, after, seen = home.view(run).step, spent(), watcher.frames
    watcher.over = True
    home.send(run, commands.Pause())
    until(lambda: home.view(run).status == "paused")
    return (after - before) / (end - start) * 1e3, (seen - frames) / seconds


def cpu_time(process: psutil.Process) -> float:
    """Return the seconds a process has had a processor."""
    times = process.cpu_times()
    return times.user + times.system


def elapsed(process: psutil.Process) -> float:
    """Return the time, in seconds, once what was launched on a GPU here is done."""
    torch.cuda.synchronize()
    return time.monotonic()


def _bare(step: Callable[[], None], spent: Callable[[], float], seconds: float) -> float:
    before, end, count = spent(), time.monotonic() + seconds, 0
    while time.monotonic() < end:
        step()
        count += 1
    return (spent() - before) / count * 1e3


def main() -> int:
    """Measure and print; return 0, or 1 if the target is missed."""
    parser = argparse.ArgumentParser(description="Measure a watched run beside a bare torch loop.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each round on each side")
    parser.add_argument("--engine", default="torch", choices=("numpy", "torch"))
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1, …")
    options = parser.parse_args()
    found = next(case for case in cases() if case.name == CASE)
    experiment = found.experiment.replace("engine", options.engine).replace("precision", "float32")
    case = replace(found, experiment=experiment.replace("device", options.device))
    rounds = measure(case, case.peers[0], rounds=options.rounds, seconds=options.seconds)
    ours, theirs, rate = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratios = sorted(theirs / ours for ours, theirs, _ in rounds)
    print(f"{options.engine}, recorded and watched: {ours:.2f} ms a step, {rate:.0f} frames/s")
    print(f"{case.peers[0].name}, bare loop: {theirs:.2f} ms")
    print(
        f"share kept: {statistics.median(ratios):.2f}  ({ratios[0]:.2f} to {ratios[-1]:.2f}; target {TARGET})"
    )
    return 0 if statistics.median(ratios) >= TARGET else 1


if __name__ == "__main__":
    if not ONE_THREAD.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **ONE_THREAD})
    sys.exit(main())
