"""How a run went so far: training beside test, over epochs."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from playground.i18n import text
from playground.views import theme as look
from playground.views.theme import Theme

MOST = 600


def curves(
    theme: Theme,
    lang: str,
    epochs: np.ndarray,
    train: np.ndarray | None,
    test: np.ndarray | None,
    *,
    what: str,
    log: bool = False,
) -> go.Figure:
    """Draw one metric of the training set and of the test set.

    Args:
        epochs: (M,) where each value was measured.
        train, test: (M,) values; NaN leaves a gap, None leaves the curve out.
        what: "loss", "accuracy", "rmse" or "r2"; names title and axis.
        log: whether the vertical axis is logarithmic (values at or below zero are then left out).
    """
    keep = thin(len(epochs), MOST)
    data = []
    last: list[str] = []
    for name, values, colour, width in (("train", train, theme.train, 1.6), ("test", test, theme.test, 2.2)):
        y = np.full(len(keep), np.nan) if values is None else np.asarray(values, float)[keep]
        y = np.where(np.abs(y) < look.LARGEST, y, np.nan)
        if log:
            y = np.where(y > 0, y, np.nan)
        data.append(
            {
                "type": "scatter",
                "mode": "lines" if len(keep) > 1 else "markers",
                "name": text(f"view.{name}", lang),
                "x": np.asarray(epochs, np.float32)[keep],
                "y": y.astype(np.float32),
                "line": {"color": colour, "width": width},
                "hovertemplate": "%{y:.3g}<extra>%{fullData.name}</extra>",
            }
        )
        seen = y[np.isfinite(y)]
        last.append(f"{text(f'view.{name}', lang)} {look.digits(seen[-1] if len(seen) else None)}")
    share = what == "accuracy"
    vertical = look.axis(
        theme,
        text(f"view.{what}.axis", lang),
        type="log" if log else "linear",
        rangemode="tozero" if what in ("loss", "rmse") and not log else "normal",
        **({"range": [0, 1.02], "tickformat": ".0%"} if share else {}),
        **({"dtick": 1, "exponentformat": "power"} if log else {}),
    )
    layout = look.layout(
        theme,
        text(f"view.{what}.title", lang),
        look.axis(theme, text("view.epochs", lang), rangemode="tozero", showgrid=False),
        vertical,
        hovermode="x unified",
        showlegend=True,
        legend={
            "orientation": "h",
            "x": 1,
            "xanchor": "right",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "bgcolor": "rgba(0,0,0,0)",
            "font": {"size": look.SMALL, "color": theme.muted},
            "itemclick": False,
            "itemdoubleclick": False,
        },
        margin={"l": 52, "r": 10, "t": 30, "b": 36},
    )
    return look.figure(data, layout, alt=text(f"view.{what}.alt", lang, values=", ".join(last)))


def thin(count: int, most: int) -> np.ndarray:
    """Return at most `most` of the indices 0 … count − 1, evenly spread, first and last among them."""
    if count <= most:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, most).round().astype(np.int64))
