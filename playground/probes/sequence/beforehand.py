"""What is known before a network has said anything: the sequence that is looked at first, its cells, the series.

It stands in the setup of a page, so that its pictures have their frame before the first answer comes.
"""

from __future__ import annotations

import numpy as np

from playground.data.dataset import Dataset
from playground.probes.asks import Answer
from playground.probes.sequence.forecast import Range, course
from playground.probes.sequence.theatre import about, cells_shown, tokens, truth
from playground.probes.sequence.unrolled import here, levels
from playground.spec import Experiment


def first_sequence(experiment: Experiment, dataset: Dataset) -> Answer | None:
    """Return the first sequence that is held back, or trained on where none is; None where nothing reads it in steps.

    Returns:
        As of `theatre`, plain `steps`, `levels`, `tokens` and `truth`; arrays `x` and `present`.
    """
    known = levels(experiment.model)
    if not known:
        return None
    x, y = (dataset.x_test, dataset.y_test) if len(dataset.x_test) else (dataset.x, dataset.y)
    if not len(x):
        return None
    steps = x.shape[1]
    plain = {
        "steps": steps,
        "levels": [about(level) | {"shown": cells_shown(level, steps, len(known))} for level in known],
        "tokens": tokens(dataset, x[0]),
        "truth": truth(y[0]),
    }
    present = here(experiment.model, x[:1])[0]
    return Answer(
        plain, {"x": x[0].reshape(steps, -1).astype(np.float32), "present": present.astype(np.uint8)}
    )


def series(dataset: Dataset) -> Answer | None:
    """Return the part of the series around its border, as `forecast` has it without the network; None of others."""
    return None if dataset.series is None else course(dataset.series, Range())
