"""The link that holds the whole experiment, and the files that can be taken home."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit, urlunsplit

import streamlit as st

from playground.data.csv import write_csv
from playground.spec import Experiment, SpecError
from playground.ui import form
from playground.ui.language import language, t
from playground.ui.say import say, sentence
from playground.ui.service import client, owner


def link(experiment: Experiment) -> str:
    """Return the address that opens the experiment, without anything about this visitor.

    Raises:
        SpecError: if it does not fit into a link.
    """
    here = urlsplit(st.context.url or "")
    return urlunsplit(
        (here.scheme, here.netloc, here.path or "/", f"e={experiment.to_link()}&lang={language()}", "")
    )


def share(experiment: Experiment) -> None:
    """Draw the button that shows the link."""
    with st.popover(t("ui.share"), key="share", icon=":material/link:", type="tertiary"):
        say(t("ui.share_text"))
        try:
            st.code(link(experiment), language=None, wrap_lines=True)
        except SpecError as error:
            say(sentence(error), "error", key="share")
        if experiment.data.kind == "Csv":
            say(t("ui.share_csv"), "warning")


def downloads(experiment: Experiment) -> None:
    """Draw the menu of files: the experiment, the weights, the history, and an experiment to open."""
    with st.popover("⋯", key="files", type="tertiary", help=t("ui.files")):
        st.download_button(
            t("ui.save_experiment"),
            experiment.to_json(),
            "experiment.json",
            "application/json",
            key="save-experiment",
            width="stretch",
            on_click="ignore",
        )
        run = st.session_state.get("run")
        if run:
            st.download_button(
                t("ui.save_weights"),
                partial(_weights, owner(), run),
                "weights.safetensors",
                "application/octet-stream",
                key="save-weights",
                width="stretch",
                on_click="ignore",
            )
            st.download_button(
                t("ui.save_history"),
                partial(_history, owner(), run),
                "history.csv",
                "text/csv",
                key="save-history",
                width="stretch",
                on_click="ignore",
            )
        given = st.file_uploader(
            t("ui.open_experiment"), type=["json"], key="open-experiment", max_upload_size=1
        )
        if given is not None and st.session_state.get("opened") != given.file_id:
            st.session_state["opened"] = given.file_id
            try:
                form.put(Experiment.from_json(given.getvalue()))
            except SpecError as error:
                st.session_state["open_trouble"] = sentence(error)
            else:
                st.session_state["open_trouble"] = ""
                st.session_state["preset"] = None
                st.rerun()
        if given is not None and st.session_state.get("open_trouble"):
            say(st.session_state["open_trouble"], "error", key="open-experiment")


def _weights(who: str, run: str) -> bytes:
    from safetensors.numpy import save

    return save(client().state(who, run))


def _history(who: str, run: str) -> bytes:
    history = client().poll(who, run, history=True).history or {}
    names = list(history)
    rows = [list(row) for row in zip(*history.values(), strict=True)]
    return write_csv(names, rows).encode("utf-8")
