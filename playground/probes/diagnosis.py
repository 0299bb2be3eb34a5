"""What is wrong with a training, concluded from its own numbers: its history, and its vitals at this moment.

Each rule looks for one illness and returns what it found with the figures that show it, or nothing. A rule speaks only
where the network struggles: a strange number in a network that has learned its task is no illness. Rules are entered by
`@rule` in the order of their weight: the first explains the most. It knows no language and no remedy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from playground.probes.asks import Scene
from playground.probes.course import SETTLED, Course
from playground.probes.vitals import TINY, Signs, Vitals

MOST_UNITS = 0.5
"""The share of a column's units that must be dead or saturated."""
FADED, SWOLLEN = 1e-3, 30.0
"""How much smaller or larger the push may be at the first column than at the last."""
STEEP = 100.0
"""The norm of the first gradient from which on a deep network counts as exploding; healthy ones are below 20."""
HURLED = 0.3
"""How far a first step moves the weights, in parts of their own size, where a large gradient does harm."""
NO_WEIGHTS = 1e-6
"""A norm of the weights below which a step cannot be compared with them."""
LEAP = 1.0
"""How far a first step may move the weights, in parts of their own size; healthy ones are below 0.3."""
LARGE_INPUT, UNEVEN_INPUT = 6.0, 50.0
"""Root mean squares of inputs: too large by themselves, or against each other."""
RARE, COMMON = 0.5, 0.8
"""The recall of the rarest class below which, and the share of the commonest above which, a class is overlooked."""


@dataclass(frozen=True)
class Finding:
    """One illness, and the figures that show it.

    Attributes:
        name: such as `"dead_relu"`.
        figures: what the sentence of evidence names: numbers and counts.
        cause: which of several reasons, where that changes the remedy.
        suspected: it is an illness only if the remedy helps.
    """

    name: str
    figures: dict[str, Any] = field(default_factory=dict[str, Any])
    cause: str = ""
    suspected: bool = False


Rule = Callable[[Course, frozenset[str]], Finding | None]
RULES: list[Rule] = []


def rule(function: Rule) -> Rule:
    """Enter a rule (course, names of what has been found already) → finding, behind those that are there."""
    RULES.append(function)
    return function


def examine(scene: Scene) -> list[Finding]:
    """Return what is wrong, the weightiest first; nothing for a healthy training."""
    course, found = Course(Vitals(scene)), list[Finding]()
    for one in RULES:
        finding = one(course, frozenset(earlier.name for earlier in found))
        if finding is not None:
            found.append(finding)
    return found


@rule
def symmetry(course: Course, found: frozenset[str]) -> Finding | None:
    """Units that started alike stay alike: each gets the same gradient as its twin."""
    if course.diverged:
        return None
    for index, (different, units) in enumerate(course.vitals.twins()):
        if units >= 2 and different <= units / 2:
            return Finding("symmetry", {"column": index + 1, "units": units, "different": different})
    return None


@rule
def unscaled(course: Course, found: frozenset[str]) -> Finding | None:
    """Inputs that are far from the size of one, or from each other's."""
    sizes = course.vitals.input_sizes
    large, small = float(sizes.max()), float(sizes[sizes > TINY].min(initial=math.inf))
    uneven = large / small if math.isfinite(small) else 1.0
    if large < LARGE_INPUT and not (uneven > UNEVEN_INPUT and large > 1):
        return None
    data: Any = course.vitals.experiment.data
    if getattr(data, "scaling", "") != "none" or not (
        course.diverged or (course.settled and course.struggles)
    ):
        return None
    names = course.scene.subject.dataset.feature_names
    name = written(names[int(sizes.argmax())]) if names else "x"
    return Finding("unscaled", {"size": large, "ratio": uneven, "name": name})


@rule
def exploding(course: Course, found: frozenset[str]) -> Finding | None:
    """The gradient grows on its way back through the layers."""
    if not (course.diverged or (course.settled and course.struggles)):
        return None
    start = course.vitals.start
    if len(start.pushes) < 3:
        return None
    if start.gradient_norm < STEEP and start.pushes[0] < SWOLLEN * max(start.pushes[-1], TINY):
        return None
    share = _share(start)
    if share < HURLED:
        return None  # it is clipped, or an optimizer that does not mind
    return Finding("exploding", {"norm": start.gradient_norm, "share": share})


