"""Which language this visitor reads, and the texts in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st

from playground.i18n import LANGUAGES, text

NAMES = {"en": "English", "zh": "中文"}


def language() -> str:
    """Return the visitor's language: what they chose, else what the link says, else what their browser asks for."""
    chosen = st.session_state.get("language") or st.query_params.get("lang")
    if chosen in LANGUAGES:
        return chosen
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"


def choose(name: str) -> None:
    """Make `name` the visitor's language, also in the link."""
    st.session_state["language"] = name
    st.query_params["lang"] = name


def t(key: str, **values: object) -> str:
    """Return a text in the visitor's language."""
    return text(key, language(), **values)


def wording(options: Iterable[Any], word: Callable[[Any], str]) -> Callable[[Any], str]:
    """Return the words of `options` as a function for a widget: looked up now, in this visitor's language."""
    known = {option: word(option) for option in options}
    return lambda option: known.get(option, str(option))


def switch() -> None:
    """Show the button that changes to the other language."""
    other = next(name for name in LANGUAGES if name != language())
    st.button(
        NAMES[other],
        key="language_switch",
        type="tertiary",
        on_click=choose,
        args=(other,),
        help=t("ui.language"),
    )
