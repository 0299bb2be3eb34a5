"""What the page knows about the visitor's run, and the commands it gives: play, pause, step, epoch, reset, settings.

The session keeps the run's id alone; everything else is asked of the service. The form may be ahead of the run: what
the run can take over without a restart is sent, everything else waits for a new start.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from playground.data.folder import data_folder
from playground.presets import presets
from playground.runs import commands
from playground.runs.client import RunView
from playground.runs.frames import Snapshot
from playground.runs.reasons import NoSuchRun
from playground.spec import Experiment, SpecError, check, enforce
from playground.ui import beside, form, preview
from playground.ui.language import language
from playground.ui.say import sentence
from playground.ui.service import client, owner

MOVING = ("queued", "running")
BROKEN = ("diverged", "failed")
"""From here a run cannot go on: what is trained next is a new one."""
WAIT, LONGEST_STEP = 0.5, 5.0
"""Seconds a click waits for the run to have done what it says, so that the next picture shows it."""


@dataclass(frozen=True)
class Now:
    """What there is to show.

    Attributes:
        experiment: what the pictures are of.
        status: the run's, or "ready" where there is no run of this experiment yet.
        snapshot: metrics and arrays; empty where nothing is known.
        history: the metrics so far, by name; empty without a run.
        view: the run's own words; None where there is no run of this experiment.
        trouble: a sentence to show, or empty.
    """

    experiment: Experiment
    status: str
    snapshot: Snapshot
    history: dict[str, Any] = field(default_factory=dict[str, Any])
    view: RunView | None = None
    trouble: str = ""

    @property
    def step(self) -> int:
        """How far the run is; where measuring takes long, further than its numbers."""
        return self.view.step if self.view is not None else self.snapshot.step

    @property
    def epoch(self) -> float:
        """The same in epochs."""
        return self.view.epoch if self.view is not None else self.snapshot.epoch

    @property
    def numbers(self) -> Snapshot:
        """The metrics, and of when they are: side by side, of the last moment that all have measured."""
        together = self.view.together if self.view is not None else None
        return together or self.snapshot

    @property
    def moving(self) -> bool:
        """Whether the picture changes by itself."""
        return self.status in MOVING

    @property
    def unsettled(self) -> bool:
        """Whether a run that rests has still to be measured where it stands."""
        return self.view is not None and self.view.rests and self.numbers.step != self.view.step


def look(wanted: tuple[str, ...]) -> Now:
    """Return how things stand now, with the arrays of the probes in `wanted`."""
    experiment = form.experiment()
    trouble = st.session_state.get("run_trouble", "")
    run = st.session_state.get("run")
    if run:
        try:
            view = client().poll(owner(), run, history=True, probes=wanted)
        except NoSuchRun:
            forget()
        except SpecError as error:
            trouble = sentence(error)
        else:
            running = form.read(view.experiment)
            if form.continues(running, experiment):
                trouble = trouble or view.notice.text(language())
                snapshot = view.snapshot
                if snapshot is None and view.step > 0:
                    snapshot = Snapshot(view.step, view.epoch, view.metrics, {})
                elif snapshot is None or (snapshot.step == 0 and not snapshot.arrays):
                    snapshot = at_start(experiment, wanted)
                status = "paused" if view.rests else view.status
                return Now(running, status, snapshot, dict(view.history or {}), view, trouble)
    return Now(experiment, "ready", at_start(experiment, wanted), trouble=trouble)


def at_start(experiment: Experiment, wanted: tuple[str, ...]) -> Snapshot:
    """Return the untrained network's pictures; empty where the experiment does not fit together."""
    try:
        return preview.at_start(experiment, data_folder(), wanted)
    except SpecError:
        return Snapshot(0, 0.0, {}, {})


def adopt() -> None:
    """Take up the run that the link names, once per session, and fill the form from it."""
    if "run" in st.session_state:
        return
    st.session_state["run"] = None
    named = st.query_params.get("run")
    if not named or len(named) > 100:
        return
    try:
        view = client().poll(owner(), named)
    except NoSuchRun:
        del st.query_params["run"]
        if "e" not in st.query_params:
            st.session_state["link_trouble"] = "ui.no_such_run"
    except SpecError as error:
        st.session_state["run_trouble"] = sentence(error)
    else:
        st.session_state["run"] = named
        st.session_state["pace"] = view.pace
        beside.adopt(st.query_params.get("beside", ""))
        if "form" not in st.session_state:
            experiment = form.read(view.experiment)
            form.begin(experiment)
            known = (key for key, example in presets().items() if example.experiment == experiment)
            st.session_state["preset"] = next(known, None)


