"""The right column: what the network answers, and how its loss and quality went, training beside test, always."""

from __future__ import annotations

import numpy as np
import streamlit as st

from playground.data import Dataset
from playground.ui.chart import chart
from playground.ui.language import language, t
from playground.ui.run import Now
from playground.ui.status import why
from playground.ui.style import appearance
from playground.views import theme as look
from playground.views.agreement import agreement
from playground.views.confusion import confusion
from playground.views.curves import curves
from playground.views.function import function
from playground.views.pictures import examples
from playground.views.plane import Points, plane

SAMPLES = 16


def outcome_panel(now: Now, dataset: Dataset) -> None:
    """Draw the column for the moment `now`."""
    arrays = now.snapshot.arrays
    if dataset.points is not None and dataset.points.shape[1] == 2:
        _plane(now, dataset)
    elif dataset.points is not None and dataset.target.kind == "regression":
        _line(now, dataset)
    elif "confusion" in arrays:
        figure = confusion(appearance(), language(), arrays["confusion"], dataset.class_names)
        chart(figure, "confusion", ratio=1.0, height=430, theme=appearance())
    elif "predictions" in arrays:
        _agreement(now, dataset)
    _options(dataset)
    why()
    _curves(now)
    if len(dataset.input_shape) == 3 and "predictions" in arrays:
        _samples(dataset, arrays["predictions"])


def _agreement(now: Now, dataset: Dataset) -> None:
    """Show predictions against the truth, both in the table's own unit."""
    truth = dataset.y_test if len(dataset.y_test) else dataset.y
    predicted = now.snapshot.arrays["predictions"]
    truth = truth[: len(predicted)]
    if dataset.target_scaling is not None:
        truth, predicted = dataset.target_scaling.undo(truth), dataset.target_scaling.undo(predicted)
    name = getattr(now.experiment.data, "target_column", "y")
    figure = agreement(appearance(), language(), truth[:, 0], predicted[:, 0], name=name)
    chart(figure, "agreement", height=320, theme=appearance())


def _plane(now: Now, dataset: Dataset) -> None:
    grid = now.snapshot.arrays.get("grid")
    regression = dataset.target.kind == "regression"
    names = dataset.class_names if not regression else ()
    surface = None
    if grid is not None:
        surface = grid[..., 0] if grid.shape[2] == 1 else grid
        if grid.shape[2] == 2 and len(names) == 2:
            surface = grid[..., 1] - grid[..., 0]
    span = float(np.abs(dataset.y).max(initial=1e-6)) if regression else 1.0
    discrete = bool(st.session_state.get("discrete")) and not regression
    hide_test = not st.session_state.get("show_test", True)
    test = (
        Points(dataset.points_test, _values(dataset.y_test))
        if dataset.points_test is not None and not hide_test
        else None
    )
    figure = plane(
        appearance(),
        language(),
        surface,
        extent=(dataset.extent[0], dataset.extent[1]),  # type: ignore[index] - points come with an extent
        train=Points(dataset.points, _values(dataset.y)),  # type: ignore[arg-type]
        test=test,
        names=names,
        span=span,
        discrete=discrete,
        axes=_axes(now, dataset),
    )
    chart(figure, "plane", ratio=0.89, height=470, theme=appearance())


def _options(dataset: Dataset) -> None:
    with st.container(key="options", horizontal=True, gap="small"):
        if dataset.points is not None and dataset.points.shape[1] == 2:
            st.session_state.setdefault("show_test", True)
            st.toggle(t("ui.show_test"), key="show_test", disabled=len(dataset.x_test) == 0)
            if dataset.target.kind == "classes":
                st.toggle(t("ui.discrete"), key="discrete")
        st.toggle(t("ui.log"), key="log")


def _axes(now: Now, dataset: Dataset) -> tuple[str, str]:
    """Return the words for both axes: a table's columns have names, points have coordinates."""
    names = dataset.feature_names
    if now.experiment.data.kind != "Csv":
        return ("x", "y") if len(dataset.extent or ()) == 1 else ("x₁", "x₂")
    return (names[0], names[1] if len(names) > 1 else getattr(now.experiment.data, "target_column", "y"))


def _values(y: np.ndarray) -> np.ndarray:
    return y if y.ndim == 1 else y[:, 0]


def _line(now: Now, dataset: Dataset) -> None:
    drawn = now.snapshot.arrays.get("line")
    figure = function(
        appearance(),
        language(),
        None if drawn is None else drawn[:, 0],
        extent=dataset.extent[0],  # type: ignore[index] - points come with an extent
        train=(dataset.points[:, 0], dataset.y[:, 0]),  # type: ignore[index]
        test=(dataset.points_test[:, 0], dataset.y_test[:, 0]) if dataset.points_test is not None else None,
        axes=_axes(now, dataset),
    )
    chart(figure, "function", height=330, theme=appearance())


def _curves(now: Now) -> None:
    history, metrics = now.history, now.snapshot.metrics
    epochs = np.asarray(history.get("epoch", [0.0] if metrics else []), float)

    def column(name: str) -> np.ndarray | None:
        if name in history:
            return np.asarray(history[name], float)
        return np.array([metrics[name]]) if name in metrics and not history else None

    log = bool(st.session_state.get("log"))
    classes = now.experiment.data.target().kind == "classes"
    for what in ("loss", "accuracy" if classes else "rmse"):
        figure = curves(
            appearance(),
            language(),
            epochs,
            column(what),
            column(f"test_{what}"),
            what=what,
            log=log and what != "accuracy",
        )
        chart(figure, f"curve-{what}", height=152, theme=appearance())


def _samples(dataset: Dataset, predicted: np.ndarray) -> None:
    """Show held-back pictures: the surest mistakes first, then others."""
    x, y = (dataset.x_test, dataset.y_test) if len(dataset.x_test) else (dataset.x, dataset.y)
    guess, sure = _decided(predicted)
    x, y = x[: len(guess)], y[: len(guess)].astype(np.int64)
    wrong = guess != y
    order = np.lexsort((np.arange(len(y)), -sure * wrong, ~wrong))[:SAMPLES]
    names = dataset.class_names
    captions = [
        f"{names[guess[i]]} · {look.digits(100 * float(sure[i])).rstrip('0').rstrip('.')} %"
        if not wrong[i]
        else f"{names[y[i]]} → {names[guess[i]]}"
        for i in order
    ]
    figure = examples(
        appearance(),
        language(),
        x[order].reshape(len(order), *x.shape[-2:]),
        captions,
        title=t("ui.samples_title", wrong=int(wrong.sum()), total=len(y)),
        alt=t("ui.samples_alt", wrong=int(wrong.sum()), total=len(y)),
        wrong=wrong[order].tolist(),
    )
    chart(figure, "samples", height=182, theme=appearance())


def _decided(predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the class and how sure it is, from outputs as `shades` gives them."""
    if predicted.shape[1] == 1:
        return (predicted[:, 0] > 0).astype(np.int64), 0.5 + 0.5 * np.abs(predicted[:, 0])
    return predicted.argmax(axis=1), predicted.max(axis=1)
