"""Who may judge generated pictures: classifiers that the same visitor has trained on pictures of the same kind.

Reads what the run service lists; knows no socket and no screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from playground.export.names import network
from playground.live import completing
from playground.spec import Experiment

NEAREST = "nearest"
"""Instead of a run's id: no classifier is wanted, the nearest real picture decides."""
TRUSTED = 0.8
"""Who is right less often on held-back pictures judges only if chosen."""
MOST = 12


@dataclass(frozen=True)
class Candidate:
    """A run whose network tells such pictures apart, and the share of held-back ones it is right on."""

    run: str
    experiment: Experiment
    accuracy: float

    def plain(self) -> dict[str, Any]:
        """Return what a list on screen shows: the run's id, the sizes of its layers, its accuracy."""
        return {"run": self.run, "network": network(self.experiment), "accuracy": self.accuracy}


def candidates(
    rows: Iterable[dict[str, Any]], game: Experiment, read: Callable[[str], Experiment]
) -> list[Candidate]:
    """Return the classifiers among an owner's runs that can judge the pictures of `game`, the best first.

    Args:
        rows: the runs as the service lists them.
        game: whose pictures are judged.
        read: makes an experiment of a row's JSON.
    """
    found: list[Candidate] = []
    for row in rows:
        accuracy = (row["metrics"] or {}).get("test_accuracy")
        if not isinstance(accuracy, int | float):
            continue
        other = read(row["experiment"])
        if other.adversary is None and _alike(other, game) and completing.small(other):
            found.append(Candidate(str(row["run"]), other, float(accuracy)))
    return sorted(found, key=lambda candidate: -candidate.accuracy)[:MOST]


def chosen(among: list[Candidate], wish: object) -> Candidate | None:
    """Return who judges: the wished one, else the best that can be trusted; None where nobody can, or shall.

    Args:
        among: the candidates, the best first.
        wish: a run's id or NEAREST; anything else wishes nothing.
    """
    if wish == NEAREST:
        return None
    wished = next((candidate for candidate in among if candidate.run == wish), None)
    if wished is not None:
        return wished
    return among[0] if among and among[0].accuracy >= TRUSTED else None


def _alike(one: Experiment, other: Experiment) -> bool:
    """Tell whether two experiments have pictures of the same kind, size and classes."""
    kinds = one.data.kind == other.data.kind and one.data.input_shape() == other.data.input_shape()
    names = getattr(one.data, "names", None) == getattr(other.data, "names", None)
    return kinds and names and one.data.target() == other.data.target()
