"""How the live stage moves: a real browser, a real server, a real worker that trains as fast as it can.

    python -m tests.benchmarks.stage [--rounds 3] [--seconds 5] [--output stage.json]

Headless Chromium at 1440×900 draws the network diagram with all its tiles and the 100×100 plane. A frame counts when it
is painted, and its age is told by the clock of the machine that everything runs on. Watched and unwatched rounds take
turns, so that a busy machine slows both; how much of it others have used stands beside the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, Page

from playground.runs.address import read_address
from playground.spec import Experiment
from tests.live.house import OWNER, Server, network, serving
from tests.real_browser import real_browser

STEPS_PER_EPOCH = 35  # 350 training samples in batches of 10
CROWD = 20
LEASE = 6.0
THEIRS = {"2-4-2-1": 59.0, "2-8-8-8-1": 24.0}
"""Frames and epochs per second of TensorFlow Playground, one epoch per frame; measured on the machine of the issue."""

OPEN = """() => {
  const stage = document.querySelector(".stage");
  return stage?.dataset.connection === "open" && stage.board.frame !== null;
}"""

COUNT = """async (seconds) => {
  const { board } = document.querySelector(".stage");
  const seen = { frames: 0, ages: [], last: null };
  const take = (frame) => {
    if (frame === seen.last || !frame.live) return;
    seen.last = frame; seen.frames += 1; seen.ages.push(Date.now() - 1000 * frame.at);
  };
  const from = { step: board.newest?.step ?? 0, at: performance.now() };
  board.on("drawn", take);
  await new Promise((done) => setTimeout(done, 1000 * seconds));
  board.off("drawn", take);
  const passed = (performance.now() - from.at) / 1000;
  return { fps: seen.frames / passed, ages: seen.ages, steps: (board.newest.step - from.step) / passed };
}"""

CLICK = """async () => {
  const { board } = document.querySelector(".stage");
  const before = board.frame.step;
  const changed = new Promise((done) => {
    const look = (frame) => { if (frame.step > before) { board.off("drawn", look); done(performance.now()); } };
    board.on("drawn", look);
  });
  const began = performance.now();
  await board.command({ kind: "play" });
  return (await changed) - began;
}"""


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, write; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each watched and each unwatched round")
    parser.add_argument("--clicks", type=int, default=7)
    parser.add_argument("--views", default="diagram,plane")
    parser.add_argument("--nets", nargs="*", default=["4-2", "8-8-8"])
    parser.add_argument("--skip", nargs="*", default=[], choices=["clicks", "crowd", "page"])
    parser.add_argument("--output", type=Path)
    options = parser.parse_args(arguments)
    found = measure(options)
    rows = judged(found)
    print(table(rows))
    print(found["noise"]["sentence"])
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(json.dumps(found | {"rows": rows}, indent=2), "utf-8")
    return int(any(row["reached"] is False for row in rows))


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return all figures."""
    found: dict[str, Any] = {"versions": versions(), "nets": {}}
    with tempfile.TemporaryDirectory() as temporary, real_browser() as chromium:
        folder = Path(temporary) / "data"
        with serving(folder, PLAYGROUND_LEASE_SECONDS=str(LEASE)) as server:
            noise = Noise(server)
            for name in options.nets:
                experiment = network(*map(int, name.split("-")))
                print(f"2-{name}-1 …", file=sys.stderr, flush=True)
                found["nets"][f"2-{name}-1"] = moving(server, chromium, experiment, options)
            if "crowd" not in options.skip:
                print("crowd …", file=sys.stderr, flush=True)
                found["crowd"] = crowd(server, chromium, network(8, 8, 8), options)
            if "clicks" not in options.skip:
                print("clicks …", file=sys.stderr, flush=True)
                found["clicks"] = clicks(server, chromium, network(4, 2), options)
            if "page" not in options.skip:
                found["page"] = opening(server, chromium, network(4, 2), options)
            found["noise"] = noise.told()
    return found


# --- what is measured -----------------------------------------------------------------------------------------------


