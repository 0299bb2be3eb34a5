"""The stage as an element of a Streamlit page.

The element's own code is six lines that load `stage.js` from our server; what it shows comes over a socket of its own,
and Streamlit hears of it only when the visitor wants something structural. Where no socket can be had, the same element
is fed by a fragment that runs again and again (`slow.py`): slower, and everything works.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

from playground.data.folder import data_folder
from playground.live import slow, tokens
from playground.live.assets import preloads, version
from playground.live.stills import stills
from playground.spec import Experiment, SpecError

VIEWS = ("diagram", "plane", "curves", "timeline")
SLOW_EVERY = 0.1
"""Seconds between two pictures where no socket can be had."""
ROUND = 60
"""Tokens are issued to the minute, so that a page that is drawn often does not change with every drawing."""


def stage(
    run: str | None,
    experiment: Experiment,
    views: Sequence[str] = VIEWS,
    *,
    owner: str,
    key: str = "stage",
    lang: str = "en",
    reports: Sequence[str] = (),
    group: str = "",
    name: str = "",
    opening: bool = False,
    on_proposal: Callable[[dict[str, Any]], None] | None = None,
    on_status: Callable[[str], None] | None = None,
) -> None:
    """Show a run; call it again in every run of the page, with the same key.

    The page runs again after what it wants to hear of; the stage itself stays as it is. Where the layers of
    `experiment` do not fit together, what was shown before stays, pale, and the stage says so.

    Args:
        run: its id; None shows the untrained network of `experiment`.
        experiment: what is shown until a run says more.
        views: names of drawing modules (`assets/views/<name>.js`), in the order in which they stand.
        owner: whose run it is, for the run service.
        key: the element's; the same key is the same stage, updated in place.
        lang: of every text in it.
        reports: what else the page wants to hear of: `"status"`, a change of the run's status.
        group: stages of one group show the same moment (`assets/chorus.js`); empty: alone.
        name: what this run is called among those of its group.
        opening: without a run, play a recording of the experiment.
        on_proposal: takes a structural change the visitor wants: `{"kind": "set", "path": …, "value": …}`,
            `{"kind": "layers", "layers": […]}`, `{"kind": "points", "points": […]}`, or without a run a first weight,
            `{"kind": "weight", "name": …, "index": …, "value": …}`. It comes from a browser: check it.
        on_status: takes the run's new status.
    """
    fits = _fits(experiment)
    if fits:
        st.session_state[f"{key}-fitting"] = run, experiment, tuple(views), opening
    else:
        run, experiment, views, opening = st.session_state.get(
            f"{key}-fitting", (None, experiment, views, False)
        )
    shown = run or stills.put(experiment, recorded=opening)
    slowly = _transport(key) == "data"
    handlers = _handlers(key, on_proposal, on_status)
    memory = st.session_state.setdefault(f"{key}-memory", slow.nothing())

    # A fragment in both cases: the element keeps its place when the way of its frames changes.
    @st.fragment(run_every=SLOW_EVERY if slowly else None)
    def mounted() -> None:
        if st.session_state.pop(f"{key}-heard", False):
            st.rerun()
        folder = data_folder()
        options: dict[str, Any] = {
            "token": _token(key, owner, shown, lang, folder),
            "run": shown,
            "lang": lang,
            "views": list(views),
            "reports": list(reports),
            "group": group,
            "name": name,
            "opening": opening and run is None,
            "untrained": run is None,
            "unfit": not fits,
            "transport": "data" if slowly else "socket",
            "words": slow.line_words(lang),
        }
        data: Any = options
        if slowly:
            data = slow.Feed(owner, shown, folder, lang).bundle(options, _state(key).get("wanted"), memory)
        _component()(key=key, data=data, **handlers)

    mounted()


def _fits(experiment: Experiment) -> bool:
    """Tell whether there is a network to show: layers that fit together."""
    try:
        experiment.model.shapes(experiment.input_shape())
        experiment.tensors()
    except SpecError:
        return False
    return True


def _token(key: str, owner: str, run: str, lang: str, folder: Path) -> str:
    now = time.time()
    if not _state(key).get("renew"):  # a page that asks for a fresh token has no use for the same one
        now = now // ROUND * ROUND
    return tokens.issue(tokens.secret(folder), owner, run, lang, now=now)


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

    def moved() -> None:
        st.session_state[f"{key}-heard"] = True

    def nothing() -> None:
        """Hear of it; the element reads it when it is mounted again."""

    return {
        "on_proposal_change": proposed,
        "on_status_change": stands,
        "on_transport_change": moved,
        "on_wanted_change": nothing,
        "on_renew_change": nothing,
    }


def _transport(key: str) -> str:
    return str(_state(key).get("transport") or "socket")


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
