"""The layer builder's two menus: what can be added, in groups and with a sentence each, and networks to begin with."""

from __future__ import annotations

from functools import lru_cache

import streamlit as st

from playground.lessons.contrasts import contrasts
from playground.presets import games
from playground.presets.templates import Template, fitted, templates
from playground.spec import Experiment, LayerSpec
from playground.spec.growing import grown, residual
from playground.spec.image_layers import Conv2d, Residual
from playground.spec.layers import Linear, ReLU
from playground.ui import beside, form, player, run
from playground.ui.language import language, t
from playground.ui.shown import until_replaced

GROUPS = ("image", "sequence", "vector", "any", "activation")


def add_menu(experiment: Experiment) -> None:
    """Draw what adds layers: the usual ones by one press, all others in a list."""
    pictures = len(experiment.data.input_shape()) == 3
    sequences = len(experiment.data.input_shape()) == 2 or experiment.data.num_tokens() > 0
    with st.container(key="layer-add", horizontal=True, gap="small"):
        if pictures:
            st.button(t("ui.add_conv"), key="add-conv", on_click=_add_conv, help=t("ui.add_conv_help"))
        st.button(t("ui.add_hidden"), key="add-hidden", on_click=_add_hidden, help=t("ui.add_hidden_help"))
        with st.popover(t("ui.add_layer"), key="add-layer", type="tertiary"), st.container(key="add-list"):
            for group in GROUPS:
                if (group == "image" and not pictures) or (group == "sequence" and not sequences):
                    continue
                st.html(f'<h4 class="group">{t(f"ui.layer_group.{group}")}</h4>')
                for kind, layer in LayerSpec.catalogue().items():
                    if layer.group == group:
                        _choice(kind)


def _choice(kind: str) -> None:
    st.button(
        f"**{t(f'layer.{kind}')}**  \n{t(f'layer.{kind}_help')}",
        key=f"add-{kind}",
        width="stretch",
        wrap=True,
        on_click=_add,
        args=(kind,),
    )


def _add(kind: str) -> None:
    present = form.experiment()
    new = LayerSpec.of({"kind": kind})
    if isinstance(new, Residual):
        new = residual(player.model(present).layers, player.shape(present))
    _grow((new,))


def _add_conv() -> None:
    _grow((Conv2d(out_channels=16, padding="same", init="kaiming"), ReLU()))


def _add_hidden() -> None:
    """Add a dense layer with the activation of the one before."""
    layers = player.model(form.experiment()).layers
    dense = [index for index, layer in enumerate(layers) if isinstance(layer, Linear)]
    before = [layer.kind for layer in layers[: dense[-1] if dense else len(layers)] if layer.is_activation]
    pictures = len(form.experiment().data.input_shape()) == 3
    kind = before[-1] if before else "ReLU" if pictures else "Tanh"
    _grow((Linear(out_features=64) if pictures else Linear(), LayerSpec.of({"kind": kind})))


def _grow(new: tuple[LayerSpec, ...]) -> None:
    present = form.experiment()
    form.replace(player.put(present, grown(player.model(present).layers, player.shape(present), new)))


def contrast_menu(experiment: Experiment) -> None:
    """Draw what can be compared with the layers on screen by one press."""
    offered = contrasts(experiment)
    if not offered:
        return
    st.html(f'<h4 class="group">{t("ui.contrast.title")}</h4>')
    with st.container(key="contrasts", horizontal=True, gap="xsmall"):
        for one in offered:
            st.button(
                t(f"ui.contrast.{one.key}"),
                key=f"contrast-{one.key}",
                icon=":material/compare:",
                help=t("ui.contrast.help"),
                on_click=run.guarded(_contrast),
                args=(one.experiments,),
            )


def _contrast(others: tuple[Experiment, ...]) -> None:
    """Put `others` beside the form's experiment, nothing else, and train all from the beginning."""
    beside.clear()
    for other in others:
        beside.add(other)
    st.session_state["form_notice"] = "ui.notice.contrasted"
    st.session_state["tab"] = "outcome"  # on a narrow screen they would stand out of sight
    run.start(paused=False)


def template_menu(experiment: Experiment) -> None:
    """Draw the list of networks to begin with; choosing one replaces the layers, and can be undone."""
    pairs = [found for found in games.GAMES.values() if found.suits(experiment.data)]
    alone = [found for found in templates().values() if found.suits(experiment.data)]
    help_ = t("ui.templates_help")
    with (
        st.popover(t("ui.templates"), key=until_replaced("templates"), type="tertiary", help=help_),
        st.container(key="template-list"),
    ):
        for found in alone if experiment.adversary is None else pairs:
            size = t("ui.parameters", count=_size(found.key, experiment.to_json()))
            st.button(
                f"**{found.title(language())}** · {size}  \n{found.sentence(language())}",
                key=f"template-{found.key}",
                width="stretch",
                wrap=True,
                on_click=run.guarded(_begin),
                args=(found,),
            )


def _begin(template: Template | games.Game) -> None:
    form.replace(_laid(template, form.experiment()))


def _laid(template: Template | games.Game, experiment: Experiment) -> Experiment:
    if isinstance(template, games.Game):
        return games.fitted(template, experiment)
    return fitted(template, experiment)


@lru_cache(maxsize=256)
def _size(key: str, experiment: str) -> int:
    """Return the learned numbers of a template laid over an experiment (JSON), of a pair those of both."""
    found = _laid(games.GAMES.get(key) or templates()[key], Experiment.from_json(experiment))
    return sum(tensor.size for tensor in found.tensors().values() if tensor.trainable)
