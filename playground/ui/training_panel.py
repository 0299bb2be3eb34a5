"""How the network is trained: loss, optimizer, schedule, batch size, stop conditions, all made from their specs."""

from __future__ import annotations

from typing import Any

import streamlit as st

from playground.spec import (
    Advice,
    Experiment,
    Kind,
    LossSpec,
    OptimizerSpec,
    ScheduleSpec,
    TrainingSpec,
    knobs,
)
from playground.ui import form
from playground.ui.engine_choice import why_there
from playground.ui.knobs import knob
from playground.ui.language import t, wording
from playground.ui.layers_panel import advice_at
from playground.ui.say import say


def training_panel(experiment: Experiment, advices: list[Advice]) -> None:
    """Draw what is turned most often in one strip, and the rest behind a button at its end."""
    shown = {found.name: found for found in knobs(type(experiment.optimizer)) + knobs(TrainingSpec)}
    with st.container(key="training"):
        knob(shown["lr"], "optimizer.lr", experiment.optimizer.lr)
        knob(shown["batch_size"], "training.batch_size", experiment.training.batch_size)
        _family(OptimizerSpec, "optimizer", experiment.optimizer)
        _family(LossSpec, "loss", experiment.loss)
        with st.popover(t("ui.more"), key="training-more", width="stretch", help=t("ui.more_help")):
            _more(experiment)
    advice_at(advices, "loss")


def _more(experiment: Experiment) -> None:
    with st.container(key="training-form"):
        _title("ui.group.optimizer", f"optimizer.{experiment.optimizer.kind}")
        _rest(experiment.optimizer, "optimizer", leave=("lr",))
        if knobs(type(experiment.loss)):
            _title("ui.group.loss", f"loss.{experiment.loss.kind}")
            _rest(experiment.loss, "loss")
        _title("ui.group.schedule")
        _family(ScheduleSpec, "schedule", experiment.schedule)
        _rest(experiment.schedule, "schedule")
        _title("ui.group.stop")
        _rest(experiment.training, "training", leave=("batch_size",))
        _title("ui.group.start")
        for found in knobs(Experiment):
            if found.name == "seed":
                knob(found, "seed", experiment.seed)
        _title("ui.group.place")
        say(why_there(experiment), key="place")
        for found in knobs(Experiment):
            if found.name == "precision":
                knob(found, "precision", experiment.precision)


def _title(key: str, name: str = "") -> None:
    chosen = f" · {t(name)}" if name else ""
    st.html(f'<h4 class="group">{t(key)}{chosen}</h4>')


def _rest(spec: Any, path: str, leave: tuple[str, ...] = ()) -> None:
    for found in knobs(type(spec)):
        if found.name not in leave:
            knob(found, f"{path}.{found.name}", getattr(spec, found.name))


def _family(family: type[Kind], path: str, present: Kind) -> None:
    """Show the choice among a family's kinds; a changed kind keeps the learning rate."""
    key = f"kind.{path}"
    if st.session_state.get(key) != present.kind:
        st.session_state[key] = present.kind
    kinds = list(family.catalogue())
    st.selectbox(
        t(f"ui.place.{path}"),
        kinds,
        index=kinds.index(present.kind),
        key=key,
        format_func=wording(kinds, lambda kind: t(f"{path}.{kind}")),
        on_change=_change_kind,
        args=(path, key),
        help=t(f"{path}.{present.kind}_help"),
    )


def _change_kind(path: str, key: str) -> None:
    form.change(f"{path}.kind", st.session_state[key])
