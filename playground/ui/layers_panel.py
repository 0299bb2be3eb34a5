"""The list of layers: add, remove, reorder, duplicate, and set what each layer lets be set; errors at their layer."""

from __future__ import annotations

import streamlit as st

from playground.spec import Advice, Experiment, LayerSpec, SpecError, knobs
from playground.spec.layers import shape_text
from playground.ui import form
from playground.ui.knobs import knob
from playground.ui.language import language, t, wording
from playground.ui.say import place_name, say

MAIN = {"Linear": "out_features"}
"""The knob that stands in the row itself, where it is not simply the first one."""


def layers_panel(experiment: Experiment, advices: list[Advice]) -> None:
    """Draw one row for each layer, with its output shape, its parameters and what is wrong with it."""
    shapes, counts = _facts(experiment)
    st.html(f'<h3 class="subheading">{t("ui.layers")}<span class="fact">{_total(experiment)}</span></h3>')
    with st.container(key="layers", gap=None):
        for index, layer in enumerate(experiment.model.layers):
            _row(experiment, index, layer, shapes.get(index), counts.get(index))
            for number, advice in enumerate(advices):
                if advice.place == f"layers.{index}" or advice.place.startswith(f"layers.{index}."):
                    _advice(advice, f"{index}-{number}")
        for number, advice in enumerate(advices):
            if advice.place == "layers":
                _advice(advice, f"layers-{number}")
    _add()


def advice_at(advices: list[Advice], place: str) -> None:
    """Show the advice that concerns `place`, with what mends it."""
    for number, advice in enumerate(advices):
        if advice.place == place:
            _advice(advice, f"{place}-{number}")


def _facts(experiment: Experiment) -> tuple[dict[int, str], dict[int, int]]:
    """Return shapes and parameter counts as far as the layers fit together."""
    shapes: dict[int, str] = {}
    counts: dict[int, int] = {}
    shape = experiment.data.input_shape()
    for index, layer in enumerate(experiment.model.layers):
        try:
            tensors = layer.tensors(shape)
            shape = layer.output(shape)
        except SpecError:
            break
        shapes[index] = shape_text(shape)
        counts[index] = sum(tensor.size for tensor in tensors.values() if tensor.trainable)
    return shapes, counts


def _total(experiment: Experiment) -> str:
    try:
        count = experiment.model.parameters(experiment.data.input_shape())
    except SpecError:
        return ""
    return t("ui.parameters", count=count)


def _row(experiment: Experiment, index: int, layer: LayerSpec, shape: str | None, count: int | None) -> None:
    path = f"layers.{index}"
    found = knobs(type(layer))
    main = next(
        (k for k in found if k.name == MAIN.get(layer.kind)),
        found[0] if found and not found[0].advanced else None,
    )
    others = [k for k in found if k is not main]
    with st.container(key=f"layer-{index}", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<span class="order">{index + 1}</span>', width="content")
        _kind(path, layer)
        if main is not None:
            with st.container(key=f"layer-main-{index}", width=104):
                knob(main, f"{path}.{main.name}", getattr(layer, main.name), visible=False)
        fact = "" if shape is None else f"→ {shape}" + (f" · {count:,}" if count else "")
        st.html(f'<span class="fact">{fact}</span>', width="stretch")
        if others:
            with st.popover(
                "⚙",
                key=f"layer-more-{index}",
                type="tertiary",
                help=t("ui.layer_more", name=place_name(path)),
            ):
                for other in others:
                    knob(other, f"{path}.{other.name}", getattr(layer, other.name))
        last = index + 1 == len(experiment.model.layers)
        options = [
            option
            for option, able in (("up", index > 0), ("down", not last), ("copy", True), ("remove", True))
            if able
        ]
        st.menu_button(
            "⋯",
            options,
            key=f"layer-menu-{index}",
            type="tertiary",
            format_func=wording(options, lambda option: t(f"ui.layer_{option}")),
            on_click=_act,
            args=(index,),
            help=t("ui.layer_actions", name=place_name(path)),
        )


def _kind(path: str, layer: LayerSpec) -> None:
    key = f"kind.{path}"
    if st.session_state.get(key) != layer.kind:
        st.session_state[key] = layer.kind
    kinds = list(LayerSpec.catalogue())
    st.selectbox(
        t("ui.layer_kind", name=place_name(path)),
        kinds,
        index=kinds.index(layer.kind),
        key=key,
        format_func=wording(kinds, lambda kind: t(f"layer.{kind}")),
        label_visibility="collapsed",
        on_change=_change_kind,
        args=(path, key),
        width=158,
    )


def _change_kind(path: str, key: str) -> None:
    form.change(path, {"kind": st.session_state[key]})


def _act(index: int) -> None:
    action = st.session_state[f"layer-menu-{index}"]
    layers = list(form.experiment().model.layers)
    if action == "remove":
        del layers[index]
    elif action == "copy":
        layers.insert(index, layers[index])
    else:
        other = index - 1 if action == "up" else index + 1
        layers[index], layers[other] = layers[other], layers[index]
    form.put(form.experiment().with_layers(tuple(layers)))


def _add() -> None:
    """A new layer goes before the output layer and its activation: at the end it would change what is predicted."""
    kinds = list(LayerSpec.catalogue())
    with st.container(key="layer-add", horizontal=True, gap="small"):
        st.button(
            t("ui.add_hidden"),
            key="add-hidden",
            on_click=_insert,
            args=(("Linear", "Tanh"),),
            help=t("ui.add_hidden_help"),
        )
        st.menu_button(
            t("ui.add_layer"),
            kinds,
            key="add-layer",
            format_func=wording(kinds, lambda kind: t(f"layer.{kind}")),
            on_click=_add_chosen,
            type="tertiary",
        )


def _add_chosen() -> None:
    _insert((st.session_state["add-layer"],))


def _insert(kinds: tuple[str, ...]) -> None:
    present = form.experiment()
    layers = list(present.model.layers)
    dense = [index for index, layer in enumerate(layers) if layer.kind == "Linear"]
    place = dense[-1] if dense else len(layers)
    before = [layer.kind for layer in layers[:place] if layer.is_activation]
    chosen = tuple(before[-1] if kind == "Tanh" and len(kinds) > 1 and before else kind for kind in kinds)
    new = [LayerSpec.of({"kind": kind}) for kind in chosen]
    form.put(present.with_layers((*layers[:place], *new, *layers[place:])))


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
                on_click=form.put,
                args=(advice.mend,),
                wrap=False,
            )
