"""What a network makes of every place of a line, data or no data there."""

from __future__ import annotations

import numpy as np

from playground.data import featurise
from playground.data.targets import shades
from playground.probes.registry import Arrays, Subject, probe

LINE = 241


@probe
def line(subject: Subject) -> Arrays:
    """The output along the line of one-dimensional data: `line_x` (M,) and `line` (M, k), as `shades` has them."""
    extent = subject.dataset.extent
    if subject.dataset.points is None or extent is None or len(extent) != 1:
        return {}
    x = np.linspace(*extent[0], LINE, dtype=np.float32)
    outputs = subject.net().forward(featurise(subject.dataset, x.reshape(-1, 1)))
    return {"line_x": x, "line": shades(subject.experiment, outputs)}
