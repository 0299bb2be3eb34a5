"""The bar on top: what is being trained, the controls, and how the run stands."""

from __future__ import annotations

import html
import math

import streamlit as st

from playground.presets import Preset, presets
from playground.spec import Experiment
from playground.ui import beside, form, labs, navigation, run
from playground.ui.engine_choice import engine_choice
from playground.ui.language import language, switch, t, wording
from playground.ui.run import Now
from playground.ui.share import downloads, share
from playground.ui.shown import show, taken, until_replaced
from playground.ui.style import appearance
from playground.views.theme import NOTHING, digits

IN_NATS = ("BCE", "BCEWithLogits", "CrossEntropy")
"""Losses that are natural logarithms."""
OLD = 0.05
"""Of the steps so far: what was measured longer ago is told apart, as `views/bar.js` does."""
PACES = (0.0, 1.0, 5.0, 20.0, 100.0, 1000.0)


def masthead(experiment: Experiment) -> None:
    """Draw the first row: name, preset, language, link, downloads."""
    with st.container(key="masthead", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(
            '<h1 class="brand"><span class="mark"><i></i><i></i><i></i></span>'
            f"<span>{html.escape(t('ui.title'))}</span></h1>",
            width="content",
        )
        labs.links()
        _presets()
        st.html('<span class="between"></span>', width="stretch")
        st.button(
            t("ui.undo"),
            key="undo",
            type="tertiary",
            on_click=form.undo,
            disabled=not form.can_undo(),
            help=t("ui.undo_help"),
        )
        if form.can_redo():
            st.button(t("ui.redo"), key="redo", type="tertiary", on_click=form.redo, help=t("ui.redo_help"))
        st.button(
            t("ui.compare.begin"),
            key="compare",
            icon=":material/compare:",
            type="tertiary",
            on_click=run.compare,
            disabled=not beside.room(),
            help=t("ui.compare.begin_help"),
        )
        switch()
        share(experiment)
        downloads(experiment)


def lead() -> None:
    """Say in one sentence what is on show."""
    st.html(f'<p class="now">{html.escape(_sentence())}</p>')


def controls(now: Now, playing: bool) -> None:
    """Draw the buttons that drive the run."""
    with st.container(key="controls", horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.button(
            t("ui.pause" if playing else "ui.play"),
            key="play",
            icon=":material/pause:" if playing else ":material/play_arrow:",
            type="primary",
            on_click=run.pause if playing else run.play,
            shortcut="P",
        )
        st.button(
            t("ui.step"),
            key="step",
            icon=":material/skip_next:",
            on_click=run.step,
            help=t("ui.step_help"),
            shortcut="S",
        )
        st.button(
            t("ui.epoch"),
            key="epoch",
            icon=":material/fast_forward:",
            on_click=run.epoch,
            help=t("ui.epoch_help"),
            shortcut="E",
        )
        st.button(
            t("ui.reset"),
            key="reset",
            icon=":material/replay:",
            on_click=run.reset,
            help=t("ui.reset_help"),
            shortcut="0",
        )


def setup(experiment: Experiment) -> None:
    """Draw pace and engine."""
    with st.container(key="setup", horizontal=True, vertical_alignment="center", gap="small"):
        st.session_state.setdefault("pace", 0.0)
        paces = sorted({*PACES, float(st.session_state["pace"])})
        show("pace_choice", float(st.session_state["pace"]))
        st.selectbox(
            t("ui.pace"),
            paces,
            index=paces.index(float(st.session_state["pace"])),
            key="pace_choice",
            format_func=wording(paces, _pace),
            on_change=_set_pace,
            args=(tuple(paces),),
            label_visibility="collapsed",
            width=150,
        )
        engine_choice(experiment)


def _set_pace(paces: tuple[float, ...]) -> None:
    chosen = taken("pace_choice", paces)
    if chosen is not None:
        run.set_pace(chosen)


def _pace(pace: float) -> str:
    return t("ui.pace_rate", rate=f"{pace:,g}") if pace else t("ui.pace_full")


def figures(now: Now, unit: str = "") -> None:
    """Show the numbers of the moment, in digits that do not dance; `unit` is that of the numbers to be predicted."""
    metrics = now.numbers.metrics
    old = now.step - now.numbers.step > OLD * now.step
    shown = [
        ("step", f"{now.step:,}"),
        ("epoch_count", epochs(now.epoch)),
        ("loss", digits(metrics.get("loss"))),
        ("test_loss", digits(metrics.get("test_loss"))),
    ]
    which = now.experiment.loss.kind
    units: dict[str, str] = {"rmse": unit, "test_rmse": unit}
    if now.experiment.adversary is not None:
        shown = shown[:2] + [(name, digits(metrics.get(name))) for name in ("d_loss", "g_loss")]
        shown += [(name, _share(metrics.get(name))) for name in ("d_accuracy", "quality") if name in metrics]
    elif "bits" in metrics:
        shown += [(name, digits(metrics.get(name))) for name in ("bits", "test_bits")]
    elif experiment_is_about_classes(now.experiment):
        shown += [(name, _share(metrics.get(name))) for name in ("accuracy", "test_accuracy")]
    else:
        shown += [(name, digits(metrics.get(name))) for name in ("rmse", "test_rmse")]
    rate = now.view.steps_per_second if now.view is not None and now.status == "running" else 0.0
    shown.append(("rate", f"{float(digits(rate).replace(',', '')):,.0f}" if rate >= 1 else "0"))
    if now.experiment.adversary is None:
        units["loss"] = units["test_loss"] = t("ui.figure.nats") if which in IN_NATS else ""
    cells = "".join(
        f'<div class="figure" data-name="{name}"><dt>{_name(name, which)}</dt>'
        f"<dd>{value}{_unit(units.get(name, ''), value)}</dd></div>"
        for name, value in shown
    )
    st.html(
        f'<dl class="figures" data-status="{now.status}" data-step="{now.step}" data-old="{str(old).lower()}">'
        f"{cells}</dl>"
    )


def epochs(count: float) -> str:
    """Write a number of epochs, as the stage does: with one decimal while it tells something."""
    return f"{count:,.1f}" if count < 100 else f"{math.floor(count + 0.5):,}"


def _name(figure: str, loss: str) -> str:
    """Return what a figure is called: of the loss, which one it is."""
    name = html.escape(t(f"ui.figure.{figure}"))
    return name + f"<span> · {html.escape(t(f'ui.figure.of.{loss}'))}</span>" if figure == "loss" else name


def _unit(unit: str, value: str) -> str:
    return f" <small>{html.escape(unit)}</small>" if unit and value != NOTHING else ""


def experiment_is_about_classes(experiment: Experiment) -> bool:
    """Tell whether classes are predicted, not numbers."""
    return experiment.data.target().kind == "classes"


def _share(value: float | None) -> str:
    return digits(value) if value is None else f"{100 * value:.1f} %"


def _sentence() -> str:
    chosen = form.preset()
    if chosen is not None:
        return chosen.sentence(language())
    begun = presets().get(st.session_state.get("preset") or "")
    return t("ui.begun", name=begun.title(language())) if begun else t("ui.own_experiment")


def _presets() -> None:
    known = presets()
    chosen = form.preset()
    name = chosen.title(language()) if chosen is not None else t("ui.presets")
    theme = appearance().name
    with (
        st.container(key="presets", width="content"),
        st.popover(name, key=until_replaced("presets-list"), icon=":material/apps:"),
    ):
        rules = "".join(
            f".st-key-preset-{key} button::before"
            f"{{background-image:url(playground/preset/{theme}/{key}.svg)}}"
            for key in known
        )
        st.html(f"<style>{rules}</style>")
        with st.container(key="preset-list"):
            for lab in sorted(navigation.PAGES, key=lambda lab: lab is not labs.here()):
                if lab is not labs.here():
                    st.html(f'<h3 class="elsewhere">{html.escape(t(lab.title))}</h3>')
                for found in known.values():
                    if navigation.home(found.experiment) is lab:
                        _preset(found)


def _preset(found: Preset) -> None:
    st.button(
        f"**{found.title(language())}**  \n{found.sentence(language())}",
        key=f"preset-{found.key}",
        width="stretch",
        wrap=True,
        on_click=labs.put,
        args=(found.experiment, found.key),
    )
