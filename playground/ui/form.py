"""The experiment that stands in the form: the one place that changes it, with undo, redo and refusals kept beside it.

The session holds plain values: the experiment as JSON, what it was before (after an undo, also later), and refused
entries by their dotted path. Knows no run; `changed` and `continues` tell others what a change means for one.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import streamlit as st

from engines.choice import place_of
from playground.presets import Preset, presets
from playground.runs.changes import FIXED, FIXED_OF_A_GAME, PLACE
from playground.spec import Adversary, Experiment, SpecError, advise
from playground.spec.data import DataSpec
from playground.ui.shown import replace_all

MOST_UNDO = 50
FEWEST_STEPS = 300


@lru_cache(maxsize=256)
def read(text: str) -> Experiment:
    """Return the experiment of a JSON text."""
    return Experiment.from_json(text)


def experiment() -> Experiment:
    """Return the experiment in the form."""
    return read(st.session_state["form"])


def begin(start: Experiment) -> None:
    """Fill the form for the first time in this session."""
    st.session_state.setdefault("form", start.to_json())
    st.session_state.setdefault("past", [])
    st.session_state.setdefault("refused", {})


def put(new: Experiment, *, notice: str = "") -> None:
    """Replace the experiment in the form; the one before can be had back with `undo`."""
    text = new.to_json()
    if text != st.session_state["form"]:
        st.session_state["past"] = [*st.session_state["past"], st.session_state["form"]][-MOST_UNDO:]
        st.session_state["form"], st.session_state["future"] = text, []
    st.session_state["refused"] = {}
    st.session_state["form_notice"] = notice
    _read()


def replace(new: Experiment, *, notice: str = "") -> None:
    """As `put`, where many settings change at once: messages that are under way have the old ones in them."""
    replace_all()
    put(new, notice=notice)


def undo() -> None:
    """Return to the experiment before the last change."""
    _travel("past", "future")


def redo() -> None:
    """Return to the experiment that the last undo has left."""
    _travel("future", "past")


def can_undo() -> bool:
    """Tell whether there is anything to undo."""
    return bool(st.session_state.get("past"))


def can_redo() -> bool:
    """Tell whether there is anything to redo."""
    return bool(st.session_state.get("future"))


def _travel(origin: str, other: str) -> None:
    *rest, found = st.session_state.get(origin) or [None]
    if found is None:
        return
    replace_all()
    st.session_state[other] = [*st.session_state.get(other, []), st.session_state["form"]]
    st.session_state[origin], st.session_state["form"], st.session_state["refused"] = rest, found, {}
    st.session_state["form_notice"] = ""
    _read()


def _read() -> None:
    """Take away what was said about a link, or about the experiment before: whoever goes on has read it."""
    st.session_state["link_error"] = st.session_state["link_trouble"] = st.session_state["run_trouble"] = ""


def change(path: str, value: Any) -> bool:
    """Change one setting; a refused value stays where it was typed, with the reason beside it.

    Returns:
        Whether the value was accepted.
    """
    try:
        new = experiment().replace(path, value)
    except SpecError as error:
        st.session_state["refused"] = st.session_state["refused"] | {path: _plain(error)}
        return False
    refused = {place: why for place, why in st.session_state["refused"].items() if place != path}
    put(new)
    st.session_state["refused"] = refused
    return True


def preset() -> Preset | None:
    """Return the preset that stands in the form unchanged, or None."""
    chosen = presets().get(st.session_state.get("preset") or "")
    return chosen if chosen is not None and chosen.experiment == experiment() else None


def refusal(path: str) -> SpecError | None:
    """Return why the last entry at `path` was refused, or None."""
    found = st.session_state["refused"].get(path)
    return None if found is None else SpecError(found[0], place=found[1], value=found[2], **found[3])


def change_data(data: DataSpec) -> None:
    """Train on other data; where something else is to be predicted, output and loss follow."""
    before = experiment()
    new = before.model_copy(update={"data": data})
    mended = fitting(new, warnings=data.target() != before.data.target())
    adapted = (mended.model, mended.loss) != (new.model, new.loss)
    longer = long_enough(mended)
    notice = "ui.notice.adapted" if adapted else "ui.notice.longer" if longer != mended else ""
    replace(longer, notice=notice)


def long_enough(wanted: Experiment) -> Experiment:
    """Return `wanted` with so many epochs that it takes 300 steps, if it ends by epochs: few samples make few steps."""
    training = wanted.training
    samples = max(wanted.data.num_samples()[0], 1)
    steps = math.ceil(samples / min(training.batch_size or samples, samples))
    epochs = math.ceil(FEWEST_STEPS / steps)
    if not 0 < training.max_epochs < epochs:
        return wanted
    longer = wanted.model_copy(update={"training": training.model_copy(update={"max_epochs": epochs})})
    if getattr(wanted.schedule, "epochs", None) != training.max_epochs:
        return longer
    return longer.replace("schedule.epochs", epochs)  # it ends with the training


def put_data_of_another_lab(data: DataSpec, example: str) -> None:
    """Train on data that want another kind of network: that of the lab's example, fitted to them."""
    replace(fitting(presets()[example].experiment.model_copy(update={"data": data}), warnings=True))


