"""Lets Streamlit's select box look up the one value it wants to know.

It asks the session whether its own value is empty, and has every value of the page collected for that: forty select
boxes on a page of three hundred inputs took a quarter of the page's time. The session answers for one key as well. It
knows no page; where a later Streamlit asks in another way, nothing is changed.
"""

from __future__ import annotations

from typing import Any

from streamlit.elements.widgets import selectbox


class OneValue:
    """The session as a select box sees it: what it takes for a dictionary of everything is the session itself."""

    def __init__(self, session: Any) -> None:
        self.filtered_state = session


def look_up_one_value() -> None:
    """Do so in this process from now on."""
    collected: Any = getattr(selectbox, "get_session_state", None)
    if collected is None or getattr(collected, "asks_for_one", False):
        return

    def get_session_state() -> OneValue:
        return OneValue(collected())

    vars(get_session_state)["asks_for_one"] = True
    selectbox.get_session_state = get_session_state  # pyright: ignore[reportPrivateImportUsage]
