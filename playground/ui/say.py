"""Sentences beside the place they concern: refusals, warnings and what to try."""

from __future__ import annotations

import html
from typing import Literal

import streamlit as st

from playground.i18n import has, text
from playground.spec import SpecError
from playground.ui.language import language, t

Tone = Literal["error", "warning", "info", "quiet"]


def say(sentence: str, tone: Tone = "quiet", *, key: str | None = None) -> None:
    """Show one sentence in the tone of what it says; it takes one line and pushes nothing far."""
    role = ' role="alert"' if tone == "error" else ""
    name = f' data-say="{html.escape(key)}"' if key else ""
    st.html(f'<p class="say say-{tone}"{role}{name}>{html.escape(sentence)}</p>')


def sentence(error: SpecError) -> str:
    """Return a refusal in the visitor's language, with its place in the form's words."""
    named = SpecError(error.key, place=place_name(error.place), value=error.value, **error.values)
    return named.text(language())


def place_name(place: str) -> str:
    """Return a dotted path as the form words it: `layers.2.p` → `layer 3 · Dropout rate`."""
    words: list[str] = []
    parts = [part for part in place.split(".") if part not in ("model",)]
    skip = False
    for number, part in enumerate(parts):
        if skip:
            skip = False
        elif part == "layers" and number + 1 < len(parts) and parts[number + 1].isdigit():
            words.append(t("ui.layer_number", number=int(parts[number + 1]) + 1))
            skip = True
        else:
            words.append(label(part, first="ui.place" if number + 1 < len(parts) else "field"))
    return " · ".join(words)


def label(name: str, *, first: str = "field") -> str:
    """Return a field's label in the visitor's language, or its name where it has none.

    What is a block of settings (`first` is "ui.place") may share its name with a field of something else.
    """
    for key in sorted((f"field.{name}", f"ui.place.{name}"), key=lambda key: not key.startswith(first)):
        if has(key, language()):
            return text(key, language())
    return name


def note(name: str) -> str | None:
    """Return a field's help, or None."""
    key = f"field.{name}_help"
    return text(key, language()) if has(key, language()) else None
