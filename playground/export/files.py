"""Weights and metrics of a run as files that other programs read. Knows no run and no screen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.data.csv import write_csv
from playground.spec import Experiment, State

COUNTED = ("step",)
"""Columns of whole numbers."""


def weights(state: State, experiment: Experiment) -> bytes:
    """Return the tensors as a safetensors file, by torch's names, with the experiment in its metadata."""
    from safetensors.numpy import save

    tensors = {name: np.ascontiguousarray(value) for name, value in state.items()}
    return save(tensors, metadata={"experiment": experiment.to_json()})


def metrics(history: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return the curves as a CSV table, one line for each point; a metric that was not measured is an empty cell.

    Args:
        history: `{"step": (P,), "epoch": (P,), <metric>: (P,)}`, NaN where there is none.
    """
    first = [name for name in ("step", "epoch") if name in history]
    names = [*first, *(name for name in history if name not in first)]
    rows = zip(*([_cell(name, value) for value in history[name].tolist()] for name in names), strict=True)
    return write_csv(names, list(rows)).encode("utf-8")


def _cell(name: str, value: float) -> float | int | None:
    if math.isnan(value):
        return None
    return int(value) if name in COUNTED else value
