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
from playground.views.pictures import examples

SAMPLES = 16


def outcome_panel(now: Now, dataset: Dataset) -> None:
    """Draw the column for the moment `now`."""
    arrays = now.snapshot.arrays
    if "confusion" in arrays:
        figure = confusion(appearance(), language(), arrays["confusion"], dataset.class_names)
        chart(figure, "confusion", ratio=1.0, height=430, theme=appearance())
    elif "predictions" in arrays:
        _agreement(now, dataset)
    _options()
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


def _options() -> None:
    with st.container(key="options", horizontal=True, gap="small"):
        st.toggle(t("ui.log"), key="log")


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
