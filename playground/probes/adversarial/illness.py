"""What is wrong with a game, concluded from its history: who is too strong, what is forgotten, what turns in circles.

Rules enter by `@rule` in the order of their weight; each reads the last stretch of the run, once there is enough of it.
Knows no language and no remedy. Legend: P points of the history that are read, K modes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from playground.probes.adversarial.latents import classes, fixed
from playground.probes.adversarial.players import is_game, players
from playground.probes.adversarial.spread import modes_of
from playground.probes.asks import Scene
from playground.probes.diagnosis import Finding
from playground.probes.registry import Array
from playground.spec.random import stream

FEWEST, STEPS = 16, 200
"""Points of the history, and steps, before anything is said."""
RECENT = 0.4
"""The part of the history that is read: what was is no illness."""
SURE, APART = 0.9, 0.6
"""The discriminator is far ahead if it is right so often, and its answers are so far apart."""
GOOD = 0.8
"""From this share of good samples on nothing is wrong with them."""
UNEVEN = 0.2
"""Up to this reverse KL divergence all classes of pictures are made."""
FADED, ABRUPT = 0.02, 0.02
"""The generator's gradient has vanished below this part of what it was, or below this norm."""
SWING, TURNS = 0.08, 4
"""How far the discriminator's accuracy strays (standard deviation), and how often it turns round, in circles."""
ALIKE = 0.5
"""Pictures are collapsed if they are less than half as far from each other as real ones."""
PAIRS = 200
PROGRESS = (("quality", 1, 0.05), ("modes", 1, 0.5), ("reverse_kl", -1, 0.05))
"""What tells that samples become better, in which direction, and by how much at least."""


