"""What an input shows, and whether what it says is meant: a browser sends the values of all inputs with everything.

Streamlit's select boxes speak in words: a browser keeps the word it shows and sends it back. After a change of language
that word belongs to no option any more; so the value is given to the browser anew, and a word that was under way is
recognised.

While a run goes on the browser asks for its numbers every moment. Where an example has just been chosen, such a message
still has the values of the experiment before in it, and nobody means them. So a hidden input, drawn behind all others,
says which experiment the browser shows: messages of an earlier one change nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from playground.ui.language import language

SPOKEN = "spoken"
"""Session key: in which language each input was last drawn."""
EDITION, SHOWN_EDITION = "edition", "edition-shown"
"""Session keys: how often all settings were replaced at once, and up to which time the browser shows it."""


def show(key: str, value: Any) -> None:
    """Let the input `key` show `value`, unless it does already."""
    spoken: dict[str, str] = st.session_state.setdefault(SPOKEN, {})
    if key not in st.session_state or st.session_state[key] != value or spoken.get(key) != language():
        st.session_state[key] = value
    spoken[key] = language()


def taken(key: str, options: Sequence[Any]) -> Any | None:
    """Return what was chosen at `key`; None where nobody chose: a word of the other language, an old message."""
    value = st.session_state[key]
    return value if value in options and not outdated() else None


def replace_all() -> None:
    """Let what the browser still shows of the experiment before be no choice of anybody."""
    st.session_state[EDITION] = st.session_state.get(EDITION, 0) + 1


def until_replaced(key: str) -> str:
    """Return a key that lasts until all settings are replaced: what is opened under it is closed then."""
    return f"{key}-{st.session_state.get(EDITION, 0)}"


def outdated() -> bool:
    """Tell whether the message that is being answered was sent before the browser had the present settings."""
    return st.session_state.get(SHOWN_EDITION, "0") != str(st.session_state.get(EDITION, 0))


def edition() -> None:
    """Draw the hidden input. Nothing that can be changed may be drawn behind it."""
    show(SHOWN_EDITION, str(st.session_state.get(EDITION, 0)))
    st.text_input("edition", key=SHOWN_EDITION, label_visibility="collapsed")
