"""Ready experiments, one small JSON file each: an experiment, how long it takes, and a goal that a test reaches.

A preset's name, sentence and reason are texts: `preset.<key>`, `preset.<key>_text` and, where there is more to explain,
`preset.<key>_why`. Files are listed in the order of their number.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Annotated, Literal

from pydantic import Field

from playground import i18n
from playground.spec import Experiment, Spec, SpecError
from playground.spec.wire import read_json

Metric = Literal[
    "loss",
    "test_loss",
    "accuracy",
    "test_accuracy",
    "rmse",
    "test_rmse",
    "r2",
    "test_r2",
    "modes",
    "quality",
    "reverse_kl",
    "test_bits",
    "test_skill",
]


class Goal(Spec):
    """What a metric must reach, at least or at most."""

    metric: Metric
    least: float | None = None
    most: float | None = None

    def reached(self, metrics: Mapping[str, float]) -> bool:
        """Tell whether `metrics` meet the goal; a missing or undefined metric does not."""
        value = metrics.get(self.metric)
        if value is None:
            return False
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def text(self) -> str:
        """Return the goal as a formula, such as `test_accuracy ≥ 0.99`."""
        low = f"{self.metric} ≥ {self.least:g}" if self.least is not None else ""
        high = f"{self.metric} ≤ {self.most:g}" if self.most is not None else ""
        return " and ".join(part for part in (low, high) if part)


class Preset(Spec):
    """A named experiment.

    Attributes:
        key: its name on the command line and in links.
        epochs: how long it takes to reach the goals.
        goals: what is reached then.
        experiment: what is trained.
    """

    key: str
    epochs: Annotated[int, Field(ge=1, le=100_000)]
    goals: tuple[Goal, ...]
    experiment: Experiment

    def title(self, lang: str = "en") -> str:
        """Return the preset's name in `lang`."""
        return i18n.text(f"preset.{self.key}", lang)

    def sentence(self, lang: str = "en") -> str:
        """Return what there is to see, in a sentence."""
        return i18n.text(f"preset.{self.key}_text", lang)

    def why(self, lang: str = "en") -> str:
        """Return the explanation of what happens; empty where the sentence says it all."""
        key = f"preset.{self.key}_why"
        return i18n.text(key, lang) if i18n.has(key, lang) else ""


@cache
def presets() -> dict[str, Preset]:
    """Return all presets by key, in their order."""
    files = sorted(
        (file for file in resources.files(__name__).iterdir() if file.name.endswith(".json")),
        key=lambda file: file.name,
    )
    found = (_read(file.name.removesuffix(".json"), file.read_text(encoding="utf-8")) for file in files)
    return {preset.key: preset for preset in found}


def preset(key: str) -> Preset:
    """Return the preset called `key`.

    Raises:
        SpecError: if there is none.
    """
    known = presets()
    if key not in known:
        raise SpecError("error.choice", place="preset", value=key, options=", ".join(known))
    return known[key]


def _read(name: str, text: str) -> Preset:
    values = read_json(text, place=name)
    values["experiment"] = Experiment.from_plain(values["experiment"])
    return Preset.parse({"key": name.partition("-")[2], **values})
