"""How the app and the command line reach the run service: plain calls, from any thread.

A connection is opened when it is needed, kept for the next call, and replaced when it breaks; a service that is not
there is started. Nothing here knows Streamlit.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from playground.runs import commands, frames
from playground.runs.address import ensure_service, read_address
from playground.runs.best import Standing
from playground.runs.commands import PROTOCOL, Command, Request
from playground.runs.connection import TIMEOUT, Connection
from playground.runs.frames import Snapshot
from playground.runs.reasons import NoSuchRun, Reason, ServiceDown, error_from
from playground.runs.trainer import Plan, State
from playground.runs.wire import Parcel

__all__ = ["Ack", "Client", "NoSuchRun", "RunSummary", "RunView", "ServiceDown"]

LONG = 40.0
MAX_IDLE = 4
TRIES = 4
LOOKING = (
    commands.Poll,
    commands.ListRuns,
    commands.FrameAt,
    commands.Steps,
    commands.GetState,
    commands.Info,
)
"""Requests that change nothing."""


@dataclass(frozen=True)
class Ack:
    """What became of a command: its number, whether the run has applied it yet, and at which step."""

    seq: int
    acknowledged: bool
    step: int


@dataclass(frozen=True, eq=False)
class RunView:
    """How a run stands.

    Attributes:
        status: queued, running, paused, finished, diverged, stopped or failed.
        reason: why; false if there is nothing to say.
        notice: the last refused command, or trouble with the disk; false if there is none.
        rests: it stays where it is until somebody says otherwise, even if it is queued: only to be shown then.
        position: place in the queue, 1 being the next; 0 if it does not wait there.
        attempt: 1, or more after a worker has died.
        steps_per_second: of the last second or so.
        metrics: of the newest frame.
        snapshot: the newest frame, if it is not the one of `since`.
        history: `{"step": (P,), "epoch": (P,), <metric>: (P,)}`, if asked for.
        best: when the network was best and by what; None before anything was measured.
        together: step, epoch and metrics that can be compared with the runs beside it; None for a run alone.
        number: what to give as `since` next time.
        ack: the number of the last command that has been applied.
        experiment: JSON, with every change made since the start.
    """

    run: str
    status: str
    reason: Reason
    notice: Reason
    position: int
    attempt: int
    step: int
    epoch: float
    steps_per_second: float
    metrics: dict[str, float]
    snapshot: Snapshot | None
    history: dict[str, npt.NDArray[np.float64]] | None
    pace: float
    experiment: str
    number: int
    ack: int
    parent: str
    parent_step: int
    best: Standing | None = None
    together: Snapshot | None = None
    rests: bool = False


@dataclass(frozen=True)
class RunSummary:
    """One row of the list of an owner's runs; times are seconds since 1970."""

    run: str
    status: str
    reason: Reason
    step: int
    metrics: dict[str, float]
    experiment: str
    created: float
    seen: float
    parent: str
    parent_step: int


