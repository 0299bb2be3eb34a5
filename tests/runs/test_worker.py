"""One worker at the end of its pipe: what it says, what it writes, and when it goes. No service takes part."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import psutil
import pytest

from playground.runs import checkpoint, commands, frames, keyframes
from playground.runs.backend import Ending
from playground.runs.commands import (
    Apply,
    FromWorker,
    Go,
    Goal,
    Job,
    Leave,
    Left,
    Report,
    Scripted,
    Started,
    Tensors,
    Watch,
)
from playground.runs.local import LocalBackend
from tests.runs.house import ROOT, alive
from tests.runs.toy_trainer import Toy, undisturbed

M = TypeVar("M", bound=FromWorker)
TRAINERS = "tests.runs.toy_trainer"


class Bench:
    """A backend and one worker on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.woken = asyncio.Event()
        self.backend = LocalBackend(lambda _: self.woken.set(), trainers=TRAINERS)
        self.said: list[tuple[FromWorker, tuple[bytes, ...]]] = []

    async def start(self, toy: Toy, go: Go | None = None, **job: Any) -> Started:
        await self.backend.start(
            "run",
            Job.of(
                {"kind": "job", "run": "run", "experiment": toy.to_json(), "trainers": TRAINERS,
                 "folder": str(self.folder), "data_folder": str(self.folder), "nice": 0, **job}
            ),
        )  # fmt: skip
        started: Started = await self.hear(Started)
        self.backend.send("run", go or Go())
        return started

    async def hear(self, kind: type[M], accept: Callable[[M], bool] = lambda _: True) -> M:
        """Wait for a message of this kind; what comes before is kept in `said`."""
        while True:
            fresh = self.backend.drain("run")
            self.said += fresh
            for message, _ in fresh:
                if isinstance(message, kind) and accept(message):
                    return message
            assert self.backend.alive("run"), "the worker is gone"
            await asyncio.wait_for(self.woken.wait(), 30)
            self.woken.clear()

    async def end(self) -> Ending:
        while (ending := self.backend.ending("run")) is None:
            self.said += self.backend.drain("run")
            self.woken.clear()
            if self.backend.alive("run"):
                await asyncio.wait_for(self.woken.wait(), 30)
        return ending

    def frames(self) -> list[frames.Snapshot]:
        return [
            frames.decode(payloads[0])
            for message, payloads in self.said
            if isinstance(message, Report) and payloads
        ]


def on_a_bench(folder: Path, act: Callable[[Bench], Awaitable[None]]) -> None:
    async def run() -> None:
        bench = Bench(folder)
        try:
            await act(bench)
        finally:
            await bench.backend.close()

    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(ROOT)
    try:
        asyncio.run(run())
    finally:
        os.environ.pop("PYTHONPATH") if before is None else os.environ.update(PYTHONPATH=before)


def test_a_worker_shows_the_first_step_and_the_last_and_leaves_when_it_is_done(tmp_path: Path):
    async def act(bench: Bench) -> None:
        assert (await bench.start(Toy(max_steps=200))).step == 0
        left = await bench.hear(Left)
        assert (left.status, left.reason) == ("finished", "run.reached_steps")
        assert (await bench.end()).code == 0
        steps = [frame.step for frame in bench.frames()]
        assert (steps[0], steps[-1], steps == sorted(steps), len(steps) > 10) == (0, 200, True, True)
        assert bench.backend.drain("run") == []

    on_a_bench(tmp_path, act)


def test_keyframes_lie_ever_further_apart_and_the_last_state_is_a_checkpoint(tmp_path: Path):
    async def act(bench: Bench) -> None:
        await bench.start(Toy(max_steps=100))
        await bench.hear(Left)
        assert keyframes.steps(tmp_path) == [0, 1, 2, 3, 4, 6, 9, 13, 19, 28, 42, 63, 94]
        newest = checkpoint.latest(tmp_path)
        assert newest is not None
        assert (newest.step, newest.meta["run"]) == (100, "run")

    on_a_bench(tmp_path, act)


def test_a_worker_that_is_asked_to_leave_writes_where_it_stands_first(tmp_path: Path):
    async def act(bench: Bench) -> None:
        await bench.start(Toy(sleep=0.001))
        await bench.hear(Report, lambda report: report.step > 20)
        bench.backend.send("run", Leave())
        left = await bench.hear(Left)
        await bench.end()
        newest = checkpoint.latest(tmp_path)
        assert newest is not None
        assert (left.status, newest.step) == ("", bench.frames()[-1].step)
        again = await bench.start(Toy(sleep=0.001))
        assert again.step == newest.step

    on_a_bench(tmp_path, act)


