"""One input for one knob of a specification. Ranges, steps, defaults and units come from the specification alone.

Inputs carry no bounds of their own: what does not fit is refused by the specification, in the visitor's language,
below the input, which keeps what was typed. Each input is given its present value as its default too: what stands in a
closed popover is built late in the browser, and would start empty otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st

from playground.i18n import LANGUAGES, has, text
from playground.spec import Knob
from playground.ui import form
from playground.ui.language import language, wording
from playground.ui.say import label, note, say, sentence
from playground.ui.shown import outdated, show, taken

Change = Callable[[str, Any], object]

MANY = 60
"""A whole number with more values than this is chosen from a list of round ones, or typed."""


def knob(
    knob: Knob, path: str, value: Any, *, change: Change = form.change, visible: bool = True, of: str = ""
) -> None:
    """Show the input for `knob` with `value`; a change is handed to `change(path, value)`.

    Args:
        path: the dotted path of the setting in the experiment, also the input's key.
        visible: whether the label is shown (it is always there for those who cannot see).
        of: whose setting it is, where two have the same.
    """
    key = f"knob.{path}"
    refused = form.refusal(path)
    shown: dict[str, Any] = {
        "label": f"{of} · {_label(knob)}" if of else _label(knob),
        "key": key,
        "help": note(knob.name) if visible else None,
        "label_visibility": "visible" if visible else "collapsed",
        "on_change": _take,
        "args": (path, key, knob, change),
    }
    if refused is None:
        show(key, _entry(knob, value))
    _INPUTS[_style(knob)](knob, st.session_state[key], shown)
    if refused is not None:
        say(sentence(refused), "error", key=path)


def _style(knob: Knob) -> str:
    if knob.type in ("int", "float"):
        if knob.log or (knob.type == "int" and _width(knob) > MANY and knob.name != "seed"):
            return "list"
        return "slider" if knob.step and _width(knob) / knob.step <= MANY else "number"
    return knob.type


def _width(knob: Knob) -> float:
    return (knob.high or 0) - (knob.low or 0)


def _slider(knob: Knob, entry: Any, shown: dict[str, Any]) -> None:
    cast = int if knob.type == "int" else float
    low, high, step = (cast(bound or 0) for bound in (knob.low, knob.high, knob.step))
    format_ = None if knob.type == "int" else "%.4g"
    st.slider(**shown, min_value=low, max_value=high, value=entry, step=step, format=format_)


def _number(knob: Knob, entry: Any, shown: dict[str, Any]) -> None:
    step = int(knob.step or 1) if knob.type == "int" else float(knob.step or 0.1)
    st.number_input(**shown, value=entry, step=step, format=None if knob.type == "int" else "%.6g")


def _list(knob: Knob, entry: Any, shown: dict[str, Any]) -> None:
    options = [_written(option) for option in rounds(knob)]
    if entry not in options:
        options = sorted({*options, str(entry)}, key=_size)
    off = f"ui.zero.{knob.name}"
    words = {"0": text(off, language())} if has(off, language()) else {}
    st.selectbox(
        **shown,
        options=options,
        index=options.index(str(entry)),
        accept_new_options=True,
        format_func=lambda option: words.get(str(option), str(option)),
    )


def _choice(knob: Knob, entry: Any, shown: dict[str, Any]) -> None:
    options = list(knob.choices)
    st.selectbox(
        **shown,
        options=options,
        index=options.index(entry),
        format_func=_words(knob.choices),
        filter_mode=None,
    )


def _bool(knob: Knob, entry: Any, shown: dict[str, Any]) -> None:
    st.toggle(**shown, value=bool(entry))


def _names(knob: Knob, entry: Any, shown: dict[str, Any]) -> None:
    st.pills(
        **shown,
        options=list(knob.choices),
        selection_mode="multi",
        default=entry,
        format_func=_words(knob.choices),
        wrap=True,
    )


def _text(knob: Knob, entry: Any, shown: dict[str, Any]) -> None:
    st.text_input(**shown, value=str(entry))


_INPUTS: dict[str, Callable[[Knob, Any, dict[str, Any]], None]] = {
    "slider": _slider,
    "number": _number,
    "list": _list,
    "choice": _choice,
    "bool": _bool,
    "names": _names,
    "text": _text,
}


def _take(path: str, key: str, knob: Knob, change: Change) -> None:
    value = st.session_state[key]
    if isinstance(value, list | tuple):
        value = list(value)
    style = _style(knob)
    if style == "list" and value in _words_for_zero(knob):
        value = "0"
    if not outdated() and (style != "choice" or taken(key, knob.choices) is not None):
        change(path, value)


def _words_for_zero(knob: Knob) -> list[str]:
    key = f"ui.zero.{knob.name}"
    return [text(key, spoken) for spoken in LANGUAGES if has(key, spoken)]


def _entry(knob: Knob, value: Any) -> Any:
    """Return `value` as the input holds it."""
    style = _style(knob)
    if style == "list":
        return _written(value)
    if style == "slider":
        return int(value) if knob.type == "int" else float(value)
    return list(value) if style == "names" else value


def rounds(knob: Knob) -> list[float]:
    """Return round values within the knob's range: 1, 2, 5 (whole numbers) or 1, 3 (fractions) of every decade."""
    low, high = knob.low or 0.0, knob.high or 1.0
    found = [0.0] if low <= 0 else []
    steps = (1, 2, 5) if knob.type == "int" else (1, 3)
    smallest = 0 if knob.type == "int" else -6
    for power in range(smallest, 9):
        found += [
            step * 10.0**power for step in steps if max(low, 10.0**smallest) <= step * 10.0**power <= high
        ]
    return found


def _written(value: float) -> str:
    return f"{value:.12g}"


def _size(option: str) -> tuple[bool, float]:
    try:
        return False, float(option)
    except ValueError:
        return True, 0.0


def _label(knob: Knob) -> str:
    words = label(knob.name)
    key = f"ui.unit.{knob.unit}"
    unit = text(key, language()) if knob.unit and has(key, language()) else ""
    return f"{words} ({unit})" if unit and unit not in words.lower() else words


def _words(options: Iterable[str]) -> Callable[[Any], str]:
    def word(option: str) -> str:
        key = f"ui.choice.{option}"
        return text(key, language()) if has(key, language()) else pretty(str(option))

    return wording(options, word)


def pretty(feature: str) -> str:
    """Return a feature's name as it is written in a formula."""
    return feature.replace("x1", "x₁").replace("x2", "x₂").replace("^2", "²").replace("*", "·")
