"""Two to four experiments side by side: each with its pictures, what differs highlighted, one timeline for all."""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from playground.live.component import stage
from playground.spec import Experiment, SpecError
from playground.ui import beside, proposals, run
from playground.ui.differences import NOTHING, Difference, differences
from playground.ui.language import language, t
from playground.ui.run import Now
from playground.ui.service import owner

CARD = (
    *("plane", "diagram", "drawer", "filters", "confusion", "agreement"),
    *("forecast", "tokens", "unrolled", "gates", "through", "sequence"),
    *("arena", "gallery", "balance", "coverage"),
)
"""What a card shows of the views that such data have."""
TIME = ("curves", "timeline", "bar")
GROUP = "compare"


def compare_panel(now: Now, views: tuple[str, ...]) -> None:
    """Show the run of the moment `now` as A, those beside it, and below all what they share: curves and time.

    Args:
        now: the moment.
        views: the stage's views of such data.
    """
    shown = ("readout", *(name for name in CARD if name in views))
    others = beside.others()
    _head()
    with st.container(key=f"compare-{1 + len(others)}", gap=None):
        which, said = now.view.run if now.view else None, [_plain("ui.compare.here")]
        _card(0, which, now.experiment, shown, proposals.take, said)
        for index, other in enumerate(others):
            take = partial(_take, index)
            _card(
                index + 1,
                other.run,
                other.experiment,
                shown,
                take,
                _said(now.experiment, other.experiment),
                index,
            )
    with st.container(key="together"):
        _stage(which, now.experiment, TIME, "stage-time", 0, proposals.take)


def _head() -> None:
    with st.container(key="compare-head", horizontal=True, vertical_alignment="center"):
        st.html(f'<h2 class="heading">{html.escape(t("ui.compare.title"))}</h2>', width="content")
        st.html(f'<p class="say">{html.escape(t("ui.compare.text"))}</p>', width="stretch")
        st.button(t("ui.compare.end"), key="compare-end", type="tertiary", on_click=run.guarded(beside.clear))


def _card(
    number: int,
    which: str | None,
    experiment: Experiment,
    views: tuple[str, ...],
    take: Callable[[dict[str, Any]], None],
    said: list[str],
    index: int | None = None,
) -> None:
    with st.container(key=f"card-{number}", gap="xsmall"):
        with st.container(key=f"card-head-{number}", horizontal=True, vertical_alignment="top", gap="xsmall"):
            letter = beside.LETTERS[number]
            st.html(
                f'<h3 class="card-name" data-letter="{letter}"><i>{letter}</i><span>{"".join(said)}</span></h3>',
                width="stretch",
            )
            if index is not None:
                st.button(
                    t("ui.compare.take"),
                    key=f"card-take-{number}",
                    type="tertiary",
                    help=t("ui.compare.take_help"),
                    on_click=run.guarded(beside.swap),
                    args=(index,),
                )
                st.button(
                    "×",
                    key=f"card-remove-{number}",
                    type="tertiary",
                    help=t("ui.compare.remove"),
                    on_click=run.guarded(beside.remove),
                    args=(index,),
                )
        _stage(which, experiment, views, f"stage-{number}", number, take)


def _stage(
    which: str | None,
    experiment: Experiment,
    views: tuple[str, ...],
    key: str,
    number: int,
    take: Callable[[dict[str, Any]], None],
) -> None:
    stage(
        which,
        experiment,
        views,
        owner=owner(),
        key=key,
        lang=language(),
        reports=("status",),
        group=GROUP,
        name=beside.LETTERS[number],
        on_proposal=take,
    )


def _said(here: Experiment, there: Experiment) -> list[str]:
    found = differences(here, there)
    if not found:
        return [_plain("ui.compare.same")]
    return [f'<span class="difference">{html.escape(one.place)} {_change(one)}</span>' for one in found]


def _change(one: Difference) -> str:
    here, there = html.escape(one.here), html.escape(one.there)
    if one.here == NOTHING:
        return f"<b>+ {there}</b>"
    if one.there == NOTHING:
        return f"<b>−</b> <s>{here}</s>"
    return f"<b>{there}</b> <s>{here}</s>"


def _plain(key: str) -> str:
    return f'<span class="difference-none">{html.escape(t(key))}</span>'


@run.guarded
def _take(index: int, proposal: dict[str, Any]) -> None:
    """Do on one of the others what is proposed on its own stage."""
    before = beside.others()[index].experiment
    match proposal.get("kind"):
        case "layers":
            wanted = before.replace("layers", proposal.get("layers"))
            wanted.model.shapes(wanted.data.input_shape())
        case "set":
            wanted = before.replace(str(proposal.get("path", "")), proposal.get("value"))
        case _:
            raise SpecError("ui.compare.only_a")
    beside.change(index, wanted)
    if beside.others()[index].run is None and st.session_state.get("run"):
        run.start(paused=False)