def forget() -> None:
    """Let go of the run; it stays where it is."""
    st.session_state["run"] = None
    if "run" in st.query_params:
        del st.query_params["run"]


def fits() -> bool:
    """Tell whether the run and the form still speak of the same network."""
    return _fitting() is not None


def guarded(action: Callable[..., None]) -> Callable[..., None]:
    """Make an action that says what went wrong beside the controls instead of failing."""

    def act(*values: Any) -> None:
        st.session_state["run_trouble"] = ""
        try:
            action(*values)
        except SpecError as error:
            st.session_state["run_trouble"] = sentence(error)

    return act


@guarded
def play() -> None:
    """Train: go on with the run, or start a new one. What stands in the way of going on is lifted."""
    view = _fitting()
    if view is None or view.status in BROKEN:
        start(paused=False)
    else:
        if view.status == "finished":
            _lift(view)
            for index, other in enumerate(beside.others()):
                _lift_beside(index, other)
        tell(commands.Play())


@guarded
def pause() -> None:
    """Hold the run."""
    if _view() is not None:
        tell(commands.Pause())


@guarded
def step() -> None:
    """Take one step and hold."""
    _one(commands.Step())


@guarded
def epoch() -> None:
    """Go to the end of the epoch and hold."""
    _one(commands.Epoch())


@guarded
def reset() -> None:
    """Go back to step 0 with the settings as they are."""
    view = _fitting()
    if view is None or view.status in BROKEN:
        forget()
    else:
        tell(commands.Reset())


@guarded
def compare() -> None:
    """Put what is in the form beside it as it is now; both are trained from the beginning, if anything was trained."""
    beside.add(form.experiment())
    view = _view()
    if view is not None:
        start(paused=view.rests or view.status not in MOVING)


@guarded
def set_pace(steps_per_second: float) -> None:
    """Train so many steps each second; 0 = as fast as possible."""
    st.session_state["pace"] = steps_per_second
    if _fitting() is not None:
        tell(commands.Pace(steps_per_second=steps_per_second))


def carry_over() -> None:
    """Send the run what has changed in the form and can change while it trains; hold it where a new start is needed."""
    try:
        _carry_over()
    except SpecError as error:
        st.session_state["run_trouble"] = sentence(error)


def _carry_over() -> None:
    view = _view()
    if view is None or view.status in BROKEN:
        return
    wanted, running = form.experiment(), form.read(view.experiment)
    if not form.continues(running, wanted):
        if view.status in MOVING:
            tell(commands.Pause())
        return
    for path, value in form.changes(running, wanted):
        client().send(owner(), view.run, commands.Set(path=path, value=value), wait=WAIT)


def start(*, paused: bool) -> None:
    """Start a run of the form's experiment; what ran before gives its place back.

    Raises:
        SpecError: if the experiment cannot be trained, or the service refuses.
    """
    wanted = form.experiment()
    check(wanted)
    enforce(wanted)
    old = _view()
    if old is not None and old.status in (*MOVING, "paused"):
        client().send(owner(), old.run, commands.Stop(), wait=0)
    pace = float(st.session_state.get("pace", 0.0))
    waits = paused or beside.comparing()
    run = client().submit(owner(), wanted, paused=waits, pace=pace, probes=probes(wanted))
    st.session_state["run"] = run
    st.query_params["run"] = run
    if beside.comparing():
        beside.start(run, pace, probes(wanted))
        if not paused:
            client().send(owner(), run, commands.Play(), wait=0)
    _settle(run, wanted)


def _settle(run: str, wanted: Experiment) -> None:
    """Wait a moment until the run has its worker, so that nobody is told about a queue that is none."""
    deadline = time.monotonic() + WAIT
    view = client().poll(owner(), run, probes=probes(wanted))
    while view.status == "queued" and (left := deadline - time.monotonic()) > 0:
        view = client().poll(owner(), run, since=view.number, wait=left, probes=probes(wanted))


