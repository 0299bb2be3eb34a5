"""How the run stands, in words, and what to try: under the controls, one line, only when there is something to say."""

from __future__ import annotations

import streamlit as st

from engines.choice import place_of
from playground.ui import form
from playground.ui.language import language, t
from playground.ui.run import Now, fits
from playground.ui.say import say


def explain(now: Now) -> None:
    """Say what a visitor should know about the moment `now`."""
    if st.session_state.get("link_error"):
        say(t("ui.link_error", reason=st.session_state["link_error"]), "error", key="link")
    if st.session_state.get("link_trouble"):
        say(t(st.session_state["link_trouble"]), "warning", key="run-link")
    if st.session_state.get("owner_by_link") and st.session_state.get("run"):
        say(t("ui.keep_link"), "quiet", key="keep-link")
    if now.trouble:
        say(now.trouble, "error", key="trouble")
    if st.session_state.get("form_notice"):
        say(t(st.session_state["form_notice"]), "info", key="notice")
    _state(now)


def _state(now: Now) -> None:
    reason = now.view.reason.text(language()) if now.view is not None and now.view.reason else ""
    if now.status == "queued" and now.view is not None and now.view.position:
        say(t("ui.state.queued", position=now.view.position), "info", key="state")
    elif now.moving and not now.snapshot.step and place_of(now.experiment).engine == "torch":
        say(
            t("ui.state.first_step" if now.status == "running" else "ui.state.starting_torch"),
            "info",
            key="state",
        )
    elif now.status == "diverged":
        say(t("ui.state.diverged", step=f"{now.snapshot.step:,}"), "error", key="state")
    elif now.status in ("failed", "stopped", "finished") and (reason or now.status != "finished"):
        tone = "error" if now.status == "failed" else "info"
        say(reason or t(f"ui.state.{now.status}"), tone, key="state")
    elif now.status == "ready" and st.session_state.get("run") and not fits():
        say(t("ui.state.changed"), "info", key="state")


def why() -> None:
    """Say why the chosen example behaves as it does, as long as it is unchanged."""
    chosen = form.preset()
    if chosen is not None and chosen.why(language()):
        say(chosen.why(language()), "info", key="why")
