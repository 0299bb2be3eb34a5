"""Which changes a training takes up as it goes, and which need a new start. Pure; knows no network."""

from __future__ import annotations

from playground.spec import Experiment, SpecError
from playground.spec.adversary import pixels

FIXED = ("data", "seed")
PLACE = ("engine", "device", "precision")
"""Where a training goes on while it lives; two players stay where they began."""
FIXED_OF_A_GAME = ("latent_dim", "conditional", "embedding_dim", "spectral_norm")
"""Rules of a game that cannot change while its players live."""


def require_live(now: Experiment, changed: Experiment, engine: str) -> None:
    """Refuse a change that would need other data, other tensors or another engine than `engine`.

    Raises:
        SpecError: naming the part that needs a new start.
    """
    _same(now, changed, FIXED)
    models = [("model", now.model, changed.model)]
    if now.adversary is not None and changed.adversary is not None:
        _same(now, changed, PLACE)
        _same(now.adversary, changed.adversary, FIXED_OF_A_GAME, "adversary.")
        if changed.adversary.needs_torch() and engine != "torch":
            raise SpecError("error.needs_restart", place="adversary.loss")
        if pixels(changed) != pixels(now):
            raise SpecError("error.needs_restart", place="model")
        two = now.adversary.discriminator, changed.adversary.discriminator
        models.append(("adversary.discriminator", *two))
    elif now.adversary is not changed.adversary:
        raise SpecError("error.needs_restart", place="adversary")
    for place, old, new in models:
        if [layer.kind for layer in new.layers] != [layer.kind for layer in old.layers]:
            raise SpecError("error.needs_restart", place=place)
    if _shapes(changed) != _shapes(now):
        raise SpecError("error.needs_restart", place="model")


def _same(now: object, changed: object, parts: tuple[str, ...], where: str = "") -> None:
    for part in parts:
        if getattr(changed, part) != getattr(now, part):
            raise SpecError("error.needs_restart", place=f"{where}{part}")


def _shapes(experiment: Experiment) -> dict[str, tuple[int, ...]]:
    return {name: tensor.shape for name, tensor in experiment.tensors().items()}