def tell(command: commands.Command) -> None:
    """Give the run a command, and wait a moment for the picture that shows it done."""
    run = st.session_state["run"]
    beside.bind(run)
    before = client().poll(owner(), run)
    client().send(owner(), run, command, wait=WAIT)
    client().poll(owner(), run, since=before.number, wait=WAIT, probes=probes(form.experiment()))


def probes(experiment: Experiment) -> tuple[str, ...]:
    """Return the probes whose arrays are drawn for such an experiment: by the stage, or by the page itself."""
    data, target = experiment.data, experiment.data.target()
    shape = data.input_shape()
    if "features" in type(data).model_fields or shape == (2,):
        return ("health", "maps", "weights")
    classes = target.kind == "classes"
    if shape == (1,):
        return ("health", "line", "maps", "weights", *(["verdicts"] if classes else []))
    if len(shape) == 3:
        return ("filters", "verdicts")
    return ("weights", "verdicts" if classes else "predictions")


def _one(command: commands.Command) -> None:
    view = _fitting()
    if view is None or view.status in BROKEN:
        start(paused=True)
    tell(command)


def step_with(path: str, value: object) -> None:
    """Take one step with one setting as it is not in the form, and hold; the form and all later steps keep theirs.

    Raises:
        SpecError: if the setting or the experiment does not fit.
    """
    usual, other = form.experiment(), form.experiment().replace(path, value)
    view = _fitting()
    if view is None or view.status in BROKEN:
        start(paused=True)
    run = st.session_state["run"]
    client().send(owner(), run, commands.Pause(), wait=WAIT)
    _exchange(run, usual, other)
    before = client().poll(owner(), run)
    tell(commands.Step())
    deadline = time.monotonic() + LONGEST_STEP
    view = client().poll(owner(), run)
    while view.step == before.step and view.status in MOVING and (left := deadline - time.monotonic()) > 0:
        view = client().poll(owner(), run, since=view.number, wait=min(left, WAIT))
    _exchange(run, other, usual)


def part_here(other: Experiment) -> bool:
    """Let a fork of the run go on beside it as `other`, both from this moment; False where they have to begin anew.

    Raises:
        SpecError: if `other` cannot be trained, or there is no room for it.
    """
    view = _fitting()
    if view is None or view.status not in (*MOVING, "paused") or not form.continues(form.experiment(), other):
        return False
    beside.require_room(other)
    client().send(owner(), view.run, commands.Pause(), wait=WAIT)
    view = client().poll(owner(), view.run)
    if not view.step:
        return False
    forked = client().fork(owner(), view.run, view.step)
    _exchange(forked, form.read(view.experiment), other)
    beside.adopt_run(other, forked)
    beside.bind(view.run)
    client().send(owner(), view.run, commands.Play(), wait=WAIT)
    return True


def _exchange(run: str, before: Experiment, after: Experiment) -> None:
    for path, value in form.changes(before, after):
        client().send(owner(), run, commands.Set(path=path, value=value), wait=WAIT)


STOPS = {
    "run.reached_steps": "max_steps",
    "run.reached_epochs": "max_epochs",
    "run.reached_loss": "target_loss",
    "run.reached_accuracy": "target_accuracy",
    "run.reached_plateau": "plateau_epochs",
}
"""The condition of each reason for which a training is over."""


def _lift(view: RunView) -> None:
    """Turn off the stop conditions that have ended the run: whoever presses Train again wants more."""
    reached = STOPS.get(view.reason.key)
    if reached is not None and form.change(f"training.{reached}", 0):
        st.session_state["form_notice"] = "ui.notice.lifted"
        client().send(owner(), view.run, commands.Set(path=f"training.{reached}", value=0), wait=WAIT)


def _lift_beside(index: int, other: beside.Other) -> None:
    """Turn off what has ended a run that stands beside: it goes on with the others."""
    with suppress(NoSuchRun):
        view = client().poll(owner(), other.run) if other.run else None
        reached = STOPS.get(view.reason.key) if view is not None and view.status == "finished" else None
        if reached is not None:
            beside.change(index, other.experiment.replace(f"training.{reached}", 0))


def _view() -> RunView | None:
    run = st.session_state.get("run")
    if not run:
        return None
    try:
        return client().poll(owner(), run)
    except NoSuchRun:
        forget()
        return None


def _fitting() -> RunView | None:
    view = _view()
    return (
        view if view is not None and form.continues(form.read(view.experiment), form.experiment()) else None
    )