@rule
def too_fast(course: Course, found: frozenset[str]) -> Finding | None:
    """A learning rate so high that the numbers leave every bound, or the first step leaps."""
    if found:
        return None
    if not course.diverged:
        return _leap(course)
    figures = {
        "lr": course.lr,
        "step": course.scene.step,
        "first": course.first("loss"),
        "last": course.last("loss"),
    }
    return Finding("lr_high", figures, cause="diverged")


@rule
def dead_relu(course: Course, found: frozenset[str]) -> Finding | None:
    """Rectifiers that are silent for every sample, and so learn nothing."""
    return _disabled(course, "dead_relu", "dead")


@rule
def saturated(course: Course, found: frozenset[str]) -> Finding | None:
    """Squashing units that stand at a bound for nearly every sample."""
    return _disabled(course, "saturated", "saturated")


@rule
def vanishing(course: Course, found: frozenset[str]) -> Finding | None:
    """The gradient fades on its way back through the layers."""
    if course.diverged or not (course.settled and course.struggles):
        return None
    pushes = course.vitals.now.pushes
    if len(pushes) < 3 or pushes[-1] < TINY or pushes[0] > FADED * pushes[-1]:
        return None
    if found:  # which explains it
        return None
    ratio = pushes[-1] / max(pushes[0], TINY * pushes[-1])
    return Finding(
        "vanishing", {"first": pushes[0], "last": pushes[-1], "ratio": ratio, "columns": len(pushes)}
    )


@rule
def lr_high(course: Course, found: frozenset[str]) -> Finding | None:
    """Steps so large that the loss jumps about; with a tenth of the learning rate it falls."""
    if found or course.diverged or not (course.settled and course.struggles):
        return None
    before, after, steps = course.vitals.trial(1.0)
    if not steps or after < 0.9 * before:
        return None
    _, calm, _ = course.vitals.trial(0.1)
    if calm > 0.75 * min(before, after):
        return None
    now = course.vitals.now
    figures = {"lr": course.lr, "before": before, "after": after, "calm": calm, "steps": steps}
    figures["epochs"] = math.ceil(course.scene.epoch)
    return Finding("lr_high", figures | {"share": _share(now)}, cause="jumps")


@rule
def lr_low(course: Course, found: frozenset[str]) -> Finding | None:
    """Steps so small that hardly anything changes; with ten times the learning rate the loss falls."""
    if found or course.diverged or not (course.settled and course.struggles):
        return None
    before, after, steps = course.vitals.trial(1.0)
    if not steps or after < 0.95 * before or after > 1.05 * before:
        return None
    _, bold, _ = course.vitals.trial(10.0)
    if before - bold < max(4 * (before - after), 0.01 * before):
        return None
    now = course.vitals.now
    figures = {"lr": course.lr, "before": before, "after": after, "bold": bold, "steps": steps}
    return Finding("lr_low", figures | {"share": _share(now)})


@rule
def imbalance(course: Course, found: frozenset[str]) -> Finding | None:
    """A class so rare that it is overlooked."""
    classes = course.vitals.classes
    if not len(classes) or not course.settled or course.diverged or classes.max() < COMMON * classes.sum():
        return None
    present = np.flatnonzero(classes)
    rarest = int(present[classes[present].argmin()])
    taken_for = course.vitals.now.predicted
    dataset = course.scene.subject.dataset
    expected = float((dataset.y[course.vitals.chosen] == rarest).sum())
    if expected < 1 or taken_for[rarest] >= RARE * expected:
        return None
    names = dataset.class_names
    figures = {
        "share": float(classes.max() / classes.sum()),
        "common": names[int(classes.argmax())],
        "rare": names[rarest],
    }
    return Finding("imbalance", figures | {"count": int(classes[rarest]), "found": int(taken_for[rarest])})


