"""What moves: the stage in the page, with the pictures there are of the data. Its numbers come over its own socket.

The element is handed next to nothing (a token, names of pictures), so that a run of the page leaves it as it is.
"""

from __future__ import annotations

import streamlit as st

from playground.data import Dataset
from playground.live.component import stage
from playground.live.shipped import recording
from playground.probes.filters import first_filters
from playground.spec import Experiment, SpecError
from playground.spec.recurrent_layers import Recurrent
from playground.ui import form, proposals
from playground.ui.language import language, t
from playground.ui.run import Now
from playground.ui.say import say
from playground.ui.service import owner

KEY = "stage"
EXPLAINED = ("diagram", "backprop", "drawer")
GAME = ("arena", "duel", "noise", "balance", "doctor", "coverage", "curves", "timeline", "bar")
GAME_PICTURES = (
    "gallery",
    "duel",
    "noise",
    "balance",
    "doctor",
    "coverage",
    "curves",
    "timeline",
    "bar",
)
ALWAYS = ("doctor", "histograms", "curves", "timeline", "bar")


def views(experiment: Experiment, dataset: Dataset) -> tuple[str, ...]:
    """Return the stage's views of such a network and such data, in the order in which they stand."""
    if experiment.adversary is not None:
        return GAME_PICTURES if len(dataset.input_shape) == 3 else GAME
    classes = dataset.target.kind == "classes"
    if experiment.data.nature == "series":
        return series(experiment, dataset)
    if experiment.data.nature == "text":
        return texts(experiment)
    if len(dataset.input_shape) == 3:
        try:
            filters = first_filters(experiment.model, dataset.input_shape) is not None
        except SpecError:
            filters = False
        return (
            *("featuremaps", "picture", "curves"),
            *(["attribution", "landscape"] if classes else []),
            *(["filters", "drawer"] if filters else []),
            *(["confusion", "classes", "samples"] if classes else []),
            *(view for view in ALWAYS if view != "curves"),
        )
    if dataset.points is None:
        return (*EXPLAINED, "confusion" if classes else "agreement", *ALWAYS)
    if dataset.points.shape[1] == 1 and classes:
        # A curve has two ends: more classes are told by the matrix alone.
        return (*EXPLAINED, *(["plane"] if dataset.target.size == 2 else []), "confusion", *ALWAYS)
    return ("welcome", *EXPLAINED, "plane", *ALWAYS)


def series(experiment: Experiment, dataset: Dataset) -> tuple[str, ...]:
    """Return the views of a network that reads series, step by step or all at once."""
    steps = recurrent(experiment)
    once = not dataset.target.steps
    classes = dataset.target.kind == "classes"
    return (
        *(["forecast"] if dataset.series is not None else []),
        *(["sequence", "unrolled", "gates", "through"] if steps else []),
        "curves",
        *(["trajectory"] if steps else []),
        *(
            ["confusion" if classes else "agreement"]
            if once and (classes or dataset.target.size == 1)
            else []
        ),
        *(view for view in ALWAYS if view != "curves"),
    )


def texts(experiment: Experiment) -> tuple[str, ...]:
    """Return the views of a network that reads texts, or writes them."""
    rest = tuple(view for view in ALWAYS if view != "curves")
    inside = ("unrolled", "gates", "through", "trajectory") if recurrent(experiment) else ()
    if experiment.data.pattern() == "one-to-many":
        return ("writing", "tokens", "curves", "embedding", *inside, *rest)
    return ("tokens", "curves", "embedding", "confusion", *inside, "misread", "classes", *rest)


def recurrent(experiment: Experiment) -> bool:
    """Tell whether there are gates, or at least states, to look into."""
    return any(isinstance(layer, Recurrent) for layer in experiment.model.layers)


def opening() -> bool:
    """Tell whether to play a recording: of an example as it is, if nothing is done yet or a recording of it ships."""
    lost = st.session_state.get("link_error") or st.session_state.get("link_trouble")
    if form.preset() is None or lost:
        return False
    return not form.can_undo() or recording(form.experiment()) is not None


def stage_panel(now: Now, shown: tuple[str, ...]) -> None:
    """Show the run of the moment `now` by the views `shown`, or the untrained network where there is no run."""
    played = opening()
    shipped = recording(now.experiment) if now.view is None and played else None
    if shipped is not None:
        facts = {name: shipped.facts[name] for name in ("seconds", "engine", "made")}
        say(t("ui.recording", steps=int(shipped.steps[-1]), **facts), "info", key="recording")
    stage(
        now.view.run if now.view is not None else None,
        now.experiment,
        shown,
        owner=owner(),
        key=KEY,
        lang=language(),
        reports=("status",),
        opening=played,
        on_proposal=proposals.take,
    )