def moving(
    server: Server, chromium: Browser, experiment: Experiment, options: argparse.Namespace
) -> dict[str, Any]:
    """Watch a run that trains as fast as it can, and look away, in turns."""
    run = server.client.submit(OWNER, experiment)
    rounds = []
    for _ in range(options.rounds):
        with watching(server, chromium, run, options.views) as page:
            page.wait_for_timeout(1000)
            before = spent(server, chromium)
            watched = page.evaluate(COUNT, options.seconds)
            after = spent(server, chromium)
        watched["cpu"] = {name: (after[name] - before[name]) / options.seconds for name in before}
        watched["unwatched"] = unwatched(server, run, options.seconds)
        rounds.append(watched)
    server.client.delete(OWNER, run)
    ages = sorted(age for one in rounds for age in one["ages"])
    return {
        "fps": statistics.median(one["fps"] for one in rounds),
        "fps_rounds": [one["fps"] for one in rounds],
        "latency_p50": quantile(ages, 0.5),
        "latency_p95": quantile(ages, 0.95),
        "epochs_watched": statistics.median(one["steps"] for one in rounds) / STEPS_PER_EPOCH,
        "epochs_unwatched": statistics.median(one["unwatched"] for one in rounds) / STEPS_PER_EPOCH,
        "slowed": 1 - statistics.median(one["steps"] / one["unwatched"] for one in rounds),
        "slowed_rounds": [1 - one["steps"] / one["unwatched"] for one in rounds],
        "cpu": {name: statistics.median(one["cpu"][name] for one in rounds) for name in rounds[0]["cpu"]},
    }


def unwatched(server: Server, run: str, seconds: float) -> float:
    """Return the steps per second of a run that nobody watches."""
    time.sleep(0.5)
    began, first = time.monotonic(), server.client.poll(OWNER, run).step
    time.sleep(seconds)
    last = server.client.poll(OWNER, run)
    # What is said is as old as the last report, at most a second; the rate is the worker's own.
    return max(last.steps_per_second, (last.step - first) / (time.monotonic() - began))


def crowd(
    server: Server, chromium: Browser, experiment: Experiment, options: argparse.Namespace
) -> dict[str, Any]:
    """The same with 20 more clients of the same run, each of which takes sixty frames a second if it gets them."""
    run = server.client.submit(OWNER, experiment)
    counts = multiprocessing.get_context("spawn").Queue()
    address = server.socket_address(run)
    stop_at = time.time() + 4 + options.seconds
    others = multiprocessing.get_context("spawn").Process(target=_watch_many, args=(address, stop_at, counts))
    others.start()
    with watching(server, chromium, run, options.views) as page:
        page.wait_for_timeout(2000)
        before = spent(server, chromium)
        watched = page.evaluate(COUNT, options.seconds)
        after = spent(server, chromium)
    frames = counts.get(timeout=30)
    others.join(10)
    server.client.delete(OWNER, run)
    ages = sorted(watched["ages"])
    return {
        "fps": watched["fps"],
        "latency_p95": quantile(ages, 0.95),
        "others_fps": statistics.median(frames),
        "cpu": {name: (after[name] - before[name]) / options.seconds for name in before},
    }


