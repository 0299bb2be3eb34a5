"""What moves: the stage in the page, for data whose pictures it has. Its numbers come over a socket of its own.

The element is handed next to nothing (a token, names of pictures), so that a run of the page leaves it as it is.
"""

from __future__ import annotations

from playground.data import Dataset
from playground.live.component import stage
from playground.ui import form, proposals
from playground.ui.language import language
from playground.ui.run import Now
from playground.ui.service import owner

VIEWS = (
    "welcome",
    "diagram",
    "backprop",
    "drawer",
    "plane",
    "doctor",
    "histograms",
    "curves",
    "timeline",
    "bar",
)
KEY = "stage"


def moves(dataset: Dataset | None) -> bool:
    """Tell whether the stage has pictures of such data: a plane, or a curve."""
    if dataset is None or dataset.points is None:
        return False
    return dataset.points.shape[1] == 2 or dataset.target.kind == "regression"


def opening() -> bool:
    """Tell whether the visitor has just come in: an example as it is, and nothing done yet."""
    return form.preset() is not None and not form.can_undo()


def stage_panel(now: Now) -> None:
    """Show the run of the moment `now`, or the untrained network where there is none."""
    stage(
        now.view.run if now.view is not None else None,
        now.experiment,
        VIEWS,
        owner=owner(),
        key=KEY,
        lang=language(),
        reports=("status",),
        opening=opening(),
        on_proposal=proposals.take,
    )
