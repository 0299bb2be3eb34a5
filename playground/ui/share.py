"""The link that holds the whole experiment, and the files that can be taken home."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import streamlit as st

from playground.data.folder import data_folder
from playground.export import files, names
from playground.live.pictures import NAMED, pictures
from playground.spec import Experiment, SpecError
from playground.ui import labs
from playground.ui.language import language, t
from playground.ui.say import say, sentence
from playground.ui.service import client, owner

PICTURE_WORDS = ("title", "none", "failed", *NAMED)


def link(experiment: Experiment) -> str:
    """Return the address that opens the experiment, without anything about this visitor.

    Raises:
        SpecError: if it does not fit into a link.
    """
    return _address(st.context.url or "", language(), experiment)


def _address(page: str, lang: str, experiment: Experiment) -> str:
    here = urlsplit(page)
    return urlunsplit(
        (here.scheme, here.netloc, here.path or "/", f"e={experiment.to_link()}&lang={lang}", "")
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
        if experiment.data.kind == "OwnImages":
            say(t("ui.share_images"), "warning")


def downloads(experiment: Experiment) -> None:
    """Draw the menu of files: experiment, weights, metrics, recording, pictures, and an experiment to open."""
    with st.popover("⋯", key="files", type="tertiary", help=t("ui.files")):
        name = names.slug(experiment)
        _save("experiment", experiment.to_json(), f"{name}.json", "application/json")
        run = st.session_state.get("run") or ""
        whose, folder, lang = owner(), data_folder(), language()
        safetensors = "application/octet-stream"
        _save("weights", partial(_weights, whose, run), f"{name}.safetensors", safetensors, untrained=not run)
        _save("history", partial(_history, whose, run), f"{name}.csv", "text/csv", untrained=not run)
        recording = partial(_replay, whose, run, folder, lang, st.context.url or "")
        _save(
            "replay", recording, f"{name}.html", "text/html", untrained=not run, help=t("ui.save_replay_help")
        )
        pictures({word: t(f"ui.picture.{word}") for word in PICTURE_WORDS}, name)
        _open()


def _save(
    what: str,
    content: str | Callable[[], bytes],
    name: str,
    kind: str,
    *,
    untrained: bool = False,
    help: str | None = None,  # noqa: A002 - streamlit's word
) -> None:
    """Draw the button that saves one file; what is costly is made when it is pressed."""
    st.download_button(
        t(f"ui.save_{what}"),
        content,
        name,
        kind,
        key=f"save-{what}",
        width="stretch",
        on_click="ignore",
        disabled=untrained,
        help=t("ui.save_untrained") if untrained else help,
    )


def _open() -> None:
    given = st.file_uploader(t("ui.open_experiment"), type=["json"], key="open-experiment", max_upload_size=1)
    if given is not None and st.session_state.get("opened") != given.file_id:
        st.session_state["opened"] = given.file_id
        try:
            labs.put(Experiment.from_json(given.getvalue()))
        except SpecError as error:
            st.session_state["open_trouble"] = sentence(error)
        else:
            st.session_state["open_trouble"] = ""
            st.rerun()
    if given is not None and st.session_state.get("open_trouble"):
        say(st.session_state["open_trouble"], "error", key="open-experiment")


def _weights(who: str, run: str) -> bytes:
    view = client().poll(who, run)
    return files.weights(client().state(who, run), Experiment.from_json(view.experiment))


def _history(who: str, run: str) -> bytes:
    return files.metrics(client().poll(who, run, history=True).history or {})


def _replay(who: str, run: str, folder: Path, lang: str, page: str) -> bytes:
    from playground.export.replay import replay
    from playground.export.tape import of_run

    tape = of_run(client(), who, run)
    try:
        address = _address(page, lang, tape.experiment)
    except SpecError:  # too large for a link
        address = ""
    return replay(tape, folder, lang=lang, link=address)
