"""A few buttons that keep what the stage shows as files: made in the browser, from the pictures as they are.

An element of its own, because it stands in a menu of the page, away from the stage. It finds the stage of the page, and
says nothing to Streamlit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from streamlit.components.v2 import component

from playground.live.assets import version

NAMED = ("diagram", "plane", "curves")
"""Pictures that have a name of their own in the menu; the others have their title on the stage."""
PICTURES = (
    *("diagram", "plane", "forecast", "unrolled", "gates", "through", "trajectory", "filters"),
    *("confusion", "agreement", "samples", "histograms", "curves"),
    *("arena", "gallery"),
)


def pictures(words: Mapping[str, str], file: str, *, key: str = "pictures") -> None:
    """Show the buttons.

    Args:
        words: what is said: `title`, `none`, `failed`, and a name for each of NAMED.
        file: with which the files' names begin.
        key: the element's.
    """
    _component()(key=key, data={"words": dict(words), "file": file, "pictures": list(PICTURES)})


_registered: Callable[..., Any] | None = None


def _component() -> Callable[..., Any]:
    """Register the component on first use: it needs Streamlit's runtime."""
    global _registered
    found = _registered or component(
        "playground_pictures", html='<div class="keep"></div>', js=loader(), isolate_styles=False
    )
    _registered = found
    return found


def loader() -> str:
    """Return the element's own code, which hands over to `assets/keep/pictures.js`."""
    return f"""
const kept = import(new URL("live/assets/{version()}/keep/pictures.js", document.baseURI));
export default function ({{ parentElement, data }}) {{
  kept.then(({{ mount }}) => mount(parentElement, data));
}}
"""
