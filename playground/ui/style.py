"""The page's own look: one style sheet, and the theme's colours as variables, so that both appearances share it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st

from playground.views import theme as look

SHEET = Path(__file__).parent / "assets" / "style.css"


def appearance() -> look.Theme:
    """Return the theme this visitor sees."""
    return look.of(st.context.theme.type)


def style() -> None:
    """Lay the style sheet over the page."""
    theme = appearance()
    ground = "#f4f6f8" if theme.name == "light" else "#0b0f13"
    colours = {
        "ground": ground,
        "panel": theme.background,
        "ink": theme.text,
        "muted": theme.muted,
        "line": theme.line,
        "negative": theme.negative,
        "zero": theme.zero,
        "positive": theme.positive,
        "train": theme.train,
        "test": theme.test,
        "wrong": theme.wrong,
        # as the curves of runs side by side are drawn
        "run-b": theme.classes[3],
        "run-c": theme.classes[4],
        "run-d": theme.classes[5],
    }
    variables = "".join(f"--pg-{name}:{colour};" for name, colour in colours.items())
    st.html(f"<style>:root{{{variables}}}\n{_sheet()}</style>")


def style_of(lab: str) -> None:
    """Lay over it what only the page of `lab` wants.

    A rule that asks `:has` of the page and again of what lies in it would be tried anew at every change of a chart.
    """
    if SHEET.with_name(f"{lab}.css").exists():
        st.html(f"<style>{_sheet(lab)}</style>")


@cache
def _sheet(name: str = SHEET.stem) -> str:
    return SHEET.with_name(f"{name}.css").read_text(encoding="utf-8")