def fitting(wanted: Experiment, *, warnings: bool = False) -> Experiment:
    """Return `wanted` with its output layer and loss mended where they do not fit the data (or fit badly)."""
    for _ in range(6):
        levels = ("error", "warning") if warnings else ("error",)
        found = next((advice for advice in advise(wanted) if advice.level in levels and advice.mend), None)
        if found is None or found.mend is None:
            break
        wanted = found.mend
    return wanted


def continues(running: Experiment, wanted: Experiment) -> bool:
    """Tell whether a run of `running` can go on with the settings of `wanted`: the same data and tensors."""
    if any(getattr(running, part) != getattr(wanted, part) for part in FIXED):
        return False
    if running.adversary is not None and place_of(running).where != place_of(wanted).where:
        return False
    if not _same_game(running.adversary, wanted.adversary):
        return False
    try:
        return _skeleton(running) == _skeleton(wanted)
    except SpecError:
        return running.model == wanted.model


def _skeleton(experiment: Experiment) -> object:
    """Return what cannot change while networks live: their layers' kinds and shapes, their tensors, how they begin."""
    model, adversary = experiment.model, experiment.adversary
    judge = [layer.kind for layer in adversary.discriminator.layers] if adversary is not None else []
    shapes = model.shapes(experiment.input_shape())
    return [layer.kind for layer in model.layers], judge, shapes, experiment.tensors()


def _same_game(running: Adversary | None, wanted: Adversary | None) -> bool:
    """Tell whether what enters both players stays as it is, and what is done to the discriminator's weights."""
    if running is None or wanted is None:
        return running is wanted
    return all(getattr(running, part) == getattr(wanted, part) for part in FIXED_OF_A_GAME)


def changes(running: Experiment, wanted: Experiment) -> list[tuple[str, Any]]:
    """Return what to set, path by path, so that a run of `running` goes on with the settings of `wanted`."""
    # Each step on the way has to be possible: NumPy is left first, and entered last.
    places = reversed(PLACE) if wanted.engine == "numpy" else PLACE
    found: list[tuple[str, Any]] = [
        (part, getattr(wanted, part)) for part in places if getattr(wanted, part) != getattr(running, part)
    ]
    pairs = [
        (part, getattr(running, part), getattr(wanted, part))
        for part in ("loss", "optimizer", "schedule", "training")
    ]
    layers = enumerate(zip(running.model.layers, wanted.model.layers, strict=True))
    pairs += [(f"layers.{index}", a, b) for index, (a, b) in layers]
    if running.adversary is not None and wanted.adversary is not None:
        found += _changed_rules(running.adversary, wanted.adversary)
    for place, before, after in pairs:
        if before == after:
            continue
        if type(before) is not type(after):
            found.append((place, after.model_dump(mode="json")))
            continue
        old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
        found += [(f"{place}.{name}", new[name]) for name in new if new[name] != old[name]]
    return found


def _changed_rules(running: Adversary, wanted: Adversary) -> list[tuple[str, Any]]:
    old, new = running.model_dump(mode="json"), wanted.model_dump(mode="json")
    for rules, plain in ((running, old), (wanted, new)):
        plain["discriminator"] = {
            "layers": [layer.model_dump(mode="json") for layer in rules.discriminator.layers]
        }
        plain["optimizer"], plain["loss"] = (
            rules.optimizer.model_dump(mode="json"),
            rules.loss.model_dump(mode="json"),
        )
    return [(f"adversary.{name}", new[name]) for name in new if new[name] != old[name]]


def _plain(error: SpecError) -> tuple[str, str, str, dict[str, Any]]:
    value = error.value if isinstance(error.value, str | int | float | bool | None) else str(error.value)
    return error.key, error.place, value, dict(error.values)  # type: ignore[return-value]