def test_commands_that_wait_are_applied_only_after_what_is_repeated(tmp_path: Path):
    async def act(bench: Bench) -> None:
        script = (Scripted(step=30, seq=1, command=commands.Set(path="lr", value=0.5)),)
        pending = (Apply(seq=2, command=commands.Set(path="lr", value=0.25)),)
        await bench.start(Toy(), Go(goal=Goal(step=60), script=script, pending=pending, known=40))
        applied = await bench.hear(commands.Applied)
        assert (applied.step, applied.seq) == (40, 2)
        await bench.hear(Report, lambda report: report.step == 60 and report.status == "paused")
        bench.backend.send("run", commands.GiveState(seq=9))
        tensors = await bench.hear(Tensors)
        packed = next(payloads[0] for message, payloads in bench.said if message is tensors)
        expected = undisturbed(Toy(), 60, [(30, "lr", 0.5), (40, "lr", 0.25)])
        assert np.array_equal(frames.decode(packed).arrays["0.weight"], expected)
        assert 30 in keyframes.steps(tmp_path)
        assert 40 in keyframes.steps(tmp_path)

    on_a_bench(tmp_path, act)


def test_a_command_that_was_applied_before_the_death_is_not_applied_twice(tmp_path: Path):
    async def act(bench: Bench) -> None:
        await bench.start(Toy(), Go(goal=Goal(step=10)))
        await bench.hear(Report, lambda report: report.status == "paused")
        bench.backend.send("run", Apply(seq=5, command=commands.Set(path="lr", value=0.5)))
        await bench.hear(commands.Applied)
        async with asyncio.timeout(30):
            while not (tmp_path / "keyframe-10-pinned.safetensors").exists():
                await asyncio.sleep(0.005)
        bench.backend.kill("run")
        assert (await bench.end()).code == -9
        started = await bench.start(
            Toy(), Go(goal=Goal(step=10), pending=(Apply(seq=5, command=commands.Step(n=3)),), known=10)
        )
        assert (started.step, started.seq) == (10, 5)
        report = await bench.hear(Report, lambda report: report.ack == 5)
        assert report.step == 10

    on_a_bench(tmp_path, act)


@pytest.mark.parametrize("stuck", [False, True], ids=["paused", "stuck"])
def test_a_worker_that_loses_its_pipe_is_gone_at_once(tmp_path: Path, stuck: bool):
    async def act(bench: Bench) -> None:
        await bench.start(Toy(hang_at=5), Go(goal=Goal() if stuck else Goal(step=2)))
        await bench.hear(Report, lambda report: report.step >= 2)
        pid = bench.backend.usage("run").pid
        assert pid is not None
        worker = psutil.Process(pid)
        transport = bench.backend._workers["run"].transport
        assert transport is not None
        transport.abort()
        async with asyncio.timeout(5):
            while alive(worker):
                await asyncio.sleep(0.005)

    on_a_bench(tmp_path, act)


def test_a_worker_is_confined_before_it_sees_the_experiment(tmp_path: Path):
    async def act(bench: Bench) -> None:
        await bench.start(Toy(sleep=0.001), memory=500_000_000, cpu_seconds=100, storage=10_000_000, nice=5)
        usage = bench.backend.usage("run")
        assert usage.pid is not None
        assert usage.memory is not None
        worker = psutil.Process(usage.pid)
        assert worker.rlimit(psutil.RLIMIT_DATA)[0] == 500_000_000
        assert 100 < worker.rlimit(psutil.RLIMIT_CPU)[0] < 110
        assert worker.rlimit(psutil.RLIMIT_FSIZE)[0] == 10_000_000
        assert worker.rlimit(psutil.RLIMIT_CORE)[0] == 0
        assert worker.nice() == os.nice(0) + 5
        environment = worker.environ()
        assert (environment["OMP_NUM_THREADS"], environment["OPENBLAS_NUM_THREADS"]) == ("1", "1")
        assert not any("torch" in line.path for line in worker.memory_maps())

    on_a_bench(tmp_path, act)


def test_a_process_that_cannot_be_forked_is_an_ending_with_its_cause(tmp_path: Path):
    async def act(bench: Bench) -> None:
        await bench.backend.open()
        (server,) = [
            child for child in psutil.Process().children() if "playground.runs.forkserver" in child.cmdline()
        ]
        server.suspend()
        starting = asyncio.create_task(bench.start(Toy()))
        await asyncio.sleep(0.1)
        server.kill()
        with pytest.raises(AssertionError, match="the worker is gone"):
            await starting
        assert (await bench.end()).cause == "the fork server was killed"
        assert (await bench.start(Toy(max_steps=3))).step == 0  # another one has been started
        await bench.hear(Left)

    on_a_bench(tmp_path, act)


def test_who_stops_where_only_a_glance_was_taken_is_shown_the_numbers_of_that_step(tmp_path: Path):
    async def act(bench: Bench) -> None:
        await bench.start(Toy(dear=0.3), Go(pace=5.0), probes=("weights",))
        bench.backend.send("run", Watch(credits=2, probes=("weights",)))
        while not any(frame.kind == "glance" for frame in bench.frames()):
            await bench.hear(Report)
            bench.backend.send("run", Watch(credits=1, probes=("weights",)))
        bench.backend.send("run", Apply(seq=1, command=commands.Pause()))
        await bench.hear(Report, lambda report: report.status == "paused")
        while (last := bench.frames()[-1]).kind == "glance":
            await bench.hear(Report)
        rested = [message for message, _ in bench.said if isinstance(message, Report)][-1]
        assert (last.step, bool(last.metrics)) == (rested.step, True)

    on_a_bench(tmp_path, act)
