"""Over which modes the fakes are spread: shares of points by their nearest mode, of pictures by what a classifier sees.

Legend: K modes or classes, N samples.
"""

from __future__ import annotations

from typing import Annotated, Any
from weakref import WeakKeyDictionary

import numpy as np
from pydantic import Field

from playground.data import Dataset
from playground.data.modes import Modes, modes
from playground.data.targets import shades
from playground.probes.adversarial import latents
from playground.probes.adversarial.coverage import CONFIDENT, ENOUGH, counts, divergence
from playground.probes.adversarial.nearest import nearest
from playground.probes.adversarial.players import is_game, players
from playground.probes.asks import Answer, Scene, ask
from playground.probes.registry import PERIODS, Array, Arrays, Subject, game_probe, in_chunks
from playground.spec import Experiment, Spec, SpecError

JUDGED = 1000
"""Points that are counted, those the metrics are measured on."""
PICTURES = 200
PERIODS["spread"] = 0.1


@game_probe
def spread(subject: Subject) -> Arrays:
    """Return over which modes fakes are spread; nothing where modes are not known.

    Returns:
        `gan/modes/real`, `gan/modes/fake` and `gan/modes/good` (K,) f4: shares of the real samples, of the fakes by
        their nearest mode, and of the fakes near enough to be good ones. `gan/modes/hit` (K,) u1.
    """
    if not is_game(subject):
        return {}
    known = modes_of(subject.experiment, subject.dataset)
    if known is None:
        return {}
    made = players(subject).fakes(latents.fixed(subject.experiment, JUDGED))
    points = subject.dataset.scaling.undo(made)
    if not np.isfinite(points).all():
        return {}
    near, good = counts(known, points)
    hit = (good >= np.maximum(ENOUGH * known.shares * JUDGED, 1)) & (known.shares > 0)
    return {
        "gan/modes/real": known.shares.astype(np.float32),
        "gan/modes/fake": (near / JUDGED).astype(np.float32),
        "gan/modes/good": (good / JUDGED).astype(np.float32),
        "gan/modes/hit": hit.astype(np.uint8),
    }


class Wish(Spec):
    """Who shall judge: the id of one of the visitor's own runs, "nearest" for nobody, "" for the best there is."""

    judge: Annotated[str, Field(max_length=100)] = ""


@ask(Wish, of="game", wants=("judge",))
def recognise(scene: Scene, wish: Wish, lang: str) -> Answer:
    """Return what a classifier of the visitor's own takes generated pictures for; without one, the nearest real ones.

    Returns:
        plain: `judge`, the id of the run that judges or ""; `judges`, who could ({run, network, accuracy}); `accuracy`
            of it on held-back pictures or None; `count`; `sure`, the share of pictures it is 90 % sure of (None without
            a judge); `classes`, how many are hit; `reverse_kl`; `obeyed`, how many show the class that was told (None
            where none was).
        arrays: `seen` and `real` (K,) f4 shares, `hit` (K,) u1; `told` (N,) i4, the class the generator was told, and
            `taken` (N,) i4, the one it is taken for; with a judge `confidence` (N,) f4, how sure it is of that.
    """
    dataset = scene.subject.dataset
    if dataset.x.ndim != 4 or dataset.target.kind != "classes":
        raise SpecError("stage.gallery.no_pictures", place="data")
    pair = players(scene.subject)
    size = dataset.target.size
    told = latents.classes(pair.experiment, PICTURES)
    made = pair.fakes(latents.fixed(pair.experiment, PICTURES), told)
    judge = scene.bench.judge
    taken, confidence = _judged(scene, made)
    seen = np.bincount(taken, minlength=size)
    real = np.bincount(np.asarray(dataset.y, np.int64), minlength=size)
    hit = seen >= np.maximum(ENOUGH * real / real.sum() * PICTURES, 1)
    plain: dict[str, Any] = {
        "judge": "" if judge is None else judge.name,
        "judges": list(scene.bench.listed),
        "accuracy": None if judge is None else judge.accuracy,
        "count": PICTURES,
        "sure": None if confidence is None else float((confidence >= CONFIDENT).mean()),
        "classes": int(hit.sum()),
        "reverse_kl": divergence(seen, real / real.sum()),
        "obeyed": float((taken == told).mean()) if pair.adversary.conditional != "none" else None,
    }
    shares = {"seen": seen / seen.sum(), "real": real / real.sum()}
    arrays: Arrays = {name: values.astype(np.float32) for name, values in shares.items()}
    arrays |= {"hit": hit.astype(np.uint8), "told": told.astype(np.int32), "taken": taken.astype(np.int32)}
    if confidence is not None:
        arrays["confidence"] = confidence.astype(np.float32)
    return Answer(plain, arrays)


def _judged(scene: Scene, pictures: Array) -> tuple[Array, Array | None]:
    """Return the class of each picture (N,), and how sure a judge is of it (N,); None where there is no judge."""
    dataset = scene.subject.dataset
    if scene.bench.judge is None:
        index, _ = nearest(dataset, pictures)
        return np.asarray(dataset.y, np.int64)[index], None
    subject = scene.bench.judge.subject
    shown = shades(subject.experiment, in_chunks(subject.net(), np.ascontiguousarray(pictures, np.float32)))
    if shown.shape[1] == 1:  # two classes in one number, −1 … 1
        shown = 0.5 + 0.5 * np.concatenate([-shown, shown], axis=1)
    return shown.argmax(axis=1), shown.max(axis=1)


def modes_of(experiment: Experiment, dataset: Dataset) -> Modes | None:
    """Return where the data's modes lie, computed once."""
    if dataset not in _known:
        _known[dataset] = modes(experiment.data, dataset)
    return _known[dataset]


_known: WeakKeyDictionary[Dataset, Modes | None] = WeakKeyDictionary()
