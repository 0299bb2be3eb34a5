"""The stage as an element of a Streamlit page.

The element's own code is six lines that load `stage.js` from our server; what it shows comes over a socket of its own,
and Streamlit hears of it only when the visitor wants something structural. Where no socket can be had, the same element
is fed by a fragment that runs again and again (`slow.py`): slower, and everything works.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

from playground.data.folder import data_folder
from playground.live import slow, tokens
from playground.live.assets import preloads, version
from playground.live.stills import stills
from playground.spec import Experiment

VIEWS = ("diagram", "plane", "curves", "timeline")
SLOW_EVERY = 0.1
"""Seconds between two pictures where no socket can be had."""
ROUND = 60
"""Tokens are issued to the minute, so that a page that is drawn often does not change with every drawing."""


@dataclass(frozen=True)
class Said:
    """What a visitor wants, in this run of the page.

    Attributes:
        proposal: a structural change: `{"kind": "set", "path": …, "value": …}`, `{"kind": "layers", "layers": […]}`,
            `{"kind": "points", "points": […]}`; None where there is none. It comes from a browser: validate it.
        status: the run's, if the stage was told to report it.
    """

    proposal: dict[str, Any] | None = None
    status: str = ""


def stage(
    run: str | None,
    experiment: Experiment,
    views: Sequence[str] = VIEWS,
    *,
    owner: str,
    key: str = "stage",
    lang: str = "en",
    reports: Sequence[str] = (),
    on_proposal: Callable[[dict[str, Any]], None] | None = None,
    on_status: Callable[[str], None] | None = None,
) -> Said:
    """Show a run; call it again in every run of the page, with the same key.

    Args:
        run: its id; None shows the untrained network of `experiment`.
        experiment: what is shown until a run says more.
        views: names of drawing modules (`assets/views/<name>.js`), in the order in which they stand.
        owner: whose run it is, for the run service.
        key: the element's; the same key is the same stage, updated in place.
        lang: of every text in it.
        reports: what the page wants to hear of without being asked: `"status"`, a change of the run's status.
        on_proposal, on_status: called before the page runs again.
    """
    shown = run or stills.put(experiment)
    folder = data_folder()
    token = tokens.issue(tokens.secret(folder), owner, shown, lang, now=time.time() // ROUND * ROUND)
    transport = _state(key).get("transport") or "socket"
    options: dict[str, Any] = {
        "token": token,
        "run": shown,
        "lang": lang,
        "views": list(views),
        "reports": list(reports),
        "transport": transport,
        "words": slow.line_words(lang),
    }
    handlers = _handlers(key, on_proposal, on_status)
    if transport != "data":
        found = _component()(key=key, data=options, **handlers)
    else:
        feed = slow.Feed(owner, shown, folder, lang)
        found = _fed(key, options, feed, handlers)
    return Said(_plain(found.get("proposal")), str(found.get("status") or ""))


def _fed(key: str, options: dict[str, Any], feed: slow.Feed, handlers: dict[str, Callable[[], None]]) -> Any:
    """Mount the element in a fragment that hands it the newest frame, again and again."""
    memory = st.session_state.setdefault(f"{key}-answers", {})

    @st.fragment(run_every=SLOW_EVERY)
    def again() -> Any:
        bundle = feed.bundle(options, _state(key).get("wanted"), memory)
        found = _component()(key=key, data=bundle, **handlers)
        if st.session_state.pop(f"{key}-heard", False):
            st.rerun()
        return found

    return again()


def _handlers(
    key: str,
    on_proposal: Callable[[dict[str, Any]], None] | None,
    on_status: Callable[[str], None] | None,
) -> dict[str, Callable[[], None]]:
    def proposed() -> None:
        proposal = _plain(_state(key).get("proposal"))
        st.session_state[f"{key}-heard"] = True
        if on_proposal is not None and proposal is not None:
            on_proposal(proposal)

    def stands() -> None:
        st.session_state[f"{key}-heard"] = True
        if on_status is not None:
            on_status(str(_state(key).get("status") or ""))

    def nothing() -> None:
        """Hear of it; the page reads it when it runs."""

    return {
        "on_proposal_change": proposed,
        "on_status_change": stands,
        "on_transport_change": nothing,
        "on_wanted_change": nothing,
        "on_renew_change": nothing,
    }


def _state(key: str) -> Any:
    return st.session_state.get(key) or {}


def _plain(value: Any) -> dict[str, Any] | None:
    return dict(value) if isinstance(value, dict) else None


_registered: Callable[..., Any] | None = None


def _component() -> Callable[..., Any]:
    """Register the component on first use: it needs Streamlit's runtime."""
    global _registered
    found = _registered or component(
        "playground_stage", html='<div class="stage"></div>', js=loader(), isolate_styles=False
    )
    _registered = found
    return found


def loader() -> str:
    """Return the element's own code: it has the browser fetch all files at once, and hands over to `stage.js`."""
    return f"""
const base = new URL("live/assets/{version()}/", document.baseURI);
const stage = import(new URL("stage.js", base));
for (const name of {preloads()}) {{
  const href = new URL(name, base).href;
  if (document.querySelector(`link[href="${{href}}"]`)) continue;
  document.head.append(Object.assign(document.createElement("link"), {{ rel: "modulepreload", href }}));
}}
export default function (component) {{
  const {{ parentElement }} = component;
  stage.then(({{ mount }}) => mount(component));
  return () => stage.then(({{ unmount }}) => unmount(parentElement));
}}
"""
