"""The doctor: what is wrong with a run, its evidence in words and figures, and the experiment that shows the remedy.

The findings are `probes.diagnosis`'s, the words are in `i18n`, the remedies beside this file. It knows no screen.
"""

from __future__ import annotations

import math
from typing import Any

import playground.lessons.game_remedies  # noqa: F401 - enters its remedies
from playground import i18n
from playground.data import load
from playground.data.folder import data_folder
from playground.lessons.rehearsal import Rehearsed, rehearse
from playground.lessons.remedies import Remedy, remedies
from playground.probes.adversarial import illness
from playground.probes.arithmetic import number, setting
from playground.probes.asks import Answer, Nothing, Scene, ask
from playground.probes.backprop import MAX_PARAMETERS
from playground.probes.diagnosis import Finding, examine
from playground.spec import Experiment, SpecError

SHOWN = 3
"""So many findings at most, the weightiest."""
UNREHEARSED = ("overfitting", "imbalance", "collapse", "vanished", "ahead", "circling")
"""What shows only after long training."""


@ask(wants=("memory", "history"), of="either", slow=True)
def doctor(scene: Scene, nothing: Nothing, lang: str) -> Answer:
    """Return what is wrong: for each finding `title`, `evidence` and `why` in words, and a `remedy` or None.

    Of a network that is too large to look at nothing is said.

    A remedy has `change` (what is different, in a sentence), `experiment` (plain, with its version), and `rehearsed`, a
    sentence on how it did in its first steps, or an empty text.
    """
    subject = scene.subject
    if subject.experiment.adversary is not None:
        findings = illness.examine(scene)
    elif subject.experiment.model.parameters(subject.dataset.input_shape) > MAX_PARAMETERS:
        findings = []
    else:
        findings = examine(scene)
    found = (spoken(finding, scene, lang) for finding in findings)
    said = [one for one in found if one is not None][:SHOWN]
    return Answer({"step": scene.step, "epoch": scene.epoch, "findings": said})


def spoken(finding: Finding, scene: Scene, lang: str) -> dict[str, Any] | None:
    """Return a finding in words, with its remedy; None for a suspicion that no remedy confirms."""
    chosen = choose(finding, scene)
    if finding.suspected and (chosen is None or chosen[1] is None):
        return None
    figures = {name: _shown(value) for name, value in finding.figures.items()}
    if "lr" in finding.figures:
        figures["lr"] = setting(float(f"{finding.figures['lr']:.6g}")).text
    evidence = f"stage.doctor.{finding.name}_evidence"
    if finding.cause and i18n.has(f"{evidence}_{finding.cause}", lang):
        evidence = f"{evidence}_{finding.cause}"
    return {
        "name": finding.name,
        "cause": finding.cause,
        "figures": {name: _plain(value) for name, value in finding.figures.items()},
        "title": i18n.text(f"stage.doctor.{finding.name}", lang, **figures),
        "evidence": i18n.text(evidence, lang, **figures),
        "why": i18n.text(f"stage.doctor.{finding.name}_why", lang),
        "remedy": None if chosen is None else _offered(*chosen, scene, lang),
    }


def choose(finding: Finding, scene: Scene) -> tuple[Remedy, Rehearsed | None] | None:
    """Return the first remedy whose rehearsal helps, with it, or the first that cannot be rehearsed; else None."""
    subject = scene.subject
    found = remedies(finding, subject.experiment)
    if not found:
        return None
    if finding.name in UNREHEARSED:
        return found[0], None
    losses = scene.history.get("loss")
    loss = float(losses[-1]) if losses is not None and len(losses) else math.nan
    for one in found:
        rehearsed = _rehearsed(one, scene)
        if rehearsed is None or rehearsed.helps(loss):
            return one, rehearsed
    return None


def _rehearsed(remedy: Remedy, scene: Scene) -> Rehearsed | None:
    """Return how a remedy did; on data of its own where it changes how they are scaled."""
    dataset = scene.subject.dataset
    if remedy.experiment.data != scene.subject.experiment.data:
        try:
            dataset = load(remedy.experiment.data, data_folder())
        except SpecError:
            return None
    # A run that diverged at once has had no time worth comparing.
    steps = scene.step if scene.status != "diverged" else max(scene.step, 500)
    # pyright does not know that pydantic's frozen models are hashable.
    return rehearse(remedy.experiment, dataset, steps)  # pyright: ignore[reportArgumentType]


def _offered(remedy: Remedy, rehearsed: Rehearsed | None, scene: Scene, lang: str) -> dict[str, Any]:
    said = ""
    if rehearsed is not None:
        losses = scene.history.get("loss")
        now = float(losses[-1]) if losses is not None and len(losses) else math.nan
        key = "stage.doctor.rehearsed" if math.isfinite(now) else "stage.doctor.rehearsed_alone"
        said = i18n.text(
            key, lang, steps=f"{rehearsed.steps:,}", loss=_shown(rehearsed.loss), now=_shown(now)
        )
    return {
        "key": remedy.key,
        "change": i18n.text(f"stage.doctor.change_{remedy.key}", lang, **remedy.values),
        "experiment": plain(remedy.experiment),
        "rehearsed": said,
    }


def plain(experiment: Experiment) -> dict[str, Any]:
    """Return an experiment as plain JSON values with its version, as `Experiment.from_plain` reads it."""
    return {"version": Experiment.VERSION, **experiment.plain()}


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return number(value).text if math.isfinite(value) else "∞"
    return str(value)


def _plain(value: Any) -> Any:
    return value if not isinstance(value, float) or math.isfinite(value) else None
