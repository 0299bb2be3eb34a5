"""What the data column tells of sequences: how they are read, real samples of them, what was done to them."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st

from playground.data import Dataset
from playground.spec import DataSpec
from playground.ui.language import language, t
from playground.ui.say import say

MOST_CLASSES = 6
EACH = 2
LONGEST = 90


def pattern(spec: DataSpec) -> None:
    """Say which of the four shapes of recurrent networks these data ask for, in words."""
    if spec.pattern():
        name, text = t(f"pattern.{spec.pattern()}"), t(f"pattern.{spec.pattern()}_text")
        st.html(f'<p class="pattern"><b>{html.escape(name)}</b> {html.escape(text)}</p>')


def examples(dataset: Dataset) -> None:
    """Draw real training samples: texts with their class, windows of a running text, a memory task with its answer."""
    rows = _texts(dataset) if dataset.texts else _task(dataset)
    if not rows:
        return
    cells = "".join(f"<dt>{html.escape(name)}</dt><dd>{inside}</dd>" for name, inside in rows)
    with st.container(key="examples-text", gap="small"):
        st.html(f'<h3 class="subheading">{t("ui.examples")}</h3><dl class="samples">{cells}</dl>')
        st.button(t("ui.examples_more"), key="examples_more", on_click=_turn)


def notes(dataset: Dataset) -> None:
    """Say what was done to the data before a network sees them."""
    for number, (key, values) in enumerate(dataset.notes):
        say(t(f"source.note.{key}", **dict(values)), key=f"note-{number}")


def _texts(dataset: Dataset) -> list[tuple[str, str]]:
    turn = st.session_state.get("examples_turn", 0)
    if dataset.target.steps:
        some = [
            dataset.texts[(turn * EACH + i) % len(dataset.texts)]
            for i in range(min(EACH, len(dataset.texts)))
        ]
        return [
            (t("ui.sample_number", number=turn * EACH + i + 1), _quoted(text)) for i, text in enumerate(some)
        ]
    found: list[tuple[str, str]] = []
    for number, name in enumerate(dataset.spoken(language())):
        members = np.flatnonzero(dataset.y == number)
        if len(members):
            mine = dict.fromkeys(int(members[(turn * EACH + i) % len(members)]) for i in range(EACH))
            found.append((name, "<br>".join(_quoted(dataset.texts[index]) for index in mine)))
    start = turn * MOST_CLASSES % len(found) if len(found) > MOST_CLASSES else 0
    return (found[start:] + found[:start])[:MOST_CLASSES]


def _quoted(text: str) -> str:
    shown = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    return f"<q>{html.escape(shown).replace(chr(10), '↵')}</q>"


def _task(dataset: Dataset) -> list[tuple[str, str]]:
    """Return a sample of a memory task feature by feature, and its answer."""
    if dataset.x.ndim != 3 or dataset.series is not None or not len(dataset.x):
        return []
    index = st.session_state.get("examples_turn", 0) % len(dataset.x)
    x, y, names = dataset.x[index], dataset.y[index], dataset.spoken(language())
    if np.isin(x, (0, 1)).all() and x.shape[1] > 1:
        heard = [dataset.feature_names[row.argmax()] if row.any() else "·" for row in x]
        rows = [(t("ui.heard"), _steps([t(f"ui.sign.{each}") if each == "now" else each for each in heard]))]
    else:
        rows = [
            (t(f"ui.sign.{name}"), _steps([f"{value:.2g}" for value in x[:, column]]))
            for column, name in enumerate(dataset.feature_names)
        ]
    if dataset.target.kind == "regression":
        told = _steps([f"{value:.3g}" for value in np.atleast_1d(y)])
    elif dataset.target.steps:
        told = _steps(["·" if value < 0 else names[int(value)] for value in y])
    else:
        told = _steps([names[int(y)]])
    return [*rows, (t("ui.answer"), told)]


def _steps(cells: list[str]) -> str:
    return '<span class="steps">' + "".join(f"<span>{html.escape(cell)}</span>" for cell in cells) + "</span>"


def _turn() -> None:
    st.session_state["examples_turn"] = st.session_state.get("examples_turn", 0) + 1
