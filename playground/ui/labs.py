"""Which lab the visitor is in, and what the others keep meanwhile: each has a form, an undo, a run, a comparison.

The session holds plain values: those of the lab on screen under their own names, those of the others in drawers. What
is put into the form decides the lab: an experiment with images opens in the image lab, wherever it came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from playground.spec import Experiment
from playground.ui import form, navigation
from playground.ui.language import t
from playground.ui.navigation import PageEntry

KEPT = (
    *("form", "past", "future", "refused", "preset", "form_notice", "upload_open", "data_wanted"),
    *("run", "beside", "pace", "run_trouble", "link_error", "link_trouble"),
)
"""What belongs to one lab, by its name in the session."""
IN_LINK = ("run", "beside")
EVERYWHERE = ("lang", "key")
"""What stands in the address of every page."""


def page(entry: PageEntry) -> Any:
    """Return Streamlit's page of an entry."""
    return st.Page(
        navigation.folder() / entry.script,
        title=t(entry.title),
        icon=entry.sign,
        url_path=entry.path,
        default=entry is navigation.PAGES[0],
    )


def here() -> PageEntry:
    """Return the lab that the session's form belongs to."""
    return navigation.entry(str(st.session_state.get("lab", "")))


def enter(entry: PageEntry) -> None:
    """Be on the page `entry`: with what the visitor left there, unless something has just been put into another lab."""
    wanted = st.session_state.pop("lab_wanted", None)
    if wanted is not None and wanted != entry.path:
        _go(navigation.entry(wanted))
    if "lab" not in st.session_state:
        st.session_state["lab"] = entry.path
    if st.session_state["lab"] != entry.path:
        _change(entry)
        _tell_address()


def settle(entry: PageEntry) -> None:
    """Take what stands in the form of `entry` to the lab where it belongs, and go there."""
    experiment = form.experiment()
    home = navigation.home(experiment)
    if home is entry:
        return
    session = st.session_state
    taken = {name: session[name] for name in KEPT if name in session}
    if session.get("past"):
        # Something was here before: that stays here, and only the new experiment leaves.
        form.undo()
        session["future"] = []
        taken = {"form": taken["form"], "upload_open": taken.get("upload_open")}
    else:
        for name in taken:
            del session[name]
    _change(home)
    if "form" in session:
        put(experiment)
    else:
        session.update({"preset": None, **taken})
        form.begin(experiment)
    session.update({name: taken[name] for name in ("run", "beside", "pace") if taken.get(name)})
    _go(home)


def put(experiment: Experiment, preset: str | None = None) -> None:
    """Put an experiment, maybe an example by its key, into the form of the lab where it belongs; the page follows."""
    home = navigation.home(experiment)
    if home is not here():
        _change(home)
        st.session_state["lab_wanted"] = home.path
    form.begin(experiment)
    form.replace(experiment)
    st.session_state["upload_open"] = False
    st.session_state["preset"] = preset


def links() -> None:
    """Draw the way from lab to lab."""
    with st.container(key="labs", horizontal=True, gap=None, width="content"):
        for found in navigation.PAGES:
            name = f"lab-{found.path}" + ("-here" if found is here() else "")
            with st.container(key=name, width="content"):
                st.page_link(
                    page(found), label=t(f"ui.lab.{found.path}"), query_params=_address(_drawer(found))
                )


def _change(entry: PageEntry) -> None:
    """Put what belongs to the present lab into its drawer, and take out what belongs to `entry`."""
    session = st.session_state
    drawers: dict[str, dict[str, Any]] = dict(session.get("drawers", {}))
    drawers[session["lab"]] = {name: session[name] for name in KEPT if name in session}
    for name in KEPT:
        session.pop(name, None)
    session.pop("stage-memory", None)  # the stage of another page knows nothing of what this one was told
    session.update(drawers.pop(entry.path, {}))
    session["drawers"], session["lab"] = drawers, entry.path


def _drawer(entry: PageEntry) -> Mapping[str, Any]:
    if entry is here():
        return {name: st.session_state.get(name) for name in KEPT}
    found: dict[str, dict[str, Any]] = st.session_state.get("drawers", {})
    return found.get(entry.path, {})


def _address(kept: Mapping[str, Any]) -> dict[str, str]:
    """Return what stands behind the `?` of a lab's address."""
    found = {name: str(st.query_params[name]) for name in EVERYWHERE if name in st.query_params}
    if kept.get("run"):
        found["run"] = str(kept["run"])
        beside = [str(other["run"]) for other in kept.get("beside") or () if other["run"]]
        if beside:
            found["beside"] = ",".join(beside)
    return found


def _tell_address() -> None:
    wanted = _address(_drawer(here()))
    for name in IN_LINK:
        if name in wanted:
            st.query_params[name] = wanted[name]
        elif name in st.query_params:
            del st.query_params[name]


def _go(entry: PageEntry) -> None:
    st.switch_page(page(entry), query_params=_address(_drawer(entry)))
