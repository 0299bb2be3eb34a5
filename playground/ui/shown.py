"""What an input shows: the value it stands for, in the words of the visitor's language.

Streamlit's select boxes speak in words: a browser keeps the word it shows and sends it back. After a change of language
that word belongs to no option any more; so the value is given to the browser anew, and a word that was under way is
recognised.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from playground.ui.language import language

SPOKEN = "spoken"
"""Session key: in which language each input was last drawn."""


def show(key: str, value: Any) -> None:
    """Let the input `key` show `value`, unless it does already."""
    spoken: dict[str, str] = st.session_state.setdefault(SPOKEN, {})
    if key not in st.session_state or st.session_state[key] != value or spoken.get(key) != language():
        st.session_state[key] = value
    spoken[key] = language()


def taken(key: str, options: Sequence[Any]) -> Any | None:
    """Return what was chosen at `key`; None for a word of the other language, which was no choice."""
    value = st.session_state[key]
    return value if value in options else None
