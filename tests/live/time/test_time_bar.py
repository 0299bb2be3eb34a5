"""The page's numbers follow the pictures: units stay, and what was measured earlier says when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

FIGURES = """
    () => {
        const cell = (name, value) => `<div class="figure" data-name="${name}"><dt></dt><dd>${value}</dd></div>`;
        const list = document.createElement('dl');
        list.className = 'figures';
        list.innerHTML = cell('step', '0') + cell('loss', '2.30 <small>nats</small>') + cell('accuracy', '10.0 %');
        document.body.append(list);
    }
"""


def shown(page: Any) -> list[str]:
    return page.run("() => [...document.querySelectorAll('.figure dd')].map((cell) => cell.textContent)")


def told(page: Any, step: int, metrics: str) -> None:
    page.run(f"() => stage.emit('drawn', {{ step: {step}, epoch: 1, metrics: {metrics} }})")
    page.until(f"document.querySelector('.figures').dataset.step === '{step}'")


def test_numbers_keep_their_units_and_say_when_they_were_measured(views: Callable[..., Any]) -> None:
    page = views("bar")
    page.run(FIGURES)
    told(page, 1000, "{ loss: 0.5, accuracy: 0.875 }")
    assert shown(page) == ["1,000", "0.500 nats", "87.5 %"]
    titles = "() => [...document.querySelectorAll('.figure')].map((figure) => figure.title)"
    assert page.run(titles) == ["", "", ""]

    told(page, 1040, "{}")  # a glance: pictures only
    assert page.run("() => document.querySelector('.figures').dataset.old") == "false"
    told(page, 1500, "{}")
    assert shown(page) == ["1,500", "0.500 nats", "87.5 %"]
    assert page.run("() => document.querySelector('.figures').dataset.old") == "true"
    step, loss, accuracy = page.run(titles)
    assert step == ""
    assert loss == accuracy
    assert "1,000" in loss

    told(page, 1510, "{ loss: 0.25, accuracy: 0.9 }")
    assert shown(page) == ["1,510", "0.250 nats", "90.0 %"]
    assert page.run("() => document.querySelector('.figures').dataset.old") == "false"
    told(page, 0, "{}")  # begun anew
    assert page.run("() => document.querySelector('.figures').dataset.old") == "false"
