"""A data set that is not here yet: what it is, whose it is, how large, and the button that fetches it.

The download is a process of its own: no page waits for it, and it does not end with the tab. How far it is stands in a
file beside it, so every tab shows the same.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import streamlit as st

from playground.data.download import allowed, cancel, state
from playground.data.progress import Progress
from playground.data.published import Published, missing, of_kind
from playground.runs import interpreter
from playground.spec import SpecError
from playground.ui.language import language, t
from playground.ui.say import say, sentence

TICK = 0.5
ACTIVE = ("running", "waiting", "preparing")
_started: dict[tuple[str, Path], subprocess.Popen[bytes]] = {}
"""The downloads that this process has started; their ends are collected when somebody looks."""


def absent(kind: str, folder: Path) -> Published | None:
    """Return the data set that `kind` needs and that is not all there; None where nothing is missing."""
    published = of_kind(kind)
    return published if published is not None and missing(published, folder) else None


def panel(published: Published, folder: Path) -> None:
    """Draw what the data set is and the button, or how far its download is."""
    say(t(f"data.{published.kind}_help"))
    say(t("ui.download_about", name=published.attribution, licence=published.licence), key="download_about")
    if not allowed():
        files = ", ".join(file.name for file in published.files)
        error = SpecError("download.off", folder=str(published.folder(folder)), files=files)
        say(sentence(error), "info", key="download")
        return
    active = _look(published, folder).status in ACTIVE

    @st.fragment(run_every=TICK if active else None)
    def live() -> None:
        found = _look(published, folder)
        here = not active and not missing(published, folder)
        if here or (found.status in ACTIVE) != active:
            st.rerun()
        with st.container(key="download", gap="small"):
            if active:
                _running(published, folder, found)
            else:
                _offer(published, folder, found)

    live()


def _look(published: Published, folder: Path) -> Progress:
    """Return how the download stands; one that was just started here is running although it says nothing yet."""
    key = (published.name, folder)
    found = state(published, folder)
    process = _started.get(key)
    if process is not None and process.poll() is not None:
        del _started[key]
    elif process is not None and found.status not in ACTIVE:
        return Progress("running", 0, published.num_bytes)
    return found


def _offer(published: Published, folder: Path, found: Progress) -> None:
    if found.status == "failed":
        say(found.sentences.get(language(), ""), "error", key="download")
    elif found.status == "cancelled":
        say(t("ui.download_cancelled"), key="download")
    num_bytes = sum(file.num_bytes for file in missing(published, folder))
    st.button(
        t("ui.download", size=_mega(num_bytes)),
        key="download_start",
        type="primary",
        width="stretch",
        on_click=_start,
        args=(published, folder),
    )
    say(t("ui.download_note"))


def _running(published: Published, folder: Path, found: Progress) -> None:
    share = found.received / found.total if found.total else 0.0
    st.progress(min(share, 1.0), text=_words(found))
    if found.status != "preparing":
        st.button(
            t("ui.download_cancel"),
            key="download_cancel",
            width="stretch",
            on_click=cancel,
            args=(published, folder),
        )


def _words(found: Progress) -> str:
    """Return bytes, rate and remaining time in words."""
    if found.status == "preparing":
        return t("ui.download_preparing")
    if not found.total:
        return t("ui.download_begins")
    words = t("ui.download_progress", there=_mega(found.received), total=_mega(found.total))
    if found.rate:
        words += t("ui.download_rate", rate=f"{found.rate / 1e6:.1f}")
    if found.remaining is not None:
        words += t("ui.download_remaining", seconds=_time(found.remaining))
    return words


def _start(published: Published, folder: Path) -> None:
    """Let a process of its own fetch the files; where one runs already, that one is shown."""
    key = (published.name, folder)
    if key in _started or state(published, folder).status in ACTIVE:
        return
    _started[key] = subprocess.Popen(
        interpreter.command("playground", "download", published.name, "--data-dir", str(folder)),
        env=interpreter.environment(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _mega(num_bytes: int) -> str:
    return f"{num_bytes / 1e6:.1f}" if num_bytes < 1e8 else f"{num_bytes / 1e6:.0f}"


def _time(seconds: float) -> str:
    whole = max(1, round(seconds))
    return (
        t("ui.download_seconds", seconds=whole)
        if whole < 100
        else t("ui.download_minutes", minutes=round(whole / 60))
    )
