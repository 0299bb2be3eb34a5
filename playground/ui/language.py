"""Which language this visitor reads, and the texts in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

import streamlit as st

from playground.i18n import LANGUAGES, text

NAMES = {"en": "English", "zh": "中文"}

_spoken: ContextVar[str | None] = ContextVar("spoken", default=None)
"""What has been found out for the page that this thread draws; each page is drawn in a thread of its own."""


def speak() -> None:
    """Find out once in which language the page is drawn: it asks for a thousand texts."""
    _spoken.set(_asked_for())


def language() -> str:
    """Return the visitor's language: what they chose, else what the link says, else what their browser asks for."""
    return _spoken.get() or _asked_for()


def _asked_for() -> str:
    chosen = st.session_state.get("language") or st.query_params.get("lang")
    if chosen in LANGUAGES:
        return chosen
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"


def choose(name: str) -> None:
    """Make `name` the visitor's language, also in the link."""
    _spoken.set(None)
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
