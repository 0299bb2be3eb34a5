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

PLANE = (
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
PICTURES = ("filters", "confusion", "samples", "doctor", "histograms", "curves", "timeline", "bar")
KEY = "stage"


def views(dataset: Dataset | None) -> tuple[str, ...]:
    """Return the stage's views of such data; none where it has no pictures of them."""
    if dataset is None:
        return ()
    classes = dataset.target.kind == "classes"
    if len(dataset.input_shape) == 3 and classes:
        return PICTURES
    if dataset.points is not None and (dataset.points.shape[1] == 2 or not classes):
        return PLANE
    return ()


def opening() -> bool:
    """Tell whether the visitor has just come in: an example as it is, and nothing done yet."""
    return form.preset() is not None and not form.can_undo()


def stage_panel(now: Now, shown: tuple[str, ...]) -> None:
    """Show the run of the moment `now` by the views `shown`, or the untrained network where there is no run."""
    stage(
        now.view.run if now.view is not None else None,
        now.experiment,
        shown,
        owner=owner(),
        key=KEY,
        lang=language(),
        reports=("status",),
        opening=opening(),
        on_proposal=proposals.take,
    )
