"""The choice of engine and device beside the pace: what is here, what "auto" takes now, and why."""

from __future__ import annotations

import streamlit as st

from engines.availability import torch_devices
from engines.choice import CONVOLUTION, STEP, Place, place_of
from playground.spec import Experiment
from playground.ui import form
from playground.ui.language import t

ENGINES = {"numpy": "NumPy", "torch": "PyTorch"}
AUTO = ("auto", "auto")


def engine_choice(experiment: Experiment) -> None:
    """Draw the list of engines with their devices; a choice goes into the form."""
    automatic = _automatic(experiment)
    chosen = (experiment.engine, experiment.device)
    options = [AUTO, ("numpy", "cpu"), *(("torch", device) for device in torch_devices())]
    shown = next((option for option in options if _same(option, chosen)), chosen)
    if shown not in options:
        options.append(shown)
    names = {option: _name(option, automatic) for option in options}
    if st.session_state.get("engine_choice") != shown:
        st.session_state["engine_choice"] = shown
    st.selectbox(
        t("field.engine"),
        options,
        index=options.index(shown),
        key="engine_choice",
        format_func=lambda option: names.get(option, str(option)),
        on_change=_choose,
        label_visibility="collapsed",
        width=150,
    )


def _same(option: tuple[str, str], chosen: tuple[str, str]) -> bool:
    engine, device = chosen
    return option == (chosen if chosen == AUTO else (engine, "cpu" if device == "auto" else device))


def _name(option: tuple[str, str], automatic: Place) -> str:
    engine, device = option
    if option == AUTO:
        return t("ui.engine.auto", engine=_name((automatic.engine, automatic.device), automatic))
    name = ENGINES.get(engine, engine)
    return name if device in ("cpu", "auto") else f"{name} · {device}"


def why_there(experiment: Experiment) -> str:
    """Return the sentence on what "auto" takes for `experiment`, and why."""
    automatic = _automatic(experiment)
    bound = STEP if automatic.why == "accelerator" else CONVOLUTION
    values = {
        "work": f"{automatic.work / 1e6:,.3g}",
        "bound": f"{bound / 1e6:,.0f}",
        "device": automatic.device,
    }
    return t(f"ui.engine.why.{automatic.why}", **values)


def _automatic(experiment: Experiment) -> Place:
    return place_of(experiment.model_copy(update={"engine": "auto", "device": "auto"}))


def _choose() -> None:
    engine, device = st.session_state["engine_choice"]
    form.put(form.experiment().model_copy(update={"engine": engine, "device": device}))
