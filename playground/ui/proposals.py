"""What a visitor does on the stage that changes more than a number: other layers, more points, a setting, a fork.

It comes from a browser, so all of it is validated here, as if it had been typed into the form.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import streamlit as st

from playground.data.folder import data_folder
from playground.presets import preset
from playground.runs import commands
from playground.runs.reasons import NoSuchRun
from playground.spec import DataSpec, Experiment, SpecError
from playground.ui import beside, form, labs, preview, run
from playground.ui.painting import painted
from playground.ui.service import client, owner

JUDGE, ENOUGH, HELD_BACK = "digits-mlp", 40, 0.2
"""The example whose network learns to judge, how many epochs it takes, and the share it is tested on."""


@run.guarded
def take(proposal: dict[str, Any]) -> None:
    """Do what is proposed; a refusal is said under the bar."""
    act = KINDS.get(str(proposal.get("kind")))
    if act is None:
        raise SpecError("error.choice", place="kind", value=proposal.get("kind"), options=", ".join(KINDS))
    act(proposal)


def _set(proposal: dict[str, Any]) -> None:
    form.put(form.experiment().replace(str(proposal.get("path", "")), proposal.get("value")))


def _layers(proposal: dict[str, Any]) -> None:
    before = form.experiment()
    wanted = before.replace("layers", proposal.get("layers"))
    wanted.model.shapes(wanted.data.input_shape())
    form.replace(wanted)
    _go_on(before != wanted)


def _points(proposal: dict[str, Any]) -> None:
    present = form.experiment()
    dataset = preview.dataset(present, data_folder())
    form.change_data(painted(present.data, dataset, proposal.get("points"), data_folder()))
    st.session_state["upload_open"] = False
    st.session_state["form_notice"] = "ui.notice.painted"
    run.start(paused=False)


def _weight(proposal: dict[str, Any]) -> None:
    """Begin a run that rests at step 0, with one number of it typed by hand."""
    given = {name: proposal.get(name) for name in ("name", "index", "value")}
    command = commands.Command.of({"kind": "set_weight", **given})
    run.start(paused=True)
    run.tell(command)


def _fork(proposal: dict[str, Any]) -> None:
    step, here = proposal.get("step"), st.session_state.get("run")
    if not here or isinstance(step, bool) or not isinstance(step, int) or step < 0:
        raise SpecError("error.int", place="step", value=step)
    found = client().fork(owner(), here, step)
    view = client().poll(owner(), found)
    form.replace(form.read(view.experiment), notice="ui.notice.forked")
    st.session_state["run"] = found
    st.query_params["run"] = found


def _compare(proposal: dict[str, Any]) -> None:
    """Put an experiment beside the form's; both are trained from the beginning, a game goes on from this moment."""
    plain = proposal.get("experiment")
    if not isinstance(plain, dict):
        raise SpecError("error.not_experiment", value=plain)
    other = Experiment.from_plain(plain)
    if other.adversary is not None and run.part_here(other):
        st.session_state["form_notice"] = "ui.notice.parted"
        return
    beside.add(other)
    st.session_state["form_notice"] = "ui.notice.compared"
    run.start(paused=False)


def _turn(proposal: dict[str, Any]) -> None:
    """Take one step in which only one player of a game learns, or both; who learns otherwise stays as it was."""
    run.carry_over()
    run.step_with("adversary.training", proposal.get("turn"))


def _strokes(proposal: dict[str, Any]) -> None:
    """Let a generator learn what the visitor has drawn, from the beginning."""
    present = form.experiment()
    drawing = DataSpec.of({"kind": "Drawing", "strokes": proposal.get("strokes")})
    form.put(form.fitting(present.model_copy(update={"data": drawing})))
    st.session_state["upload_open"] = ""
    run.start(paused=False)


def _judge(proposal: dict[str, Any]) -> None:
    """Train a classifier of the pictures that a game is about, in the lab of pictures: it can judge them afterwards."""
    data = form.experiment().data
    if data.nature != "pictures":
        raise SpecError("stage.gallery.no_pictures", place="data")
    known = preset(JUDGE).experiment
    if getattr(data, "test_fraction", 1) == 0:  # how good a judge is, only held-back pictures tell
        data = data.model_copy(update={"test_fraction": HELD_BACK})
    training = known.training.model_copy(update={"max_epochs": ENOUGH})
    labs.put(form.fitting(known.model_copy(update={"data": data, "training": training})))
    st.session_state["form_notice"] = "ui.notice.judge"
    run.start(paused=False)


def _go_on(changed: bool) -> None:
    """Train the changed network at once where the one before was training."""
    here = st.session_state.get("run")
    if not changed or not here:
        return
    with suppress(NoSuchRun):
        if client().poll(owner(), here).status in run.MOVING:
            run.start(paused=False)


KINDS: dict[str, Callable[[dict[str, Any]], None]] = {
    "set": _set,
    "layers": _layers,
    "points": _points,
    "weight": _weight,
    "fork": _fork,
    "compare": _compare,
    "turn": _turn,
    "strokes": _strokes,
    "judge": _judge,
}