@dataclass(frozen=True, eq=False)
class Match:
    """A game and the last stretch of its history."""

    scene: Scene

    def line(self, name: str) -> Array:
        """Return the last stretch of a metric (P,), without what is no number; empty where it is not measured."""
        values = np.asarray(self.scene.history.get(name, ()), np.float64)
        values = values[int(len(values) * (1 - RECENT)) :]
        return values[np.isfinite(values)]

    def all(self, name: str) -> Array:
        """Return a whole metric, without what is no number."""
        values = np.asarray(self.scene.history.get(name, ()), np.float64)
        return values[np.isfinite(values)]

    @property
    def settled(self) -> bool:
        """Whether the game has gone on long enough to be judged."""
        return self.scene.step >= STEPS and len(self.all("d_real")) >= FEWEST

    @property
    def losing(self) -> bool:
        """Whether the samples are not good yet, or not all there, as far as that is measured."""
        quality, modes, apart = (_latest(self.line(name)) for name in ("quality", "modes", "reverse_kl"))
        if not len(quality):  # of pictures only a classifier could tell it
            return not len(apart) or _middle(apart) > UNEVEN
        return _middle(quality) < GOOD or _middle(modes) < 0.9 * self.modes

    @property
    def improving(self) -> bool:
        """Whether the samples have lately become better, as far as that is measured."""
        for name, sign, least in PROGRESS:
            line = self.line(name)
            if sign * (_middle(_latest(line)) - _middle(line[: max(1, len(line) // 3)])) > least:
                return True
        return False

    @property
    def modes(self) -> int:
        """K; 0 where they are not known."""
        subject = self.scene.subject
        known = modes_of(subject.experiment, subject.dataset)
        return 0 if known is None else int((known.shares > 0).sum())


Rule = Callable[[Match, frozenset[str]], Finding | None]
RULES: list[Rule] = []


def rule(function: Rule) -> Rule:
    """Enter a rule (match, names of what has been found already) → finding, behind those that are there."""
    RULES.append(function)
    return function


def examine(scene: Scene) -> list[Finding]:
    """Return what is wrong with a game, the weightiest first; nothing for a healthy one, or one that has just begun."""
    match, found = Match(scene), list[Finding]()
    if not is_game(scene.subject) or not match.settled:
        return found
    for one in RULES:
        finding = one(match, frozenset(earlier.name for earlier in found))
        if finding is not None:
            found.append(finding)
    return found


@rule
def collapse(match: Match, found: frozenset[str]) -> Finding | None:
    """All fakes fall on a few modes; of pictures, all look alike."""
    reached, apart = match.line("modes"), match.line("reverse_kl")
    if match.modes >= 2 and len(reached):
        now, far = _middle(reached), _middle(apart)
        if now > match.modes / 2 or far < math.log(2):
            return None
        return Finding(
            "collapse", {"modes": round(now), "all": match.modes, "kl": far, "even": math.log(match.modes)}
        )
    subject = match.scene.subject
    if subject.dataset.x.ndim != 4:
        return None
    fake, real = variety(match.scene)
    if fake >= ALIKE * real:
        return None
    return Finding("collapse", {"fake": fake, "real": real}, cause="pictures")


@rule
def vanished(match: Match, found: frozenset[str]) -> Finding | None:
    """The discriminator is so sure that its slope is flat where the fakes are."""
    norms, accuracy = match.line("g_gradient_norm"), match.line("d_accuracy")
    whole = match.all("g_gradient_norm")
    if not len(norms) or not len(accuracy) or not match.losing:
        return None
    now, once = _middle(norms), float(np.quantile(whole, 0.9))
    if _middle(accuracy) < SURE or now > max(FADED * once, ABRUPT):
        return None
    loss = match.scene.subject.experiment.adversary
    cause = "minimax" if loss is not None and loss.loss.kind == "Minimax" else ""
    return Finding(
        "vanished", {"norm": now, "once": once, "accuracy": _percent(_middle(accuracy))}, cause=cause
    )


@rule
def ahead(match: Match, found: frozenset[str]) -> Finding | None:
    """The discriminator tells nearly everything apart, and the generator does not catch up."""
    accuracy, real, fake = (match.line(name) for name in ("d_accuracy", "d_real", "d_fake"))
    if "vanished" in found or not len(accuracy) or not match.losing:
        return None
    if _middle(accuracy) < SURE or _middle(real) - _middle(fake) < APART:
        return None
    figures: dict[str, Any] = {
        "accuracy": _percent(_middle(accuracy)),
        "real": _percent(_middle(real)),
        "fake": _percent(_middle(fake)),
    }
    return Finding("ahead", figures)


@rule
def circling(match: Match, found: frozenset[str]) -> Finding | None:
    """Both players run after each other: the balance swings, and nothing gets better."""
    accuracy = match.line("d_accuracy")
    if match.scene.step < 2 * STEPS or not match.losing or match.improving or "ahead" in found:
        return None
    moves = np.diff(accuracy)
    turns = int((np.diff(np.sign(moves[np.abs(moves) > 0.02])) != 0).sum())
    if accuracy.std() < SWING or turns < TURNS:
        return None
    low, high = _percent(float(accuracy.min())), _percent(float(accuracy.max()))
    return Finding("circling", {"low": low, "high": high, "turns": turns})


def variety(scene: Scene) -> tuple[float, float]:
    """Return how far generated pictures are from each other, and real ones: medians over pairs, pixels from 0 to 1."""
    pair = players(scene.subject)
    made = pair.fakes(fixed(pair.experiment, PAIRS), classes(pair.experiment, PAIRS))
    drawn = stream(0, "variety")
    real = scene.subject.dataset.x[
        drawn.choice(len(scene.subject.dataset.x), min(PAIRS, len(scene.subject.dataset.x)))
    ]
    return _apart(made), _apart(real)


def _apart(pictures: Array) -> float:
    x = np.nan_to_num(pictures).reshape(len(pictures), -1).astype(np.float64)
    # Generated ones come class by class, in turns: neighbours at a fixed distance might all be of one class.
    others = stream(0, "pairs").permutation(len(x))
    return float(np.median(np.linalg.norm(x - x[others], axis=1)))


def _latest(line: Array) -> Array:
    """Return the last third of a line (P,)."""
    return line[-max(1, len(line) // 3) :]


def _middle(values: Array) -> float:
    return float(np.median(values)) if len(values) else math.nan


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
