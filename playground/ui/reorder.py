"""Rows of layers that can be dragged by their handles or moved with the arrow keys, told as (path, new number).

The rows are ordinary ones; this element only listens to the handles in them (`assets/reorder.js`). Knows no layer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

SCRIPT = Path(__file__).parent / "assets" / "reorder.js"
VERSION = hashlib.sha256(SCRIPT.read_bytes()).hexdigest()[:12]
ROUTE = "playground/reorder.js"
KEY = "layer-handles"

_LOADER = f"""
const module = new URL("{ROUTE}?{VERSION}", document.baseURI).href;
export default function (component) {{
  import(module).then((code) => code.mount(component));
  return () => import(module).then((code) => code.unmount(component.parentElement));
}}
"""
_registered: Callable[..., Any] | None = None


def handles(on_move: Callable[[str, int], None]) -> None:
    """Listen to the handles of the container this stands in; `on_move(path, number)` hears of every move.

    It comes from a browser: check it.
    """

    def moved() -> None:
        found = (st.session_state.get(KEY) or {}).get("move")
        if isinstance(found, dict):
            path, number = found.get("from"), found.get("to")
            if isinstance(path, str) and isinstance(number, int) and not isinstance(number, bool):
                on_move(path[:200], number)

    _component()(key=KEY, data={"focus": st.session_state.get("layers-focus")}, on_move_change=moved)


def keep_focus(path: str) -> None:
    """Give the handle at `path` the keyboard's focus when the rows are drawn again."""
    before = st.session_state.get("layers-focus") or {"number": 0}
    st.session_state["layers-focus"] = {"path": path, "number": before["number"] + 1}


def _component() -> Callable[..., Any]:
    """Register the component on first use: it needs Streamlit's runtime."""
    global _registered
    _registered = _registered or component(
        "playground_reorder", html="<span hidden></span>", js=_LOADER, isolate_styles=False
    )
    return _registered
