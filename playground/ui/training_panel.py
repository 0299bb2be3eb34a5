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
from playground.ui.shown import show, taken


def training_panel(experiment: Experiment, advices: list[Advice]) -> None:
    """Draw what is turned most often in one strip, and the rest behind a button at its end."""
    shown = {found.name: found for found in knobs(type(experiment.optimizer)) + knobs(TrainingSpec)}
    with st.container(key="training"):
        knob(shown["lr"], "optimizer.lr", experiment.optimizer.lr)
        knob(shown["batch_size"], "training.batch_size", experiment.training.batch_size)
        family(OptimizerSpec, "optimizer", experiment.optimizer)
        family(LossSpec, "loss", experiment.loss)
        with st.popover(t("ui.more"), key="training-more", width="stretch", help=t("ui.more_help")):
            _more(experiment)
    advice_at(advices, "loss")


def _more(experiment: Experiment) -> None:
    with st.container(key="training-form"):
        title("ui.group.optimizer", f"optimizer.{experiment.optimizer.kind}")
        rest(experiment.optimizer, "optimizer", leave=("lr",))
        if knobs(type(experiment.loss)):
            title("ui.group.loss", f"loss.{experiment.loss.kind}")
            rest(experiment.loss, "loss")
        title("ui.group.schedule")
        family(ScheduleSpec, "schedule", experiment.schedule)
        rest(experiment.schedule, "schedule")
        title("ui.group.stop")
        rest(experiment.training, "training", leave=("batch_size",))
        title("ui.group.start")
        for found in knobs(Experiment):
            if found.name == "seed":
                knob(found, "seed", experiment.seed)
        title("ui.group.place")
        say(why_there(experiment), key="place")
        for found in knobs(Experiment):
            if found.name == "precision":
                knob(found, "precision", experiment.precision)


def title(key: str, name: str = "") -> None:
    """Draw a heading among the settings, with the `name` of what is chosen there."""
    chosen = f" · {t(name)}" if name else ""
    st.html(f'<h4 class="group">{t(key)}{chosen}</h4>')


def rest(spec: Any, path: str, leave: tuple[str, ...] = ()) -> None:
    """Draw every knob of a spec but those in `leave`."""
    for found in knobs(type(spec)):
        if found.name not in leave:
            knob(found, f"{path}.{found.name}", getattr(spec, found.name))


def family(family: type[Kind], path: str, present: Kind, *, words: str = "", label: str = "") -> None:
    """Show the choice among a family's kinds; a changed kind keeps the learning rate.

    Args:
        family: the kinds.
        path: of the setting.
        present: what is chosen.
        words: under which kinds have their names and help; the path itself where it is one word.
        label: the key of what is chosen here; else the path's own.
    """
    words = words or path
    key = f"kind.{path}"
    show(key, present.kind)
    kinds = list(family.catalogue())
    st.selectbox(
        t(label or f"ui.place.{path}"),
        kinds,
        index=kinds.index(present.kind),
        key=key,
        format_func=wording(kinds, lambda kind: t(f"{words}.{kind}")),
        on_change=_change_kind,
        args=(path, key, tuple(kinds), present.kind),
        help=t(f"{words}.{present.kind}_help"),
    )


def _change_kind(path: str, key: str, kinds: tuple[str, ...], present: str) -> None:
    chosen = taken(key, kinds)
    if chosen not in (None, present):  # the same kind once more would lose its settings
        form.change(f"{path}.kind", chosen)
