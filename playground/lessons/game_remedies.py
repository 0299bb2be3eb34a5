"""Remedies for games: for every illness experiments that differ in a single thing, the most promising first.

They are what the literature found: a slower or kinder opponent, a game whose slope does not vanish, blurred inputs
(Arjovsky & Bottou 2017), no momentum (Gidel et al. 2019), two rates (Heusel et al. 2017).
"""

from __future__ import annotations

from collections.abc import Iterator

from playground.lessons.remedies import Remedy, remedy
from playground.probes.arithmetic import setting
from playground.probes.diagnosis import Finding
from playground.spec import Adversary, Experiment

LEAST_NOISE = 2


@remedy("collapse")
def _wider(finding: Finding, experiment: Experiment) -> Iterator[Remedy]:
    rules = _rules(experiment)
    if rules.latent_dim < LEAST_NOISE:
        yield Remedy(
            "latent",
            experiment.replace("adversary.latent_dim", 8),
            {"old": str(rules.latent_dim), "new": "8"},
        )
    if rules.generator_steps > rules.discriminator_steps:
        yield _once(experiment)
    if experiment.optimizer.lr > 1.5 * rules.optimizer.lr:
        yield _rate(experiment, "optimizer.lr", "g_rate", experiment.optimizer.lr, rules.optimizer.lr)
    if rules.loss.kind == "Minimax":
        yield _game(experiment, "NonSaturating")
    yield Remedy("d_steps", experiment.replace("adversary.discriminator_steps", 3), {"new": "3"})


@remedy("vanished")
def _steeper(finding: Finding, experiment: Experiment) -> Iterator[Remedy]:
    if finding.cause == "minimax":
        yield _game(experiment, "NonSaturating")
    else:
        yield _game(experiment, "LeastSquares")
    yield from _kinder(experiment)


@remedy("ahead")
def _slower(finding: Finding, experiment: Experiment) -> Iterator[Remedy]:
    rules = _rules(experiment)
    if rules.discriminator_steps > rules.generator_steps and rules.loss.scores != "judgement":
        yield _once(experiment)
    if rules.optimizer.lr > 1.5 * experiment.optimizer.lr:
        yield _rate(
            experiment, "adversary.optimizer.lr", "d_rate", rules.optimizer.lr, experiment.optimizer.lr
        )
    yield from _kinder(experiment)


@remedy("circling")
def _calmer(finding: Finding, experiment: Experiment) -> Iterator[Remedy]:
    rules = _rules(experiment)
    if rules.generator_steps > rules.discriminator_steps:
        yield _once(experiment)
    heavy = getattr(experiment.optimizer, "beta1", 0.0) > 0.5 or getattr(rules.optimizer, "beta1", 0.0) > 0.5
    if heavy:
        calm = experiment
        for path, optimizer in (
            ("optimizer", experiment.optimizer),
            ("adversary.optimizer", rules.optimizer),
        ):
            if hasattr(optimizer, "beta1"):
                calm = calm.replace(f"{path}.beta1", 0.5)
        yield Remedy("momentum", calm, {"new": "0.5"})
    both = experiment.replace("optimizer.lr", experiment.optimizer.lr / 4)
    slow = both.replace("adversary.optimizer.lr", rules.optimizer.lr / 4)
    values = {"g": setting(slow.optimizer.lr).text, "d": setting(_rules(slow).optimizer.lr).text}
    yield Remedy("both_rates", slow, values)


def _kinder(experiment: Experiment) -> Iterator[Remedy]:
    rules = _rules(experiment)
    if rules.input_noise < 0.1:
        yield Remedy("input_noise", experiment.replace("adversary.input_noise", 0.2), {"new": "0.2"})
    if rules.label_smoothing == 0 and rules.loss.scores != "judgement":
        yield Remedy("smoothing", experiment.replace("adversary.label_smoothing", 0.1), {"new": "0.1"})


def _once(experiment: Experiment) -> Remedy:
    once = experiment.replace("adversary.discriminator_steps", 1).replace("adversary.generator_steps", 1)
    return Remedy("turns", once)


def _rate(experiment: Experiment, path: str, key: str, old: float, new: float) -> Remedy:
    return Remedy(key, experiment.replace(path, new), {"old": setting(old).text, "new": setting(new).text})


def _game(experiment: Experiment, kind: str) -> Remedy:
    return Remedy(f"game_{kind}", experiment.replace("adversary.loss", {"kind": kind}))


def _rules(experiment: Experiment) -> Adversary:
    assert experiment.adversary is not None
    return experiment.adversary