@rule
def overfitting(course: Course, found: frozenset[str]) -> Finding | None:
    """The test loss rises while the training loss falls: the network learns its samples by heart."""
    values, epochs = course.series("test_loss")
    if course.diverged or len(values) < 5 or not course.settled:
        return None
    smooth = np.array([np.median(values[max(0, i - 2) : i + 3]) for i in range(len(values))])
    best = int(smooth.argmin())
    now, loss = float(smooth[-1]), course.level("loss", 0.95 * course.scene.epoch, math.inf)
    rise = now - float(smooth[best])
    long_ago = epochs[-1] - epochs[best] >= max(SETTLED, 0.15 * epochs[-1])
    if not long_ago or rise < max(0.3 * smooth[best], 0.05 * values[0]) or loss > 0.5 * now:
        return None
    figures = {"loss": loss, "test": now, "best": float(smooth[best]), "epoch": float(epochs[best])}
    return Finding("overfitting", figures)


@rule
def too_small(course: Course, found: frozenset[str]) -> Finding | None:
    """The loss has come to rest where the network cannot do better: too few units for the task."""
    if course.diverged or not course.struggles or course.scene.epoch < 10 * SETTLED or not course.stalls:
        return None
    if found:
        return None
    hidden = [column.units for column in course.vitals.columns[:-1]]
    if len(hidden) > 1 or (hidden and hidden[0] > 4):
        return None
    accuracy = course.last("accuracy")
    figures = {
        "loss": course.last("loss"),
        "epochs": course.scene.epoch,
        "units": sum(hidden),
        "accuracy": accuracy,
    }
    return Finding("too_small", figures, suspected=True)


@rule
def not_learning(course: Course, found: frozenset[str]) -> Finding | None:
    """After a good while the network does hardly better than at its start, and nothing else explains it."""
    if found or course.diverged or course.scene.epoch < 3 * SETTLED or not course.struggles:
        return None
    first, now = course.first("loss"), course.level("loss", 0.8 * course.scene.epoch, math.inf)
    classes = course.vitals.classes
    guess = float(classes.max() / classes.sum()) if len(classes) else 0.0
    if len(classes):
        clueless = course.last("accuracy") < guess + 0.1 and now > 0.9 * first
    else:
        clueless = course.last("r2") < 0.2
    if not clueless:
        return None
    return Finding(
        "not_learning", {"first": first, "loss": now, "epochs": course.scene.epoch}, suspected=True
    )


def written(feature: str) -> str:
    """Return a feature's name as it stands in a formula: `x1^2` as x₁²."""
    for typed, shown in (("x1", "x₁"), ("x2", "x₂"), ("^2", "²"), ("*", "·")):
        feature = feature.replace(typed, shown)
    return feature


def _disabled(course: Course, name: str, sign: str) -> Finding | None:
    """Return what is wrong if most units of a hidden column are dead, or saturated."""
    if not course.finite or not (course.settled and course.struggles):
        return None
    counts = getattr(course.vitals.now, sign)
    shares = [count / column.units for count, column in zip(counts, course.vitals.columns, strict=False)]
    if not shares or max(shares) < MOST_UNITS:
        return None
    worst = int(np.argmax(shares))
    column = course.vitals.columns[worst]
    from_start = getattr(course.vitals.start, sign)[worst] >= MOST_UNITS * column.units
    figures = {"column": worst + 1, "count": counts[worst], "units": column.units, "kind": column.activation}
    return Finding(name, figures, cause="start" if from_start else "training")


def _share(signs: Signs) -> float:
    """Return how far a step moves the weights, in parts of their own size; 0 where they have none yet."""
    return signs.step_norm / signs.weight_norm if signs.weight_norm > NO_WEIGHTS else 0.0


def _leap(course: Course) -> Finding | None:
    """Return what is wrong if the first step has thrown the weights far away, and nothing is learned since."""
    if not (course.settled and course.struggles):
        return None
    start = course.vitals.start
    share = _share(start)
    if share < LEAP:
        return None
    return Finding("lr_high", {"lr": course.lr, "share": share}, cause="leaps")
