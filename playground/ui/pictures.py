"""Pictures of the data: examples of each class, and what augmentation makes of one. All of them are real samples."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st

from playground.data import Dataset
from playground.data.augmentation import Augmenter
from playground.spec import DataSpec, Experiment, knobs
from playground.spec.augmentation import AugmentationSpec
from playground.spec.image_data import tells_light
from playground.ui.knobs import knob
from playground.ui.language import language, t
from playground.ui.say import say
from playground.ui.style import appearance
from playground.views import thumbs

COPIES = 8
MOST_CLASSES = 20


def examples(data: DataSpec, dataset: Dataset) -> None:
    """Draw one training picture of each class, with its name; a button shows others."""
    if dataset.x.ndim != 4 or dataset.target.kind != "classes":
        return
    turn = st.session_state.get("examples_turn", 0)
    cells: list[str] = []
    for number, name in enumerate(dataset.spoken(language())[:MOST_CLASSES]):
        members = np.flatnonzero(dataset.y == number)
        if len(members):
            cells.append(_cell(data, dataset.x[members[turn % len(members)]], name, caption=name))
    with st.container(key="examples", gap="small"):
        st.html(f'<h3 class="subheading">{t("ui.examples")}</h3>')
        st.html(f'<div class="pictures">{"".join(cells)}</div>')
        st.button(t("ui.examples_more"), key="examples_more", on_click=_turn)


def augmentation(experiment: Experiment, dataset: Dataset | None) -> None:
    """Draw the knobs of augmentation and, beside them, what they make of one training picture."""
    if len(experiment.data.input_shape()) != 3:
        return
    spec = experiment.training.augmentation
    with st.expander(t("ui.augment"), expanded=spec.active, key="augmentation"):
        with st.container(key="augmentation-knobs"):
            for found in knobs(AugmentationSpec):
                knob(found, f"training.augmentation.{found.name}", getattr(spec, found.name))
        if dataset is None or dataset.x.ndim != 4:
            return
        say(t("ui.augment_text") if spec.active else t("ui.augment_off"))
        one = np.zeros(COPIES, np.int64)
        copies = Augmenter(spec, experiment.seed, dataset.x).part(0, one, 0, COPIES)
        words = (t("ui.augment_alt", number=number + 1) for number in range(COPIES))
        cells = (_cell(experiment.data, copy, alt) for copy, alt in zip(copies, words, strict=True))
        st.html(f'<div class="pictures copies">{"".join(cells)}</div>')


def _cell(data: DataSpec, pixels: np.ndarray, words: str, *, caption: str = "") -> str:
    source = thumbs.address(appearance(), pixels, light=tells_light(data))
    below = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    alternative = "" if caption else html.escape(words)
    return f'<figure><img src="{source}" alt="{alternative}">{below}</figure>'


def _turn() -> None:
    st.session_state["examples_turn"] = st.session_state.get("examples_turn", 0) + 1
