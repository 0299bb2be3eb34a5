"""What the service looks after once a second: limits from outside, idle runs, leases, old runs, and the index.

A worker keeps its own limits where it can; one that is stuck, or that has been tricked, is ended from here.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import time
from functools import partial
from pathlib import Path

from playground.runs.dispatch import Dispatch
from playground.runs.index import Entry, IndexUnavailable
from playground.runs.live import ENDED, Run
from playground.runs.reasons import Reason

logger = logging.getLogger(__name__)
FLUSH_EVERY = 3.0
MEASURE_EVERY = 5.0
COLLECT_EVERY = 60.0
UNLOAD_AFTER = 60.0


class Patrol:
    """Goes round all loaded runs, about once a second."""

    def __init__(self, dispatch: Dispatch) -> None:
        self.dispatch = dispatch
        self._flushed = self._measured = self._collected = -1e9

    def round(self) -> None:
        """Look after everything once."""
        now = time.monotonic()
        measure, self._measured = _due(now, self._measured, MEASURE_EVERY)
        flush, self._flushed = _due(now, self._flushed, FLUSH_EVERY)
        collect, self._collected = _due(now, self._collected, COLLECT_EVERY)
        for run in list(self.dispatch.runs.values()):
            if run.worker and run.leaving is None:
                self._watch_limits(run, now, measure=measure)
            if run.worker and run.leaving is None:
                self._watch_leases(run, now)
            if not run.worker:
                self._unload(run, now)
        if self.dispatch.crowded:
            for run in self.dispatch.workers():
                self.dispatch.backend.stand_back(run.id, self.dispatch.quotas.nice)
        if flush:
            self.flush()
        if collect:
            self.collect()

    def _watch_limits(self, run: Run, now: float, *, measure: bool) -> None:
        quotas, memory = self.dispatch.quotas, self.dispatch.backend.usage(run.id).memory
        if run.memory and memory is not None and memory > run.memory:
            self._end(run, "run.limit_memory", f"{run.memory / 1e6:,.0f} MB", now=True)
        elif quotas.storage and measure and folder_size(run.folder) > quotas.storage:
            self._end(run, "run.limit_storage", f"{quotas.storage / 1e6:,.0f} MB")
        elif run.going and run.status == "running" and quotas.wall_seconds:
            active = run.active_before + now - run.playing_since
            if active > 1.0 + 1.05 * quotas.wall_seconds:  # the worker has not seen to it itself
                self._end(run, "run.limit_wall", f"{quotas.wall_seconds:g}")

    def _end(self, run: Run, key: str, limit: str, *, now: bool = False) -> None:
        then = partial(self.dispatch.settle, run, "stopped", Reason(key, {"limit": limit}))
        self.dispatch.leave(run, then, self.dispatch.quotas.drain_seconds, end_counts=False, now=now)

    def _watch_leases(self, run: Run, now: float) -> None:
        dispatch, quotas = self.dispatch, self.dispatch.quotas
        if run.resting:
            if quotas.lease_seconds and now - run.resting_since > quotas.lease_seconds:
                dispatch.leave(run, lambda: None, quotas.drain_seconds)
        elif quotas.idle_seconds and run.going and now - run.polled_at > quotas.idle_seconds:
            reason = Reason("run.idle", {"minutes": f"{quotas.idle_seconds / 60:.3g}"})
            dispatch.leave(run, partial(dispatch.settle, run, "paused", reason), quotas.drain_seconds)

    def _unload(self, run: Run, now: float) -> None:
        dispatch = self.dispatch
        if run.changed:
            dispatch.save(run)
        if run.status == "queued" or run.pending or run.changed or now - run.polled_at < UNLOAD_AFTER:
            return
        run.close()
        dispatch.runs.pop(run.id, None)

    def flush(self) -> None:
        """Write the progress of all workers into the index."""
        busy = self.dispatch.workers()
        if busy:
            self.dispatch.index.update_many([(run.id, run.changes()) for run in busy])

    def collect(self) -> None:
        """Remove runs that nobody has looked at for a long time."""
        dispatch = self.dispatch
        if not dispatch.quotas.keep_seconds:
            return
        before = time.time() - dispatch.quotas.keep_seconds
        for entry in dispatch.index.due_for_collection(before, *ENDED, "paused"):
            self.remove(entry)

    def remove(self, entry: Entry) -> bool:
        """Remove a run that no worker is on; False if one is, or if the disk refuses."""
        dispatch = self.dispatch
        run = dispatch.runs.get(entry.id)
        if run is not None and (run.worker or run.status == "queued"):
            return False
        try:
            dispatch.index.forget(entry.id)
        except IndexUnavailable:
            return False
        if run is not None:
            run.close()
            dispatch.runs.pop(run.id, None)
        remove_folder(dispatch.folder(entry.id))
        return True

    def make_room(self, owner: str) -> bool:
        """Remove the owner's oldest runs that have ended until another fits; False if there are none left."""
        dispatch, quotas = self.dispatch, self.dispatch.quotas
        mine = dispatch.index.list(owner, limit=10_000)
        sizes = {entry.id: folder_size(dispatch.folder(entry.id)) for entry in mine}
        ended = [entry for entry in reversed(mine) if entry.status in ENDED]
        paused = [entry for entry in reversed(mine) if entry.status == "paused"]
        for entry in [*ended, *paused]:
            if len(sizes) < quotas.owner_runs and sum(sizes.values()) < quotas.owner_bytes:
                break
            if self.remove(entry):
                del sizes[entry.id]
        return len(sizes) < quotas.owner_runs and sum(sizes.values()) < quotas.owner_bytes

    def make_room_for_all(self) -> bool:
        """Where too many runs are kept over all owners, remove the one unseen for longest; False if none can go."""
        index, quotas = self.dispatch.index, self.dispatch.quotas
        if index.count() < quotas.total_runs:
            return True
        longest = [
            *index.due_for_collection(time.time(), *ENDED),
            *index.due_for_collection(time.time(), "paused"),
        ]
        return any(self.remove(entry) for entry in longest)


def folder_size(folder: Path) -> int:
    """Return the bytes of the files in `folder`; 0 if there is none."""
    total = 0
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            with contextlib.suppress(OSError):
                total += path.stat().st_size
    return total


def remove_folder(folder: Path) -> None:
    """Remove a run's folder and everything in it; what cannot be removed is left and told in the log."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        logger.warning("%s could not be removed", folder)


def _due(now: float, last: float, every: float) -> tuple[bool, float]:
    return (True, now) if now - last >= every else (False, last)
