"""How two networks play against each other: the game, who learns how fast and how often, made from their specs."""

from __future__ import annotations

import streamlit as st

from playground.spec import (
    Adversary,
    Advice,
    Experiment,
    GanLoss,
    OptimizerSpec,
    ScheduleSpec,
    TrainingSpec,
    knobs,
)
from playground.ui.engine_choice import why_there
from playground.ui.knobs import knob
from playground.ui.language import t
from playground.ui.layers_panel import advice_at
from playground.ui.say import say
from playground.ui.training_panel import family, rest, title

RULES = ("discriminator_steps", "generator_steps", "label_smoothing", "input_noise", "spectral_norm")
NOISE = ("latent_dim", "noise", "conditional", "embedding_dim")
STOPS = ("max_steps", "max_epochs")


def game_panel(experiment: Experiment, advices: list[Advice]) -> None:
    """Draw what is turned most often in one strip, and the rest behind a button at its end."""
    rules = experiment.adversary
    assert rules is not None
    rates = {found.name: found for found in knobs(type(experiment.optimizer))}
    judge = {found.name: found for found in knobs(type(rules.optimizer))}
    batch = {found.name: found for found in knobs(TrainingSpec)}
    with st.container(key="training"):
        knob(rates["lr"], "optimizer.lr", experiment.optimizer.lr, of="G")
        knob(judge["lr"], "adversary.optimizer.lr", rules.optimizer.lr, of="D")
        knob(batch["batch_size"], "training.batch_size", experiment.training.batch_size)
        family(GanLoss, "adversary.loss", rules.loss, words="gan_loss", label="ui.place.game")
        with st.popover(t("ui.more"), key="training-more", width="stretch", help=t("ui.more_help")):
            _more(experiment, rules)
    for place in (
        "adversary",
        "adversary.loss",
        "adversary.spectral_norm",
        "adversary.conditional",
        "training",
    ):
        advice_at(advices, place)


def _more(experiment: Experiment, rules: Adversary) -> None:
    with st.container(key="training-form"):
        title("ui.group.rules")
        rest(rules.loss, "adversary.loss")
        _some(rules, RULES)
        title("ui.group.noise")
        _some(rules, NOISE)
        title("ui.group.generator")
        family(OptimizerSpec, "optimizer", experiment.optimizer)
        rest(experiment.optimizer, "optimizer", leave=("lr",))
        title("ui.group.discriminator")
        family(
            OptimizerSpec,
            "adversary.optimizer",
            rules.optimizer,
            words="optimizer",
            label="ui.place.optimizer",
        )
        rest(rules.optimizer, "adversary.optimizer", leave=("lr",))
        title("ui.group.schedule")
        family(ScheduleSpec, "schedule", experiment.schedule)
        rest(experiment.schedule, "schedule")
        title("ui.group.stop")
        for found in knobs(TrainingSpec):
            if found.name in STOPS:
                knob(found, f"training.{found.name}", getattr(experiment.training, found.name))
        title("ui.group.start")
        for found in knobs(Experiment):
            if found.name == "seed":
                knob(found, "seed", experiment.seed)
        title("ui.group.place")
        say(why_there(experiment), key="place")


def _some(rules: Adversary, names: tuple[str, ...]) -> None:
    known = {found.name: found for found in knobs(Adversary)}
    for name in names:
        if name == "embedding_dim" and rules.conditional != "embedding":
            continue
        knob(known[name], f"adversary.{name}", getattr(rules, name))
