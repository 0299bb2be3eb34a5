"""What a page asks its session for while it is drawn: this many times, however many inputs it has."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.runtime.state.session_state import SessionState

from playground.ui import language
from tests.pages.conftest import Page

Open = Callable[..., Page]


def test_the_language_is_found_out_once_for_a_whole_page(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []

    def counted() -> str:
        found.append(asked_for())
        return found[-1]

    asked_for = language._asked_for
    monkeypatch.setattr(language, "_asked_for", counted)
    page = opened(lang="zh-CN")
    assert 1 <= len(found) <= 2  # a new page puts its experiment into the form, and is drawn again
    found.clear()
    page.click("language_switch")
    assert found[-1] == "en"
    assert len(found) == 1
    assert page.app.button(key="play").label == "Train"


def test_a_select_box_has_no_other_values_collected_for_it(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened()
    boxes, collected = len(page.app.selectbox), 0
    everything = SessionState.filtered_state.fget
    assert everything is not None

    def counted(session: SessionState) -> dict[str, object]:
        nonlocal collected
        collected += 1
        return everything(session)

    monkeypatch.setattr(SessionState, "filtered_state", property(counted))
    page.run()
    assert boxes > 20
    assert collected < 10
