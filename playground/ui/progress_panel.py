"""How far the run is, how long it takes, and when it was best: one line above what moves, with the way back there."""

from __future__ import annotations

import html
from functools import partial

import streamlit as st

from playground.export import files, names
from playground.runs.best import Standing
from playground.runs.progress import Progress, clock, progress
from playground.spec import Experiment
from playground.ui import beside, proposals
from playground.ui.language import t
from playground.ui.run import Now
from playground.ui.service import client, owner
from playground.ui.transport import epochs
from playground.views.theme import digits


def progress_panel(now: Now) -> None:
    """Draw the line for the run of the moment `now`; nothing without a run."""
    if now.view is None or (now.snapshot.step == 0 and not now.moving):
        return
    found = progress(now.experiment, now.view.step, now.view.epoch, now.view.steps_per_second)
    with st.container(key="progress", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(_bar(found, moving=now.status == "running") + _best(now.view.best), width="stretch")
        if now.view.best is not None and not beside.comparing():
            _ways(now.view.run, now.view.best, now.experiment)


def _bar(found: Progress, *, moving: bool) -> str:
    if not found.total:
        words = t("ui.progress.until_goal" if found.goal else "ui.progress.endless") if moving else ""
        return f'<p class="progress-words">{html.escape(words)}</p>'
    done = f"{min(found.total, int(found.done) + (found.unit == 'epochs')):,}"
    words = t(f"ui.progress.{found.unit}", done=done, total=f"{found.total:,}")
    if found.seconds is not None and moving:
        words += " · " + t("ui.progress.left", time=clock(found.seconds))
    share = round(100 * found.part)
    return (
        f'<div class="progress-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{share}"'
        f' aria-label="{html.escape(words, quote=True)}"><i style="width:{100 * found.part:.1f}%"></i></div>'
        f'<p class="progress-words">{html.escape(words)}</p>'
    )


def _best(best: Standing | None) -> str:
    if best is None:
        return ""
    accuracy = best.metric.endswith("accuracy")
    value = f"{100 * best.value:.1f} %" if accuracy else digits(best.value)
    # Among equal accuracies the loss decides: without it a best that moves on would be a riddle.
    decided = {"loss": digits(best.tie)} if accuracy else {}
    moment = {"step": f"{best.step:,}", "epoch": epochs(best.epoch)}
    words = t(f"ui.progress.best_{best.metric}", value=value, **decided, **moment)
    how = html.escape(t("ui.progress.best_help"), quote=True)
    return f'<p class="progress-words progress-best" data-step="{best.step}" title="{how}">{html.escape(words)}</p>'


def _ways(run: str, best: Standing, experiment: Experiment) -> None:
    st.button(
        t("ui.progress.back"),
        key="best-back",
        icon=":material/undo:",
        type="tertiary",
        help=t("ui.progress.back_help"),
        on_click=proposals.take,
        args=({"kind": "fork", "step": best.step},),
    )
    st.download_button(
        t("ui.progress.save"),
        partial(_weights, owner(), run),
        f"{names.slug(experiment)}-best.safetensors",
        "application/octet-stream",
        key="save-best",
        icon=":material/download:",
        type="tertiary",
        help=t("ui.progress.save_help"),
        on_click="ignore",
    )


def _weights(who: str, run: str) -> bytes:
    view = client().poll(who, run)
    return files.weights(client().best(who, run), Experiment.from_json(view.experiment))
