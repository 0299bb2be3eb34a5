"""What is said about an experiment: a sentence, its place, and the experiment that mends it where there is one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from playground import i18n
from playground.spec.experiment import Experiment


@dataclass(frozen=True)
class Advice:
    """One thing to know about an experiment, with the experiment that mends it where there is one."""

    level: Literal["error", "warning"]
    key: str
    place: str
    values: dict[str, object] = field(default_factory=dict[str, object])
    mend: Experiment | None = None

    def text(self, lang: str = "en") -> str:
        """Return the sentence in `lang`."""
        return i18n.text(self.key, lang, place=self.place, **self.values)
