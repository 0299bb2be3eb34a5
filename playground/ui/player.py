"""Which network the layer builder edits: the only one, or of a GAN the generator or the discriminator.

The choice is the session's; everything else follows from it: the layers, what enters them, the path of their settings.
"""

from __future__ import annotations

import streamlit as st

from playground.spec import Experiment, LayerSpec, ModelSpec, Shape
from playground.spec.adversary import PLAYERS, discriminator_input
from playground.ui.language import t, wording

Layers = tuple[LayerSpec, ...]
KEY = "player"
DISCRIMINATOR = "adversary.discriminator"


def chosen(experiment: Experiment) -> str:
    """Return the player on screen; "" where there is only one network."""
    if experiment.adversary is None:
        return ""
    found = st.session_state.get(KEY)
    return found if found in PLAYERS else PLAYERS[0]


def chooser(experiment: Experiment) -> None:
    """Draw the choice between two players; nothing for a single network."""
    if experiment.adversary is None:
        return
    st.segmented_control(
        t("ui.player"),
        PLAYERS,
        key=KEY,
        default=chosen(experiment),
        required=True,
        format_func=wording(PLAYERS, lambda name: t(f"ui.player_{name}")),
        label_visibility="collapsed",
        width="stretch",
    )


def model(experiment: Experiment) -> ModelSpec:
    """Return the network that is edited."""
    if chosen(experiment) == PLAYERS[1] and experiment.adversary is not None:
        return experiment.adversary.discriminator
    return experiment.model


def shape(experiment: Experiment) -> Shape:
    """Return the shape of what enters it."""
    return discriminator_input(experiment) if chosen(experiment) == PLAYERS[1] else experiment.input_shape()


def put(experiment: Experiment, layers: Layers) -> Experiment:
    """Return the experiment with other layers in it."""
    if chosen(experiment) != PLAYERS[1] or experiment.adversary is None:
        return experiment.with_layers(layers)
    rules = experiment.adversary.model_copy(update={"discriminator": ModelSpec(layers=layers)})
    return experiment.model_copy(update={"adversary": rules})


def path(experiment: Experiment, place: str) -> str:
    """Return a layer's path in the experiment from its path in the network."""
    return f"{DISCRIMINATOR}.{place}" if chosen(experiment) == PLAYERS[1] else place
