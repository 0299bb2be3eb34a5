"""What can be taken home from a run: before it, while it trains, and after it has diverged."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load

from playground.presets import presets
from playground.spec import Experiment
from playground.ui import share
from tests.pages.conftest import Page

Open = Callable[..., Page]
COSTLY = ("weights", "history", "replay")


def saving(page: Page) -> dict[str, Any]:
    """Every button that saves a file, by what it saves."""
    found = (element.proto for element in page.app.get("download_button"))
    return {match[1]: proto for proto in found if (match := re.search(r"-save-(\w+)$", proto.id))}


def whose(page: Page) -> tuple[str, str]:
    return page.app.session_state["owner"], page.app.session_state["run"]


def test_before_the_first_step_only_the_experiment_can_be_saved(opened: Open) -> None:
    found = saving(opened())
    assert set(found) == {"experiment", *COSTLY}
    assert {what for what, proto in found.items() if proto.disabled} == set(COSTLY)


def test_while_it_trains_weights_metrics_and_recording_can_be_saved(opened: Open, pages_folder: Path) -> None:
    page = opened().click("preset-xor").click("play").until(lambda p: p.step > 50, "training")
    assert not any(proto.disabled for proto in saving(page).values())
    weights = load(share._weights(*whose(page)))
    assert {name: x.shape for name, x in weights.items()} == {
        "0.weight": (4, 2),
        "0.bias": (4,),
        "2.weight": (1, 4),
        "2.bias": (1,),
    }
    rows = list(csv.DictReader(io.StringIO(share._history(*whose(page)).decode())))
    assert rows[0]["step"] == "0"
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])
    file = share._replay(*whose(page), pages_folder, "en", "http://localhost:8501/").decode()
    assert f"http://localhost:8501/?e={presets()['xor'].experiment.to_link()}" in file


def test_after_it_has_diverged_everything_can_still_be_saved(opened: Open, pages_folder: Path) -> None:
    wild = presets()["regression-plane"].experiment.replace("optimizer.lr", 10.0)
    page = opened(e=wild.to_link()).click("play").until(lambda p: p.status == "diverged", "diverging")
    assert all(np.isfinite(x).all() for x in load(share._weights(*whose(page))).values()), (
        "the last sound state"
    )
    assert share._history(*whose(page)).startswith(b"step,epoch,")
    assert b"</html>" in share._replay(*whose(page), pages_folder, "zh", "http://localhost:8501/")


def test_the_menu_names_what_it_saves_in_chinese(opened: Open) -> None:
    page = opened(lang="zh-CN")
    labels = {what: proto.label for what, proto in saving(page).items()}
    assert labels["replay"] == "保存录像（HTML）"
    assert Experiment.from_json(page.experiment) == presets()["circle"].experiment
