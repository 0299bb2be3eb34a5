"""The workbench: the same frame for every lab. It arranges bar, columns and what moves; it draws nothing itself."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from playground.data import Dataset
from playground.data.folder import data_folder
from playground.presets import presets
from playground.spec import Advice, Experiment, SpecError, advise, enforce
from playground.ui import beside, form, labs, preview, run
from playground.ui.compare_panel import compare_panel
from playground.ui.data_panel import data_panel
from playground.ui.game_panel import game_panel
from playground.ui.language import t, wording
from playground.ui.layers_panel import advice_at, layers_panel
from playground.ui.navigation import PageEntry
from playground.ui.progress_panel import progress_panel
from playground.ui.run import Now
from playground.ui.say import say, sentence
from playground.ui.shown import edition
from playground.ui.stage_panel import stage_panel, views
from playground.ui.status import explain, why
from playground.ui.style import style_of
from playground.ui.training_panel import training_panel
from playground.ui.transport import controls, figures, lead, masthead, setup
from playground.ui.weights_panel import weight_maps

TICK = 1.0
"""Seconds between two looks at a run that moves: the stage shows it, the page only says how things stand."""
TABS = ("outcome", "network", "data")


def open_form(entry: PageEntry) -> None:
    """Fill the form of the page `entry`: with what was left there, or from the run or experiment that the link names.

    Where there is nothing of that, the page's own example stands in it. What belongs to another lab is taken there.
    """
    labs.enter(entry)
    run.adopt()
    if "form" not in st.session_state:
        _begin(entry.opens)
    labs.settle(entry)


def _begin(default: str) -> None:
    link = st.query_params.get("e")
    start = presets()[default].experiment
    st.session_state["preset"] = default
    if link:
        try:
            start = Experiment.from_link(link)
            st.session_state["preset"] = None
        except SpecError as error:
            st.session_state["link_error"] = sentence(error)
    form.begin(start)


def workbench() -> None:
    """Draw the whole page."""
    run.carry_over()
    experiment = form.experiment()
    advices, dataset = _judge(experiment)
    style_of(labs.here().path)
    with st.container(key="bar", gap=None):
        masthead(experiment)
        with st.container(key="transport", horizontal=True, vertical_alignment="center", gap="small"):
            buttons, numbers = (
                st.container(key="buttons", width="content"),
                st.container(key="numbers", width="stretch"),
            )
            setup(experiment)
        messages = st.container(key="messages", gap=None)
        _tabs()
    lead()
    with st.container(key="workbench", horizontal=True, gap="small"):
        with st.container(key="column-data"):
            data_panel(experiment, dataset, data_folder())
        now, maps, course = _columns(experiment, advices, dataset)
    _live(now, buttons, numbers, messages, maps, course)
    with st.container(key="edition-here"):
        edition()


def _columns(
    experiment: Experiment, advices: list[Advice], dataset: Dataset | None
) -> tuple[Now, DeltaGenerator, DeltaGenerator]:
    """Lay out settings, stage and layers, and return the places of what the stage does not show."""
    now = run.look(_probes())
    with st.container(key="column-training"):
        _settings(experiment, advices)
    with st.container(key="column-outcome"):
        course = st.container(key="course", gap=None)
        if dataset is not None:
            panel = compare_panel if beside.comparing() else stage_panel
            panel(now, views(experiment, dataset))
        why()
    with st.container(key="column-network"):
        layers_panel(experiment, advices)
        maps = st.container(key="maps")
    return now, maps, course


def _probes() -> tuple[str, ...]:
    """Return what the page itself draws beside the stage: the weights, if somebody has opened them."""
    return ("weights",) if st.session_state.get("weights-open") else ()


def _settings(experiment: Experiment, advices: list[Advice]) -> None:
    panel = training_panel if experiment.adversary is None else game_panel
    panel(experiment, advices)
    advice_at(advices, "data")
    advice_at(advices, "")


def _live(first: Now, *slots: DeltaGenerator) -> None:
    """Draw what the page itself shows of a run; while it moves, again and again, without the rest of the page."""
    known = [first]

    @st.fragment(run_every=TICK if first.moving or first.unsettled else None)
    def live() -> None:
        now = known.pop() if known else run.look(_probes())
        # A browser leaves out a container that was empty: what is said in one first takes the whole page.
        said = now.trouble != first.trouble
        if said or now.moving != first.moving or now.unsettled < first.unsettled:
            st.rerun()
        _draw(now, *slots)

    live()


def _draw(
    now: Now,
    buttons: DeltaGenerator,
    numbers: DeltaGenerator,
    messages: DeltaGenerator,
    maps: DeltaGenerator,
    course: DeltaGenerator,
) -> None:
    dataset, trouble = None, ""
    try:
        dataset = preview.dataset(now.experiment, data_folder())
    except SpecError as error:
        trouble = sentence(error)
    with buttons:
        controls(now, playing=now.moving)
    with numbers:
        figures(now, dataset.series.unit if dataset is not None and dataset.series is not None else "")
    with messages:
        explain(now)
        if trouble:
            say(trouble, "error", key="data")
    with course:
        progress_panel(now)
    if dataset is None:
        return
    with maps, st.expander(t("ui.weights"), key="weights-open", on_change="rerun") as opened:
        if opened.open:
            weight_maps(now, dataset)


def _judge(experiment: Experiment) -> tuple[list[Advice], Dataset | None]:
    """Return what is to be said about the experiment, and its arrays if they can be had."""
    advices = list(advise(experiment))
    if not any(advice.level == "error" for advice in advices):
        try:
            enforce(experiment)
        except SpecError as error:
            advices.append(Advice("error", error.key, "", {"value": error.value, **error.values}))
    try:
        return advices, preview.dataset(experiment, data_folder())
    except SpecError:
        return advices, None


def _tabs() -> None:
    """On a narrow screen one column at a time; the choice is drawn always and shown only there."""
    chosen = st.segmented_control(
        t("ui.columns"),
        TABS,
        key="tab",
        default=TABS[0],
        required=True,
        format_func=wording(TABS, lambda name: t(f"ui.{name}")),
        label_visibility="collapsed",
        width="stretch",
    )
    others = [
        f"[data-testid=stLayoutWrapper]:has(> .st-key-column-{name})" for name in TABS if name != chosen
    ]
    if chosen != "network":
        others += [
            f"[data-testid=stLayoutWrapper]:has(> .st-key-{name})" for name in ("setup", "column-training")
        ]
    hidden = ",".join(others)
    st.html(f"<style>@media (max-width: 760px) {{ {hidden} {{ display: none !important; }} }}</style>")
