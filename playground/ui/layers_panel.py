"""The layer builder: templates, a row for each layer with what it makes and costs, and errors at their layer."""

from __future__ import annotations

import html

import streamlit as st

from playground.spec import Advice, Experiment, SpecError
from playground.spec.ledger import Row, ledger
from playground.spec.sequence import indices, move, path
from playground.ui import form, player, run
from playground.ui.language import language, t
from playground.ui.layer_menus import add_menu, contrast_menu, template_menu
from playground.ui.layer_row import layer_row, short
from playground.ui.reorder import handles, keep_focus
from playground.ui.say import place_name, say


def layers_panel(experiment: Experiment, advices: list[Advice]) -> None:
    """Draw one row for each layer, also those inside blocks, and what is wrong below the layer it concerns."""
    rows = ledger(player.model(experiment).layers, player.shape(experiment))
    total = sum(row.flops for row in rows if row.depth == 0)
    with st.container(key="layers-head", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(
            f'<h3 class="subheading">{t("ui.layers")}<span class="fact">{_total(experiment, total)}</span></h3>',
            width="stretch",
        )
        template_menu(experiment)
    player.chooser(experiment)
    with st.container(key="layers", gap=None):
        for row in rows:
            layer_row(experiment, row, total)
            _concerning(experiment, advices, row)
        for number, advice in enumerate(advices):
            if advice.place == player.path(experiment, "layers"):
                _advice(advice, f"layers-{number}")
        if rows:
            handles(_move)
    st.html(f'<p class="unseen" role="status">{html.escape(st.session_state.pop("layers-told", ""))}</p>')
    add_menu(experiment)
    if experiment.adversary is None:
        contrast_menu(experiment)


def advice_at(advices: list[Advice], place: str) -> None:
    """Show the advice that concerns `place`, with what mends it."""
    for number, advice in enumerate(advices):
        if advice.place == place:
            _advice(advice, f"{place}-{number}")


def _total(experiment: Experiment, flops: int) -> str:
    try:
        count = player.model(experiment).parameters(player.shape(experiment))
    except SpecError:
        return ""
    return t("ui.parameters", count=count) + " · " + t("ui.flops", count=short(flops))


def _concerning(experiment: Experiment, advices: list[Advice], row: Row) -> None:
    """Show what is wrong with the layer of a row; a block leaves to its layers what is wrong with them."""
    name = "-".join(map(str, indices(row.place)))
    place = player.path(experiment, row.place)
    inside = f"{place}.layers."
    for number, advice in enumerate(advices):
        if advice.place == place or (
            advice.place.startswith(f"{place}.") and not advice.place.startswith(inside)
        ):
            _advice(advice, f"{name}-{number}")


@run.guarded
def _move(place: str, number: int) -> None:
    """Let the layer at `place` be the number-th of its block."""
    present = form.experiment()
    where = indices(place)
    form.replace(player.put(present, move(player.model(present).layers, where, number)))
    there = path((*where[:-1], number))
    keep_focus(there)
    st.session_state["layers-told"] = t("ui.layer_moved", before=place_name(place), after=place_name(there))


def _advice(advice: Advice, name: str) -> None:
    tone = "error" if advice.level == "error" else "warning"
    with st.container(key=f"advice-{name}", horizontal=True, vertical_alignment="center", gap="small"):
        said = Advice(advice.level, advice.key, place_name(advice.place), advice.values)
        say(said.text(language()), tone, key=f"advice-{name}")
        if advice.mend is not None:
            st.button(
                t("ui.mend"),
                key=f"mend-{name}",
                type="primary",
                on_click=form.replace,
                args=(advice.mend,),
                wrap=False,
            )
