"""Every view once, on small arrays, in any theme and language: what the tests of this folder draw."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go

from playground.views.theme import Theme
from playground.views.weights import weights

Draw = Callable[[Theme, str, int], go.Figure]
"""A view as a function of theme, language and the moment: other moments, other numbers."""


def _weights(theme: Theme, lang: str, moment: int) -> go.Figure:
    random = np.random.default_rng(moment)
    return weights(theme, lang, "Linear", random.uniform(-0.9, 0.9, (6, 4)), random.uniform(-0.5, 0.5, 6))


VIEWS: dict[str, Draw] = {"weights": _weights}
