"""The experiments beside the one in the form: on the same data with the same seed, trained in lockstep with it.

The session keeps plain values: each experiment as JSON, and the id of its run once there is one. Knows no page.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import streamlit as st

from playground.runs import commands
from playground.runs.lockstep import MOST as TOGETHER
from playground.runs.reasons import NoSuchRun
from playground.spec import Experiment, SpecError, check, enforce
from playground.ui import form
from playground.ui.service import client, owner

MOST = TOGETHER - 1
LETTERS = "ABCD"
"""The one in the form is A."""


@dataclass(frozen=True)
class Other:
    """One experiment beside the form's.

    Attributes:
        experiment: on the form's data, with its seed.
        run: its run; None where there is none of just this network yet.
    """

    experiment: Experiment
    run: str | None


def others() -> tuple[Other, ...]:
    """Return the experiments beside the form's, in order."""
    main = form.experiment()
    found: list[Other] = []
    for kept in _kept():
        before = form.read(kept["experiment"])
        present = form.fitting(before.model_copy(update={"data": main.data, "seed": main.seed}))
        found.append(Other(present, kept["run"] if form.continues(before, present) else None))
    return tuple(found)


def comparing() -> bool:
    """Tell whether there is anything beside the form's experiment."""
    return bool(_kept())


def room() -> bool:
    """Tell whether one more can be put beside the form's."""
    return len(_kept()) < MOST


def runs() -> tuple[str, ...]:
    """Return the runs of the experiments beside the form's that have one."""
    return tuple(kept["run"] for kept in _kept() if kept["run"])


def add(experiment: Experiment) -> None:
    """Put an experiment beside the form's.

    Raises:
        SpecError: if it cannot be trained, or there are enough.
    """
    require_room(experiment)
    _keep([*_kept(), {"experiment": experiment.to_json(), "run": None}])


def adopt_run(experiment: Experiment, run: str) -> None:
    """Put an experiment beside the form's whose run there is already."""
    _keep([*_kept(), {"experiment": experiment.to_json(), "run": run}])


def require_room(experiment: Experiment) -> None:
    """Refuse what cannot stand beside the form's experiment.

    Raises:
        SpecError: if it cannot be trained, or there are enough.
    """
    if len(_kept()) >= MOST:
        raise SpecError("ui.compare.enough", value=len(_kept()) + 1, bound=TOGETHER)
    check(experiment)
    enforce(experiment)


def change(index: int, experiment: Experiment) -> None:
    """Put another experiment in the place of one; a run of it that cannot go on is ended."""
    kept = _kept()
    before = kept[index]
    goes_on = form.continues(form.read(before["experiment"]), experiment)
    if before["run"] and goes_on:
        for path, value in form.changes(form.read(before["experiment"]), experiment):
            client().send(owner(), before["run"], commands.Set(path=path, value=value), wait=0.5)
    elif before["run"]:
        _end(before["run"])
    kept[index] = {"experiment": experiment.to_json(), "run": before["run"] if goes_on else None}
    _keep(kept)


def remove(index: int) -> None:
    """Take one away, and end its run."""
    kept = _kept()
    gone = kept.pop(index)
    if gone["run"]:
        _end(gone["run"])
    _keep(kept)


def clear() -> None:
    """Take all away."""
    while _kept():
        remove(0)


def swap(index: int) -> None:
    """Let one be the form's, and the form's stand in its place; both runs go on."""
    kept = _kept()
    chosen = others()[index]
    kept[index] = {"experiment": form.experiment().to_json(), "run": st.session_state.get("run")}
    _keep(kept)
    form.replace(chosen.experiment)
    st.session_state["run"] = chosen.run
    if chosen.run:
        st.query_params["run"] = chosen.run
    elif "run" in st.query_params:
        del st.query_params["run"]


def start(run: str, pace: float, probes: tuple[str, ...]) -> None:
    """Start all others anew, at rest at step 0, and bind them to `run`.

    Raises:
        SpecError: if one cannot be trained or the service refuses.
    """
    present = others()
    for old in runs():
        _end(old)
    started = [
        client().submit(owner(), other.experiment, paused=True, pace=pace, probes=probes) for other in present
    ]
    _keep(
        [
            {"experiment": other.experiment.to_json(), "run": begun}
            for other, begun in zip(present, started, strict=True)
        ]
    )
    bind(run)


def bind(run: str) -> None:
    """Train `run` and all others in lockstep; a service that was started anew does not know it."""
    if comparing():
        with suppress(NoSuchRun):
            client().together(owner(), (run, *runs()))


def adopt(names: str) -> None:
    """Take up the runs that the link names, those that are still there."""
    kept: list[dict[str, str | None]] = []
    for name in [name for name in names.split(",") if name][:MOST]:
        with suppress(SpecError):
            kept.append({"experiment": client().poll(owner(), name[:100]).experiment, "run": name[:100]})
    _keep(kept)


def _end(run: str) -> None:
    """End a run alone: what drives one of those that are bound drives all."""
    with suppress(NoSuchRun):
        client().together(owner(), (run,))
        client().send(owner(), run, commands.Stop(), wait=0)


def _kept() -> list[dict[str, str | None]]:
    return [dict(kept) for kept in st.session_state.get("beside", [])]


def _keep(kept: list[dict[str, str | None]]) -> None:
    st.session_state["beside"] = kept
    if runs():
        st.query_params["beside"] = ",".join(runs())
    elif "beside" in st.query_params:
        del st.query_params["beside"]
