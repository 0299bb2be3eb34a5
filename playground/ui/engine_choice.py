"""The choice of engine and device beside the pace: what is here, what "auto" takes now, and why."""

from __future__ import annotations

import streamlit as st

from engines.availability import torch_devices
from engines.choice import CONVOLUTION, STEP, Place, place_of
from playground.spec import Experiment
from playground.ui import form
from playground.ui.language import t, wording
from playground.ui.shown import show, taken

ENGINES = {"numpy": "NumPy", "torch": "PyTorch"}
AUTO = "auto"


def engine_choice(experiment: Experiment) -> None:
    """Draw the list of engines with their devices; a choice goes into the form."""
    automatic = _automatic(experiment)
    options = [AUTO, "numpy", *(_option("torch", device) for device in torch_devices())]
    shown = _option(experiment.engine, experiment.device)
    if shown not in options:
        options.append(shown)
    show("engine_choice", shown)
    st.selectbox(
        t("field.engine"),
        options,
        index=options.index(shown),
        key="engine_choice",
        format_func=wording(options, lambda option: _name(option, automatic)),
        on_change=_choose,
        args=(tuple(options),),
        label_visibility="collapsed",
        width=150,
    )


def _option(engine: str, device: str) -> str:
    """Return an engine with a device as one word: `torch` is torch on the processor, `torch cuda:1` elsewhere."""
    if engine == AUTO and device != AUTO:
        engine = "numpy" if device == "cpu" else "torch"
    return engine if device in ("cpu", AUTO) else f"{engine} {device}"


def _name(option: str, automatic: Place) -> str:
    engine, _, device = option.partition(" ")
    if option == AUTO:
        return t("ui.engine.auto", engine=_name(_option(automatic.engine, automatic.device), automatic))
    name = ENGINES.get(engine, engine)
    return f"{name} · {device}" if device else name


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


def _choose(options: tuple[str, ...]) -> None:
    chosen = taken("engine_choice", options)
    if chosen is None:
        return
    engine, _, device = chosen.partition(" ")
    device = device or (AUTO if engine == AUTO else "cpu")
    form.put(form.experiment().model_copy(update={"engine": engine, "device": device}))