def clicks(
    server: Server, chromium: Browser, experiment: Experiment, options: argparse.Namespace
) -> dict[str, Any]:
    """Play on a run whose worker stands ready, on one whose worker has left, and on a page that has no run yet."""
    ready, cold = [], []
    for _ in range(options.clicks):
        run = server.client.submit(OWNER, experiment, paused=True)
        with watching(server, chromium, run, options.views) as page:
            page.wait_for_timeout(300)
            ready.append(page.evaluate(CLICK))
        server.client.delete(OWNER, run)
    for _ in range(max(1, options.clicks // 2)):
        run = server.client.submit(OWNER, experiment, paused=True)
        with watching(server, chromium, run, options.views) as page:
            while server.client.info()["workers"]:
                page.wait_for_timeout(200)
            cold.append(page.evaluate(CLICK))
        server.client.delete(OWNER, run)
    return {"ready": ready, "cold": cold, "new_run": _new_runs(server, chromium, experiment, options)}


def _new_runs(
    server: Server, chromium: Browser, experiment: Experiment, options: argparse.Namespace
) -> list[float]:
    """From a click on a button of Streamlit's that starts a run to its first changed frame."""
    found = []
    for _ in range(max(1, options.clicks // 2)):
        with context(chromium) as page:
            page.goto(f"{server.address}/?e={experiment.to_link()}&views={options.views}")
            page.wait_for_function("document.querySelector('.stage')?.dataset.frame > 0", timeout=30_000)
            page.wait_for_timeout(500)
            page.evaluate(
                """() => { const { board } = document.querySelector(".stage");
                const button = document.querySelector(".st-key-train button");
                window.changed = new Promise((done) => button.addEventListener("click", () => {
                  const began = performance.now();
                  board.on("drawn", (frame) => { if (frame.step > 0) done(performance.now() - began); }); })); }"""
            )
            page.locator(".st-key-train button").click()
            found.append(page.evaluate("window.changed"))
        for row in server.client.list(OWNER):
            server.client.delete(OWNER, row.run)
    return found


def opening(
    server: Server, chromium: Browser, experiment: Experiment, options: argparse.Namespace
) -> dict[str, Any]:
    """From navigation to the first painted frame of a run, with an empty cache."""
    run = server.client.submit(OWNER, experiment, pace=100)
    took = []
    for _ in range(3):
        began = time.monotonic()
        with watching(server, chromium, run, options.views):
            took.append(time.monotonic() - began)
    server.client.delete(OWNER, run)
    return {"seconds": took}


# --- with what ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def context(chromium: Browser) -> Iterator[Page]:
    """A fresh visitor's page."""
    visitor = chromium.new_context(viewport={"width": 1440, "height": 900})
    try:
        yield visitor.new_page()
    finally:
        visitor.close()


@contextlib.contextmanager
def watching(server: Server, chromium: Browser, run: str, views: str) -> Iterator[Page]:
    """A page on which a run has been drawn."""
    with context(chromium) as page:
        page.goto(f"{server.address}/?run={run}&views={views}")
        page.wait_for_function(OPEN, timeout=60_000)
        yield page


def _watch_many(address: str, stop_at: float, counts: Any) -> None:
    counts.put(asyncio.run(_watch_all(address, stop_at)))


async def _watch_all(address: str, stop_at: float) -> list[float]:
    return await asyncio.gather(*(_watch(address, stop_at) for _ in range(CROWD)))


async def _watch(address: str, stop_at: float) -> float:
    """Take frames like a page at sixty a second; return how many came in a second."""
    import websockets

    count, began = 0, time.time()
    async with websockets.connect(address, max_size=1 << 24, compression=None) as connection:
        await connection.send(json.dumps({"type": "watch", "probes": ["weights", "maps", "health"]}))
        while time.time() < stop_at:
            message = await asyncio.wait_for(connection.recv(), 30)
            if isinstance(message, bytes):
                count += 1
                await asyncio.sleep(1 / 60)
                await connection.send('{"type":"credit","n":1}')
    return count / (time.time() - began)


def spent(server: Server, chromium: Browser) -> dict[str, float]:
    """Return the processor seconds of server, service, workers and browser so far."""
    address = read_address(server.folder)
    assert address is not None
    service = psutil.Process(address.pid)
    browsers = [p for p in psutil.Process().children(recursive=True) if "chrom" in p.name()]
    return {
        "server": _cpu([psutil.Process(server.process.pid)]),
        "service": _cpu([service]),
        "workers": _cpu(service.children(recursive=True)),
        "browser": _cpu(browsers),
    }


def _cpu(processes: list[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


class Noise:
    """How much of the machine others have used meanwhile."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._began = time.monotonic()
        self._busy = self._everybody()
        self._ours = self._our_own()

    def told(self) -> dict[str, Any]:
        """Return the share of all cores that went to processes which are not ours, and say it."""
        passed = time.monotonic() - self._began
        cores = os.cpu_count() or 1
        share = max(0.0, (self._everybody() - self._busy) - (self._our_own() - self._ours)) / passed / cores
        return {
            "share": share,
            "load": os.getloadavg(),
            "sentence": f"{cores} cores, load {os.getloadavg()[0]:.1f}; others used about {share:.0%} of the machine.",
        }

    def _everybody(self) -> float:
        times = psutil.cpu_times()
        return times.user + times.system + getattr(times, "nice", 0.0) + getattr(times, "steal", 0.0)

    def _our_own(self) -> float:
        ours = [psutil.Process(), *psutil.Process().children(recursive=True)]
        address = read_address(self._server.folder)
        if address is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                service = psutil.Process(address.pid)
                ours += [service, *service.children(recursive=True)]
        # What has ended since is missing here, and counts as others'.
        return _cpu(ours) + sum(psutil.Process().cpu_times()[2:4])


# --- judging --------------------------------------------------------------------------------------------------------


def judged(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each target of the issue."""
    rows: list[dict[str, Any]] = []

    def row(what: str, value: float, target: float | None, unit: str, *, least: bool) -> None:
        reached = None if target is None else (value >= target if least else value <= target)
        rows.append(
            {"what": what, "value": value, "target": target, "unit": unit, "least": least, "reached": reached}
        )

    for name, net in found["nets"].items():
        row(f"{name}: frames drawn", net["fps"], 55, "/s", least=True)
        row(f"{name}: latency p50", net["latency_p50"], None, "ms", least=False)
        row(f"{name}: latency p95", net["latency_p95"], 40, "ms", least=False)
        if name in THEIRS:
            row(
                f"{name}: epochs watched ÷ TF Playground's",
                net["epochs_watched"] / THEIRS[name],
                20,
                "×",
                least=True,
            )
        row(f"{name}: epochs watched", net["epochs_watched"], None, "/s", least=True)
        row(f"{name}: slowed by being watched", 100 * net["slowed"], 10, "%", least=False)
        row(f"{name}: processor, server", 100 * net["cpu"]["server"], None, "%", least=False)
        row(f"{name}: processor, service", 100 * net["cpu"]["service"], None, "%", least=False)
        row(f"{name}: processor, browser", 100 * net["cpu"]["browser"], None, "%", least=False)
    if "clicks" in found:
        row(
            "click → changed frame, prepared",
            statistics.median(found["clicks"]["ready"]),
            100,
            "ms",
            least=False,
        )
        row(
            "click → changed frame, worker starts",
            statistics.median(found["clicks"]["cold"]),
            200,
            "ms",
            least=False,
        )
        row(
            "click → changed frame, new run",
            statistics.median(found["clicks"]["new_run"]),
            None,
            "ms",
            least=False,
        )
    if "crowd" in found:
        row(f"with {CROWD} more clients: frames drawn", found["crowd"]["fps"], 20, "/s", least=True)
        row(
            f"with {CROWD} more clients: frames of each", found["crowd"]["others_fps"], None, "/s", least=True
        )
        row(f"with {CROWD} more clients: latency p95", found["crowd"]["latency_p95"], None, "ms", least=False)
        row(
            f"with {CROWD} more clients: processor, server",
            100 * found["crowd"]["cpu"]["server"],
            None,
            "%",
            least=False,
        )
    if "page" in found:
        row("navigation → first frame", statistics.median(found["page"]["seconds"]), 2, "s", least=False)
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as text."""
    lines = []
    for row in rows:
        sign = "≥" if row["least"] else "≤"
        target = "" if row["target"] is None else f"{sign} {row['target']:g} {row['unit']}"
        mark = {True: "reached", False: "MISSED", None: ""}[row["reached"]]
        lines.append(f"{row['what']:<48}{row['value']:>10.1f} {row['unit']:<4}{target:>12}  {mark}")
    return "\n".join(lines)


def quantile(ordered: list[float], part: float) -> float:
    """Return a quantile of numbers in order; NaN where there are none."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else float("nan")


def versions() -> dict[str, str]:
    """Return what was measured with."""
    names = ("numpy", "streamlit", "playwright")
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in names}


if __name__ == "__main__":
    sys.exit(main())
