"""Which lab an experiment belongs to, by the nature of its data; two networks against each other have one of their own.

It knows the labs' names alone: those of their pages, and of `ui.page.<name>`.
"""

from __future__ import annotations

from playground.spec import Experiment

LABS = ("playground", "images", "sequences", "text", "gan")
"""In the order in which they are shown."""
NATURES = {"points": "playground", "pictures": "images", "series": "sequences", "text": "text"}


def lab(experiment: Experiment) -> str:
    """Return the name of the lab where such an experiment is at home."""
    return "gan" if experiment.adversary is not None else NATURES.get(experiment.data.nature, LABS[0])
