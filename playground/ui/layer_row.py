"""One row of the layer builder: a handle, the kind, its first knob, what comes out and what it costs, and the rest."""

from __future__ import annotations

import html

import streamlit as st

from playground.spec import Experiment, LayerSpec, SpecError, knobs
from playground.spec.layers import ReLU, shape_text
from playground.spec.ledger import Row
from playground.spec.sequence import at, duplicate, indices, insert, move, path, remove
from playground.ui import form, player, run
from playground.ui.knobs import knob
from playground.ui.language import t, wording
from playground.ui.reorder import keep_focus
from playground.ui.say import place_name
from playground.ui.shown import show, taken

MAIN = {"Linear": "out_features"}
"""The knob that stands in the row itself, where it is not simply the first one."""
ACTS = ("up", "down", "behind", "copy", "remove")


def layer_row(experiment: Experiment, row: Row, total: int) -> None:
    """Draw the row of one layer.

    Args:
        experiment: what the layer is part of.
        row: what is known of the layer.
        total: operations of the whole network, of which the row shows its share.
    """
    where, layer = indices(row.place), row.layer
    name = "-".join(map(str, where))
    found = knobs(type(layer))
    main = next(
        (k for k in found if k.name == MAIN.get(layer.kind)),
        found[0] if found and not found[0].advanced else None,
    )
    others = [k for k in found if k is not main]
    wide = "" if main else "-bare"
    with st.container(
        key=f"layer-row-{name}-d{row.depth}{wide}", horizontal=True, vertical_alignment="center", gap="small"
    ):
        st.html(_handle(row), width="content")
        _kind(player.path(experiment, row.place), layer)
        if main is not None:
            with st.container(key=f"layer-main-{name}", width=104):
                knob(
                    main,
                    player.path(experiment, f"{row.place}.{main.name}"),
                    getattr(layer, main.name),
                    visible=False,
                )
        st.html(_facts(row, total), width="stretch")
        if others:
            help_ = t("ui.layer_more", name=place_name(row.place))
            with st.popover("⚙", key=f"layer-more-{name}", type="tertiary", help=help_):
                for other in others:
                    knob(
                        other,
                        player.path(experiment, f"{row.place}.{other.name}"),
                        getattr(layer, other.name),
                    )
        _menu(experiment, where, name)


def _handle(row: Row) -> str:
    number = indices(row.place)[-1] + 1
    told = html.escape(
        t("ui.layer_handle", name=place_name(row.place), kind=t(f"layer.{row.layer.kind}")), quote=True
    )
    return (
        f'<span class="order" role="button" tabindex="0" data-layer="{row.place}" aria-label="{told}" title="{told}">'
        f'<i aria-hidden="true"></i>{number}</span>'
    )


def _facts(row: Row, total: int) -> str:
    """Write down what comes out and what it costs; nothing where the layer does not fit."""
    if row.shape is None:
        return '<span class="facts"></span>'
    parts = [f"<b>→ {shape_text(row.shape)}</b>"]
    if row.parameters:
        whole = html.escape(t("ui.parameters", count=row.parameters), quote=True)
        parts.append(f'<i title="{whole}">{t("ui.short_parameters", count=short(row.parameters))}</i>')
    if row.flops:
        share = row.flops / total if total else 0.0
        whole = html.escape(t("ui.flops_help", count=f"{row.flops:,}", share=f"{share:.1%}"), quote=True)
        cost = t("ui.flops", count=short(row.flops))
        parts.append(f'<i class="cost" style="--share:{share:.3f}" title="{whole}">{cost}</i>')
    return f'<span class="facts">{"".join(parts)}</span>'


def short(count: int) -> str:
    """Write a count with three digits: `862`, `48.1 k`, `1.89 M`."""
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if count >= size:
            value = count / (1e3 if sign == "k" else size)
            return f"{value:.{max(0, 2 - (value >= 10) - (value >= 100))}f} {sign}"
    return f"{count:,}"


def _kind(place: str, layer: LayerSpec) -> None:
    key = f"kind.{place}"
    show(key, layer.kind)
    kinds = list(LayerSpec.catalogue())
    st.selectbox(
        t("ui.layer_kind", name=place_name(place)),
        kinds,
        index=kinds.index(layer.kind),
        key=key,
        format_func=wording(kinds, lambda kind: t(f"layer.{kind}")),
        label_visibility="collapsed",
        on_change=_change_kind,
        args=(place, key, tuple(kinds), layer.kind),
        width=158,
    )


def _change_kind(place: str, key: str, kinds: tuple[str, ...], present: str) -> None:
    chosen = taken(key, kinds)
    if chosen not in (None, present):  # the same kind once more would lose its settings
        form.change(place, {"kind": chosen})


def _menu(experiment: Experiment, where: tuple[int, ...], name: str) -> None:
    last = not _holds(experiment, (*where[:-1], where[-1] + 1))
    options = [act for act in ACTS if not (act == "up" and where[-1] == 0) and not (act == "down" and last)]
    st.menu_button(
        "⋯",
        options,
        key=f"layer-menu-{name}",
        type="tertiary",
        format_func=wording(options, lambda act: t(f"ui.layer_{act}")),
        on_click=run.guarded(_act),
        args=(where, name),
        help=t("ui.layer_actions", name=place_name(path(where))),
    )


def _holds(experiment: Experiment, where: tuple[int, ...]) -> bool:
    try:
        at(player.model(experiment).layers, where)
    except SpecError:
        return False
    return True


def _act(where: tuple[int, ...], name: str) -> None:
    present = form.experiment()
    layers = player.model(present).layers
    beside = (*where[:-1], where[-1] + 1)
    match st.session_state[f"layer-menu-{name}"]:
        case "remove":
            layers = remove(layers, where)
        case "copy":
            layers = duplicate(layers, where)
        case "behind":
            layers = insert(layers, beside, (ReLU(),))
        case act:
            number = where[-1] + (-1 if act == "up" else 1)
            layers = move(layers, where, number)
            keep_focus(path((*where[:-1], number)))
    form.replace(player.put(present, layers))
