"""A tiny trainer that keeps the worker's contract, with the faults a real one might have. Experiments are JSON objects.

It imitates what makes resuming hard: an optimizer state, a random generator, and settings that change on the way.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from playground.runs.trainer import State, Validated
from playground.spec.errors import SpecError


@dataclass(frozen=True)
class Toy:
    """What to do: `size` weights, noise scaled by `lr`, and at which step what goes wrong (0 = never)."""

    seed: int = 0
    size: int = 8
    lr: float = 0.1
    steps_per_epoch: int = 50
    max_steps: int = 0
    sleep: float = 0.0  # seconds a step takes at least
    dear: float = 0.0  # seconds of the processor that metrics take
    diverge_at: int = 0
    crash_at: int = 0
    kill_at: int = 0
    hog_at: int = 0
    burn_at: int = 0
    hang_at: int = 0
    shared_hog_at: int = 0
    spin_at: int = 0
    missing: bool = False
    broken_probe: bool = False

    def to_json(self) -> str:
        return json.dumps(asdict(self))


def _read(experiment: str) -> Toy:
    try:
        plain = json.loads(experiment)
        toy = Toy(**plain)
    except (ValueError, TypeError) as error:
        raise SpecError("error.not_experiment", value=experiment) from error
    if not 0 < toy.size <= 10_000_000:
        raise SpecError("error.le", place="size", value=toy.size, bound=10_000_000)
    return toy


def validate(experiment: str) -> Validated:
    toy = _read(experiment)
    return Validated(toy.to_json(), str(hash(toy)))


def build(experiment: str, data_folder: Path) -> ToyTrainer:
    toy = _read(experiment)
    if toy.missing:
        raise SpecError("error.missing", place=str(data_folder / "data.csv"))
    return ToyTrainer(toy)


class ToyTrainer:
    def __init__(self, toy: Toy) -> None:
        self.experiment = toy
        self.steps, self.status, self.reason = 0, "running", ""
        self._random = np.random.default_rng(toy.seed)
        self._weights: np.ndarray = np.zeros(toy.size)
        self._momentum: np.ndarray = np.zeros(toy.size)
        self._hoard: list[Any] = []

    @property
    def epoch(self) -> float:
        return self.steps / self.experiment.steps_per_epoch

    def step(self) -> None:
        toy = self.experiment
        if self.status != "running":
            return
        self._momentum *= 0.9
        self._momentum += self._random.standard_normal(toy.size)
        self._weights -= toy.lr * self._momentum
        self.steps += 1
        if toy.sleep:
            time.sleep(toy.sleep)
        if self.steps == toy.crash_at:
            raise RuntimeError("the toy broke")
        if self.steps == toy.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.steps == toy.hog_at:
            while True:
                self._hoard.append(np.ones(1 << 20))
        if self.steps == toy.shared_hog_at:
            hoard = mmap.mmap(-1, 1 << 30)  # shared memory is none of the kernel's limit
            for start in range(0, 1 << 30, 1 << 20):
                hoard[start : start + (1 << 20)] = bytes([1]) * (1 << 20)
            time.sleep(3600)
        if self.steps == toy.spin_at:
            while True:
                pass
        if self.steps == toy.hang_at:
            time.sleep(3600)
        if toy.burn_at and self.steps >= toy.burn_at:
            until = time.process_time() + 0.1
            while time.process_time() < until:
                pass
        if self.steps == toy.diverge_at:
            self.status, self.reason = "diverged", "run.diverged"
        elif self.steps == toy.max_steps:
            self.status, self.reason = "finished", "run.reached_steps"

    def look(self, wanted: Sequence[str]) -> Iterator[tuple[str, State]]:
        if self.experiment.broken_probe and wanted:
            raise KeyError("no such probe")
        if "weights" in wanted:
            yield "weights", {"w/0.weight": self._weights.copy()}

    def metrics(self) -> dict[str, float]:
        until = time.thread_time() + self.experiment.dear
        while time.thread_time() < until:
            pass
        return {"loss": float(np.square(self._weights).mean()), "lr": self.experiment.lr}

    def state(self) -> State:
        return {"0.weight": self._weights.copy()}

    def set(self, path: str, value: object) -> None:
        if path == "poison":
            raise RuntimeError("the toy cannot set this")
        if path not in ("lr", "max_steps"):
            raise SpecError("error.unknown_field", place=path)
        if not isinstance(value, int | float) or not 0 <= value <= 1e9:
            raise SpecError("error.ge", place=path, value=value, bound=0)
        self.experiment = replace(self.experiment, **{path: value})
        if self.status == "finished":
            self.status, self.reason = "running", ""

    def set_weight(self, name: str, index: Sequence[int], value: float) -> None:
        if name != "0.weight" or len(index) != 1 or not 0 <= index[0] < self.experiment.size:
            raise SpecError("error.unknown_field", place=name)
        self._weights[index[0]] = value

    def checkpoint(self) -> tuple[dict[str, Any], State]:
        meta = {
            "experiment": asdict(self.experiment),
            "steps": self.steps,
            "status": self.status,
            "reason": self.reason,
            "random": self._random.bit_generator.state,
        }
        return meta, {"weights": self._weights.copy(), "momentum": self._momentum.copy()}

    def restore(self, meta: dict[str, Any], state: State) -> None:
        self.experiment = Toy(**meta["experiment"])
        self.steps, self.status, self.reason = meta["steps"], meta["status"], meta["reason"]
        self._random.bit_generator.state = meta["random"]
        self._weights, self._momentum = np.array(state["weights"]), np.array(state["momentum"])


def undisturbed(toy: Toy, steps: int, changes: Sequence[tuple[int, str, float]] = ()) -> Any:
    """The weights after `steps`, with `(step, setting, value)` changed on the way, computed in one go."""
    trainer = ToyTrainer(replace(toy, crash_at=0, kill_at=0, sleep=0.0))
    for step, path, value in [*changes, (steps, "", math.nan)]:
        while trainer.steps < step:
            trainer.step()
        if path:
            trainer.set(path, value)
    return trainer.state()["0.weight"]
