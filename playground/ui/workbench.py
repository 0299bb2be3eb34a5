"""The workbench: the same frame for every lab. It arranges bar, columns and what moves; it draws nothing itself."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from playground.data import Dataset
from playground.data.folder import data_folder
from playground.presets import presets
from playground.spec import Advice, Experiment, SpecError, advise, enforce
from playground.ui import beside, form, preview, run
from playground.ui.compare_panel import compare_panel
from playground.ui.data_panel import data_panel
from playground.ui.language import t, wording
from playground.ui.layers_panel import advice_at, layers_panel
from playground.ui.network_panel import network_panel, weight_maps
from playground.ui.outcome_panel import outcome_panel
from playground.ui.run import Now
from playground.ui.say import say, sentence
from playground.ui.stage_panel import stage_panel, views
from playground.ui.status import explain, why
from playground.ui.training_panel import training_panel
from playground.ui.transport import controls, figures, masthead, setup

TICK = 0.3
"""Seconds between two pictures of a run that moves."""
STAGED_TICK = 1.0
"""The same where the stage shows what moves, and the page only says how things stand."""
TABS = ("outcome", "network", "data")


def open_form(default: str) -> None:
    """Fill the form: from the run or the experiment that the link names, else from the preset `default`."""
    run.adopt()
    if "form" in st.session_state:
        return
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
    with st.container(key="workbench", horizontal=True, gap="small"):
        with st.container(key="column-data"):
            data_panel(experiment, dataset, data_folder())
        shown = views(dataset)
        staged = bool(shown) or beside.comparing()
        if staged:
            now, slots = _staged(experiment, advices, shown)
        else:
            now, slots = _calm(experiment, advices)
    _live(now, staged, buttons, numbers, messages, *slots)


def _calm(experiment: Experiment, advices: list[Advice]) -> tuple[Now, list[DeltaGenerator]]:
    """Lay out network and outcome as charts, and return their places."""
    with st.container(key="column-network"):
        st.html(f'<h2 class="heading">{t("ui.network")}</h2>')
        _settings(experiment, advices)
        picture = st.container(key="picture", gap=None)
        layers_panel(experiment, advices)
        maps = st.container(key="maps")
    with st.container(key="column-outcome"):
        st.html(f'<h2 class="heading">{t("ui.outcome")}</h2>')
        outcome = st.container(key="outcome", gap=None)
    return run.look(run.probes(experiment)), [maps, picture, outcome]


def _staged(
    experiment: Experiment, advices: list[Advice], shown: tuple[str, ...]
) -> tuple[Now, list[DeltaGenerator]]:
    """Lay out settings, stage and layers, and return the place of what the stage does not show."""
    now = run.look(_staged_probes())
    with st.container(key="column-training"):
        _settings(experiment, advices)
    with st.container(key="column-outcome"):
        if beside.comparing():
            compare_panel(now, shown)
        else:
            stage_panel(now, shown)
        why()
    with st.container(key="column-network"):
        layers_panel(experiment, advices)
        maps = st.container(key="maps")
    return now, [maps]


def _staged_probes() -> tuple[str, ...]:
    """Return what the page itself draws beside the stage: the weights, if somebody has opened them."""
    return ("weights",) if st.session_state.get("weights-open") else ()


def _settings(experiment: Experiment, advices: list[Advice]) -> None:
    training_panel(experiment, advices)
    advice_at(advices, "data")
    advice_at(advices, "")


def _live(first: Now, staged: bool, *slots: DeltaGenerator) -> None:
    """Draw what moves; while a run moves, again and again, without the rest of the page."""
    known = [first]
    tick = STAGED_TICK if staged else TICK

    @st.fragment(run_every=tick if first.moving else None)
    def live() -> None:
        now = (
            known.pop() if known else run.look(_staged_probes() if staged else run.probes(form.experiment()))
        )
        if now.moving != first.moving:
            st.rerun()
        _draw(now, *slots)

    live()


def _draw(
    now: Now,
    buttons: DeltaGenerator,
    numbers: DeltaGenerator,
    messages: DeltaGenerator,
    maps: DeltaGenerator,
    *pictures: DeltaGenerator,
) -> None:
    with buttons:
        controls(now, playing=now.moving)
    with numbers:
        figures(now)
    with messages:
        explain(now)
    try:
        dataset = preview.dataset(now.experiment, data_folder())
    except SpecError as error:
        with pictures[-1] if pictures else messages:
            say(sentence(error), "error", key="data")
        return
    with maps, st.expander(t("ui.weights"), key="weights-open", on_change="rerun") as opened:
        if opened.open:
            weight_maps(now, dataset)
    if pictures:
        picture, outcome = pictures
        with picture:
            network_panel(now, dataset)
        with outcome:
            outcome_panel(now, dataset)


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
        others += [".st-key-setup", "[data-testid=stLayoutWrapper]:has(> .st-key-column-training)"]
    hidden = ",".join(others)
    st.html(f"<style>@media (max-width: 760px) {{ {hidden} {{ display: none !important; }} }}</style>")