class Client:
    """The runs of one data folder, for any number of owners. May be used by many threads at once.

    Every call raises ServiceDown if the service cannot be reached or started, NoSuchRun for a run that the owner does
    not have, and SpecError for what the service refuses.
    """

    def __init__(
        self, data_dir: Path, environment: Mapping[str, str] | None = None, *, start: bool = True
    ) -> None:
        """Prepare; nothing is started before the first call.

        Args:
            data_dir: the data folder.
            environment: what a service is started with; None: what this process has.
            start: whether a service that is not there is started.
        """
        self.data_dir = Path(data_dir)
        self._environment, self._start = environment, start
        self._idle: list[Connection] = []
        self._lock = threading.Lock()

    # --- runs -------------------------------------------------------------------------------------------------

    def submit(
        self,
        owner: str,
        experiment: Plan | str,
        *,
        paused: bool = False,
        pace: float = 0.0,
        parent: str | None = None,
        probes: Sequence[str] = (),
    ) -> str:
        """Start a run and return its id.

        Args:
            owner: whose run it is.
            experiment: the experiment, or its JSON.
            paused: show it at step 0 and wait for play.
            pace: steps per second, 0 = as fast as possible.
            parent: the run it was made from.
            probes: what the first frames show, before anybody polls.
        """
        text = experiment if isinstance(experiment, str) else experiment.to_json()
        request = commands.Submit(
            owner=owner, experiment=text, paused=paused, pace=pace, parent=parent or "", probes=tuple(probes)
        )
        return cast("str", self._ask(request).body["run"])

    def poll(
        self,
        owner: str,
        run: str,
        since: int = 0,
        *,
        history: bool = False,
        probes: Sequence[str] = (),
        wait: float = 0.0,
    ) -> RunView:
        """Return how a run stands.

        Args:
            owner: whose run it is.
            run: its id.
            since: the `number` of the last view; a frame comes only with a newer one. 0: always.
            history: whether to send the curves.
            probes: what the frames are to show; a run is watched by being polled every few seconds.
            wait: wait so many seconds at most for something newer than `since`.
        """
        request = commands.Poll(
            owner=owner, run=run, since=since, history=history, probes=tuple(probes), wait=wait
        )
        parcel = self._ask(request, timeout=TIMEOUT + wait)
        body, payloads = parcel.body, deque(parcel.payloads)
        snapshot = frames.decode(payloads.popleft()) if body["fresh"] else None
        curves = frames.decode(payloads.popleft()).arrays if body["history"] else None
        return RunView(
            run=body["run"],
            status=body["status"],
            reason=Reason.unpack(body["reason"]),
            notice=Reason.unpack(body["notice"]),
            position=body["position"],
            attempt=body["attempt"],
            step=body["step"],
            epoch=body["epoch"],
            steps_per_second=body["rate"],
            metrics=_metrics(body["metrics"]),
            snapshot=snapshot,
            history=curves,
            pace=body["pace"],
            experiment=body["experiment"],
            number=body["number"],
            ack=body["ack"],
            parent=body["parent"],
            parent_step=body["parent_step"],
            best=Standing.of(body["best"]) if body["best"] else None,
            rests=body["rests"],
            together=_snapshot(body["together"]) if body["together"] else None,
        )

    def send(self, owner: str, run: str, command: Command, *, wait: float = 2.0) -> Ack:
        """Give a run a command and wait a moment for it to be applied; a refused one is raised as SpecError."""
        request = commands.Send(owner=owner, run=run, command=command, wait=wait)
        body = self._ask(request, timeout=TIMEOUT + wait).body
        return Ack(body["seq"], body["acknowledged"], body["step"])

    def together(self, owner: str, runs: Sequence[str]) -> None:
        """Train two to four runs in lockstep: what drives one drives all. One alone goes its own way again."""
        self._ask(commands.Together(owner=owner, runs=tuple(runs)))

    def list(self, owner: str) -> tuple[RunSummary, ...]:
        """Return the owner's runs, newest first."""
        rows = cast("list[dict[str, Any]]", self._ask(commands.ListRuns(owner=owner)).body["runs"])
        return tuple(
            RunSummary(
                run=row["run"],
                status=row["status"],
                reason=Reason.unpack(row["reason"]),
                step=row["step"],
                metrics=_metrics(row["metrics"]),
                experiment=row["experiment"],
                created=row["created"],
                seen=row["seen"],
                parent=row["parent"],
                parent_step=row["parent_step"],
            )
            for row in rows
        )

    def delete(self, owner: str, run: str) -> None:
        """Remove a run with all it has recorded."""
        self._ask(commands.Delete(owner=owner, run=run))

    def fork(self, owner: str, run: str, step: int) -> str:
        """Return the id of a new run, paused, that stands where this one stood at `step`."""
        return cast(
            "str", self._ask(commands.Fork(owner=owner, run=run, step=step), timeout=LONG).body["run"]
        )

    def frame_at(self, owner: str, run: str, step: int) -> Snapshot | None:
        """Return the recorded frame at the nearest step ≤ `step`; None if there is none."""
        payloads = self._ask(commands.FrameAt(owner=owner, run=run, step=step)).payloads
        return frames.decode(payloads[0]) if payloads else None

    def steps(self, owner: str, run: str) -> npt.NDArray[np.int64]:
        """Return the steps of the recorded frames, ascending."""
        payloads = self._ask(commands.Steps(owner=owner, run=run)).payloads
        return frames.decode(payloads[0]).arrays["steps"]

    def state(self, owner: str, run: str, step: int | None = None) -> State:
        """Return the network's tensors as they are now, or were at an earlier step (which may take a while)."""
        parcel = self._ask(commands.GetState(owner=owner, run=run, step=step), timeout=LONG)
        return frames.decode(parcel.payloads[0]).arrays

    def best(self, owner: str, run: str) -> State:
        """Return the network's tensors as they were when it was best (`RunView.best` says when)."""
        parcel = self._ask(commands.GetState(owner=owner, run=run, best=True), timeout=LONG)
        return frames.decode(parcel.payloads[0]).arrays

    # --- the service ------------------------------------------------------------------------------------------

    def info(self) -> dict[str, Any]:
        """Return what is in force and going on: limits, slots, counts."""
        return self._ask(commands.Info()).body

    def shut_down(self) -> None:
        """Let every run write a checkpoint and the service leave; they go on when it is started again."""
        self._ask(commands.Shutdown())
        self.close()

    def close(self) -> None:
        """Close the connections; the client may be used again."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _ask(self, request: Request, timeout: float = TIMEOUT) -> Parcel:
        # A service may leave in the middle of a question, and another may come up; to look again does no harm.
        tries = TRIES if isinstance(request, LOOKING) else 1
        while True:
            connection, tries = self._take(), tries - 1
            try:
                parcel = connection.ask(request, timeout)
            except OSError as error:
                connection.close()
                if isinstance(error, TimeoutError) or not tries:
                    raise ServiceDown("run.service_lost") from error
                time.sleep(0.1)
                continue
            except BaseException:
                connection.close()
                raise
            self._give_back(connection)
            if "error" in parcel.body:
                raise error_from(parcel.body["error"])
            return parcel

    def _take(self) -> Connection:
        """Return a connection that was alive just now."""
        with self._lock:
            while self._idle:
                connection = self._idle.pop()
                if connection.alive:
                    return connection
                connection.close()
        address = read_address(self.data_dir)
        if address is not None:
            with contextlib.suppress(OSError, ServiceDown):
                connection = Connection(address)
                if connection.protocol == PROTOCOL:
                    return connection
                connection.close()
        if not self._start:
            raise ServiceDown("run.service_lost")
        try:
            return Connection(ensure_service(self.data_dir, self._environment))
        except OSError as error:
            raise ServiceDown("run.service_lost") from error

    def _give_back(self, connection: Connection) -> None:
        with self._lock:
            if len(self._idle) < MAX_IDLE:
                self._idle.append(connection)
                return
        connection.close()


def _snapshot(plain: dict[str, Any]) -> Snapshot:
    return Snapshot(plain["step"], plain["epoch"], _metrics(plain["metrics"]))


def _metrics(plain: dict[str, Any]) -> dict[str, float]:
    return {name: float("nan") if value is None else float(value) for name, value in plain.items()}
