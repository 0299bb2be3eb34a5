"""Predicted against true numbers: on the diagonal the network is right."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from playground.i18n import text
from playground.views import theme as look
from playground.views.theme import Theme


def agreement(
    theme: Theme, lang: str, truth: np.ndarray, predicted: np.ndarray, *, name: str = "y"
) -> go.Figure:
    """Draw one disc for each held-back sample: truth (N,) across, prediction (N,) up."""
    truth = np.asarray(truth, np.float64)
    low, high = (float(truth.min()), float(truth.max())) if len(truth) else (0.0, 1.0)
    room = 0.08 * ((high - low) or 1.0)
    ends = [low - room, high + room]
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": ends,
            "y": ends,
            "line": {"color": theme.muted, "width": 1, "dash": "dot"},
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": truth.astype(np.float32),
            "y": np.clip(np.asarray(predicted, np.float64), ends[0], ends[1]).astype(np.float32),
            "marker": {"size": 6, "color": theme.test, "opacity": 0.7},
            "hovertemplate": "%{x:.3g} → %{y:.3g}<extra></extra>",
        },
    ]
    layout = look.layout(
        theme,
        text("view.agreement.title", lang),
        look.axis(theme, text("view.agreement.truth", lang, name=name), range=ends),
        look.axis(theme, text("view.agreement.predicted", lang, name=name), range=ends),
    )
    return look.figure(data, layout, alt=text("view.agreement.alt", lang, points=len(truth)))
